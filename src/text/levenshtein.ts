import { characters } from "./python-strings.js";

/**
 * Edit distance in code points (Python's `len`), unit costs.
 *
 * Time length(a) * length(b), memory min of both; with a short reference it is linear in the model's answer.
 */
export function levenshtein(a: string, b: string): number {
  if (a === b) return 0;
  let long = characters(a);
  let short = characters(b);
  if (long.length < short.length) [long, short] = [short, long];
  let start = 0;
  while (start < short.length && long[start] === short[start]) start++;
  let shared = 0;
  while (shared < short.length - start && long.at(-1 - shared) === short.at(-1 - shared)) shared++;
  return distance(long.slice(start, long.length - shared), short.slice(start, short.length - shared));
}

function distance(long: readonly string[], short: readonly string[]): number {
  const width = short.length;
  if (width === 0) return long.length;
  const row = new Uint32Array(width + 1).map((_, i) => i); // distances of long[:i] to every prefix of short
  for (let i = 1; i <= long.length; i++) {
    const character = long[i - 1];
    let diagonal = i - 1;
    let left = i;
    row[0] = i;
    for (let j = 1; j <= width; j++) {
      const above = row[j] as number;
      const cost = character === short[j - 1] ? diagonal : 1 + Math.min(diagonal, above, left);
      diagonal = above;
      left = cost;
      row[j] = cost;
    }
  }
  return row[width] as number;
}
