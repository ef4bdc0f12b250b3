import { seededRandom } from "./seeded-random.js";

/** Beyond this many draws the p-value's own error no longer moves a decision: 0.05 is known to 0.0022. */
export const permutations = 10_000;

/** 2^14 sign patterns are fewer than two rounds of draws: enumerate them. */
const enumerable = 14;

/**
 * Paired permutation test of "A and B are exchangeable": each cluster's difference may as well have had the other sign.
 * Exact when at most 14 clusters differ, else by 10,000 seeded draws with the observed pattern counted (never 0).
 *
 * @param differences one sum per cluster, B - A @returns the two-sided p
 */
export function signFlipTest(differences: readonly number[], seed: number): number {
  const moved = Float64Array.from(differences.filter((difference) => difference !== 0));
  if (moved.length === 0) return 1;
  const observed = Math.abs(moved.reduce((sum, value) => sum + value, 0));
  // Sums of the same numbers in another order differ in the last bits; a tie must count as a tie.
  const threshold = observed - 1e-9 * moved.reduce((sum, value) => sum + Math.abs(value), 0);
  return moved.length <= enumerable ? enumerate(moved, threshold) : draw(moved, threshold, seed);
}

function enumerate(moved: Float64Array, threshold: number): number {
  const patterns = 2 ** moved.length;
  let extreme = 0;
  for (let pattern = 0; pattern < patterns; pattern++) {
    let sum = 0;
    for (let i = 0; i < moved.length; i++) sum += pattern & (1 << i) ? -(moved[i] as number) : (moved[i] as number);
    if (Math.abs(sum) >= threshold) extreme++;
  }
  return extreme / patterns;
}

function draw(moved: Float64Array, threshold: number, seed: number): number {
  const random = seededRandom("sign-flip", seed);
  let extreme = 1;
  for (let round = 1; round < permutations; round++) {
    let sum = 0;
    let bits = 0;
    for (let i = 0; i < moved.length; i++) {
      if (i % 32 === 0) bits = random.below(2 ** 32);
      sum += bits & 1 ? -(moved[i] as number) : (moved[i] as number);
      bits >>>= 1;
    }
    if (Math.abs(sum) >= threshold) extreme++;
  }
  return extreme / permutations;
}
