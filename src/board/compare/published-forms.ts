/** A comparison with published numbers, for people. */
import { terminalSafe } from "../../core/terminal-safe.js";
import { latexTable } from "../format/latex-table.js";
import { markdownTable } from "../format/markdown.js";
import { number, printed, range, signed } from "../format/numbers.js";
import { type Note, noteLetters, type Table, type TableCell, type TableRow, type Tone } from "../format/table.js";
import { type Screen, terminalTable } from "../format/terminal-table.js";
import { sourceNotes } from "../leaderboard/table.js";
import type { PublishedComparison, PublishedLine, PublishedVerdict } from "./published.js";
import { sideText } from "./words.js";

interface PublishedLook {
  readonly digits?: number;
}

const tones: Readonly<Record<PublishedVerdict, Tone>> = {
  above: "good",
  below: "bad",
  "no difference shown": "unsure",
  "not comparable": "soft",
};

function tableOf(comparison: PublishedComparison, { digits }: PublishedLook, cited = false): Table {
  const { own, published, alpha, lines, sources, caveats, leftOut } = comparison;
  const facts = [...new Set(lines.flatMap((line) => line.caveats))];
  const letterOf = (fact: string) => noteLetters[facts.indexOf(fact)] ?? "*";
  const rowOf = (line: PublishedLine): TableRow => {
    const { unit, name } = printed({ name: line.metric, unit: line.unit });
    const cell = (value: string, more: Partial<TableCell> = {}): TableCell => ({ value, ...more });
    return {
      name: `${line.task} v${line.version}`,
      cells: [
        cell(name),
        cell(number(line.own, line.unit, digits)),
        cell(number(line.published, unit, digits), { marks: line.caveats.map(letterOf).join("") }),
        cell(signed(line.delta, unit, digits)),
        cell(range(line.interval, unit, signed, digits)),
        cell(line.verdict, { tone: tones[line.verdict] }),
        cell(line.source),
      ],
    };
  };
  const notes: Note[] = [
    ...facts.map((fact) => ({ mark: letterOf(fact), fact })),
    ...caveats.map((fact) => ({ fact })),
    ...sourceNotes(sources, cited),
    ...(leftOut.length > 0
      ? [{ fact: "ours is no whole benchmark, left out (--force shows it)", about: leftOut.join(", ") }]
      : []),
  ];
  return {
    axes: ["task", ""],
    columns: [
      { title: "metric", align: "left", spare: 1 },
      { title: sideText(own) },
      { title: published },
      { title: "difference" },
      { title: `${100 * (1 - alpha)} % interval` },
      { title: "verdict", align: "left" },
      { title: "source", align: "left", spare: 2 },
    ],
    sections: [{ rows: lines.map(rowOf) }],
    notes,
    transposable: false,
  };
}

const titleOf = ({ own, published }: PublishedComparison) => `${sideText(own)} against ${published}, as published`;

function publishedText(comparison: PublishedComparison): string {
  const { lines, caveats } = comparison;
  const said = lines.map(({ task, metric, unit, own, published, delta, interval, verdict, source }) =>
    delta === null
      ? `${task} ${metric}: not comparable (${source})`
      : `${task} ${metric}: ${number(own, unit)} against ${number(published, unit)} (${source}), ${signed(delta, unit)} ${range(interval, unit)}, ${verdict}`,
  );
  const shown = said.length <= 9 ? said : [...said.slice(0, 8), `and ${said.length - 8} more`];
  return [titleOf(comparison), ...shown, `beware: ${caveats[0]}`]
    .map((line) => `${terminalSafe(line, 400)}\n`)
    .join("");
}

/** As text; the forms of gates have no place here. */
export const publishedForms = {
  table: (comparison: PublishedComparison, look: PublishedLook & Screen) =>
    `${terminalSafe(titleOf(comparison))}\n\n${terminalTable(tableOf(comparison, look), look)}\n`,
  text: (comparison: PublishedComparison) => publishedText(comparison),
  md: (comparison: PublishedComparison, look: PublishedLook) => markdownTable(tableOf(comparison, look)),
  latex: (comparison: PublishedComparison, look: PublishedLook) =>
    latexTable(tableOf(comparison, look, true), `${titleOf(comparison)}; ${comparison.caveats[0]}.`),
  json: (comparison: PublishedComparison) => `${JSON.stringify(comparison, null, 2)}\n`,
};
