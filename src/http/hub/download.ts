import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, mkdir, open, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { UserError } from "../../core/errors.js";
import { diskError } from "../../files/disk-error.js";
import { withLock } from "../../files/lock.js";
import { backoffMs, sleep } from "../retry.js";
import { TransportError } from "../transport-error.js";
import type { HubCache } from "./cache.js";
import { fileUrl, type HubFile, type RepositoryId } from "./repository.js";
import type { HubRequests } from "./requests.js";

/** Attempts without a single new byte before the transfer is given up. */
const idleAttempts = 5;
/** A holder on another machine (a shared cache) that has not touched its lock for so long has died; what it left is checked by hash. */
const silentLockMs = 60_000;

/** The content is not what the hub's list says, after a second full transfer. */
export class WrongContent extends Error {
  override readonly name = "WrongContent";
}

export interface DownloadPlace {
  readonly hub: HubRequests;
  readonly cache: HubCache;
  readonly repository: RepositoryId;
  readonly commit: string;
}

/**
 * A file in the cache: found there, or fetched whole. A broken transfer goes on where it stopped, in this process or a later
 * one; the content is checked against the hub's hash before it gets its name; two processes do not fetch the same file.
 * @returns the path of `snapshots/<commit>/<path>`
 * @throws WrongContent; UserError (no network, disk full, no permission)
 */
export async function download(place: DownloadPlace, file: HubFile, signal: AbortSignal): Promise<string> {
  const { cache, commit } = place;
  if (await cache.find(commit, file)) return cache.link(commit, file);
  const blob = cache.blob(file);
  try {
    await mkdir(dirname(blob), { recursive: true });
    const patience = { patienceMs: Number.POSITIVE_INFINITY, silentMs: silentLockMs, signal };
    await withLock(`${blob}.lock`, `the cached file ${file.path}`, patience, async () => {
      // Another process may have fetched it while we waited.
      if (await cache.find(commit, file)) return;
      await fetchChecked(place, file, `${blob}.incomplete`, signal);
      await rename(`${blob}.incomplete`, blob);
    });
    return await cache.link(commit, file);
  } catch (error) {
    throw asUserError(error, blob);
  }
}

async function fetchChecked(place: DownloadPlace, file: HubFile, path: string, signal: AbortSignal): Promise<void> {
  for (let round = 0; ; round++) {
    const found = await fetchAll(place, file, path, signal);
    const expected = file.sha256 ?? file.oid;
    if (found === expected) return;
    // A flipped byte on the way, or an old half of another version: once more from the start.
    await rm(path, { force: true });
    if (round > 0) {
      throw new WrongContent(
        `${file.path} has the hash ${found.slice(0, 16)}... where the hub lists ${expected.slice(0, 16)}...`,
      );
    }
  }
}

/** Brings the file to its full length, keeping what is there. @returns the content's hash in hexadecimal */
async function fetchAll(
  { hub, repository, commit }: DownloadPlace,
  file: HubFile,
  path: string,
  signal: AbortSignal,
): Promise<string> {
  const url = fileUrl(hub.settings.endpoint, repository, commit, file.path);
  await using output = await open(path, "a");
  let { size } = await stat(path);
  if (size > file.size) {
    await output.truncate(0);
    size = 0;
  }
  const hash = startHash(file);
  if (size > 0) for await (const chunk of createReadStream(path, { signal })) hash.update(chunk as Buffer);
  for (let idle = 0; size < file.size; ) {
    const before = size;
    try {
      for await (const chunk of await hub.range(url, size, file.size, signal)) {
        hash.update(chunk);
        await writeFully(output, chunk);
        size += chunk.length;
      }
    } catch (error) {
      if (!(error instanceof TransportError)) throw error;
      if (!error.passing) throw hub.unreachable(url, error);
      idle = size > before ? 0 : idle + 1;
      if (idle >= idleAttempts) throw hub.unreachable(url, error);
      await sleep(backoffMs(idle + 1, error.retryAfterMs), signal);
      continue;
    }
    if (size === before && ++idle >= idleAttempts) {
      throw hub.unreachable(url, new TransportError("reset", `${file.path} ends at byte ${size} of ${file.size}`));
    }
  }
  await output.sync();
  return hash.digest("hex");
}

/** LFS files are named by the SHA-256 of their content, others by git's SHA-1 over a header and the content. */
function startHash(file: HubFile): Hash {
  return file.sha256 === undefined ? createHash("sha1").update(`blob ${file.size}\0`) : createHash("sha256");
}

async function writeFully(output: FileHandle, chunk: Buffer): Promise<void> {
  for (let at = 0; at < chunk.length; ) at += (await output.write(chunk, at)).bytesWritten;
}

/** What was fetched is kept: the same command goes on from it, there or elsewhere. */
function asUserError(error: unknown, blob: string): unknown {
  const explained = diskError(error, "the cache", blob);
  if (explained === error || !(explained instanceof UserError)) return error;
  return new UserError(explained.message, blob, `${explained.fix}; or put the cache elsewhere: HF_HOME`, {
    cause: error,
  });
}
