/** OmniDocBench 1.5: a page and a reply, compared as the authors do. Source: opendatalab/OmniDocBench `dataset/end2end_dataset.py`, `metrics/cal_metric.py`. */

import { length, levenshtein } from "llava-eval";
import { cheapestPairs } from "./assignment.js";
import { type Block, blocksOf } from "./omnidocbench-blocks.js";
import { cellTexts, formulaAsText, formulaForm, tableForm, textForm } from "./omnidocbench-forms.js";
import { type Match, quickMatches, relativeDistance, uncounted } from "./omnidocbench-match.js";
import { teds } from "./teds.js";

/** A block of the page, as the answer column has it. */
export interface PageBlock {
  readonly category_type: string;
  readonly order?: number | null;
  readonly anno_id?: number;
  readonly text?: string;
  readonly latex?: string;
  readonly html?: string;
}
export interface Page {
  readonly layout_dets: readonly PageBlock[];
  readonly extra?: {
    readonly relation?: readonly {
      readonly relation_type?: string;
      readonly source_anno_id: number;
      readonly target_anno_id: number;
    }[];
  } | null;
}

export const textKinds = new Set([
  ...["text_block", "title", "code_txt", "code_txt_caption", "reference", "equation_caption", "figure_caption"],
  ...["figure_footnote", "table_caption", "table_footnote", "code_algorithm", "code_algorithm_caption", "header"],
  ...["footer", "page_footnote", "page_number"],
]);
export const FORMULA = "equation_isolated";

/** Edits, and the lengths of the longer texts, of all pairs of a kind. */
export interface Edits {
  readonly edits: number;
  readonly length: number;
}
export interface Pair {
  readonly targets: readonly number[];
  readonly said: readonly number[];
  readonly target: string;
  readonly text: string;
  readonly kind: string;
  readonly distance: number;
}
export interface PageScore {
  readonly text: readonly Pair[];
  readonly formula: readonly Pair[];
  /** Formulas that stand as text in the reply: compared with texts. */
  readonly formulasInText: readonly Pair[];
  /** Of each table of the page, and by its structure alone. */
  readonly tables: readonly number[];
  readonly structures: readonly number[];
  readonly order: { readonly wanted: readonly number[]; readonly said: readonly number[] } | undefined;
}

export const byOrder = (a: PageBlock, b: PageBlock): number => (a.order ?? 0) - (b.order ?? 0);

/** Blocks that the page's edges cut become one. */
export function wholeBlocks({ layout_dets: blocks, extra }: Page): readonly PageBlock[] {
  const cut = (extra?.relation ?? []).filter(({ relation_type: type }) => type === "truncated");
  const chains: number[][] = [];
  for (const { source_anno_id: source, target_anno_id: target } of cut) {
    const known = chains.filter((chain) => chain.includes(source) || chain.includes(target));
    for (const chain of known) chain.push(source, target);
    if (known.length === 0) chains.push([source, target]);
  }
  const inChain = new Set(chains.flat());
  const merged = chains.map((chain): PageBlock => {
    const parts = chain.flatMap((id) => blocks.find(({ anno_id: own }) => own === id) ?? []).sort(byOrder);
    const first = parts[0] as PageBlock;
    // An id that two relations name is there twice, and so is its text.
    return { ...first, text: parts.map(({ text }) => text ?? "").join("") };
  });
  return [...blocks.filter(({ anno_id: id }) => id === undefined || !inChain.has(id)), ...merged];
}

const array = /\\begin\{array\}\{([^}]*)\}([\s\S]*?)\\end\{array\}/;

/** The lines of a formula that is an array of one column. */
function arrayLines(latex: string): readonly { readonly line: string; readonly at: number }[] | undefined {
  const found = array.exec(latex);
  if (found === null) return undefined;
  const [whole, columns = "", body = ""] = found;
  const bare = columns
    .replace(/\s+|\|/g, "")
    .replace(/@\{[^}]*\}/g, "")
    .replace(/!\{[^}]*\}/g, "");
  if (!/^[lcr]$/.test(bare)) return undefined;
  const start = found.index + whole.indexOf("}", whole.indexOf("}") + 1) + 1;
  let from = 0;
  return body
    .split("\\\\")
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .map((line) => {
      const at = Math.max(body.indexOf(line, from), from);
      from = at + line.length;
      return { line, at: start + at };
    });
}

