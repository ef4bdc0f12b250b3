/** CC-OCR's rules for read texts, formulas, pages and tables. Source: AdvancedLiterateMachinery Benchmarks/CC-OCR/evaluation/evaluator. */

import { length, levenshtein, lower, pythonRegex, type Scoring, strip } from "llava-eval";
import { teds } from "./teds.js";

export interface Counts {
  readonly right: number;
  readonly wanted: number;
  readonly said: number;
}

const blanks = pythonRegex("\\s+", "g");

/**
 * Words, or characters, in lower case.
 * @param plain  of words only ASCII letters and digits
 */
export function tokensOf(
  text: string,
  { words, plain }: { readonly words: boolean; readonly plain: boolean },
): string[] {
  const line = text
    .replace(/[\t\n]/g, " ")
    .replaceAll("###", "")
    .replaceAll("***", "")
    .replace(blanks, " ");
  const pieces = words ? line.split(" ") : [...line.replaceAll(" ", "")];
  return pieces
    .map((piece) => (plain ? lower(piece).replace(/[^A-Za-z0-9]+/g, "") : lower(piece)))
    .filter((piece) => piece !== "");
}

export function countTokens(said: readonly string[], wanted: readonly string[]): Counts {
  const left = new Map<string, number>();
  for (const token of wanted) left.set(token, (left.get(token) ?? 0) + 1);
  let right = 0;
  for (const token of said) {
    const count = left.get(token) ?? 0;
    if (count === 0) continue;
    left.set(token, count - 1);
    right++;
  }
  return { right, wanted: wanted.length, said: said.length };
}

/** The harmonic mean of precision and recall; the script keeps it from a division by nothing by parts of a thousand millionth. */
export const harmonic = ({ right, wanted, said }: Counts): number =>
  wanted + said === 0 ? 0 : (2 * right) / (wanted + said);

/** 1 less the edit distance by the longer text; undefined where both are empty, which stops the script. */
function likeness(text: string, reference: string, scoring: Scoring): number | undefined {
  const longer = Math.max(length(text), length(reference));
  if (longer === 0) return scoring === "lmms-eval" ? 1 : undefined;
  return 1 - levenshtein(text, reference) / longer;
}

/** What stands behind the first mark, to the next fence. */
function fenced(text: string, mark: string): string {
  const start = text.indexOf(mark);
  if (start < 0) return text;
  const inner = text.slice(start + mark.length);
  // At least one character, else the search goes on; without an end the rest, to the next mark.
  const end = inner.indexOf("```", 1);
  if (end > 0) return inner.slice(0, end);
  return inner.split(mark)[0] as string;
}

const commands = [
  /\\documentclass\{[^\n]*?\}/g,
  /\\usepackage\[[^\n]*?\]\{[^\n]*?\}/g,
  /\\usepackage\{[^\n]*?\}/g,
  /\\geometry\{[^\n]*?\}/g,
  /\\begin\{document\}/g,
  /\\end\{document\}/g,
  /\\noindent/g,
];
const withoutCommands = (text: string): string => commands.reduce((one, command) => one.replace(command, ""), text);
const squeezed = (text: string): string => text.replace(/[ \n]/g, "");

/** A page in LaTeX. VLMEvalKit takes what stands between the first two fences, the word "latex" with it. */
export function pageLikeness(text: string, reference: string, scoring: Scoring): number | undefined {
  const plain = withoutCommands(text);
  const inner =
    scoring === "vlmevalkit" ? (plain.split("```")[1] ?? plain).replaceAll("```", "") : fenced(plain, "```latex");
  return likeness(squeezed(inner), squeezed(reference), scoring);
}

export function formulaLikeness(text: string, reference: string, scoring: Scoring): number | undefined {
  const own = text
    .replaceAll("```latex", "")
    .replaceAll("```", "")
    .replace(/[\n\t ]/g, "");
  return likeness(own, reference.replaceAll(" ", ""), scoring);
}

export function moleculeLikeness(text: string, reference: string, scoring: Scoring): number | undefined {
  const own = squeezed(text).replaceAll("<smiles>", "").replaceAll("</smiles>", "");
  return likeness(own, reference.replaceAll(" ", ""), scoring);
}

/** ASCII's marks, letters and digits from their full width. */
const halfWidth = (text: string): string =>
  text.replace(/[\uff01-\uff5e]/g, (character) => String.fromCharCode(character.charCodeAt(0) - 0xfee0));

const gapsBetweenTags = pythonRegex(">\\s+<", "g");

/** All tables, cells without blanks, as one text. */
function cleanTables(text: string): string {
  const whole = text.includes("</table>") ? text : `${text}</table>`;
  return tablesIn(whole)
    .map((table) =>
      table
        .replace(/<table[^>\n]*>/g, "<table>")
        .replace(gapsBetweenTags, "><")
        .replace(/>([^<]*)</g, (_, cell: string) => `>${cell.replace(/[ \n]/g, "")}<`)
        .replaceAll("\n", ""),
    )
    .map((table) => strip(table))
    .join("");
}

/** From each "<table" whose tag ends, to the next "</table>" behind it. */
function* tablesFrom(text: string): Generator<string> {
  for (let start = text.indexOf("<table"); start >= 0; ) {
    const tag = text.indexOf(">", start);
    const end = tag < 0 ? -1 : text.indexOf("</table>", tag + 1);
    if (end < 0) return;
    yield text.slice(start, end + "</table>".length);
    start = text.indexOf("<table", end + "</table>".length);
  }
}
const tablesIn = (text: string): readonly string[] => [...tablesFrom(text)];

const page = (table: string): string => `<html><body>${table}</body></html>`;

/** A table that the script cannot read is alike in nothing. VLMEvalKit takes blanks out of tags too: "<tdcolspan". */
export function tableLikeness(text: string, reference: string, scoring: Scoring): number {
  if (scoring === "vlmevalkit") {
    const plain = withoutCommands(text);
    const inner = squeezed((plain.split("```html")[1] ?? plain).replaceAll("```", "")).replaceAll("，", ",");
    return teds(page(inner), page(squeezed(reference))) ?? 0;
  }
  const own = halfWidth(cleanTables(fenced(text, "```html")));
  return teds(page(own), page(halfWidth(cleanTables(reference)))) ?? 0;
}
