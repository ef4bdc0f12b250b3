import { open } from "node:fs/promises";
import { UserError } from "../core/errors.js";
import type { OpenShard } from "./source.js";

/** A parquet file on disk. @param name  for messages */
export async function openFile(path: string, name: string): Promise<OpenShard> {
  const handle = await open(path, "r").catch((error: NodeJS.ErrnoException) => {
    throw new UserError(`${name} cannot be read: ${error.message}`, path, "check the file's permissions");
  });
  const { size } = await handle.stat();
  const readInto = async (target: Uint8Array, start: number) => {
    const { bytesRead } = await handle.read(target, 0, target.byteLength, start);
    if (bytesRead !== target.byteLength) throw new Error(`${name} ends at byte ${start + bytesRead}`);
  };
  return {
    file: {
      byteLength: size,
      readInto,
      slice: async (start, end = size) => {
        const bytes = new Uint8Array(Math.max(0, Math.min(end, size) - start));
        await readInto(bytes, start);
        return bytes.buffer;
      },
    },
    [Symbol.asyncDispose]: () => handle.close(),
  };
}
