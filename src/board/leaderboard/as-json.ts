import type { Board } from "./board.js";

/** The entries that are shown, in the form of leaderboard.json, with ranks and averages beside them. */
export function boardJson({ rows, suites, notes }: Board): string {
  const board = {
    schema: "llava-eval/leaderboard@1",
    entries: rows.flatMap(({ cells }) => [...cells.values()].map(({ entry }) => entry)),
    rows: rows.map(({ model, promptProfile, scoring, origin, cells, averages }) => ({
      ...{ model, promptProfile, scoring, origin },
      averages: Object.fromEntries(averages),
      ranks: Object.fromEntries([...cells].flatMap(([key, { rank }]) => (rank === undefined ? [] : [[key, rank]]))),
    })),
    suites: suites.map(({ name, tasks, averaged }) => ({ name, tasks, averaged })),
    notes,
  };
  return `${JSON.stringify(board, null, 2)}\n`;
}
