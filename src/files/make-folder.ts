import { mkdir, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";

/**
 * A folder with all above it. Node's own `recursive` never ends where a folder is there that lets none be made in it (`/proc`), and a
 * signal does not end it either.
 */
export async function makeFolder(path: string): Promise<void> {
  const missing: string[] = [];
  for (let at = resolve(path); ; at = dirname(at)) {
    if (await isFolder(at)) break;
    missing.push(at);
    if (at === dirname(at)) break;
  }
  for (const folder of missing.reverse()) {
    await mkdir(folder).catch(async (error: NodeJS.ErrnoException) => {
      // Another process may have made it meanwhile; a file of that name is no folder.
      if (error.code === "EEXIST" && (await isFolder(folder))) return;
      // What `/proc` says of a folder that it does not want.
      if (error.code === "ENOENT" && (await isFolder(dirname(folder)))) error.code = "EACCES";
      throw error;
    });
  }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return false;
    throw error;
  }
}
