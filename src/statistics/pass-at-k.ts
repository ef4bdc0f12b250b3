/**
 * The chance that at least one of `k` answers drawn from `n` is right when `correct` of the n were: the unbiased estimator
 * 1 - C(n - c, k) / C(n, k), as a product so that no binomial overflows. Chen et al. 2021, section 2.1.
 *
 * @param k 1..n
 */
export function passAtK(n: number, correct: number, k: number): number {
  if (!(k >= 1 && k <= n && correct >= 0 && correct <= n)) throw new RangeError(`pass@${k} of ${correct} in ${n}`);
  if (n - correct < k) return 1;
  let allWrong = 1;
  for (let i = n - correct + 1; i <= n; i++) allWrong *= 1 - k / i;
  return 1 - allWrong;
}
