import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { fileChunks } from "./text-records.js";

/** Files up to this size are hashed whole; of larger ones the beginning, the end (a parquet file's footer) and the size. */
const hashedBytes = 32 * 1024 * 1024;

/** What identifies a local file's content: it is recorded, and a run is not continued on other rows. */
export async function contentDigest(path: string, signal: AbortSignal): Promise<string> {
  const { size } = await stat(path);
  const hash = createHash("sha256").update(`${size}\n`);
  const half = hashedBytes / 2;
  const whole = [{ start: 0, end: size }];
  const parts = [
    { start: 0, end: half },
    { start: size - half, end: size },
  ];
  for (const { start, end } of size <= hashedBytes ? whole : parts) {
    if (end === start) continue;
    for await (const chunk of fileChunks(path, signal, { start, end: end - 1 })) hash.update(chunk);
  }
  return hash.digest("hex");
}