function targetsOf(blocks: readonly PageBlock[]): readonly PageBlock[] {
  const texts = [...textKinds, FORMULA].flatMap((kind) => blocks.filter((block) => block.category_type === kind));
  return texts.sort(byOrder).flatMap((block): PageBlock[] => {
    const lines = block.category_type === FORMULA ? arrayLines(block.latex ?? "") : undefined;
    return (
      lines?.map(({ line }, i) => ({
        ...block,
        latex: `\\[${line}\\]`,
        order: Math.round(((block.order ?? 0) + (i + 1) / 10) * 10) / 10,
      })) ?? [block]
    );
  });
}

/** Formulas in lines stand behind all else. */
function saidOf(blocks: readonly Block[]): readonly Block[] {
  const sorted = blocks
    .map((block, i) => ({ block, i }))
    .sort(
      (a, b) =>
        Number(a.block.isInline ?? false) - Number(b.block.isInline ?? false) || a.block.at - b.block.at || a.i - b.i,
    );
  return sorted.flatMap(({ block }): Block[] => {
    const lines = block.kind === "formula" ? arrayLines(block.content) : undefined;
    return lines?.map(({ line, at }) => ({ ...block, content: `\\[${line}\\]`, at: block.at + at })) ?? [block];
  });
}

const contentOf = ({ category_type: kind, text = "", latex = "" }: PageBlock): string =>
  kind === FORMULA ? latex : text;

/** By kind, in the order in which a kind is first met. */
function byKind(blocks: readonly Block[]): readonly Block[] {
  const kinds = [...new Set(blocks.map(({ kind }) => kind))];
  return kinds.flatMap((kind) => blocks.filter((block) => block.kind === kind));
}

/** A line ends as it does for Python that reads a file: the authors' replies are files. */
const asRead = (reply: string): string => reply.replace(/\r\n?/g, "\n");

export function scorePage(page: Page, reply: string): PageScore {
  const said = blocksOf(asRead(reply));
  const blocks = wholeBlocks(page);
  const tables = tableScores(blocks.filter(({ category_type: kind }) => kind === "table").sort(byOrder), said);
  const targets = targetsOf(blocks);
  const pieces = saidOf([...byKind(said.filter(({ kind }) => kind === "text" || kind === "formula")), ...tables.left]);
  const targetItems = targets
    .map((block) => ({ block, form: formOf(block.category_type === FORMULA, contentOf(block)) }))
    .filter(({ block, form }) => form !== "" && contentOf(block) !== "");
  const saidItems = pieces
    .map((block) => ({ block, form: formOf(block.kind === "formula", block.content) }))
    .filter(({ block, form }) => form !== "" && block.content !== "");
  const matches = quickMatches(
    targetItems.map(({ block, form }) => ({ form, kind: block.category_type })),
    saidItems.map(({ block, form }) => ({ form, kind: block.kind })),
  );
  const paired = matches.map((match) => ({
    match,
    pair: {
      ...match,
      target: match.targets.map((i) => targetItems[i]?.form).join(""),
      text: match.said.map((j) => saidItems[j]?.form).join(""),
      kind: kindOf(
        match,
        targetItems.map(({ block }) => block.category_type),
      ),
    },
  }));
  const text = paired.filter(({ pair }) => textKinds.has(pair.kind) && !uncounted.has(pair.kind));
  const formulas = paired.filter(({ pair }) => pair.kind === FORMULA);
  // The script looks for a block's place among all blocks, those without words too: its numbers are of those that have some.
  const isText = ({ said: [first] }: Match) => first !== undefined && pieces[first]?.kind === "text";
  const inText = formulas.filter(({ match }) => isText(match));
  return {
    text: text.map(({ pair }) => pair),
    formula: formulas.map(({ pair }) => pair),
    formulasInText: inText.map(({ pair, match }) => {
      const latex = match.targets.map((i) => contentOf(targetItems[i]?.block as PageBlock)).join(" ");
      return { ...pair, target: formulaAsText(latex) };
    }),
    tables: tables.scores,
    structures: tables.structures,
    order: orderOf(
      text.map(({ match }) => match),
      targets,
      pieces,
    ),
  };
}

