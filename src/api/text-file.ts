import { appendFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { diskError, refusedByDisk } from "../files/disk-error.js";
import { makeFolder } from "../files/make-folder.js";
import { requireNoRows, requireNoRunsFile } from "../record/own-files.js";

export { refusedByDisk };

/**
 * Writes a file that the user named, with the folders above it. As it is: it may be a pipe or a device, which nobody must replace.
 * @throws UserError  it is a run's own file or one of rows, or cannot be written
 */
export async function writeText(path: string, text: string): Promise<void> {
  await requireNoRunsFile(path);
  await requireNoRows(path, text.slice(0, 1));
  try {
    await makeFolder(dirname(path));
    await writeFile(path, text);
  } catch (error) {
    throw diskError(error, "the file", path);
  }
}

export async function appendText(path: string, text: string): Promise<void> {
  try {
    await appendFile(path, text);
  } catch (error) {
    throw diskError(error, "the file", path);
  }
}
