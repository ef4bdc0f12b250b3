import type { Parameters } from "fast-check";

const inputs = Number(process.env.LLAVA_EVAL_TEST_INPUTS ?? 2000);
const seed = Number(process.env.LLAVA_EVAL_TEST_SEED ?? 20261129);

/**
 * How many invented inputs a property test looks at, and from which seed: the same in every run, so that a red build is red again.
 * fast-check prints the seed and the path of a failure. `npm run soak` takes other seeds and many more.
 *
 * @param share of the inputs, where one costs much
 */
export function invented(share = 1): Parameters<unknown> & { readonly seed: number; readonly numRuns: number } {
  return { seed, numRuns: Math.max(1, Math.ceil(inputs * share)) };
}

/** Long soaks need longer than vitest gives a test. */
export const inventedTimeout = Math.max(60_000, inputs * 20);
