/**
 * Benjamini's and Hochberg's correction: of all that is named at q, a share of q is named wrongly on average. For finding what to look
 * at; a verdict wants `holm`. Same order as given. J. R. Statist. Soc. B 57 (1995), 289-300.
 */
export function falseDiscovery(pValues: readonly number[]): number[] {
  const n = pValues.length;
  const order = pValues.map((_, i) => i).sort((i, j) => (pValues[j] as number) - (pValues[i] as number));
  const adjusted = new Array<number>(n).fill(1);
  let least = 1;
  order.forEach((index, place) => {
    least = Math.min(least, ((pValues[index] as number) * n) / (n - place));
    adjusted[index] = least;
  });
  return adjusted;
}
