/** Files that a reader never sees half-written. */
import { open, rename, rm } from "node:fs/promises";

/** Writes beside `path`, flushes, renames: a reader, or a crash, sees the old content or the new one. */
export async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    const file = await open(temporary, "w");
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
