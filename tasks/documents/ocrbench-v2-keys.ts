/** OCRBench v2's dictionaries: keys and values that were read from an image. Source: MultimodalOCR OCRBench_v2/eval_scripts `TEDS_metric.py`. */

import { lower, python, pythonRegex, strip } from "llava-eval";

type Value = Exclude<ReturnType<typeof python.literal>, undefined>;

const opening = /```(?:python|json)?\n/gi;
const run = pythonRegex("[\\w\\s]+", "g");
/** Behind the run of letters and blanks that is the key. */
const rest = pythonRegex("[\"']?\\s*[:=]\\s*[\"']?([^\\n,\"'{}]+)[\"']?", "y");

const isMap = (value: Value | undefined): value is ReadonlyMap<Value, Value> => value instanceof Map;

/** What stands between fences, with a line feed at both ends. */
function* fenced(text: string): Generator<string> {
  opening.lastIndex = 0;
  for (let open = opening.exec(text); open !== null; open = opening.exec(text)) {
    const end = text.indexOf("\n```", opening.lastIndex);
    if (end < 0) return;
    const inner = text.slice(opening.lastIndex, end);
    opening.lastIndex = end + 4;
    yield inner;
  }
}

/** All that looks like "key: value" or "key = value". A key begins where its run of letters does: no reply is searched again from each of them. */
function* pairsIn(text: string): Generator<readonly [string, string]> {
  run.lastIndex = 0;
  for (let key = run.exec(text); key !== null; key = run.exec(text)) {
    rest.lastIndex = run.lastIndex;
    const own = rest.exec(text);
    if (own === null) continue;
    run.lastIndex = rest.lastIndex;
    yield [strip(key[0]), strip(own[1] as string)];
  }
}

/**
 * A reply's dictionary: JSON, else Python's, else all that looks like "key: value". Nothing for a list, a number, or keys that are no texts.
 */
export function keysIn(text: string): ReadonlyMap<string, string> {
  const inner = fenced(text).next().value as string | undefined;
  const content = inner ?? strip(text);
  const json = python.json(content);
  const value = json ?? python.literal(content);
  if (isMap(value)) {
    if ([...value.keys()].some((key) => typeof key !== "string")) return new Map();
    return new Map([...value].map(([key, own]) => [strip(key as string), strip(python.str(own))]));
  }
  if (value !== undefined) return new Map();
  return new Map(pairsIn(content));
}

const assignment = pythonRegex("^\\s*\\w+\\s*=\\s*");

/** A chart's dictionary, as Python alone reads it: the longest of the fenced texts, without a name and "=" before it, to its last brace. */
export function chartIn(text: string): ReadonlyMap<Value, Value> {
  const longest = [...fenced(text)].reduce<string | undefined>(
    (best, one) => (best === undefined || one.length > best.length ? one : best),
    undefined,
  );
  const content = strip(longest ?? strip(text))
    .replace(assignment, "")
    .replace(/#[^\n]*/g, "");
  const end = content.lastIndexOf("}");
  const value = python.literal(end < 0 ? content : content.slice(0, end + 1));
  return isMap(value) ? value : new Map();
}

/** A chart as a table of two columns; the characters of a value are parted by blanks. */
export function chartTable(chart: ReadonlyMap<Value, Value>): string {
  const rows = [...chart].map(
    ([key, value]) => `  <tr><td>${python.str(key)}</td><td>${[...python.str(value)].join(" ")}</td></tr>\n`,
  );
  return `<html><body><table>\n${rows.join("")}</table></body></html>`;
}

/** Of a row: for each key what its value may be. Undefined for what is no dictionary. */
export function wantedKeys(cell: unknown): ReadonlyMap<string, readonly string[]> | undefined {
  const read = typeof cell === "string" ? dictionaryIn(cell) : entriesOf(cell);
  return read && new Map([...read].map(([key, value]) => [python.str(key), listOf(value).map(python.str)]));
}

function dictionaryIn(cell: string): ReadonlyMap<Value, Value> | undefined {
  const text = strip(cell, '"');
  const value = python.json(text) ?? python.literal(text);
  const inner = typeof value === "string" ? python.literal(value) : value;
  return isMap(inner) ? inner : undefined;
}

/**
 * A cell that is a dictionary already. JavaScript has keys that are whole numbers first, and in ascending order: a chart whose years are not
 * has the order of its file only as a text, which is the benchmark's own form.
 */
export function entriesOf(cell: unknown): ReadonlyMap<Value, Value> | undefined {
  return typeof cell === "object" && cell !== null && !Array.isArray(cell)
    ? (python.json(JSON.stringify(cell)) as ReadonlyMap<Value, Value>)
    : undefined;
}

const listOf = (value: Value): readonly Value[] => (Array.isArray(value) ? value : [value]);

/** The share of right values among the keys of both, where any of several is right. */
export function keysCredit(said: ReadonlyMap<string, string>, wanted: ReadonlyMap<string, readonly string[]>): number {
  const form = (text: string) => strip(lower(text)).replaceAll("\n", " ").replaceAll(" ", "");
  if ([...wanted.values()].some((values) => values.length === 0)) return 0;
  const keys = new Set([...said.keys(), ...wanted.keys()]);
  const right = [...keys].filter((key) => {
    const own = said.get(key);
    return own !== undefined && wanted.get(key)?.some((one) => form(one) === form(own));
  });
  return keys.size === 0 ? 0 : right.length / keys.size;
}
