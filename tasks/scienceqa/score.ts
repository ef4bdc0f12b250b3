/** Scores of ScienceQA: what the tasks call. */

import { chosen, type Output, rightOrWrong, SampleFailure, type Score, type ScoreContext } from "llava-eval";
import { lmmsScienceQaCorrect, scienceQaIndex, scienceQaLetter } from "./letter.js";

/**
 * LLaVA's script; an answer without a letter, or with one beyond the options, is wrong.
 *
 * @param answer position of the right option
 */
export function scienceQaScore(answer: number, options: number, output: Output, { scoring }: ScoreContext): Score {
  const text = output.text;
  const gold = String.fromCharCode(65 + answer);
  if (scoring === "lmms-eval") return rightOrWrong(lmmsScienceQaCorrect(text, gold), text, gold);
  const letter = scienceQaLetter(text);
  return letter === undefined
    ? chosen(undefined, gold)
    : rightOrWrong(scienceQaIndex(letter, options) === answer, letter, gold);
}

/** Position of the continuation with the highest probability as a whole; the first of equals. */
export function highestLikelihood({ likelihoods }: Output): number {
  if (likelihoods === undefined || likelihoods.length === 0)
    throw new SampleFailure("data", "the output has no log-likelihoods to rank");
  const logprobs = likelihoods.map(({ logprob }) => logprob);
  return logprobs.indexOf(Math.max(...logprobs));
}
