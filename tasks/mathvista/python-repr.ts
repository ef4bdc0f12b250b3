/** `str(value)` of Python for what JSON rows and judges hold: references compare such strings. */

import { formatFloat } from "llava-eval";

/** A string is itself; `None`, `True`, `5`, `1.0` (a `PythonFloat`), `[1, 'a']`. */
export function pythonStr(value: unknown): string {
  return typeof value === "string" ? value : pythonRepr(value);
}

function pythonRepr(value: unknown): string {
  if (value === null || value === undefined) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (value instanceof PythonFloat) return formatFloat(value.value);
  if (typeof value === "number") return Number.isInteger(value) ? BigInt(value).toString() : formatFloat(value);
  if (typeof value === "string") return quote(value);
  if (Array.isArray(value)) return `[${value.map(pythonRepr).join(", ")}]`;
  const entries = Object.entries(value as Record<string, unknown>);
  return `{${entries.map(([key, item]) => `${quote(key)}: ${pythonRepr(item)}`).join(", ")}}`;
}

// Python prefers single quotes and changes to double ones when only those need no escape.
function quote(text: string): string {
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll("\r", "\\r").replaceAll("\t", "\\t");
  return mark + escaped.replaceAll(mark, `\\${mark}`) + mark;
}

/** A Python `float` where `int` and `float` print differently: `str(1.0)` is `"1.0"`, `str(1)` is `"1"`. */
export class PythonFloat {
  constructor(readonly value: number) {}
}
