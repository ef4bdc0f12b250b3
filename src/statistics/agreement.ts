/** How far two raters agree. */
export interface Agreement {
  /** Items that both rated. */
  readonly n: number;
  /** Share of items with equal ratings. */
  readonly agreement: number | null;
  /** Cohen's kappa (Cohen 1960): agreement beyond what the two raters' own frequencies would give by chance; null when that is certain. */
  readonly kappa: number | null;
}

export function agreementOf(pairs: readonly (readonly [a: string | number, b: string | number])[]): Agreement {
  const n = pairs.length;
  if (n === 0) return { n, agreement: null, kappa: null };
  const countsA = new Map<string | number, number>();
  const countsB = new Map<string | number, number>();
  let equal = 0;
  for (const [a, b] of pairs) {
    if (a === b) equal++;
    countsA.set(a, (countsA.get(a) ?? 0) + 1);
    countsB.set(b, (countsB.get(b) ?? 0) + 1);
  }
  let chance = 0;
  for (const [rating, count] of countsA) chance += (count / n) * ((countsB.get(rating) ?? 0) / n);
  const agreement = equal / n;
  return { n, agreement, kappa: chance === 1 ? null : (agreement - chance) / (1 - chance) };
}
