/**
 * Rules that read the option letter at the front of an answer. Each benchmark has its own and they disagree on nearly
 * everything but "A" and "A."; the sentences say what each does with the rest.
 */

import { PYTHON_SPACE, strip, upper } from "./python-strings.js";

const letterPeriod = new RegExp(`^[${PYTHON_SPACE}]*([A-Z])\\.`);

// Python's IGNORECASE also lets four letters outside ASCII match `[A-Z]`.
const afterBrackets = new RegExp(`^[(${PYTHON_SPACE}]*([A-Za-zİıſK])`);

/**
 * BLINK, CV-Bench, EmbSpatial in lmms-eval: the first letter after brackets and blanks ("the answer" gives `T`); `""` if another sign is first.
 * With `period` AI2D's and MuirBench's: a leading `X.` becomes `X`, everything else stays as it is.
 */
export function leadingLetter(answer: string, form?: "period"): string {
  if (form === "period") return letterPeriod.exec(answer)?.[1] ?? answer;
  return upper(afterBrackets.exec(strip(answer))?.[1] ?? "");
}
