/** SEED-Bench: the letter of an answer. */

import { firstCharacters, strip } from "llava-eval";

/** SEED-Bench in lmms-eval: the first character, whatever it is ("The answer is A" gives `T`). */
export function firstCharacter(answer: string): string {
  return firstCharacters(strip(answer), 1);
}
