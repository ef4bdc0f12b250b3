/**
 * Filters between a response and its score, as lmms-eval names them: extraction by a pattern, by option letter or text,
 * and selection among several responses.
 */

import { pythonRegex } from "../../../src/text/python-regex.js";
import { lower, strip } from "../../../src/text/python-strings.js";

/** What a filter gives when nothing matches. */
export const invalid = "[invalid]";

/** The answer after "#### ", as GSM8K writes it: the filters' default pattern. */
export const defaultPattern = "#### (\\-?[0-9\\.\\,]+)";

export interface RegexFilterOptions {
  /** A Python pattern. */
  readonly pattern?: string;
  /** Which match counts: 0 the first, -1 the last. */
  readonly select?: number;
  readonly fallback?: string;
}

/** The chosen match's group (the first non-empty of several), stripped. */
export function regexFilter(response: string, options: RegexFilterOptions = {}): string {
  const { pattern = defaultPattern, select = 0, fallback = invalid } = options;
  return chosenMatch(pythonRegex(pattern, "g"), response, select) ?? fallback;
}

/** Python's `findall(...)[select]`; undefined when nothing matches. */
function chosenMatch(pattern: RegExp, text: string, select: number): string | undefined {
  const matches = [...text.matchAll(pattern)].map((match) =>
    match.length === 1 ? match[0] : (match.slice(1).find((group) => group !== undefined && group !== "") ?? ""),
  );
  const chosen = matches.at(select);
  return chosen === undefined ? undefined : strip(chosen);
}

export interface ChoiceFilterOptions extends RegexFilterOptions {
  /** For the comparison with option texts only. */
  readonly ignoreCase?: boolean;
  readonly ignorePunctuation?: boolean;
  /** Python patterns, removed from options and response before they are compared. */
  readonly remove?: readonly string[];
}

/**
 * "(A)", "(B)", ... of the option that a response names: by the pattern, else by an option's text in the response, else
 * by a letter after a colon.
 */
export function multipleChoiceFilter(
  response: string,
  choices: readonly string[],
  options: ChoiceFilterOptions = {},
): string {
  const { pattern = defaultPattern, select = 0, fallback = invalid } = options;
  const direct = chosenMatch(pythonRegex(pattern, "g"), response, select);
  if (direct) return direct;
  const letters = new Map<string, string>();
  const texts = choices.map((choice, i) => {
    const text = simplified(strip(choice), options);
    letters.set(text, `(${letterAt(i)})`);
    return text;
  });
  const byText = chosenMatch(anyOf(texts), simplified(response, options), select);
  if (byText) return letters.get(byText) ?? byText;
  const after = pythonRegex(`:[\\s]*(${choices.map((_, i) => letterAt(i)).join("|")})`, "g");
  const byLetter = chosenMatch(after, response, select);
  return byLetter ? `(${byLetter})` : fallback;
}

function simplified(text: string, { ignoreCase, ignorePunctuation, remove = [] }: ChoiceFilterOptions): string {
  let out = text;
  for (const pattern of remove) out = out.replace(pythonRegex(pattern, "g"), "");
  if (ignoreCase === true) out = lower(out);
  return ignorePunctuation === true ? out.replace(/\p{P}/gu, "") : out;
}

const listedOption = pythonRegex("\\b([A-Z])\\.\\s+([^\\n]*)", "g");
const notWord = pythonRegex("[^\\w\\s]", "g");

/**
 * AI2D and RealWorldQA before release 0.7.2: the letter of an option (taken from the question's own lines) whose text
 * stands in the response, else the response without punctuation.
 */
export function simpleChoiceFilter(response: string, question: string): string {
  const letters = new Map<string, string>();
  const texts = [...question.matchAll(listedOption)].map((match, i) => {
    const text = strip(match[2] as string);
    letters.set(text, letterAt(i));
    return text;
  });
  const cleaned = strip(response.replace(notWord, ""));
  const found = texts.length === 0 ? undefined : anyOf(texts).exec(cleaned)?.[0];
  return (found === undefined ? undefined : letters.get(found)) ?? cleaned;
}

function letterAt(i: number): string {
  return String.fromCharCode(65 + i);
}

/** Matches the first of the literal texts; earlier texts win at the same place. */
function anyOf(texts: readonly string[]): RegExp {
  const literals = texts.map((text) => text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&"));
  return new RegExp(literals.join("|"), "gu");
}

/** Drops one leading blank. */
export function whitespaceFilter(response: string): string {
  return response.startsWith(" ") ? response.slice(1) : response;
}

/** The response given most often, the earliest of equals; undefined without responses. */
export function majorityVote(responses: readonly string[]): string | undefined {
  const counts = new Map<string, number>();
  for (const response of responses) counts.set(response, (counts.get(response) ?? 0) + 1);
  let winner: string | undefined;
  for (const [response, count] of counts)
    if (winner === undefined || count > (counts.get(winner) ?? 0)) winner = response;
  return winner;
}

/** The first `k`; undefined when there are fewer. */
export function firstResponses(responses: readonly string[], k: number): readonly string[] | undefined {
  return responses.length < k ? undefined : responses.slice(0, k);
}
