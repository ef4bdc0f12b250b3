import { readFile } from "node:fs/promises";
import { messageOf, UserError } from "../core/errors.js";
import { parseJson } from "../core/json.js";
import { requireRegular } from "./regular-file.js";

/** A JSON file's value, unchecked. @throws UserError  it cannot be read, or it is no JSON */
export async function readJson(path: string): Promise<unknown> {
  await requireRegular(path);
  const text = await readFile(path, "utf8").catch((error) => {
    throw new UserError(`this file cannot be read: ${messageOf(error)}`, path, "check the path and its permissions", {
      cause: error,
    });
  });
  try {
    return parseJson(text);
  } catch (error) {
    throw new UserError(`this file is not JSON: ${messageOf(error)}`, path, "restore it, or run the task again", {
      cause: error,
    });
  }
}
