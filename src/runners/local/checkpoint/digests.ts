/** What identifies a checkpoint in a fingerprint, without reading 145 GB for it. */
import { createHash } from "node:crypto";
import { type FileHandle, open, readdir, readFile, realpath } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** Checkpoints up to this size are hashed whole (about a second). */
const wholeBytes = 1024 * 1024 * 1024;
/** Of larger ones: both ends of every file and this many blocks spread between them. */
const sampledBlocks = 256;
const blockBytes = 64 * 1024;

/**
 * Digest over the names, sizes and contents of a folder's weight files: `sha256:...` when all bytes were read (or the hub's
 * own hashes name them), `sampled:...` when blocks of each file were. 32 hex digits. `none` without weight files.
 */
export async function weightsDigest(folder: string): Promise<string> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".safetensors")).sort();
  if (names.length === 0) return "none";
  const files = await Promise.all(names.map((name) => realpath(join(folder, name))));
  const total = createHash("sha256");

  // The hub's cache stores a file under its SHA-256, which was checked when it was downloaded.
  if (files.every((file) => basename(dirname(file)) === "blobs" && /^[0-9a-f]{64}$/.test(basename(file)))) {
    for (const [i, name] of names.entries()) total.update(`${name}\0${basename(files[i] ?? "")}\0`);
    return `sha256:${total.digest("hex").slice(0, 32)}`;
  }

  const handles = await openAll(files);
  try {
    const sizes = await Promise.all(handles.map(async (handle) => (await handle.stat()).size));
    const sampled = sizes.reduce((sum, size) => sum + size, 0) > wholeBytes;
    for (const [i, handle] of handles.entries()) {
      const size = sizes[i] ?? 0;
      const digest = sampled ? await sampledDigest(handle, size) : await wholeDigest(handle, size);
      // The same form as for the hub's blobs, so that a copied snapshot keeps its digest.
      total.update(sampled ? `${names[i]}\0${size}\0${digest}\0` : `${names[i]}\0${digest}\0`);
    }
    return `${sampled ? "sampled" : "sha256"}:${total.digest("hex").slice(0, 32)}`;
  } finally {
    await Promise.all(handles.map((handle) => handle.close()));
  }
}

/** Everything else in the folder that decides ids, pixels or answers. */
const settingsFile =
  /^(config|generation_config|preprocessor_config|processor_config|tokenizer|tokenizer_config|special_tokens_map|added_tokens|chat_template)\.json$|^tokenizer\.model$|^chat_template\.jinja$/;

/** Digest over config, preprocessing, tokenizer and template files: `sha256:` and 32 hex digits. */
export async function settingsDigest(folder: string): Promise<string> {
  const total = createHash("sha256");
  for (const name of (await readdir(folder)).filter((name) => settingsFile.test(name)).sort()) {
    total
      .update(`${name}\0`)
      .update(await readFile(join(folder, name)))
      .update("\0");
  }
  return `sha256:${total.digest("hex").slice(0, 32)}`;
}

async function openAll(files: readonly string[]): Promise<FileHandle[]> {
  const opened = await Promise.allSettled(files.map((file) => open(file)));
  const failed = opened.find((result) => result.status === "rejected");
  const handles = opened.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  if (!failed) return handles;
  await Promise.all(handles.map((handle) => handle.close()));
  throw failed.reason;
}

async function wholeDigest(handle: FileHandle, size: number): Promise<string> {
  const hash = createHash("sha256");
  const buffer = Buffer.alloc(Math.min(4 * 1024 * 1024, Math.max(1, size)));
  for (let at = 0; at < size; ) {
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, at);
    if (bytesRead === 0) break;
    hash.update(buffer.subarray(0, bytesRead));
    at += bytesRead;
  }
  return hash.digest("hex");
}

async function sampledDigest(handle: FileHandle, size: number): Promise<string> {
  const hash = createHash("sha256");
  const buffer = Buffer.alloc(blockBytes);
  for (let block = 0; block <= sampledBlocks; block += 1) {
    const at = Math.floor((Math.max(0, size - blockBytes) * block) / sampledBlocks);
    const { bytesRead } = await handle.read(buffer, 0, blockBytes, at);
    hash.update(buffer.subarray(0, bytesRead));
  }
  return hash.digest("hex");
}
