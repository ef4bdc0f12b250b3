import type { Parameters } from "fast-check";

/**
 * How many invented inputs a property test looks at, and from which seed: the same in every run, so that a red build is red
 * again. fast-check prints the seed and the path of a failure. `npm run soak` takes other seeds and many more.
 */
export const invented: Parameters<unknown> = {
  numRuns: Number(process.env.LLAVA_EVAL_TEST_INPUTS ?? 2000),
  seed: Number(process.env.LLAVA_EVAL_TEST_SEED ?? 20261129),
};

/** Long soaks need longer than vitest gives a test. */
export const inventedTimeout = Math.max(60_000, (invented.numRuns ?? 0) * 20);
