/** An item report for a terminal, as Markdown, as lines for programs, and as a list to exclude by. */
import { terminalSafe } from "../../core/terminal-safe.js";
import { markdownTable, markdownWords } from "../format/markdown.js";
import { pValue } from "../format/numbers.js";
import type { Table } from "../format/table.js";
import { type Screen, terminalTable } from "../format/terminal-table.js";
import { folded } from "../format/text-table.js";
import type { Item, ItemsReport } from "./item.js";
import { answerText, correlation, factsOf, headOf, targetsText, toLookAt } from "./words.js";

export interface ItemsLook {
  /** Items in each table, at most. */
  readonly limit: number;
  readonly screen?: Screen;
}

export function itemsTable(report: ItemsReport, { limit, screen = {} }: ItemsLook): string {
  const { width = Number.POSITIVE_INFINITY } = screen;
  const line = (text: string) => folded(terminalSafe(text, 400), width);
  const set = (text: string) => `  ${folded(terminalSafe(text, 400), width - 2).replaceAll("\n", "\n  ")}`;
  const tables = tablesOf(report, limit).map(({ title, table }) => `${line(title)}\n\n${terminalTable(table, screen)}`);
  return `${[[line(headOf(report)), ...factsOf(report).map(set)].join("\n"), ...tables].join("\n\n")}\n`;
}

export function itemsMarkdown(report: ItemsReport, { limit }: ItemsLook): string {
  const facts = factsOf(report).map((fact) => `- ${markdownWords(fact)}`);
  const tables = tablesOf(report, limit).map(
    ({ title, table }) => `**${markdownWords(title)}**\n\n${markdownTable(table)}`,
  );
  return `${[markdownWords(headOf(report)), facts.join("\n"), ...tables].join("\n\n")}\n`;
}

/** One object a line, every item. */
export const itemsJsonLines = ({ items }: ItemsReport): string =>
  items.map((item) => `${JSON.stringify(item)}\n`).join("");

/** A list for a suite's `without`, of what was found: somebody has to look at each before it is left out. */
export function itemsList(report: ItemsReport, { limit }: ItemsLook): string {
  const { task } = report;
  const lines = toLookAt(report, limit).map((item) => {
    const why = `discrimination ${correlation(item.discrimination)}; reference ${targetsText(item)}; the stronger half says ${answerText(item)}`;
    return `    - ${JSON.stringify(item.id)} # ${terminalSafe(why, 200)}`;
  });
  return `# Proposed by \`llava-eval items ${task}\`: ${headOf(report)}.
# Look at each, take out the lines that are right, and say below what was found. Another choice of items is another version.
name: ${task.toLowerCase().replace(/[^a-z0-9]+/g, "-")}-looked-at
version: 1
about: say who looked, and why each was left out
items:
  ${JSON.stringify(task)}:${lines.length === 0 ? " []" : `\n${lines.join("\n")}`}
`;
}

interface Titled {
  readonly title: string;
  readonly table: Table;
}

function tablesOf(report: ItemsReport, limit: number): Titled[] {
  const { items, same } = report;
  const found = toLookAt(report, limit);
  const lowest: Titled = {
    title: "lowest discriminations: strong runs speak against the reference",
    table: tableOf(
      ["difficulty", "discrimination", "p", "suspect", "reference", "stronger half says"],
      found.map((item) => [name(item), ...numbersOf(item), targetsText(item), answerText(item)]),
    ),
  };
  const unsolved = items.filter(({ solvedBy }) => solvedBy === "none");
  const nobody: Titled = {
    title: `nobody solves${unsolved.length > limit ? `, the first ${limit} of ${unsolved.length}` : ""}`,
    table: tableOf(
      ["reference", "stronger half says"],
      unsolved.slice(0, limit).map((item) => [name(item), targetsText(item), answerText(item)]),
    ),
  };
  const contradictory = same.filter(({ isContradiction }) => isContradiction);
  const shown = [...contradictory, ...same.filter(({ isContradiction }) => !isContradiction)].slice(0, limit);
  const repeated: Titled = {
    title: `asked more than once${same.length > limit ? `, the first ${limit} of ${same.length}` : ""}`,
    table: tableOf(
      ["the same as", "references"],
      shown.map(({ ids: [first = "", ...others], isContradiction }) => [
        first,
        others.join(", "),
        isContradiction ? "different" : "alike",
      ]),
    ),
  };
  return [lowest, nobody, repeated].filter(({ table }) => (table.sections[0]?.rows.length ?? 0) > 0);
}

const name = ({ id }: Item) => id;

const numbersOf = ({ difficulty, discrimination, p, suspect }: Item): string[] => [
  difficulty === undefined ? "-" : difficulty.toFixed(2),
  correlation(discrimination),
  pValue(p),
  suspect ? "yes" : "",
];

/** The first cell of a row is its name; words stand left, numbers right. */
function tableOf(titles: readonly string[], rows: readonly (readonly string[])[]): Table {
  const isWord = (title: string) => /reference|says|same/.test(title);
  return {
    axes: ["item", ""],
    columns: titles.map((title) => ({
      title,
      ...(isWord(title) ? { align: "left" as const } : {}),
      ...(title === "p" ? { spare: 1 } : {}),
    })),
    sections: [
      {
        rows: rows.map(([first = "", ...cells]) => ({
          name: terminalSafe(first, 32),
          cells: cells.map((text) => ({ value: terminalSafe(text, 60), short: terminalSafe(text, 24) })),
        })),
      },
    ],
    notes: [],
    transposable: false,
  };
}
