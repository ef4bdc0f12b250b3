/**
 * Holm's step-down correction: p-values adjusted so that rejecting those below alpha keeps the chance of any false alarm over
 * the whole family at alpha, whatever their dependence. Same order as given. Holm 1979, Scand. J. Statist. 6, 65-70.
 */
export function holm(pValues: readonly number[]): number[] {
  const order = pValues.map((_, i) => i).sort((i, j) => (pValues[i] as number) - (pValues[j] as number));
  const adjusted = new Array<number>(pValues.length).fill(1);
  let largest = 0;
  order.forEach((index, rank) => {
    largest = Math.max(largest, Math.min(1, (pValues[index] as number) * (pValues.length - rank)));
    adjusted[index] = largest;
  });
  return adjusted;
}
