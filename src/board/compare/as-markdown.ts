import { markdownCell, markdownCode, markdownTable } from "../format/markdown.js";
import { count, number, pValue, range, signed } from "../format/numbers.js";
import type { Comparison, Flip, TaskComparison, Verdict } from "./comparison.js";
import { answerText, reasonText, verdictText, warningsOf } from "./words.js";

const marks: Readonly<Record<Verdict, string>> = {
  regression: "❌",
  "no regression": "✅",
  "not enough evidence": "❔",
};

/** A comment for a pull request; also the step summary of GitHub Actions. */
export function comparisonMarkdown(comparison: Comparison): string {
  const { a, b, tasks, verdict, alpha } = comparison;
  const head = ["task", "A", "B", "B − A", `${100 * (1 - alpha)} % interval`, "p (Holm)", "n", "verdict"];
  const warnings = warningsOf(comparison).map((warning) => `> ⚠️ ${markdownCode(warning, 400)}`);
  return [
    `### ${marks[verdict]} llava-eval: ${verdict}`,
    `A = ${side(a)} · B = ${side(b)}`,
    markdownTable(head, tasks.map(row)),
    ...(warnings.length > 0 ? [warnings.join("\n>\n")] : []),
    ...tasks.filter((task) => task.flips.shown.length > 0).map(flips),
  ]
    .join("\n\n")
    .concat("\n");
}

const side = ({ name, models }: Comparison["a"]) =>
  [name, ...models.filter((model) => model !== name)].map((text) => markdownCode(text)).join(" ");

function row(task: TaskComparison): string[] {
  const { unit } = task;
  return [
    `${markdownCell(task.task)} ${markdownCell(task.metric)}`,
    number(task.a, unit),
    number(task.b, unit),
    signed(task.delta, unit),
    range(task.interval, unit),
    markdownCell(pValue(task.pHolm)),
    count(task.samples.paired),
    `${marks[task.verdict]} ${verdictText(task)}: ${markdownCell(reasonText(task))}`,
  ];
}

function flips({ task, flips: { gained, lost, shown } }: TaskComparison): string {
  const rows = shown.map((flip) => [
    `${markdownCode(flip.id, 40)}${flip.repeat === undefined ? "" : ` #${flip.repeat}`}`,
    markdownCode((flip.images[0] ?? "").slice(0, 8)),
    answer(flip.a),
    answer(flip.b),
    markdownCode((flip.targets ?? []).join(" | "), 80),
  ]);
  const summary = `${markdownCell(task)}: ${count(lost)} worse, ${count(gained)} better`;
  const table = markdownTable(["sample", "image", "A", "B", "reference"], rows);
  return `<details><summary>${summary}</summary>\n\n${table}\n\n</details>`;
}

const answer = (side: Flip["a"]) => markdownCode(answerText(side), 80);
