/** The words that every form of the leaderboard shares. */
import { number } from "../format/numbers.js";
import type { Board, Cell, Column, Row } from "./board.js";

/** `llava-next-72b`, with what sets its numbers apart: `· profile qwen`, `· lmms-eval scoring`, `[published]`. */
export function rowLabel({ model, promptProfile, scoring, reasoningTags, origin }: Row): string {
  const profile = promptProfile === "default" || origin !== undefined ? "" : ` · profile ${promptProfile}`;
  const rule = scoring === "official" || origin !== undefined ? "" : ` · ${scoring} scoring`;
  // lmms-eval strips thoughts of its own accord.
  const thoughts =
    reasoningTags === undefined || scoring === "lmms-eval" ? "" : ` · without ${reasoningTags.join(", ")}`;
  return `${model}${profile}${rule}${thoughts}${origin === undefined ? "" : ` [${origin}]`}`;
}

/** `78.1 ±0.5 #1 *`: value, standard error, rank, and a mark where a note explains more. */
export function cellText(cell: Cell | undefined): string {
  if (!cell) return "";
  const { main, rank, marks } = cell;
  const error = main.stderr === undefined ? "" : ` ±${number(main.stderr, main.unit)}`;
  return `${number(main.value, main.unit)}${error}${rank === undefined ? "" : ` #${rank}`}${marks.length > 0 ? " *" : ""}`;
}

/** `vqav2 v1`; the metric stands in the second line of a head. */
export const columnTitle = ({ key, metric }: Column) => `${key} ${metric}`;

/** One line for each marked cell, then the board's own notes. */
export function footnotes({ rows, notes }: Board): string[] {
  const marked = rows.flatMap((row) =>
    [...row.cells].flatMap(([key, { marks }]) =>
      marks.length > 0 ? [`* ${rowLabel(row)}, ${key}: ${marks.join(", ")}`] : [],
    ),
  );
  const ranked = rows.some(({ cells }) => [...cells.values()].some(({ rank }) => rank !== undefined));
  const rule = "#: rank by task; entries whose 95 % intervals overlap are tied";
  return [...marked, ...(ranked ? [rule] : []), ...notes];
}
