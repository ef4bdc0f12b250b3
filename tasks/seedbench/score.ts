/** SEED-Bench: the letter of an answer. */
import { firstCharacters, strip } from "llava-eval";

/** Named in `defects` by every variant but K-SEED. */
export const firstCounts = 'the first character counts: "The answer is A" is a T';

/** SEED-Bench in lmms-eval: the first character, whatever it is ("The answer is A" gives `T`). */
export function firstCharacter(answer: string): string {
  return firstCharacters(strip(answer), 1);
}
