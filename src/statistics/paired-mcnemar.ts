import { betaCdf } from "./beta.js";

/**
 * McNemar's exact test: of `gained + lost` samples whose outcome changed, how surprising is this split if either way is equally
 * likely? Two-sided binomial p; 1 when nothing changed. Exact at any size, where the chi-square form needs 25 changes.
 */
export function mcnemarExact(gained: number, lost: number): number {
  const changed = gained + lost;
  const fewer = Math.min(gained, lost);
  if (changed === 0 || gained === lost) return 1;
  // P(X <= k) of Binomial(n, 1/2) is the incomplete beta I_{1/2}(n - k, k + 1).
  return Math.min(1, 2 * betaCdf(0.5, changed - fewer, fewer + 1));
}
