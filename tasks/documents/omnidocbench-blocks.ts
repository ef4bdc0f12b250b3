/**
 * OmniDocBench: a reply in Markdown as blocks of text, formulas and tables. Source: opendatalab/OmniDocBench `utils/extract.py`, `table_utils.py`; of
 * version 1.0 VLMEvalKit `dataset/OmniDocBench/utils.py` at e8e78f05.
 */

import { pythonRegex, strip } from "llava-eval";

export interface Block {
  readonly kind: "text" | "formula" | "html" | "latex";
  readonly content: string;
  /** Where it begins; of paragraphs without what parts them. */
  readonly at: number;
  /** A formula in a line of text, which stays in that too. */
  readonly isInline?: boolean;
}

/** VLMEvalKit has kept the rules of 1.0. */
export type Version = "1.0" | "1.5";

/** A place in a text that becomes blank when its block is taken out. */
interface Place {
  readonly start: number;
  readonly end: number;
}

const blanked = (text: string, { start, end }: Place): string =>
  text.slice(0, start) + " ".repeat(end - start) + text.slice(end);

const lineStart = "(?<![^\\n])";
const lineEnd = "(?![^\\n])";
const opened = (language: string) => new RegExp(`${lineStart}\`\`\`${language}\\n?`, "g");
const closed = new RegExp(`\`\`\`\\n?${lineEnd}`, "g");
const fences: Readonly<Record<Version, readonly RegExp[]>> = {
  "1.0": [opened("markdown"), closed],
  "1.5": [opened("markdown"), opened("html"), opened("latex"), closed],
};

function cleaned(text: string, version: Version): string {
  const withoutImages = text.replace(/!\[[^\n]*?\]\([^\n]*?\)/g, "");
  const withoutFences = fences[version].reduce((one, fence) => one.replace(fence, ""), withoutImages);
  const shorter = withoutFences.replace(/_{4,}/g, "____").replace(/ {4,}/g, "    ");
  return version === "1.0"
    ? shorter.replace(/([^a-zA-Z0-9])\1{10,}/gu, "$1$1$1$1")
    : shorter.replace(/<html>|<\/html>|<body>|<\/body>/g, "");
}

interface Marks {
  readonly open: RegExp;
  readonly close: string;
  /** What the script takes for the length of each: those of its patterns, not of the marks. */
  readonly step: number;
  readonly width: number;
}
const htmlMarks: Marks = { open: /<table(?:[^>]*)>/g, close: "</table>", step: 8, width: 18 };
const tabularMarks: Marks = { open: /\\begin\{tabular\}/g, close: "\\end{tabular}", step: 14, width: 16 };

/** Outermost pairs of marks. Behind one that nothing closes the search begins anew. */
function pairsOf(text: string, marks: Marks): readonly Place[] {
  const found: Place[] = [];
  let from = 0;
  for (;;) {
    const open: number[] = [];
    let at = from;
    while (at < text.length) {
      marks.open.lastIndex = at;
      const begin = marks.open.exec(text)?.index ?? -1;
      const end = text.indexOf(marks.close, at);
      if (end < 0) {
        // Whatever else opens stays open.
        if (begin >= 0) open.push(begin);
        break;
      }
      if (begin >= 0 && begin < end) {
        open.push(begin);
        at = begin + marks.step;
        continue;
      }
      const start = open.pop();
      at = end + marks.step;
      if (start !== undefined && open.length === 0) found.push({ start, end: Math.min(at, text.length) });
    }
    const [first] = open;
    if (first === undefined) return found;
    from = first + marks.width;
    if (text.indexOf(marks.close, from) < 0) return found;
  }
}

function latexTables(text: string): readonly Place[] {
  const places: Place[] = [];
  let rest = text;
  for (let start = text.indexOf("\\begin{table}"); start >= 0; ) {
    const close = text.indexOf("\\end{table}", start);
    if (close < 0) break;
    const place = { start, end: close + "\\end{table}".length };
    places.push(place);
    rest = blanked(rest, place);
    start = text.indexOf("\\begin{table}", place.end);
  }
  return [...places, ...pairsOf(rest, tabularMarks)].sort((a, b) => a.start - b.start);
}

