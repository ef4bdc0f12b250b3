import { createHash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import { UserError } from "../core/errors.js";
import { openFile } from "./open-file.js";
import { openParquet } from "./parquet/file.js";

interface Range {
  readonly start: number;
  readonly end: number;
}

/** Parquet files up to this size are hashed whole; of larger ones so much from either end. */
const wholeBytes = 2 * 1024 * 1024;
const endBytes = wholeBytes / 2;
/** A column of words or numbers in one row group; images are larger. */
const smallChunkBytes = 1024 * 1024;
/** One piece of memory for all that is read: fresh ones of a megabyte each cost more in collecting than the hash itself. */
const bufferBytes = 256 * 1024;

/** What identifies a local text file's content: it is recorded, and a run is not continued on other rows. All of it is hashed. */
export function contentDigest(path: string, signal: AbortSignal): Promise<string> {
  return digestOf(path, async (size) => [{ start: 0, end: size }], signal);
}

/**
 * What identifies a local parquet file's content. Of one of gigabytes both ends, with the footer that names the place and the size
 * of every page, and every small column chunk: words, answers and names whole; of images where they lie.
 */
export function parquetDigest(path: string, signal: AbortSignal): Promise<string> {
  const ranges = async (size: number) =>
    size <= wholeBytes
      ? [{ start: 0, end: size }]
      : [{ start: 0, end: endBytes }, ...(await smallChunks(path)), { start: size - endBytes, end: size }];
  return digestOf(path, ranges, signal);
}

/** None where the footer cannot be read: whoever reads the rows says so. */
async function smallChunks(path: string): Promise<readonly Range[]> {
  await using opened = await openFile(path, path);
  const parquet = await openParquet(opened.file).catch(() => undefined);
  return (parquet?.metadata.row_groups ?? []).flatMap(({ columns }) =>
    columns.flatMap(({ meta_data: facts }) => {
      const start = Number(facts?.dictionary_page_offset ?? facts?.data_page_offset ?? -1);
      if (!facts || start < 0 || Number(facts.total_compressed_size) > smallChunkBytes) return [];
      return [{ start, end: start + Number(facts.total_compressed_size) }];
    }),
  );
}

async function digestOf(
  path: string,
  rangesOf: (size: number) => Promise<readonly Range[]>,
  signal: AbortSignal,
): Promise<string> {
  try {
    await using file = await open(path, "r");
    const { size } = await file.stat();
    const hash = createHash("sha256").update(`${size}\n`);
    const buffer = Buffer.allocUnsafe(bufferBytes);
    for (const range of await rangesOf(size)) {
      for await (const bytes of bytesOf(file, range, buffer)) {
        signal.throwIfAborted();
        hash.update(bytes);
      }
    }
    return hash.digest("hex");
  } catch (error) {
    if (signal.aborted || error instanceof UserError) throw error;
    throw new UserError(
      `${path} cannot be read: ${(error as Error).message}`,
      "--data",
      "check the file and its permissions",
      { cause: error },
    );
  }
}

/** The bytes of a range, each piece in the one buffer: it is another's as soon as the next is asked for. */
async function* bytesOf(file: FileHandle, { start, end }: Range, buffer: Buffer): AsyncGenerator<Buffer> {
  for (let at = start; at < end; ) {
    const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, end - at), at);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
    at += bytesRead;
  }
}
