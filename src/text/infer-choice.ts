/**
 * How MMBench (Liu et al. 2023) matches an answer to an option before it asks a judge: `can_infer` of lmms-eval's
 * `mmbench_evals.py` and of VLMEvalKit's `matching_util.py`, which has since diverged.
 */

import { lower } from "./python-strings.js";

export type Choices = Readonly<Record<string, string>>;

/** The only option whose text occurs in the answer, ignoring case. */
export function inferText(answer: string, choices: Choices): string | undefined {
  const text = lower(answer);
  const found = Object.keys(choices).filter((letter) => text.includes(lower(choices[letter] ?? "")));
  return found.length === 1 ? found[0] : undefined;
}