/** Marks of mathematics, and what ends each. */
const delimiters = [
  ["$$", "$$"],
  ["\\[", "\\]"],
  ["$", "$"],
  ["\\(", "\\)"],
] as const;

function* formulaPlaces(text: string): Generator<Place> {
  const missing = new Set<string>();
  for (let at = nextMark(text, 0); at >= 0; ) {
    const end = endOf(text, at, missing);
    if (end !== undefined) yield { start: at, end };
    at = nextMark(text, end ?? at + 1);
  }
}

function nextMark(text: string, from: number): number {
  const mark = /\$|\\[[(]/g;
  mark.lastIndex = from;
  return mark.exec(text)?.index ?? -1;
}

/** @param missing ends that do not come again: none is looked for twice */
function endOf(text: string, at: number, missing: Set<string>): number | undefined {
  for (const [open, close] of delimiters) {
    if (!text.startsWith(open, at) || missing.has(open)) continue;
    const end = text.indexOf(close, at + open.length);
    if (end >= 0) return end + close.length;
    missing.add(open);
  }
  return undefined;
}

const dollars = /\$\$([\s\S]*?)\$\$|\$([\s\S]*?)\$|\\\(([\s\S]*?)\\\)/g;

const blanks = pythonRegex("\\s+", "g");

function formulaBlock(matched: string, at: number, version: Version): Block {
  const line = version === "1.0" ? matched.replace(blanks, "") : strip(matched).split("\n").join(" ");
  dollars.lastIndex = 0;
  const inner = dollars.exec(line);
  if (inner === null) return { kind: "formula", content: line, at };
  if (inner[1] !== undefined && inner[1] !== "")
    return { kind: "formula", content: line.replace(dollars, (_, own = "") => `\\[${own}\\]`), at };
  const content = line.replace(dollars, (_, __, own = "", other = "") => `\\[${own}${other}\\]`);
  return { kind: "formula", content, at, isInline: true };
}

/** Between bars, to the next one that ends a line. */
function tableLines(text: string): readonly string[] {
  const lines: string[] = [];
  for (let start = text.indexOf("|"); start >= 0; ) {
    const end = text.indexOf("|\n", start + 1);
    if (end < 0) break;
    lines.push(text.slice(start, end + 2));
    start = text.indexOf("|", end + 2);
  }
  return lines;
}

const cellsOf = (row: string): readonly string[] =>
  row
    .split("|")
    .slice(1, -1)
    .map((cell) => strip(cell));

/** A line becomes a table with a head; the second line of several is taken for what parts head and body. */
function markdownTable(text: string): string {
  const [head = "", , ...body] = strip(text)
    .split("\n")
    .map((row) => strip(row));
  const headCells = cellsOf(head).map((cell) => `      <th>${cell}</th>\n`);
  const rows = body.map(
    (row) =>
      `    <tr>\n${cellsOf(row)
        .map((cell) => `      <td>${cell}</td>\n`)
        .join("")}    </tr>\n`,
  );
  return `<table>\n  <thead>\n    <tr>\n${headCells.join("")}    </tr>\n  </thead>\n  <tbody>\n${rows.join("")}  </tbody>\n</table>\n`;
}

/** Neighbouring tables of one line become one; heads become rows, and lines with "---" or ":" between tables are lost. */
function withHtmlTables(text: string): string {
  let marked = `${text.replaceAll("\r", "")}\n`;
  for (const line of tableLines(marked)) marked = marked.replace(line, () => markdownTable(line));
  return mergedTables(marked)
    .replaceAll("<table>", '<table border="1" >')
    .replaceAll("<td>", '<td colspan="1" rowspan="1">');
}

const isRule = (line: string): boolean => line.includes(":") || line.includes("---");

function mergedTables(text: string): string {
  const out: string[] = [];
  let inTable = false;
  let block = "";
  let last = "";
  for (const line of text.split("\n")) {
    if (line.includes("<table>")) {
      inTable = true;
      block += last;
    } else if (inTable) {
      if (!isRule(last) && !last.includes("</thead>")) block += `\n${last}`;
      if (last.includes("</table>")) {
        inTable = false;
        out.push(oneTable(block));
        block = "";
      }
    } else out.push(last);
    last = line;
  }
  if (last !== "" && (inTable || last.includes("</table>"))) out.push(oneTable(`${block}\n${last}`));
  else if (last !== "") out.push(last);
  return out.join("\n");
}

function oneTable(text: string): string {
  const lines = (text.replace(/<!--[\s\S]*?-->/g, "").match(/<table>[\s\S]*?<\/table>/g) ?? []).flatMap((table) => {
    const rows = table
      .split("\n")
      .map((line) => (line.includes("<th>") ? line.replaceAll("<th>", "<td>").replaceAll("</th>", "</td>") : line))
      .filter((line) => !/<\/?t(able|head|body)>/.test(line));
    return rows.length > 2 ? rows : [];
  });
  return `\n\n<table>\n${lines.join("\n")}\n</table>\n\n`;
}

const commands: readonly (readonly [RegExp, string])[] = [
  [/\\title\{([^\n]*?)\}/g, "$1"],
  [/\\title\s*\{\s*([\s\S]*?)\s*\}/g, "$1"],
  [/\\text\s*\{\s*([\s\S]*?)\s*\}/g, "$1"],
  [/\\section\*?\{([^\n]*?)\}/g, "$1"],
  [/\\section\*?\{\s*([\s\S]*?)\s*\}/g, "$1"],
];

function paragraphBlock(paragraph: string, at: number): Block | undefined {
  const lines = paragraph.split("\n").map((line) => strip(line));
  const content = lines.filter((line) => line !== "").join("\n");
  if (content === "") return undefined;
  if (content.startsWith("<table") && content.endsWith("</table>")) return { kind: "html", content, at };
  if (!content.startsWith("$") || !content.endsWith("$")) return { kind: "text", content, at };
  return strip(content.replaceAll("$", "")) === "" ? undefined : { kind: "formula", content, at };
}

/** All blocks in the order in which they begin. */
export function blocksOf(reply: string, version: Version = "1.5"): readonly Block[] {
  let text = cleaned(reply, version);
  const blocks: Block[] = [];
  const take = (block: Block, place: Place) => {
    blocks.push(block);
    text = blanked(text, place);
  };
  const all = (kind: Block["kind"], places: readonly Place[]) => {
    const whole = text;
    for (const place of places) take({ kind, content: whole.slice(place.start, place.end), at: place.start }, place);
  };
  all("latex", latexTables(text));
  all("html", pairsOf(text, htmlMarks));
  const withFormulas = text;
  for (const place of formulaPlaces(withFormulas)) {
    const block = formulaBlock(withFormulas.slice(place.start, place.end), place.start, version);
    if (block.isInline) blocks.push(block);
    else take(block, place);
  }
  if (tableLines(`${text}\n`).length >= 2) {
    text = withHtmlTables(text);
    const withTables = text;
    for (const { index, 0: matched } of withTables.matchAll(/<table[\s\S]*?<\/table>/g))
      take({ kind: "html", content: strip(matched), at: index }, { start: index, end: index + matched.length });
  }
  const withCode = text;
  for (const { index, 0: matched, 2: code = "" } of withCode.matchAll(/```([\p{L}\p{N}_]+)\n([\s\S]*?)```/gu))
    take({ kind: "text", content: strip(code), at: index }, { start: index, end: index + matched.length });
  text = commands.reduce((one, [command, instead]) => one.replace(command, instead), text);
  const parts = text.includes("\n\n") ? text.split("\n\n") : text.split("\n");
  let at = 0;
  for (const part of parts) {
    const block = paragraphBlock(part, at);
    if (block) blocks.push(block);
    at += part.length;
  }
  return blocks
    .map((block, i) => ({ block, i }))
    .sort((a, b) => a.block.at - b.block.at || a.i - b.i)
    .map(({ block }) => block);
}
