import { markdownCode, markdownRows, markdownTable, markdownWords } from "../format/markdown.js";
import { count } from "../format/numbers.js";
import type { Comparison, Flip, TaskComparison, Verdict } from "./comparison.js";
import { type ComparisonLook, tableOfComparison } from "./table.js";
import { answerText, flipNotes, warningsOf } from "./words.js";

const marks: Readonly<Record<Verdict, string>> = {
  regression: "❌",
  "no regression": "✅",
  "not enough evidence": "❔",
};

/** A comment for a pull request; also the step summary of GitHub Actions. */
export function comparisonMarkdown(comparison: Comparison, look: ComparisonLook = {}): string {
  const { a, b, tasks, verdict } = comparison;
  const warnings = warningsOf(comparison).map((warning) => `> ⚠️ ${markdownCode(warning, 400)}`);
  return [
    `### ${marks[verdict]} llava-eval: ${verdict}`,
    `A = ${side(a)} · B = ${side(b)}`,
    markdownTable(tableOfComparison(comparison, look)).trimEnd(),
    ...(warnings.length > 0 ? [warnings.join("\n>\n")] : []),
    ...tasks.filter((task) => task.flips.shown.length > 0).map(flips),
  ]
    .join("\n\n")
    .concat("\n");
}

const side = ({ name, models }: Comparison["a"]) =>
  [name, ...models.filter((model) => model !== name)].map((text) => markdownCode(text)).join(" ");

function flips({ task, flips: { gained, lost, shown } }: TaskComparison): string {
  const isNoted = shown.some((flip) => flipNotes(flip) !== "");
  const rows = shown.map((flip) => [
    `${markdownCode(flip.id, 40)}${flip.repeat === undefined ? "" : ` (${flip.repeat})`}`,
    markdownCode((flip.images[0] ?? "").slice(0, 8)),
    answer(flip.a),
    answer(flip.b),
    markdownCode((flip.targets ?? []).join(" / "), 80),
    ...(isNoted ? [markdownCode(flipNotes(flip), 200)] : []),
  ]);
  const title = `**${markdownWords(task)}**: ${count(lost)} worse, ${count(gained)} better`;
  const table = markdownRows(["sample", "image", "A", "B", "reference", ...(isNoted ? ["noted"] : [])], rows, []);
  return `<details><summary>changed samples</summary>\n\n${title}\n\n${table}\n\n</details>`;
}

const answer = (side: Flip["a"]) => markdownCode(answerText(side), 80);
