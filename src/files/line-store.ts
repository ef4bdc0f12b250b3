import { open, readdir } from "node:fs/promises";
import { join } from "node:path";
import { diskError } from "./disk-error.js";
import { LineLog } from "./line-log.js";
import { jsonOf, type LinePosition, readRecord, scanLines } from "./lines.js";
import { makeFolder } from "./make-folder.js";

/**
 * Records by key, in a folder that any number of processes share without locks: each appends to a segment of its own (made when
 * there is something to write), and reads those of others as they were when it began. Another's segment is never written; its
 * torn last line, or a damaged one, is nobody's record. One file is open at a time besides our own, however many there are.
 */
export class LineStore implements AsyncDisposable {
  private readonly places = new Map<string, { readonly path: string; readonly at: LinePosition }>();
  private own: Promise<LineLog> | undefined;

  private constructor(private readonly ownPath: string) {}

  /** @param segment  a name that no other process has */
  static async open(folder: string, segment: string): Promise<LineStore> {
    try {
      await makeFolder(folder);
      const store = new LineStore(join(folder, `${segment}.jsonl`));
      for (const name of (await readdir(folder)).filter((file) => file.endsWith(".jsonl")).sort())
        await store.index(join(folder, name));
      return store;
    } catch (error) {
      throw diskError(error, "the cache", folder);
    }
  }

  /** The record with this key; undefined when there is none, or when its line is not whole any more. */
  async find(key: string): Promise<unknown> {
    const place = this.places.get(key);
    if (!place) return undefined;
    const record = await recordAt(place.path, place.at);
    return keyOf(record) === key ? record : undefined;
  }

  async add(key: string, record: object): Promise<void> {
    this.own ??= LineLog.open(this.ownPath, "the cache");
    const at = await (await this.own).append({ key, ...record });
    this.places.set(key, { path: this.ownPath, at });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.own)?.close();
  }

  private async index(path: string): Promise<void> {
    const file = await open(path, "r");
    try {
      await scanLines(file, path, ({ bytes, at }) => {
        const key = keyOf(jsonOf(bytes));
        if (key !== undefined) this.places.set(key, { path, at });
      });
    } finally {
      await file.close();
    }
  }
}

async function recordAt(path: string, at: LinePosition): Promise<unknown> {
  const file = await open(path, "r").catch((error: NodeJS.ErrnoException) => {
    // Somebody has emptied the cache meanwhile.
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (!file) return undefined;
  try {
    return await readRecord(file, at);
  } finally {
    await file.close();
  }
}

function keyOf(record: unknown): string | undefined {
  const { key } = (record ?? {}) as { key?: unknown };
  return typeof key === "string" ? key : undefined;
}
