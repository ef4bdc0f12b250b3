/** Texts as Python's values, and values as Python's texts: what scripts make of a dictionary that a model wrote, or of a cell. */

import { jsonOf } from "../core/json.js";
import { PythonFloat, PythonTuple, type PythonValue, parsePythonValue } from "../core/python-literal.js";
import { formatFloat } from "./python-numbers.js";

export { PythonFloat };

/** `str(value)`: a string is itself; `None`, `True`, `5`, `1.0` (a `PythonFloat`), `[1, 'a']`. */
export function pythonStr(value: unknown): string {
  return typeof value === "string" ? value : represented(value);
}

function represented(value: unknown): string {
  if (value === null || value === undefined) return "None";
  if (typeof value === "string") return quoted(value);
  if (typeof value === "boolean") return value ? "True" : "False";
  if (value instanceof PythonFloat) return formatFloat(value.value);
  if (typeof value === "bigint") return value.toString();
  if (typeof value === "number") return Number.isInteger(value) ? BigInt(value).toString() : formatFloat(value);
  if (value instanceof PythonTuple) return `(${value.map(represented).join(", ")}${value.length === 1 ? "," : ""})`;
  if (Array.isArray(value)) return `[${value.map(represented).join(", ")}]`;
  const entries = value instanceof Map ? [...value] : Object.entries(value as Record<string, unknown>);
  return `{${entries.map(([key, item]) => `${represented(key)}: ${represented(item)}`).join(", ")}}`;
}

/** A control character, a lone surrogate, or a space other than a blank. */
const notPrinted = /[\p{C}\p{Z}]/u;
const named: Readonly<Record<string, string>> = { "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t" };

// Python prefers single quotes and changes to double ones when only those need no escape.
function quoted(text: string): string {
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'";
  const written = (character: string) => {
    if (character === mark) return `\\${mark}`;
    const hidden = character !== " " && notPrinted.test(character);
    return named[character] ?? (hidden ? coded(character.codePointAt(0) as number) : character);
  };
  return mark + Array.from(text, written).join("") + mark;
}

function coded(code: number): string {
  const digits = code.toString(16);
  if (code < 0x100) return `\\x${digits.padStart(2, "0")}`;
  return code < 0x10000 ? `\\u${digits.padStart(4, "0")}` : `\\U${digits.padStart(8, "0")}`;
}

function readOr(text: string, json: boolean): PythonValue | undefined {
  try {
    return parsePythonValue(text, json);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

const stringOrNamedNumber = /"(?:[^"\\]|\\[\s\S])*"|-?Infinity\b|\bNaN\b/g;

const withoutNamedNumbers = (text: string): string =>
  text.includes("NaN") || text.includes("Infinity")
    ? text.replace(stringOrNamedNumber, (found) => (found.startsWith('"') ? found : "0"))
    : text;

export const python = {
  /** `ast.literal_eval(text)`; undefined for what is no literal. A tuple is a list, and a `python.Tuple`; a dictionary a Map. */
  literal: (text: string): PythonValue | undefined => readOr(text, false),
  /** `json.loads(text)`, which reads NaN and Infinity too; undefined for what is no JSON. */
  json: (text: string): PythonValue | undefined =>
    jsonOf(withoutNamedNumbers(text)) === undefined ? undefined : readOr(text, true),
  /** `str(value)`. */
  str: pythonStr,
  Float: PythonFloat,
  Tuple: PythonTuple,
  formatFloat,
} as const;
