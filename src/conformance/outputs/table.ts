/** Every benchmark whose real outputs we can score, by the name in `expected.json`. */

import type { Benchmark } from "../benchmark-folder.js";
import { shortAnswerBenchmarks } from "./short-answers.js";

export const benchmarks: Readonly<Record<string, Benchmark>> = {
  ...shortAnswerBenchmarks,
};
