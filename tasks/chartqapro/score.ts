/** ChartQAPro (Masry et al. 2025). Sources: vis-nlp/ChartQAPro `evaluate_predictions.py` (VLMEvalKit's is the same); lmms-eval `chartqapro/utils.py`. */

import { length, levenshtein, lower, parseFloatPython, python, pythonRegex, splitWords, strip } from "llava-eval";

export interface ChartQuestion {
  readonly kind: string;
  /** The reference, perhaps a list: "[2019, 2021]". */
  readonly target: string;
  /** "YES" where an item is a year, and must be equal. */
  readonly years: readonly string[];
}

/**
 * The mean over the items of both lists, missing and extra ones 0. Items are years (equal), numbers (within 5 %) or words (similar by half).
 * @param exact  items are compared as texts, whatever they are
 */
export function chartScore(text: string, { kind, target, years }: ChartQuestion, exact: boolean): number {
  const wanted = itemsOf(quotedList(target)) ?? [target];
  const said = itemsOf(text) ?? [text];
  const own = kind === "Conversational" ? years.slice(-1) : years;
  const flags = own.length < wanted.length ? Array.from(wanted, () => own).flat() : own;
  const credits = Array.from({ length: Math.max(wanted.length, said.length) }, (_, i) => {
    const [one, other] = [wanted[i], said[i]];
    if (one === undefined || other === undefined) return 0;
    if (exact || flags[i]?.toUpperCase() === "YES") return lower(strip(one)) === lower(strip(other)) ? 1 : 0;
    return similar(one, other);
  });
  return credits.reduce((sum, credit) => sum + credit, 0) / credits.length;
}

/** Without periods, then line feeds, at both ends. */
export const withoutOuterStops = (text: string): string => strip(strip(text, "."), "\n");

const bracketed = pythonRegex("^\\[(.*)\\]$");
const bareItem = pythonRegex("(?<!['\\w])(\\w[^,]*?)(?!['\\w])", "g");

/** Quotes for the items of a list that has none: `[Asia, Africa]`. Where that makes no list of Python's, the text stays. */
function quotedList(text: string): string {
  const content = bracketed.exec(strip(text))?.[1];
  if (content === undefined) return text;
  const quoted = `[${content.replace(bareItem, "'$1'")}]`;
  return itemsIn(quoted) === undefined ? text : quoted;
}

/** The items of a text that is a list of Python's with something in it. */
function itemsOf(text: string): readonly string[] | undefined {
  const items = itemsIn(text);
  return items === undefined || items.length === 0 ? undefined : items;
}

/** As Python reads a list: texts that stand beside each other are one ("[North America, Asia]" has "NorthAmerica"), and a tuple is none. */
function itemsIn(text: string): readonly string[] | undefined {
  const value = python.literal(text);
  if (!Array.isArray(value) || value instanceof python.Tuple) return undefined;
  return value.map((item: unknown) => strip(python.str(item), " '"));
}

function similar(target: string, said: string): number {
  const [wanted, given] = [target, said].map((item) => strip(strip(strip(item), "%"))) as [string, string];
  const [number, other] = [wanted, given].map((item) => parseFloatPython(strip(strip(item), "%")));
  if (number !== undefined && other !== undefined) {
    if (number === 0) return other === 0 ? 1 : 0;
    return Math.abs(other - number) / Math.abs(number) <= 0.05 ? 1 : 0;
  }
  return wordSimilarity(lower(wanted), lower(given));
}

/** PyPI's `anls`: a distance of half or more counts as no likeness at all. */
function wordSimilarity(one: string, other: string): number {
  const [a, b] = [splitWords(one).join(" "), splitWords(other).join(" ")];
  const longer = Math.max(length(a), length(b));
  const distance = longer === 0 ? 0 : levenshtein(a, b) / longer;
  return distance < 0.5 ? 1 - distance : 0;
}
