import { randomBytes } from "node:crypto";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { diskError } from "./disk-error.js";

/**
 * Writes beside `path`, flushes, renames: a reader, or a crash, sees the old content or the new one, and a full disk never
 * destroys the old one.
 * @param what  for messages: `the journal`
 */
export async function writeWhole(path: string, what: string, content: string | Uint8Array): Promise<void> {
  await replaceWhole(path, what, (file) => file.writeFile(content));
}

/** As `writeWhole`, by a function that writes piece by piece; when it throws, the old file stays. */
export async function replaceWhole(
  path: string,
  what: string,
  write: (file: FileHandle) => Promise<void>,
): Promise<void> {
  const temporary = `${path}.${process.pid}.${randomBytes(4).toString("hex")}.tmp`;
  try {
    const file = await open(temporary, "wx");
    try {
      await write(file);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw diskError(error, what, path);
  }
}

/** JSON for people: two blanks, a line end. */
export function writeJson(path: string, what: string, value: object): Promise<void> {
  return writeWhole(path, what, `${JSON.stringify(value, null, 2)}\n`);
}
