/**
 * Rules that read the option letter at the front of an answer. Each benchmark has its own and they disagree on nearly
 * everything but "A" and "A."; the sentences say what each does with the rest.
 */

import { PYTHON_SPACE } from "./python-strings.js";

const letterPeriod = new RegExp(`^[${PYTHON_SPACE}]*([A-Z])\\.`);

/** AI2D, MuirBench in lmms-eval: a leading `X.` becomes `X`; everything else stays as it is. */
export function letterBeforePeriod(answer: string): string {
  return letterPeriod.exec(answer)?.[1] ?? answer;
}
