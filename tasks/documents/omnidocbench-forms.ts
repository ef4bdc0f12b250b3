/** OmniDocBench: the forms in which texts, formulas and tables are compared. Source: opendatalab/OmniDocBench `utils/data_preprocess.py`. */

import { pythonRegex, strip } from "llava-eval";
import { latexWords } from "./latex-words.js";
import type { Version } from "./omnidocbench-blocks.js";
import { type Element, isElement, parseHtml, voidTags } from "./teds.js";

const inline = /\$([^\n]*?)\$|\\\(([^\n]*?)\\\)/g;

/** Formulas in a line as the text that they read as. */
function withPlainFormulas(text: string): string {
  return text.replace(inline, (whole, dollar?: string, bracket?: string) => {
    const content = (dollar ?? bracket ?? "").replace(/\\[\\_&%^]/g, "");
    return /[\\^_]/.test(content) ? strip(latexWords(content)) : whole;
  });
}

const marks = pythonRegex("[^\\w]", "g");

/** Letters, digits and "_" alone. The authors meant tabs and line feeds by "/t" and "/n", and take those letters out of texts. */
const withoutMarks = (text: string): string =>
  text
    .replace(/\\t|\\n|\t|\n/g, "")
    .replace(/\/t/g, "")
    .replace(/\/n/g, "")
    .replace(marks, "");

export const textForm = (text: string): string => withoutMarks(withPlainFormulas(text));

/** Of a formula that a paragraph of text was matched with. */
export const formulaAsText = (latex: string): string => withoutMarks(latexWords(latex));

const styles = [
  ...[
    "\\mathbf",
    "\\mathrm",
    "\\mathnormal",
    "\\mathit",
    "\\mathbb",
    "\\mathcal",
    "\\mathscr",
    "\\mathfrak",
    "\\mathsf",
  ],
  ...["\\mathtt", "\\textbf", "\\text", "\\boldmath", "\\boldsymbol", "\\operatorname", "\\bm", "\\symbfit"],
  ...["\\mathbfcal", "\\symbf", "\\scriptscriptstyle", "\\notag", "\\setlength", "\\coloneqq", "\\space"],
  ...["\\thickspace", "\\thinspace", "\\medspace", "\\nobreakspace", "\\negmedspace", "\\quad", "\\qquad", "\\enspace"],
  ...["\\substackw", " "],
];
const stylesOf: Readonly<Record<Version, readonly string[]>> = {
  "1.0": styles,
  "1.5": [...styles, "$$", "\\left", "\\right", "\\displaystyle", "\\text"],
};
const takenOut = [
  /\\tag\{[^\n]*?\}/g,
  /\\hspace\{[^\n]*?\}/g,
  /\\begin\{[^\n]*?\}/g,
  /\\end\{[^\n]*?\}/g,
  /\\arraycolsep[^\n]*?\}/g,
];

export function formulaForm(text: string, version: Version = "1.5"): string {
  const bare = version === "1.0" ? text : strip(strip(strip(text), "$"), "\n");
  const inner = /\\\[([^\n]+?)(?<!\\)\\\]/.exec(bare)?.[1];
  const shorter = takenOut.reduce(
    (one, pattern) => one.replace(pattern, ""),
    inner === undefined ? bare : strip(inner),
  );
  return stylesOf[version].reduce((one, style) => one.replaceAll(style, ""), strip(shorter, ".")).toLowerCase();
}

const unwrapped = new Set(["thead", "span"]);

/** As the script writes a table again: heads are cells, and formulas in MathML their LaTeX. */
function written(item: Element | string): string {
  if (!isElement(item)) return item;
  const inner = item.content.map(written).join("");
  if (item.tag === "" || unwrapped.has(item.tag)) return inner;
  if (item.tag === "math") return `$${item.attributes.alttext ?? ""}$`;
  const tag = item.tag === "th" ? "td" : item.tag;
  const attributes = Object.entries(item.attributes).map(([name, value]) => ` ${name}="${value}"`);
  return voidTags.has(tag) ? `<${tag}${attributes.join("")}/>` : `<${tag}${attributes.join("")}>${inner}</${tag}>`;
}

const plainTags = /<\/?(?:sup|sub|span|div|p)>|<spandata-span-identity="">/g;

/** Of a page's table; empty for what has none. */
export function tableForm(html: string): string {
  if (!html.replaceAll(" ", "").includes("<table")) return "";
  const line = strip(written(parseHtml(html)).replaceAll("\n", "").normalize("NFKC"));
  const inner = [...line.matchAll(/<table\b[^>]*>([\s\S]*)<\/table>/gi)].map(([, own = ""]) => own).join("");
  const plain = inner
    .replace(/ (?:style|height|width|align|class)=".*?"/g, "")
    .replace(/<\/?tbody>/g, "")
    .replace(pythonRegex("\\s+", "g"), " ");
  return `<html><body><table border="1" >${plain}</table></body></html>`
    .replace(plainTags, "")
    .replace(/<colgroup>.*?<\/colgroup>/g, "");
}

/** The texts of a table's cells, each that has one text alone. */
export function cellTexts(html: string): readonly string[] {
  const cells: string[] = [];
  const left: (Element | string)[] = [parseHtml(html)];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    if (!isElement(next)) continue;
    const only = onlyText(next);
    if (next.tag === "td" && only !== undefined) cells.push(strip(only.replaceAll("$\\cdot$", "")));
    for (let i = next.content.length - 1; i >= 0; i--) left.push(next.content[i] as Element | string);
  }
  return cells;
}

function onlyText({ content }: Element): string | undefined {
  const [only] = content;
  if (content.length !== 1 || only === undefined) return undefined;
  return isElement(only) ? onlyText(only) : only;
}
