/** OCRBench v2's tables and documents. Source: MultimodalOCR OCRBench_v2/eval_scripts `TEDS_metric.py`. */

import { pythonRegex, splitWords, strip } from "llava-eval";
import { teds } from "./teds.js";
import { type Tree, treeDistance } from "./tree-distance.js";

/** Tags that the comparison needs, where they are missing. */
export function wrapped(html: string): string {
  let table = html.replaceAll("\n", "");
  if (!table.includes("<table")) table = `<table>${table}`;
  if (!table.includes("</table>")) table = `${table}</table>`;
  if (!table.includes("<body>")) table = `<body>${table}</body>`;
  return table.includes("<html>") ? table : `<html>${table}</html>`;
}

/** From the first body or table on, in one line; a table that the script cannot read counts for nothing. */
export function htmlCredit(text: string, reference: string): number {
  const line = text.replaceAll("\n", "");
  const start = line.includes("<body") ? line.indexOf("<body") : line.indexOf("<table");
  return start < 0 ? 0 : (teds(wrapped(line.slice(start)), wrapped(reference)) ?? 0);
}

export const markdownCredit = (text: string, reference: string): number =>
  teds(markdownTable(text), markdownTable(reference)) ?? 0;

/** The script takes away these letters at both ends, not the word: "m" and "n" of a first cell, too. */
const fenceLetters = "`markdown";

/** The first line and those behind the second, as HTML. */
export function markdownTable(text: string): string {
  const lines = strip(strip(strip(text, fenceLetters), "`")).split("\n");
  const rows = [lines[0] ?? "", ...lines.slice(2)].map((line) => {
    const cells = strip(line).split("|").slice(1, -1);
    return `<tr>${cells.map((cell) => `<td>${/^ +$/.test(cell) ? " " : strip(cell)}</td>`).join("")}</tr>`;
  });
  return `<html><body><table>${rows.join("")}</table></body></html>`;
}

interface Line extends Tree<string> {
  readonly children: Line[];
}

const cleanings: readonly (readonly [RegExp, string])[] = [
  [/<bos>|<eos>|<pad>|<unk>/g, ""],
  [pythonRegex("\\s##(\\S)", "g"), "$1"],
  [pythonRegex("\\\\\\s", "g"), "\\"],
  [pythonRegex("\\s\\*\\s\\*\\s", "g"), "**"],
  [pythonRegex("\\{\\s", "g"), "{"],
  [pythonRegex("\\s\\}", "g"), "}"],
  [pythonRegex("\\s\\}", "g"), "}"],
  [pythonRegex("\\\\begin\\s", "g"), "\\begin"],
  [pythonRegex("\\\\end\\s", "g"), "\\end"],
  [/\\end\{table\}/g, "\\end{table} \n\n"],
  [/[\n*_]/g, " "],
];

const line = (node: string): Line => ({ node, children: [] });

/**
 * A document's titles under its root, with the lines behind each. A title that is called as something before it is, gives its lines to that.
 */
export function documentTree(text: string): Tree<string> {
  const [root, untitled] = [line("ROOT"), line("TITLE")];
  root.children.push(untitled);
  const names = new Set(["ROOT", "TITLE"]);
  let parent = untitled;
  for (const raw of text.split("\n")) {
    const cleaned = cleanings.reduce((one, [pattern, instead]) => one.replace(pattern, instead), raw);
    const isTitle = cleaned.startsWith("#");
    const own = line(isTitle ? cleaned.replaceAll("#", "") : cleaned);
    (isTitle ? root : parent).children.push(own);
    if (isTitle && own.node === "") parent = untitled;
    else if (isTitle) parent = names.has(own.node) ? firstNamed(root, own.node) : own;
    names.add(own.node);
  }
  return root;
}

function firstNamed(root: Line, name: string): Line {
  const left = [root];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    if (next.node === name) return next;
    for (let i = next.children.length - 1; i >= 0; i--) left.push(next.children[i] as Line);
  }
  throw new Error(`no line "${name}" in the tree`);
}

const isBlank = (name: string): boolean => splitWords(name).length === 0;

/** Any two lines with words in them are alike for the script: only the structure counts. */
const lineCosts = {
  insert: () => 1,
  remove: () => 1,
  rename: (a: string, b: string) => (isBlank(a) || isBlank(b) ? 1 : 0),
};

const sizeOf = (text: string): number => {
  let nodes = 0;
  const left = [documentTree(text)];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    nodes++;
    for (const child of next.children) left.push(child);
  }
  return nodes;
};

export function documentCredit(text: string, reference: string): number {
  const distance = treeDistance(documentTree(text), documentTree(reference), lineCosts);
  return 1 - distance / Math.max(sizeOf(text), sizeOf(reference));
}
