import { SampleFailure } from "../core/errors.js";
import type { Output } from "../core/runner.js";

/** Position of the continuation with the lowest mean loss per token, as SEED-Bench and lmms-eval rank them; the first of equals. */
export function lowestMeanLoss({ likelihoods }: Output): number {
  if (likelihoods === undefined || likelihoods.length === 0)
    throw new SampleFailure("data", "the output has no log-likelihoods to rank");
  const means = likelihoods.map(({ logprob, tokens }) => logprob / Math.max(1, tokens));
  return means.indexOf(Math.max(...means));
}
