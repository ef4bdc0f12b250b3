import { terminalSafe } from "../../core/terminal-safe.js";
import { count, number, printed } from "../format/numbers.js";
import type { Column, Table, TableRow } from "../format/table.js";
import { type Screen, terminalTable } from "../format/terminal-table.js";
import { folded } from "../format/text-table.js";
import type { Explanation, LayerReport } from "./explain.js";
import { findingText } from "./steadiness.js";

const columns: readonly Column[] = [
  { title: "differs", align: "left" },
  { title: "answers" },
  { title: "scores" },
  { title: "effect on the mean score" },
  { title: "examples", align: "left", spare: 1 },
];

/** For a terminal, as wide as it is: a line for each layer, what differs under it, and one sentence. */
export function explanationTable(explanation: Explanation, screen: Screen = {}): string {
  const { task, a, b, samples, changedAnswers, changedScores } = explanation;
  const { name, unit } = printed({ name: explanation.metric, unit: explanation.unit });
  // One digit more than a board has: what is to be explained may be small.
  const value = (of: number | null) => number(of, unit, unit === "fraction" ? 2 : undefined);
  const { width = Number.POSITIVE_INFINITY } = screen;
  const head = `${task} ${name}: ${value(a)} → ${value(b)}; ${count(samples.both)} samples in both, ${count(changedAnswers)} answers and ${count(changedScores)} scores changed`;
  const table: Table = {
    axes: ["layer", ""],
    columns,
    sections: [{ rows: explanation.layers.map((report) => row(report, explanation)) }],
    notes: [],
    transposable: false,
  };
  const details = explanation.layers.flatMap(({ layer, differences }) =>
    differences.map(({ what, a, b }) => `  ${layer}: ${what}: ${terminalSafe(a, 80)} → ${terminalSafe(b, 80)}`),
  );
  return [
    folded(terminalSafe(head), width),
    "",
    terminalTable(table, screen),
    ...(details.length > 0 ? ["", ...details.map((line) => terminalSafe(line))] : []),
    "",
    folded(conclusion(explanation), width),
    ...steadinessLines(explanation).map((line) => folded(terminalSafe(line, 400), width)),
    "",
  ].join("\n");
}

function steadinessLines({ steadiness = [], changedAnswers, samples: { both } }: Explanation): string[] {
  if (steadiness.length === 0) return [];
  const changed = `here ${count(changedAnswers)} of ${count(both)} answers changed (${((100 * changedAnswers) / Math.max(1, both)).toFixed(1)} %)`;
  return [...steadiness.map(findingText), changed];
}

/** The first layer that differs is what a reader looks for; one that is the same needs no look. */
function row(report: LayerReport, { samples: { both }, first }: Explanation): TableRow {
  const { layer, same, samples, answers, scores, effect, examples } = report;
  const differs = same
    ? "same"
    : samples === undefined
      ? "differs"
      : samples === 0
        ? "as stated below"
        : `${count(samples)} of ${count(both)}`;
  return {
    name: layer,
    cells: [
      { value: differs, tone: same ? "soft" : layer === first ? "bad" : "unsure" },
      { value: answers === 0 ? "" : count(answers) },
      { value: scores === 0 ? "" : count(scores) },
      { value: scores === 0 ? "" : `${effect > 0 ? "+" : ""}${(100 * effect).toFixed(2)}` },
      { value: examples.map((id) => terminalSafe(id, 24)).join(" ") },
    ],
  };
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
