/** MMBench (Liu et al. 2023): one pass of one question, matched by rules. Source: lmms-eval `mmbench/mmbench_evals.py`. */

import { type Choices, inferChoice } from "../text/infer-choice.js";
import { robustChoice } from "../text/robust-choice.js";

/** The letter that the rules find; undefined = ask the judge. */
export { inferChoice as matchedLetter } from "../text/infer-choice.js";

/** Without a judge: the rules, else the letter extractor of lmms-eval's static variant; `""` when nothing is found. */
export function staticLetter(prediction: string, choices: Choices): string {
  return inferChoice(prediction, choices) ?? robustChoice(prediction, Object.keys(choices).sort());
}
