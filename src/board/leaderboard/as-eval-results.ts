import { defined } from "../../core/defined.js";
import { nameThere } from "../../core/reported-as.js";
import { toYaml } from "../../core/yaml.js";
import type { LeaderboardEntry } from "../../record/leaderboard-entry.js";
import { cardNumber, oneModelOf } from "./as-model-index.js";
import type { Board, Row } from "./board.js";
import type { Publisher } from "./publisher.js";

/**
 * Results for `.eval_results/*.yaml` of a model's repository on the hub, in the form that huggingface_hub 2.4.0 writes and reads
 * (hub-docs eval_results.yaml): the main metric of each task over the hub's own rows. A part of a benchmark is no result of it, whatever
 * flags were asked for.
 * @throws UserError  for several models: the file is one model's
 */
export function boardEvalResults(board: Board, version: string, publisher: Publisher = {}): string {
  const { own } = oneModelOf(board, "eval-results");
  const cells = own.flatMap((row) => [...row.cells.values()].map(({ entry }) => ({ row, entry, why: whyNot(entry) })));
  const results = cells.flatMap(({ row, entry, why }) =>
    why === undefined ? [resultOf(row, entry, version, publisher)] : [],
  );
  const left = cells.flatMap(({ entry, why }) =>
    why === undefined ? [] : [`# left out: ${JSON.stringify(entry.task)}, ${why}\n`],
  );
  return (results.length === 0 ? "[]\n" : toYaml(results)) + left.join("");
}

function whyNot({ dataset, flags, metrics }: LeaderboardEntry): string | undefined {
  if (flags.length > 0) return `which is ${flags.join(" and ")}`;
  if (dataset.revision === undefined) return "whose rows are not the hub's";
  return metrics[0]?.value == null ? "which has no value" : undefined;
}

function resultOf(
  row: Row,
  entry: LeaderboardEntry,
  version: string,
  { url, taskIds = {}, organization }: Publisher,
): object {
  const [main] = entry.metrics;
  const value = cardNumber(main?.value as number, main?.unit ?? "count");
  return {
    dataset: {
      id: entry.dataset.source,
      task_id: taskIds[entry.task] ?? entry.task,
      ...defined({ revision: entry.dataset.revision }),
    },
    value,
    ...defined({ date: entry.finishedAt }),
    // A name without a place is refused by the hub's client.
    ...(url === undefined ? {} : { source: { url, name: `llava-eval ${version}`, ...defined({ org: organization }) } }),
    notes: notesOf(row, entry),
  };
}

/** What the number depends on, in one line. */
function notesOf(row: Row, { task, version, metrics, n, judge }: LeaderboardEntry): string {
  const [main] = metrics;
  const there = main && nameThere(main);
  const stderr = main?.stderr === undefined ? [] : [`stderr ${cardNumber(main.stderr, main.unit)}`];
  return [
    `${task} v${version} ${main?.name}`,
    `${row.scoring} scoring${there === undefined ? "" : `, which reports it as ${JSON.stringify(there)}`}`,
    `prompt profile ${row.promptProfile}`,
    ...(row.frames === undefined ? [] : [`frames ${row.frames}`]),
    ...(n ? [`${n.scored} of ${n.total} samples`] : []),
    ...stderr,
    ...(judge === undefined ? [] : [`judge ${judge}`]),
  ].join(", ");
}
