import { constants } from "node:fs";
import { open, realpath } from "node:fs/promises";
import { isAbsolute, join, relative, sep } from "node:path";
import { messageOf, SampleFailure } from "../core/errors.js";
import type { ImageRef } from "../core/image.js";

/** One image file, at most. */
const maxFileBytes = 256 * 1024 * 1024;

/**
 * An image that a row names by path. The name is hostile until proven otherwise: after resolving links it must lie in `root`.
 * @param root     the data folder, already resolved (`realpath`)
 * @param folders  where the name is looked for, in order; inside `root`
 */
export function imageFile(name: string, root: string, folders: readonly string[]): ImageRef {
  return {
    path: name,
    ownFile: true,
    bytes: async () => {
      const shown = JSON.stringify(name.slice(0, 200));
      if (/^[a-z][a-z0-9+.-]*:\/\//i.test(name))
        throw new SampleFailure("data", `the image ${shown} is a URL; rows never make us fetch one`);
      if (name.includes("\0") || isAbsolute(name))
        throw new SampleFailure("data", `the image ${shown} is not a relative path`);
      for (const folder of folders) {
        const path = await realpath(join(folder, name)).catch(() => undefined);
        if (path === undefined) continue;
        const inside = relative(root, path);
        if (inside === "" || inside === ".." || inside.startsWith(`..${sep}`) || isAbsolute(inside)) {
          throw new SampleFailure("data", `the image ${shown} leads out of the data folder`);
        }
        return readRegular(path, shown);
      }
      throw new SampleFailure("data", `there is no image file ${shown} in the data folder`);
    },
  };
}

async function readRegular(path: string, shown: string): Promise<Uint8Array> {
  try {
    // O_NONBLOCK: a named pipe among the images must not hang the run.
    await using handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const facts = await handle.stat();
    if (!facts.isFile()) throw new Error("it is no regular file");
    if (facts.size > maxFileBytes) throw new Error(`it has ${facts.size} bytes; at most ${maxFileBytes} are read`);
    return await handle.readFile();
  } catch (error) {
    throw new SampleFailure("data", `the image ${shown} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}
