import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, mkdir, open, readFile, rename, rm, stat, utimes } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { UserError } from "../../core/errors.js";
import { backoffMs, sleep } from "../retry.js";
import { TransportError } from "../transport-error.js";
import type { HubCache } from "./cache.js";
import { fileUrl, type HubFile, type RepositoryId } from "./repository.js";
import type { HubRequests } from "./requests.js";

/** Attempts without a single new byte before the transfer is given up. */
const idleAttempts = 5;
/** A lock whose owner has not touched it for so long belongs to a process that died. */
const staleLockMs = 60_000;
const heartbeatMs = 10_000;
const lockPollMs = 500;

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
    await withLock(`${blob}.lock`, signal, async () => {
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

async function withLock(path: string, signal: AbortSignal, body: () => Promise<void>): Promise<void> {
  while (!(await tryLock(path))) await sleep(lockPollMs, signal);
  const heartbeat = setInterval(() => void utimes(path, new Date(), new Date()).catch(() => {}), heartbeatMs);
  try {
    await body();
  } finally {
    clearInterval(heartbeat);
    await rm(path, { force: true });
  }
}

async function tryLock(path: string): Promise<boolean> {
  try {
    const handle = await open(path, "wx");
    await handle.writeFile(`${process.pid} ${hostname()}`);
    await handle.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    if (await isAbandoned(path)) await rm(path, { force: true });
    return false;
  }
}

/** Its owner was killed: a process of this machine that is gone, or one of another (shared cache) that is silent. */
async function isAbandoned(path: string): Promise<boolean> {
  const facts = await stat(path).catch(() => undefined);
  if (!facts) return false;
  if (Date.now() - facts.mtimeMs > staleLockMs) return true;
  const [pid, host] = (await readFile(path, "utf8").catch(() => "")).split(" ");
  if (!pid || host !== hostname()) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}

function asUserError(error: unknown, blob: string): unknown {
  const { code } = error as NodeJS.ErrnoException;
  const fixes: Record<string, string> = {
    ENOSPC:
      "free some space, or put the cache elsewhere: HF_HOME; what was fetched is kept, the same command goes on from it",
    EDQUOT: "free some space, or put the cache elsewhere: HF_HOME",
    EACCES: "make the folder writable, or put the cache elsewhere: HF_HOME",
    EROFS: "put the cache elsewhere: HF_HOME",
  };
  const fix = code === undefined ? undefined : fixes[code];
  if (fix === undefined) return error;
  return new UserError(`the cache cannot be written: ${(error as Error).message}`, blob, fix, { cause: error });
}
