import { terminalSafe } from "../../../core/terminal-safe.js";
import { count, number, signed } from "../../format/numbers.js";
import type { Column, Table, TableRow } from "../../format/table.js";
import { type Screen, terminalTable } from "../../format/terminal-table.js";
import { folded } from "../../format/text-table.js";
import { findingText } from "../steadiness.js";
import type { Across, AcrossReport } from "./across.js";

const columns: readonly Column[] = [
  { title: "differs", align: "left" },
  { title: "scores" },
  { title: "effect" },
  { title: "score up to here" },
  { title: "examples", align: "left", spare: 1 },
];

/** For a terminal: a line for each layer, what is stated under it, and what would close the gap. */
export function acrossTable(across: Across, screen: Screen = {}): string {
  const { task, metric, unit, ours, theirs, harness, samples, joinedBy, layers, closes, scorings, profiles } = across;
  const { steadiness = [] } = across;
  const { width = Number.POSITIVE_INFINITY } = screen;
  const head = `${task} ${metric}: ${number(ours, unit)} here, ${number(theirs, unit)} by ${harness}; ${count(samples.both)} samples in both (by ${joinedBy})`;
  const table: Table = {
    axes: ["layer", ""],
    columns,
    sections: [{ rows: layers.map((report) => row(report, across)) }],
    notes: [],
    transposable: false,
  };
  const details = layers.flatMap(({ layer, differences }) => differences.map((words) => `  ${layer}: ${words}`));
  const agreement = [
    ...profiles.map(
      ({ name, agrees, of }) => `  --prompt-profile ${name}: their words in ${count(agrees)} of ${count(of)}`,
    ),
    ...scorings.map(
      ({ name, agrees, of }) => `  --scoring ${name}: their score for their text in ${count(agrees)} of ${count(of)}`,
    ),
  ];
  return [
    folded(terminalSafe(head), width),
    "",
    terminalTable(table, screen),
    ...(details.length > 0 ? ["", ...details.map((line) => terminalSafe(line, 400))] : []),
    ...(agreement.length > 0 ? ["", ...agreement.map((line) => terminalSafe(line))] : []),
    "",
    folded(terminalSafe(conclusion(across)), width),
    ...closes.map((words) => folded(terminalSafe(`closes the gap: ${words}`), width)),
    ...steadiness.map((finding) => folded(terminalSafe(findingText(finding)), width)),
    "",
  ].join("\n");
}

function row(
  { layer, told, samples, scores, effect, score, differences, examples }: AcrossReport,
  across: Across,
): TableRow {
  const { both } = across.samples;
  const differs =
    samples > 0
      ? `${count(samples)} of ${count(both)}`
      : differences.length > 0
        ? "as stated below"
        : told
          ? "same"
          : "not told by their file";
  const tone = layer === across.first ? "bad" : samples > 0 || differences.length > 0 ? "unsure" : "soft";
  return {
    name: layer,
    cells: [
      { value: differs, tone },
      { value: scores === 0 ? "" : count(scores) },
      { value: scores === 0 || effect === null ? "" : signed(effect, across.unit) },
      { value: score === null ? "" : number(score, across.unit) },
      { value: examples.map((id) => terminalSafe(id, 24)).join(" ") },
    ],
  };
}

function conclusion({ first, layers }: Across): string {
  if (first === undefined) return "Nothing differs in what their file tells.";
  const parts = layers
    .filter(({ scores }) => scores > 0)
    .sort((x, y) => y.scores - x.scores)
    .map(({ layer, scores }) => `${layer} ${count(scores)}`);
  const changed =
    parts.length === 0
      ? "no score changed"
      : `changed scores by the first layer that differs for them: ${parts.join(", ")}`;
  return `The first layer that differs is ${first}; ${changed}.`;
}
