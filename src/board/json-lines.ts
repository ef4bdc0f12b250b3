/** JSONL files read as a stream: one line in memory at a time, plain or gzipped. */
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import type { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { messageOf, UserError } from "../core/errors.js";
import { check, type Static, type TSchema } from "../core/schema.js";

/** One answer of a model may be long; a line above this is not one of ours. */
const longestLine = 256 * 1024 * 1024;

/**
 * The records of `path` (or of `path.gz`) in file order, each checked against `schema`. A last line without its newline is what
 * a crash leaves behind: it is dropped, as the journal does when a run continues. A missing file has no records.
 */
export async function* readJsonLines<T extends TSchema>(path: string, schema: T): AsyncGenerator<Static<T>> {
  const file = await existing(path);
  if (!file) return;
  let number = 0;
  for await (const line of lines(open(file), file)) {
    number++;
    if (line === "") continue;
    const where = `${file}:${number}`;
    let record: unknown;
    try {
      record = JSON.parse(line);
    } catch (error) {
      throw new UserError(`this line is not JSON: ${messageOf(error)}`, where, damaged, { cause: error });
    }
    yield check(schema, record, where, damaged);
  }
}

const damaged = "the file was changed by hand or damaged; run the same command again with --fresh";

async function existing(path: string): Promise<string | undefined> {
  for (const candidate of [path, `${path}.gz`]) {
    if (await stat(candidate).catch(() => undefined)) return candidate;
  }
  return undefined;
}

function open(file: string): Readable {
  const bytes = createReadStream(file, { highWaterMark: 256 * 1024 });
  if (!file.endsWith(".gz")) return bytes;
  const plain = createGunzip();
  bytes.on("error", (error) => plain.destroy(error));
  return bytes.pipe(plain);
}

/** Complete lines only. Split on bytes: a character may lie across two chunks. */
async function* lines(stream: Readable, file: string): AsyncGenerator<string> {
  let rest: Buffer[] = [];
  let restLength = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    let start = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      yield Buffer.concat([...rest, chunk.subarray(start, end)]).toString("utf8");
      rest = [];
      restLength = 0;
      start = end + 1;
    }
    if (start < chunk.length) {
      rest.push(chunk.subarray(start));
      restLength += chunk.length - start;
      if (restLength > longestLine) throw new UserError("a line is longer than 256 MiB", file, damaged);
    }
  }
}
