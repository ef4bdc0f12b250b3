/** SEED-Bench: the letter of an answer, and the option that is likeliest. */

import { firstCharacters, type Output, SampleFailure, strip } from "llava-eval";

/** SEED-Bench in lmms-eval: the first character, whatever it is ("The answer is A" gives `T`). */
export function firstCharacter(answer: string): string {
  return firstCharacters(strip(answer), 1);
}

/** Position of the continuation with the lowest mean loss per token, as SEED-Bench ranks them; the first of equals. */
export function lowestMeanLoss({ likelihoods }: Output): number {
  if (likelihoods === undefined || likelihoods.length === 0)
    throw new SampleFailure("data", "the output has no log-likelihoods to rank");
  const means = likelihoods.map(({ logprob, tokens }) => logprob / Math.max(1, tokens));
  return means.indexOf(Math.max(...means));
}
