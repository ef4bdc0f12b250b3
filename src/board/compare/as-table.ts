import { terminalSafe } from "../../core/terminal-safe.js";
import { count, number, pValue, range, signed } from "../format/numbers.js";
import { textTable } from "../format/text-table.js";
import type { Comparison, Flip, TaskComparison } from "./comparison.js";
import { answerText, reasonText, verdictText, warningsOf } from "./words.js";

const titles = ["task", "metric", "A", "B", "B - A", "interval", "p", "p (Holm)", "n", "verdict"];

/** For a terminal. Warnings are not in it: they belong on stderr. */
export function comparisonTable(comparison: Comparison): string {
  const { a, b, tasks, alpha } = comparison;
  const side = (letter: string, { name, models }: Comparison["a"]) =>
    `${letter} = ${terminalSafe(name)}${models.join() === name ? "" : ` (${models.map((model) => terminalSafe(model)).join(", ")})`}`;
  const columns = titles.map((title, i) => ({
    title: title === "interval" ? `${100 * (1 - alpha)} % interval` : title,
    align: i >= 2 && i <= 8 ? ("right" as const) : ("left" as const),
  }));
  const flips = tasks.filter((task) => task.flips.shown.length > 0).map(flipTable);
  return [
    side("A", a),
    side("B", b),
    "",
    textTable(columns, tasks.map(row)),
    ...flips,
    "",
    `verdict: ${comparison.verdict}`,
    "",
  ].join("\n");
}

function row(task: TaskComparison): string[] {
  const { unit } = task;
  return [
    `${task.task} v${task.version}`,
    task.metric,
    number(task.a, unit),
    number(task.b, unit),
    signed(task.delta, unit),
    range(task.interval, unit),
    pValue(task.p),
    pValue(task.pHolm),
    count(task.samples.paired),
    `${verdictText(task)}: ${reasonText(task)}`,
  ];
}

function flipTable({ task, flips }: TaskComparison): string {
  const rest = flips.gained + flips.lost - flips.shown.length;
  const head = `\n${task}: ${count(flips.lost)} worse, ${count(flips.gained)} better${rest > 0 ? `; the first ${flips.shown.length}` : ""}`;
  const columns = ["sample", "image", "A", "B", "reference"].map((title) => ({
    title: `  ${title}`.slice(title === "sample" ? 0 : 2),
  }));
  return `${head}\n${textTable(columns, flips.shown.map(flipRow))}`;
}

function flipRow(flip: Flip): string[] {
  const repeat = flip.repeat === undefined ? "" : `#${flip.repeat}`;
  return [
    `  ${terminalSafe(flip.id, 32)}${repeat}`,
    (flip.images[0] ?? "").slice(0, 8),
    terminalSafe(answerText(flip.a), 40),
    terminalSafe(answerText(flip.b), 40),
    terminalSafe((flip.targets ?? []).join(" | "), 40),
  ];
}

/** For stderr. */
export function comparisonWarnings(comparison: Comparison): string {
  return warningsOf(comparison)
    .map((warning) => `warning: ${terminalSafe(warning)}\n`)
    .join("");
}
