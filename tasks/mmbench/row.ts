/** The cells of an MMBench row: which options exist, which question a pass belongs to. */

import type { Scoring } from "llava-eval";

type Cell = string | null;

export interface MmbenchRow {
  /** Passes of one question differ by multiples of 1,000,000; some revisions of the data set have it as text. */
  readonly index: number | string;
  readonly question: string;
  readonly answer?: Cell;
  readonly A?: Cell;
  readonly B?: Cell;
  readonly C?: Cell;
  readonly D?: Cell;
  readonly E?: Cell;
}

/** NaN where it is no number: such a row has no place among the passes. pandas writes `1.0` where a column once had a gap. */
export const indexOf = ({ index }: MmbenchRow): number =>
  /^\d+(?:\.0+)?$/.test(String(index)) ? Number(index) : Number.NaN;

/** Number of the question, whatever the pass. */
export const mmbenchQuestion = (row: MmbenchRow): number => indexOf(row) % 1_000_000;

/** A text of the row; undefined when it is empty or the "nan" that pandas writes for nothing. */
export const present = (cell: Cell | undefined): string | undefined =>
  cell === null || cell === undefined || cell === "" || cell === "nan" ? undefined : cell;

/** The options A to D that exist. lmms-eval takes a literal "nan" for an option's text, which "banana" contains. */
export function mmbenchChoices(row: MmbenchRow, scoring: Scoring): Readonly<Record<string, string>> {
  const letters = ["A", "B", "C", "D"] as const;
  const cell = (letter: (typeof letters)[number]) =>
    scoring === "lmms-eval" ? (row[letter] ?? undefined) : present(row[letter]);
  return Object.fromEntries(
    letters.flatMap((letter) => {
      const option = cell(letter);
      return option === undefined ? [] : [[letter, option] as const];
    }),
  );
}
