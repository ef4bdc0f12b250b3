/** JSON Lines files of conformance data, plain or gzip'd. */

import { existsSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { UserError } from "../../src/core/errors.js";

/** The parsed lines of `path`; a missing file or a line that is no JSON object is the user's error. */
export function readLines(path: string): Record<string, unknown>[] {
  const text = readText(path);
  const rows: Record<string, unknown>[] = [];
  text.split("\n").forEach((line, i) => {
    if (line.trim() === "") return;
    rows.push(parseObject(line, `${path}:${i + 1}`));
  });
  return rows;
}

/** The text of a file; `.gz` is unpacked. */
export function readText(path: string): string {
  if (!existsSync(path)) throw new UserError("no such file", path, "give the path of an existing file");
  try {
    const bytes = readFileSync(path);
    const packed = bytes[0] === 0x1f && bytes[1] === 0x8b;
    return (packed ? gunzipSync(bytes) : bytes).toString("utf8");
  } catch (error) {
    throw new UserError("the file cannot be read", path, "check that it is a readable text or gzip file", {
      cause: error,
    });
  }
}

/** A JSON object, or a UserError that names `where`. */
export function parseObject(text: string, where: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new UserError("not valid JSON", where, "every line of the file is one JSON object", { cause: error });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new UserError("not a JSON object", where, "every line of the file is one JSON object");
  return value as Record<string, unknown>;
}
