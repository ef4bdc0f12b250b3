import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { SampleFailure } from "../core/errors.js";

/** Digests of files that did not change since: a clip is read once for its name, however many questions are asked about it. */
export class FileDigests {
  private readonly known = new Map<string, Promise<string>>();

  /** SHA-256 of a file's bytes. @throws SampleFailure `data`  it cannot be read */
  async of(path: string): Promise<string> {
    try {
      const facts = await stat(path);
      if (!facts.isFile()) throw new Error("it is no regular file");
      const key = JSON.stringify([path, facts.size, facts.mtimeMs, facts.ino]);
      const known = this.known.get(key) ?? digestOf(path);
      this.known.set(key, known);
      return await known;
    } catch (error) {
      throw new SampleFailure("data", `the clip cannot be read: ${(error as Error).message}`, { cause: error });
    }
  }
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of createReadStream(path)) hash.update(piece as Buffer);
  return hash.digest("hex");
}
