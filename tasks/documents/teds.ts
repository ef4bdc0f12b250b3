/**
 * TEDS (Zhong et al. 2020): how alike two HTML tables are, by the edit distance of their trees. The benchmarks' scripts read them by libxml2
 * and compare by APTED; here htmlparser2 reads, which closes what is left open as libxml2 does.
 */

import { Parser } from "htmlparser2";
import { length, levenshtein, parseIntPython } from "llava-eval";
import { type Tree, treeDistance } from "./tree-distance.js";

export interface Element {
  readonly tag: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** Texts and elements in their order. */
  readonly content: (Element | string)[];
}

/** They have no end. */
export const voidTags = new Set("area base br col embed hr img input link meta param source track wbr".split(" "));

/** What stands in a document outside its body. */
const outsideBody = new Set("html body head base link meta script style title noframes frame frameset".split(" "));

/**
 * A document's elements under one root without a tag; comments are left out.
 * @param options.impliesBody  libxml2's way: an element before the body opens it
 */
export function parseHtml(html: string, { impliesBody = false } = {}): Element {
  const root: Element = { tag: "", attributes: {}, content: [] };
  const open = [root];
  const implied = new Set<Element>();
  const parser = new Parser({
    onopentag(tag, attributes) {
      if (impliesBody && !outsideBody.has(tag) && open.at(-1)?.tag === "html") {
        const body: Element = { tag: "body", attributes: {}, content: [] };
        open.at(-1)?.content.push(body);
        open.push(body);
        implied.add(body);
      }
      const parent = open.at(-1) ?? root;
      // A second body is none: what is in it is in the first.
      const isAgain = (tag === "html" || tag === "body") && open.some((one) => one.tag === tag);
      const element = isAgain ? parent : { tag, attributes, content: [] };
      if (!isAgain) parent.content.push(element);
      open.push(element);
    },
    ontext: (text) => void open.at(-1)?.content.push(text),
    onclosetag() {
      // The parser knows of no end of a body that was implied: it ends with what it stands in.
      let closed: Element | undefined;
      do closed = open.length > 1 ? open.pop() : undefined;
      while (closed !== undefined && implied.delete(closed));
    },
  });
  parser.end(html);
  return root;
}

export const isElement = (item: Element | string): item is Element => typeof item !== "string";
const elementsIn = ({ content }: Element): readonly Element[] => content.filter(isElement);
const child = (parent: Element | undefined, tag: string) => parent && elementsIn(parent).find((one) => one.tag === tag);

/** All elements below one. */
export function below(element: Element): readonly Element[] {
  const found: Element[] = [];
  const left = [element];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const inside = elementsIn(next);
    found.push(...inside);
    left.push(...inside);
  }
  return found;
}

interface Cell {
  readonly tag: string;
  readonly columns?: number;
  readonly rows?: number;
  /** Of a `td`: its characters and the tags in it, each tag as one character. */
  readonly text: string;
}

/** Tags as characters of the last planes, which no text has. */
class Tags {
  private readonly known = new Map<string, string>();

  /** A cell in a cell has its text, and what stands behind it is not read. */
  textOf({ content }: Element): string {
    const pieces: string[] = [];
    let behindCell = false;
    for (const item of content) {
      if (!isElement(item)) {
        if (!behindCell) pieces.push(item);
        continue;
      }
      behindCell = item.tag === "td";
      pieces.push(this.characterOf(item.tag), this.textOf(item));
      if (item.tag !== "unk") pieces.push(this.characterOf(`/${item.tag}`));
    }
    return pieces.join("");
  }

  private characterOf(tag: string): string {
    const character = this.known.get(tag) ?? String.fromCodePoint(0x10ffff - this.known.size);
    this.known.set(tag, character);
    return character;
  }
}

const spansOf = ({ attributes }: Element) => [attributes.colspan ?? "1", attributes.rowspan ?? "1"].map(parseIntPython);

/** @param tags  undefined: only the structure counts */
function treeOf(element: Element, tags: Tags | undefined): Tree<Cell> {
  const { tag } = element;
  if (tag !== "td") return { node: { tag, text: "" }, children: elementsIn(element).map((one) => treeOf(one, tags)) };
  const [columns = 1, rows = 1] = spansOf(element);
  return { node: { tag, columns, rows, text: tags?.textOf(element) ?? "" }, children: [] };
}

const cellCosts = {
  insert: () => 1,
  remove: () => 1,
  rename(a: Cell, b: Cell): number {
    if (a.tag !== b.tag || a.columns !== b.columns || a.rows !== b.rows) return 1;
    return a.text === b.text ? 0 : levenshtein(a.text, b.text) / Math.max(length(a.text), length(b.text));
  },
};

/** Cells that are read: one in a cell is its text. */
const hasNumberedSpans = (element: Element): boolean =>
  element.tag === "td" ? !spansOf(element).includes(undefined) : elementsIn(element).every(hasNumberedSpans);

/** What a nested table may have in elements: libxml2 reads no deeper. */
const deepest = 255;

function isTooDeep(element: Element, levels = deepest): boolean {
  return levels === 0 || elementsIn(element).some((one) => isTooDeep(one, levels - 1));
}

/**
 * The likeness of the first tables that stand directly in the documents' bodies; 0 where one has none.
 * @returns undefined where the scripts stop: a span is no number, or neither table has a row
 */
export function teds(html: string, reference: string, { structureOnly = false } = {}): number | undefined {
  if (html === "" || reference === "") return 0;
  const [table, other] = [html, reference].map((text) => {
    const root = parseHtml(text, { impliesBody: true });
    return child(child(child(root, "html") ?? root, "body"), "table");
  });
  if (table === undefined || other === undefined) return 0;
  if (isTooDeep(table) || isTooDeep(other)) return undefined;
  const nodes = Math.max(below(table).length, below(other).length);
  if (nodes === 0 || !hasNumberedSpans(table) || !hasNumberedSpans(other)) return undefined;
  const tags = structureOnly ? undefined : new Tags();
  return 1 - treeDistance(treeOf(table, tags), treeOf(other, tags), cellCosts) / nodes;
}
