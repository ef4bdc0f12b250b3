/** What lmms-eval calls OmniDocBench (`omnidocbench/utils.py`): rules of its own. Text that the page has not costs nothing, and every line is a paragraph. */

import { length, levenshtein, pythonRegex, strip } from "llava-eval";
import { cheapestPairs } from "./assignment.js";
import { wrapped } from "./ocrbench-v2-pages.js";
import { relativeDistance } from "./omnidocbench-match.js";
import type { Edits, Page, PageBlock } from "./omnidocbench-page.js";
import { teds } from "./teds.js";

export interface Parts {
  readonly text: readonly string[];
  readonly formula: readonly string[];
  readonly table: readonly string[];
}

const kinds: Readonly<Record<string, { readonly part: keyof Parts; readonly content: "text" | "latex" | "html" }>> = {
  ...Object.fromEntries(
    ["text_block", "title", "text_caption", "header", "footer", "page_number", "footnote"].map((kind) => [
      kind,
      { part: "text", content: "text" } as const,
    ]),
  ),
  equation_isolated: { part: "formula", content: "latex" },
  equation_inline: { part: "formula", content: "latex" },
  table: { part: "table", content: "html" },
};

const byOrder = (a: PageBlock, b: PageBlock): number => (a.order || 0) - (b.order || 0);

/** Of the page, in its order; blocks that its edges cut are one. */
export function lmmsTargets({ layout_dets: blocks, extra }: Page): Parts {
  const parent = new Map<number, number>();
  const rootOf = (id: number): number => {
    let at = id;
    for (let next = parent.get(at); next !== undefined && next !== at; next = parent.get(at)) at = next;
    return at;
  };
  for (const { relation_type: type, source_anno_id: source, target_anno_id: target } of extra?.relation ?? [])
    if (type === "truncated" && rootOf(source) !== rootOf(target)) parent.set(rootOf(source), rootOf(target));
  const groups = new Map<unknown, PageBlock[]>();
  for (const block of blocks) {
    const key = block.anno_id === undefined ? block : rootOf(block.anno_id);
    groups.set(key, [...(groups.get(key) ?? []), block]);
  }
  const found = [...groups.values()].flatMap((group) => {
    const sorted = [...group].sort(byOrder);
    const kind = kinds[sorted[0]?.category_type ?? ""];
    const content = kind && strip(sorted.flatMap((block) => block[kind.content] || []).join(" "));
    return kind && content ? [{ part: kind.part, content, order: sorted[0]?.order || 0 }] : [];
  });
  const of = (part: keyof Parts) =>
    found
      .filter((one) => one.part === part)
      .sort((a, b) => a.order - b.order)
      .map(({ content }) => content);
  return { text: of("text"), formula: of("formula"), table: of("table") };
}

