import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { fileChunks } from "./text-records.js";

/** Text files up to this size are hashed whole. */
const textBytes = 32 * 1024 * 1024;
/** A parquet file's footer says of every page where it stands, how long it is and between which values its cells lie. */
const parquetBytes = 256 * 1024;

/**
 * What identifies a local file's content: it is recorded, and results on other rows are not compared. Files up to a size
 * are hashed whole; of larger ones the beginning, the end (a parquet file's footer) and the size.
 */
export async function contentDigest(path: string, format: "text" | "parquet", signal: AbortSignal): Promise<string> {
  const { size } = await stat(path);
  const hash = createHash("sha256").update(`${size}\n`);
  const hashed = format === "text" ? textBytes : parquetBytes;
  const whole = [{ start: 0, end: size }];
  const parts = [
    { start: 0, end: hashed / 2 },
    { start: size - hashed / 2, end: size },
  ];
  for (const { start, end } of size <= hashed ? whole : parts) {
    if (end === start) continue;
    for await (const chunk of fileChunks(path, signal, { start, end: end - 1 })) hash.update(chunk);
  }
  return hash.digest("hex");
}
