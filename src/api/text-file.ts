import { appendFile, mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { diskError } from "../files/disk-error.js";

/** Writes a file that the user named, with the folders above it. As it is: it may be a pipe or a device, which nobody must replace. */
export async function writeText(path: string, text: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  } catch (error) {
    throw diskError(error, "the file", path);
  }
}

export const appendText = (path: string, text: string): Promise<void> => appendFile(path, text);
