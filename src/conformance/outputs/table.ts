/** Every benchmark whose real outputs we can score, by the name in `expected.json`. */

import type { Benchmark } from "../benchmark-folder.js";
import { judgedBenchmarks } from "./judged.js";
import { mathBenchmarks } from "./maths.js";
import { multipleChoiceBenchmarks } from "./multiple-choice.js";
import { shortAnswerBenchmarks } from "./short-answers.js";

export const benchmarks: Readonly<Record<string, Benchmark>> = {
  ...shortAnswerBenchmarks,
  ...multipleChoiceBenchmarks,
  ...mathBenchmarks,
  ...judgedBenchmarks,
};
