/**
 * A run names its tasks, some by files of their author's, and what is loaded runs. The seal says that it was this user who named them, by a
 * command of his own: no name of a machine, which anybody may guess, but a code that takes a key which never leaves his state folder.
 */
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { link, mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, isAbsolute, join } from "node:path";
import { canonicalJson } from "../core/digest.js";
import type { RunManifest } from "./run-manifest.js";

/**
 * Of the user who asks: `$XDG_STATE_HOME/llava-eval/seal.key`. A path that is not absolute leads wherever the program is begun, into a folder
 * that was received among them: it is ignored, as the XDG Base Directory Specification has it.
 * @returns undefined where he has no home either
 */
export function keyPath(): string | undefined {
  const { XDG_STATE_HOME: named = "" } = process.env;
  const state = isAbsolute(named) ? named : join(home(), ".local", "state");
  return isAbsolute(state) ? join(state, "llava-eval", "seal.key") : undefined;
}

/** "" of a user whom the system does not know, as in a container that is begun with a number (Node throws). */
function home(): string {
  try {
    return homedir();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_SYSTEM_ERROR") throw error;
    return "";
  }
}

/** @returns undefined where there is no key and none can be kept: then nobody can tell whose the run was */
export async function sealOf(tasks: readonly string[]): Promise<string | undefined> {
  const path = keyPath();
  if (path === undefined) return undefined;
  const key = (await keyAt(path)) ?? (await newKey(path));
  return key && codeOf(tasks, key);
}

/** Whether these are the names that this user gave, here or wherever he has the same state folder. */
export async function isSealed({ seal }: RunManifest, tasks: readonly string[]): Promise<boolean> {
  if (seal === undefined) return false;
  const path = keyPath();
  const key = path && (await keyAt(path));
  if (key === undefined) return false;
  const [said, own] = [Buffer.from(seal), Buffer.from(codeOf(tasks, key))];
  return said.length === own.length && timingSafeEqual(said, own);
}

const codeOf = (tasks: readonly string[], key: string) =>
  createHmac("sha256", Buffer.from(key, "hex"))
    .update(canonicalJson({ tasks: [...tasks] }))
    .digest("hex");

/**
 * @returns undefined where there is none that can be read, or what is there is no key: a pipe or a device (who reads one may wait for ever),
 *   or a file that others can read or write, with which they seal what they like
 */
async function keyAt(path: string): Promise<string | undefined> {
  const facts = await stat(path).catch(() => undefined);
  if (!facts?.isFile() || (facts.mode & 0o077) !== 0) return undefined;
  const text = await readFile(path, "utf8").catch(() => "");
  return /^[0-9a-f]{64}\n$/.test(text) ? text.trim() : undefined;
}

/** Whole or not at all, and never in another's place: of several processes that begin at once all take the first one's. */
async function newKey(path: string): Promise<string | undefined> {
  const own = `${path}.${process.pid}.${randomBytes(4).toString("hex")}.tmp`;
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeFile(own, `${randomBytes(32).toString("hex")}\n`, { flag: "wx", mode: 0o600 });
    await link(own, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
    });
  } catch (error) {
    // A home that cannot be written, or has no room: the run goes on, and is a stranger's when it is read back.
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
  } finally {
    await rm(own, { force: true }).catch(() => {});
  }
  return keyAt(path);
}
