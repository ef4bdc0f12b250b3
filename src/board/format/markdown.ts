import { terminalSafe } from "../../core/terminal-safe.js";
import { type Column, headLines, type Note, raised, type Section, type Table, type TableCell } from "./table.js";

/**
 * Text from outside as a code span of GitHub's Markdown: no mark-up, mention, reference or link begins inside one, and nothing but a
 * backtick ends it. A backtick and a pipe, which would end the cell of a table, are shown by letters that look like them; controls
 * and bidi overrides are named, as in a terminal.
 */
export function markdownCode(text: string, limit = 200): string {
  const safe = terminalSafe(text, limit).replaceAll("`", "ˋ").replaceAll("|", "∣");
  return safe.trim() === "" ? "" : `\`${safe}\``;
}

/**
 * Letters that begin nothing in Markdown. Nor does an underscore between letters, a bracket around two numbers or a `<` before a digit.
 */
const harmless =
  /^(?:[A-Za-z0-9 ,;()%"'=?/…±×·−–→∞À-ÖØ-öø-ÿᵃ-ᶻ]|[.:+-](?!\/)|\[[-+\d.∞]+, [-+\d.∞]+\]|<(?=\d)|(?<=[A-Za-z0-9])_(?=[A-Za-z0-9]))*$/u;

/** Words as they are where they are harmless, else as code. */
export function markdownWords(text: string, limit = 400): string {
  return harmless.test(text) && !/www\./i.test(text) && text.length <= limit ? text : markdownCode(text, limit);
}

/** A table whose cells are already Markdown. */
export function markdownRows(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  align: readonly Column["align"][],
): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map((_, i) => (align[i] === "right" ? "---:" : "---"))), ...rows.map(line)].join("\n");
}

/** The best of a column bold, the second in italics; groups of rows below a line of their own. */
export function markdownTable(table: Table): string {
  const { axes, columns, sections, notes } = table;
  const head = [axes[0], ...columns.map((column) => markdownWords(headLines(column).join(" ")))];
  const filled = sections.filter(({ rows }) => rows.length > 0);
  const rows = filled.flatMap((section) => [
    ...(filled.length > 1 && section.title !== undefined ? [titleRow(section.title, columns.length)] : []),
    ...sectionRows(section),
  ]);
  const list = notes.map((note) => `- ${markdownNote(note)}`).join("\n");
  const align = ["left" as const, ...columns.map(({ align = "right" }) => align)];
  return `${markdownRows(head, rows, align)}\n${list ? `\n${list}\n` : ""}`;
}

const titleRow = (title: string, columns: number) => [`*${markdownWords(title)}*`, ...Array(columns).fill("")];

const sectionRows = ({ rows }: Section) =>
  rows.map(({ name, cells }) => [markdownWords(name), ...cells.map(markdownCell)]);

function markdownCell(cell: TableCell | undefined): string {
  if (!cell) return "-";
  const { value, error, rank, marks = "", tone } = cell;
  const word = markdownWords(value);
  const shown = tone === "best" ? `**${word}**` : tone === "second" ? `*${word}*` : word;
  return `${shown}${raised(marks)}${error === undefined ? "" : ` ±${error}`}${rank === undefined ? "" : ` (${rank})`}`;
}

/** The parts apart: outside names are code, our own words are not. */
const markdownNote = ({ mark, fact, about, url }: Note): string =>
  [
    mark === undefined ? "" : `${raised(mark)} `,
    markdownWords(fact),
    about === undefined ? "" : `: ${markdownWords(about)}`,
    url === undefined ? "" : /^https:\/\/[\w./-]+$/.test(url) ? `, <${url}>` : `, ${markdownCode(url)}`,
  ].join("");
