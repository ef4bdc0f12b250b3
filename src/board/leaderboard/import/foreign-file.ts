/** A file that somebody else's program has written: whatever is wrong with it is the user's to know, with its name. */
import { readFile } from "node:fs/promises";
import { messageOf, UserError } from "../../../core/errors.js";
import { parsePythonJson } from "../../../core/python-json.js";
import { requireRegular } from "../../../files/regular-file.js";

/** @param whatToName  what to do when it is none of the right kind */
export async function readForeignText(path: string, whatToName: string): Promise<string> {
  await requireRegular(path);
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    throw new UserError(`it cannot be read: ${messageOf(error)}`, path, whatToName, { cause: error });
  }
  // inspect_ai keeps its logs as zip archives (`.eval`).
  if (bytes.subarray(0, 4).equals(Buffer.from("PK\x03\x04")))
    throw new UserError(
      "this is a zip archive: a log of inspect_ai (.eval) is one, a results file is none",
      path,
      whatToName,
    );
  return bytes.toString("utf8").replace(/^\ufeff/, "");
}

/** Whether a number can be this metric's: finite, and where its values lie. Anything else is shown as no value, with the reason. */
export const isValue = (value: number, [low, high]: readonly [number, number]) =>
  Number.isFinite(value) && value >= low && value <= high;

export const noValue = (value: number, [low, high]: readonly [number, number]) =>
  Number.isFinite(value) ? `their ${value} is outside ${low} to ${high}` : "not a number in their file";

/** A number, or one written as text (numpy's float32 is, by `handle_non_serializable`); infinite for what is not finite. */
export function numberOf(value: unknown): number | undefined {
  if (typeof value === "number") return value;
  if (typeof value !== "string") return undefined;
  const text = value.trim();
  if (/^[-+]?(nan|inf(inity)?)$/i.test(text)) return Number.POSITIVE_INFINITY;
  return /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text) ? Number(text) : undefined;
}

/** `2025-06-01T12:00:00` of what a name or a field says, time of day or none; absent where there is no such day or hour. */
export function dateIn(found: readonly (string | undefined)[] | null): string | undefined {
  if (!found) return undefined;
  const [, year, month, day, hour = "00", minute = "00", second = "00"] = found;
  const text = `${year}-${month}-${day}T${hour}:${minute}:${second}`;
  const date = new Date(`${text}Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text) && isOurTime(date) ? text : undefined;
}

/** The newest counts, so an invented date would win: whoever has a model to evaluate lives in this century. */
export const isOurTime = (date: Date) => date.getUTCFullYear() >= 2000 && date.getUTCFullYear() < 2100;

/** JSON as Python writes it; numbers that are none are read as infinite, to be told from absent ones. */
export async function readForeignJson(path: string, whatToName: string): Promise<unknown> {
  const text = await readForeignText(path, whatToName);
  try {
    return parsePythonJson(text, "Infinity");
  } catch (error) {
    throw new UserError(`this file is not JSON: ${messageOf(error)}`, path, whatToName, { cause: error });
  }
}
