import { terminalSafe } from "../../core/terminal-safe.js";
import { count } from "../format/numbers.js";
import { textTable } from "../format/text-table.js";
import type { Explanation, LayerReport } from "./explain.js";

const columns = [
  { title: "layer" },
  { title: "differs" },
  { title: "answers", align: "right" },
  { title: "scores", align: "right" },
  { title: "effect on the mean score", align: "right" },
  { title: "examples" },
] as const;

/** For a terminal: a line for each layer, what differs under it, and one sentence. */
export function explanationTable(explanation: Explanation): string {
  const { task, metric, a, b, samples, changedAnswers, changedScores } = explanation;
  const head = `${task} ${metric}: ${value(a)} → ${value(b)}; ${count(samples.both)} samples in both, ${count(changedAnswers)} answers and ${count(changedScores)} scores changed`;
  const table = textTable(
    columns,
    explanation.layers.map((report) => row(report, samples.both)),
  );
  const details = explanation.layers.flatMap(({ layer, differences }) =>
    differences.map(({ what, a, b }) => `  ${layer}: ${what}: ${terminalSafe(a, 80)} → ${terminalSafe(b, 80)}`),
  );
  return [
    terminalSafe(head),
    "",
    table,
    ...(details.length > 0 ? ["", ...details.map((line) => terminalSafe(line))] : []),
    "",
    conclusion(explanation),
    "",
  ].join("\n");
}

function row(report: LayerReport, both: number): string[] {
  const { layer, same, samples, answers, scores, effect, examples } = report;
  const differs = same
    ? "same"
    : samples === undefined
      ? "differs"
      : samples === 0
        ? "as stated below"
        : `${count(samples)} of ${count(both)}`;
  return [
    layer,
    differs,
    answers === 0 ? "" : count(answers),
    scores === 0 ? "" : count(scores),
    scores === 0 ? "" : `${effect > 0 ? "+" : ""}${(100 * effect).toFixed(2)}`,
    examples.map((id) => terminalSafe(id, 24)).join(" "),
  ];
}

/** What accounts for most, in one sentence. */
export function conclusion({ first, layers, changedScores, changedAnswers }: Explanation): string {
  if (first === undefined) return "Nothing differs: the two runs are the same in every layer.";
  if (changedScores === 0) {
    return `The first layer that differs is ${first}; ${changedAnswers === 0 ? "no answer changed" : `${count(changedAnswers)} answers changed, no score did`}.`;
  }
  const parts = layers
    .filter(({ scores }) => scores > 0)
    .sort((x, y) => y.scores - x.scores)
    .map(({ layer, scores }) => `${layer} ${count(scores)}`);
  return `The first layer that differs is ${first}. Changed scores by the first layer that differs for them: ${parts.join(", ")}.`;
}

const value = (number: number | null) => (number === null ? "-" : String(Math.round(number * 1e6) / 1e6));