const contentStart = /\n\s*\n(?=[#|<$\\]|[\u4e00-\u9fff]|[A-Z][a-z])/;

/** What stands before the document, where the reply begins with no letter, or with "Thinking". */
function withoutPreamble(text: string): string {
  const bare = text.replace(pythonRegex("^\\s+"), "");
  const [first = ""] = bare;
  if (bare === "" || "#|<$\\".includes(first)) return text;
  if (/[\p{L}\p{N}]/u.test(first) && !bare.slice(0, 20).includes("Thinking")) return text;
  const start = contentStart.exec(text);
  if (start) return text.slice(start.index + start[0].length).replace(/^\n+/, "");
  for (const mark of ["Here is the", "Here's the", "```markdown", "```"]) {
    const at = text.indexOf(mark);
    if (at >= 0) return text.slice(at + mark.length).replace(/^\n+/, "");
  }
  return text;
}

/** With what stands between tables; behind one that does not end no other can. */
function partedByTables(text: string): { readonly tables: readonly string[]; readonly rest: string } {
  const [open, close] = [/<table[\s>]/gi, /<\/table>/gi];
  const [tables, rest]: [string[], string[]] = [[], []];
  let from = 0;
  for (let start = open.exec(text); start !== null; start = open.exec(text)) {
    close.lastIndex = start.index;
    const end = close.exec(text);
    if (end === null) break;
    rest.push(text.slice(from, start.index));
    from = open.lastIndex = close.lastIndex;
    tables.push(text.slice(start.index, from));
  }
  return { tables, rest: [...rest, text.slice(from)].join("\n") };
}

const pipeTable = /(?<![^\n])(?:\|[^\n]+\|[ \t]*\n)(?:\|[\s:|-]+\|[ \t]*\n)(?:(?<![^\n])\|[^\n]+\|[ \t]*(?:\n|$))+/g;
const displayed = /\$\$([\s\S]+?)\$\$|\\\[([\s\S]+?)\\\]/g;

function pipesAsHtml(text: string): string {
  const cellsOf = (row: string) =>
    strip(strip(row), "|")
      .split("|")
      .map((cell) => strip(cell));
  const [head = "", , ...rows] = strip(text).split("\n");
  const body = rows
    .filter((row) => strip(row) !== "")
    .map(
      (row) =>
        `<tr>${cellsOf(row)
          .map((cell) => `<td>${cell}</td>`)
          .join("")}</tr>`,
    );
  return `<table><thead><tr>${cellsOf(head)
    .map((cell) => `<th>${cell}</th>`)
    .join("")}</tr></thead><tbody>${body.join("")}</tbody></table>`;
}

export function lmmsParts(reply: string): Parts {
  const bare = withoutPreamble(reply)
    .replace(/```(?:markdown|html|latex)?\s*\n?/g, "")
    .replaceAll("```", "");
  const { tables, rest } = partedByTables(bare);
  const formula: string[] = [];
  const withoutPipes = rest.replace(pipeTable, "\n");
  const table = [...tables, ...(rest.match(pipeTable) ?? []).map(pipesAsHtml)];
  const text = withoutPipes.replace(displayed, (_, dollars?: string, brackets?: string) => {
    const content = strip(dollars ?? brackets ?? "");
    if (content !== "") formula.push(content);
    return "\n";
  });
  const lines = text
    .split(/\n\s*\n|\n/)
    .map((line) => strip(line.replace(/\$([^\n]+?)\$/g, "$1")).replace(/^#{1,6}\s*/, ""))
    .filter((line) => length(line) > 1);
  return { text: lines, formula, table };
}

/** Letters and digits in lower case, with one blank for all between. */
export const lmmsTextForm = (text: string): string =>
  text
    .normalize("NFKC")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim();

const styled = [
  "text",
  "mathrm",
  "mathbf",
  "mathit",
  "mathsf",
  "mathcal",
  "mathbb",
  "boldsymbol",
  "textbf",
  "textit",
].map((name) => new RegExp(`\\\\${name}\\{([^}]*)\\}`, "g"));
const removed = [
  ...["hspace", "vspace", "tag", "label"].map((name) => new RegExp(`\\\\${name}\\{[^}]*\\}`, "g")),
  ...[/\\quad/g, /\\qquad/g, /\\,/g, /\\;/g, /\\!/g, /\\ /g],
];

export function lmmsFormulaForm(text: string): string {
  const bare = text.normalize("NFKC").replace(/\\begin\{[^}]*\}|\\end\{[^}]*\}/g, "");
  const plain = styled.reduce((one, pattern) => one.replace(pattern, "$1"), bare);
  const shorter = removed.reduce((one, pattern) => one.replace(pattern, " "), plain);
  return strip(shorter.toLowerCase()).replace(pythonRegex("\\s+", "g"), " ");
}

const tableForm = (html: string): string => strip(html).toLowerCase().replace(pythonRegex("\\s+", "g"), " ");

const APART = 0.7;

/** Of each block of the page the one of the reply that stands for it. */
function pairsOf(targets: readonly string[], said: readonly string[]): readonly (number | undefined)[] {
  if (said.length === 0) return targets.map(() => undefined);
  const costs = targets.map((target) => said.map((one) => relativeDistance(target, one)));
  return cheapestPairs(costs).map((j, i) => (j !== undefined && (costs[i]?.[j] as number) <= APART ? j : undefined));
}

function editsBetween(targets: readonly string[], said: readonly string[]): Edits | undefined {
  if (targets.length === 0) return undefined;
  let [edits, all] = [0, 0];
  pairsOf(targets, said).forEach((j, i) => {
    const target = targets[i] as string;
    const text = j === undefined ? "" : (said[j] as string);
    edits += levenshtein(target, text);
    all += Math.max(length(target), length(text));
  });
  return { edits, length: all };
}

function likeness(target: string, said: string): number {
  const alike = teds(wrapped(said), wrapped(target));
  return alike === undefined
    ? 1 - relativeDistance(tableForm(target), tableForm(said))
    : Math.max(0, Math.min(1, alike));
}

export interface LmmsScore {
  readonly text: Edits | undefined;
  readonly formula: Edits | undefined;
  readonly tables: readonly number[];
}

export function lmmsScore(page: Page, reply: string): LmmsScore {
  const [targets, said] = [lmmsTargets(page), lmmsParts(reply)];
  const pairs = pairsOf(targets.table.map(tableForm), said.table.map(tableForm));
  return {
    text: editsBetween(targets.text.map(lmmsTextForm), said.text.map(lmmsTextForm)),
    formula: editsBetween(targets.formula.map(lmmsFormulaForm), said.formula.map(lmmsFormulaForm)),
    tables: pairs.map((j, i) => (j === undefined ? 0 : likeness(targets.table[i] as string, said.table[j] as string))),
  };
}

/** The language of the page, else of most of its blocks. */
export function lmmsLanguage(
  page: Page & {
    readonly page_info?: { readonly page_attribute?: { readonly language?: string | undefined } | null } | null;
  },
): string {
  const of = (name = "") => (name.includes("chinese") ? "cn" : name.includes("english") ? "en" : undefined);
  const own = of(page.page_info?.page_attribute?.language);
  if (own) return own;
  const counts = new Map<string, number>();
  for (const { attribute } of page.layout_dets as readonly {
    attribute?: { text_language?: string; language?: string } | null;
  }[]) {
    const language = of(attribute?.text_language || attribute?.language);
    if (language) counts.set(language, (counts.get(language) ?? 0) + 1);
  }
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0] ?? "mixed";
}
