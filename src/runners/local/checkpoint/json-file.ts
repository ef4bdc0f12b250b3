import { readFile, stat } from "node:fs/promises";
import { messageOf, UserError } from "../../../core/errors.js";
import { parseJson } from "../../../core/json.js";
import { check, type Static, type TSchema } from "../../../core/schema.js";

/** The largest file read: a tokenizer.json of 256,000 tokens has 34 MB. */
const maxBytes = 256 * 1024 * 1024;

/** A JSON file of a checkpoint, checked; undefined when there is no such file. */
export async function readJsonFile<T extends TSchema>(path: string, schema: T): Promise<Static<T> | undefined> {
  const fix = "fetch this file of the checkpoint again";
  let text: string;
  try {
    const { size } = await stat(path);
    if (size > maxBytes) throw new UserError(`larger than ${maxBytes} bytes`, path, fix);
    text = await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    if (error instanceof UserError) throw error;
    throw new UserError(`cannot be read: ${messageOf(error)}`, path, "check the file and its permissions", {
      cause: error,
    });
  }
  let data: unknown;
  try {
    data = parseJson(text);
  } catch (error) {
    throw new UserError(`not valid JSON: ${messageOf(error)}`, path, fix, { cause: error });
  }
  return check(schema, data, path, fix);
}