const formOf = (isFormula: boolean, content: string): string => (isFormula ? formulaForm(content) : textForm(content));

/** The kind that most of its blocks are of; of several the first. */
function kindOf({ targets }: Match, kinds: readonly string[]): string {
  const own = targets.map((i) => kinds[i] as string);
  const counts = new Map<string, number>();
  for (const kind of own) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  const most = Math.max(...counts.values());
  return own.find((kind) => counts.get(kind) === most) ?? "";
}

/** @returns with what the tables of the reply that stand for none have in their cells */
function tableScores(targets: readonly PageBlock[], said: readonly Block[]) {
  const [html, latex] = (["html", "latex"] as const).map((kind) => said.filter((block) => block.kind === kind)) as [
    Block[],
    Block[],
  ];
  const inLatex = latex.length > html.length;
  const own = inLatex ? latex : html;
  const wanted = targets.filter((block) => block.html && (!inLatex || block.latex));
  const costs = wanted.map((block) =>
    own.map(({ content }) => relativeDistance((inLatex ? block.latex : block.html) as string, content)),
  );
  const pairs = own.length === 0 ? [] : cheapestPairs(costs);
  const scored = wanted.map((block, i) => {
    // A table in LaTeX is made HTML by a program of TeX's that the script does without, too: it counts for nothing.
    const table = inLatex || pairs[i] === undefined ? "" : tableForm(own[pairs[i]]?.content ?? "");
    const target = tableForm(block.html as string);
    const like = (structureOnly: boolean) => teds(table, target, { structureOnly }) ?? 0;
    return { all: like(false), structure: like(true) };
  });
  const used = new Set(pairs);
  const left = wanted.length === 0 || inLatex ? [] : own.filter((_, j) => !used.has(j));
  return {
    scores: scored.map(({ all }) => all),
    structures: scored.map(({ structure }) => structure),
    left: left.flatMap((block) =>
      cellTexts(block.content).map((content): Block => ({ kind: "text", content, at: block.at })),
    ),
  };
}

/** Numbers of the page's blocks in its order and in the reply's. */
export function orderOf(matches: readonly Match[], targets: readonly PageBlock[], pieces: readonly Block[]) {
  const numbers = ({ targets: places }: Match) => places.flatMap((i) => targets[i]?.order || []);
  const wanted = matches.flatMap(numbers).sort((a, b) => a - b);
  const said = matches
    .filter(
      (match) => match.said.length > 0 && match.targets.some((i) => targets[i]?.order || match.targets.length > 1),
    )
    .map((match) => ({ match, at: pieces[match.said[0] as number]?.at ?? 0 }))
    .sort((a, b) => a.at - b.at)
    .flatMap(({ match }) => numbers(match));
  return wanted.length + said.length === 0 ? undefined : { wanted, said };
}

/** What is compared. */
export type Compared = Pick<Pair, "target" | "text">;

export function editsOf(pairs: readonly Compared[]): Edits | undefined {
  if (pairs.length === 0) return undefined;
  const sum = (of: (pair: Compared) => number) => pairs.reduce((total, pair) => total + of(pair), 0);
  return {
    edits: sum(({ target, text }) => levenshtein(target, text)),
    length: sum(({ target, text }) => Math.max(length(target), length(text))),
  };
}

/** The edit distance of two lists of numbers, by the longer one. */
export function orderDistance({
  wanted,
  said,
}: {
  readonly wanted: readonly number[];
  readonly said: readonly number[];
}): number {
  const all = [...new Set([...wanted, ...said])];
  const asText = (list: readonly number[]) =>
    list.map((one) => String.fromCodePoint(0x10000 + all.indexOf(one))).join("");
  return relativeDistance(asText(wanted), asText(said));
}
