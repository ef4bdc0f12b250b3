import { terminalSafe } from "../../core/terminal-safe.js";
import { count } from "../format/numbers.js";
import type { Table } from "../format/table.js";
import { noPaint, type Screen, terminalTable } from "../format/terminal-table.js";
import type { Comparison, Flip, TaskComparison } from "./comparison.js";
import { type ComparisonLook, tableOfComparison } from "./table.js";
import { answerText, flipNotes, sideText, warningsOf } from "./words.js";

/** For a terminal, as wide as it is. Warnings are not in it: they belong on stderr. */
export function comparisonTable(comparison: Comparison, look: ComparisonLook & Screen = {}): string {
  const { a, b, tasks, verdict, onlyA } = comparison;
  const { paint = noPaint } = look;
  const flips = tasks.filter((task) => task.flips.shown.length > 0).map((task) => flipTable(task, look));
  const tone = verdict === "regression" ? "bad" : verdict === "no regression" ? "good" : "unsure";
  return [
    terminalSafe(`A = ${sideText(a)}`),
    terminalSafe(`B = ${sideText(b)}`),
    "",
    terminalTable(tableOfComparison(comparison, look), look),
    ...flips,
    "",
    `verdict: ${paint(tone, verdict)}${onlyA.length > 0 ? terminalSafe(`; not in B: ${onlyA.join(", ")}`) : ""}`,
    "",
  ].join("\n");
}

const flipColumns = [
  { title: "image", align: "left", spare: 2 },
  { title: "A", align: "left" },
  { title: "B", align: "left" },
  { title: "reference", align: "left", spare: 1 },
] as const;

function flipTable({ task, flips }: TaskComparison, screen: Screen): string {
  const rest = flips.gained + flips.lost - flips.shown.length;
  const head = `\n${task}: ${count(flips.lost)} worse, ${count(flips.gained)} better${rest > 0 ? `; the first ${flips.shown.length}` : ""}`;
  const isNoted = flips.shown.some((flip) => flipNotes(flip) !== "");
  const table: Table = {
    axes: ["sample", ""],
    columns: [...flipColumns, ...(isNoted ? [{ title: "noted", align: "left" as const }] : [])],
    sections: [{ rows: flips.shown.map((flip) => flipRow(flip, isNoted)) }],
    notes: [],
    transposable: false,
  };
  const width = screen.width === undefined ? {} : { width: screen.width - 2 };
  return `${head}\n${terminalTable(table, { ...screen, ...width }).replace(/^/gm, "  ")}`;
}

function flipRow(flip: Flip, isNoted: boolean) {
  const words = [
    (flip.images[0] ?? "").slice(0, 8),
    answerText(flip.a),
    answerText(flip.b),
    (flip.targets ?? []).join(" | "),
    ...(isNoted ? [flipNotes(flip)] : []),
  ];
  return {
    name: `${terminalSafe(flip.id, 32)}${flip.repeat === undefined ? "" : `#${flip.repeat}`}`,
    cells: words.map((text) => ({ value: terminalSafe(text, 40), short: terminalSafe(text, 20) })),
  };
}

/** For stderr. */
export function comparisonWarnings(comparison: Comparison): string {
  return warningsOf(comparison)
    .map((warning) => `warning: ${terminalSafe(warning)}\n`)
    .join("");
}
