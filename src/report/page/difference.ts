/** Two answers word by word. */

export interface Piece {
  readonly kind: "same" | "gone" | "new";
  readonly text: string;
}

/** Beyond so many pairs of words the table of the longest common part is too large for a browser's patience. */
const mostPairs = 4_000_000;

/** How `after` came about from `before`; undefined where both are too long to say. */
export function difference(before: string, after: string): readonly Piece[] | undefined {
  const [a, b] = [wordsOf(before), wordsOf(after)];
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a.at(-1 - end) === b.at(-1 - end)) end++;
  const [x, y] = [a.slice(start, a.length - end), b.slice(start, b.length - end)];
  if (x.length * y.length > mostPairs) return undefined;
  const pieces: Piece[] = [];
  const add = (kind: Piece["kind"], text: string) => {
    const last = pieces.at(-1);
    if (text === "") return;
    if (last?.kind === kind) pieces[pieces.length - 1] = { kind, text: last.text + text };
    else pieces.push({ kind, text });
  };
  add("same", a.slice(0, start).join(""));
  for (const [kind, word] of steps(x, y)) add(kind, word);
  add("same", end === 0 ? "" : a.slice(-end).join(""));
  return pieces;
}

/** Words with the blanks behind them, and other signs one by one. */
const wordsOf = (text: string): string[] => text.match(/[\p{L}\p{N}_]+\s*|[^\p{L}\p{N}_]\s*/gu) ?? [];

/** Along a longest common subsequence; what is gone stands before what is new. */
function steps(x: readonly string[], y: readonly string[]): [Piece["kind"], string][] {
  const columns = y.length + 1;
  // common[i][j]: how many words x from i on and y from j on have in common.
  const common = new Uint16Array((x.length + 1) * columns);
  for (let i = x.length - 1; i >= 0; i--)
    for (let j = y.length - 1; j >= 0; j--)
      common[i * columns + j] =
        x[i] === y[j]
          ? (common[(i + 1) * columns + j + 1] as number) + 1
          : Math.max(common[(i + 1) * columns + j] as number, common[i * columns + j + 1] as number);
  const found: [Piece["kind"], string][] = [];
  let [i, j] = [0, 0];
  while (i < x.length || j < y.length) {
    if (i < x.length && j < y.length && x[i] === y[j]) {
      found.push(["same", y[j] as string]);
      i++;
      j++;
    } else if (
      j === y.length ||
      (i < x.length && (common[(i + 1) * columns + j] as number) >= (common[i * columns + j + 1] as number))
    )
      found.push(["gone", x[i++] as string]);
    else found.push(["new", y[j++] as string]);
  }
  return found;
}
