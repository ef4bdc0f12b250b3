/**
 * The candidate that a name most likely meant: the shortest that begins with it (`vqa` is VQAv2, not GQA), else the nearest with at most
 * a third of its letters wrong; undefined when none is near.
 */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  const all = [...candidates];
  const start = name.toLowerCase();
  const [begun] = all
    .filter((candidate) => start.length >= 3 && candidate.toLowerCase().startsWith(start))
    .sort((a, b) => a.length - b.length);
  if (begun !== undefined) return begun;
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(name.length / 3)) + 0.5;
  for (const candidate of all) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** ` (did you mean "vqav2"?)`, or nothing. */
export function didYouMean(name: string, candidates: Iterable<string>): string {
  const candidate = nearest(name, candidates);
  return candidate === undefined ? "" : `did you mean "${candidate}"? `;
}

/** Optimal string alignment distance: a swapped pair of neighbours counts once. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (last[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let cost = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, substitution);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, (beforeLast[j - 2] ?? 0) + 1);
      row.push(cost);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? 0;
}
