/** Every benchmark whose real outputs we can score, by the name in `expected.json`. */

import type { Benchmark } from "../benchmark-folder.js";
import { captionBenchmarks } from "./captions.js";
import { groundingBenchmarks } from "./grounding.js";
import { judgedBenchmarks } from "./judged.js";
import { mathBenchmarks } from "./maths.js";
import { multipleChoiceBenchmarks } from "./multiple-choice.js";
import { shortAnswerBenchmarks } from "./short-answers.js";
import { yesNoBenchmarks } from "./yes-no.js";

export const benchmarks: Readonly<Record<string, Benchmark>> = {
  ...shortAnswerBenchmarks,
  ...yesNoBenchmarks,
  ...captionBenchmarks,
  ...groundingBenchmarks,
  ...multipleChoiceBenchmarks,
  ...mathBenchmarks,
  ...judgedBenchmarks,
};
