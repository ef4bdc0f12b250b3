import { readdir, readFile, realpath, stat } from "node:fs/promises";
import { dirname, isAbsolute, join, relative, sep } from "node:path";
import { SampleFailure } from "../core/errors.js";
import type { VideoRef } from "../core/video.js";
import type { VideoReader } from "./columns.js";

/** Endings that are tried, in this order, after a name that has none of its own. */
export const clipEndings = ["", ".mp4", ".MP4", ".mkv", ".webm", ".avi", ".mov", ".gif"];

/**
 * Clips that rows name, as files of the data folder: beside the rows, in `videos` or `data` beside them or at the top; else in the one other
 * folder there that has it, since some benchmarks call theirs `all_test` or `NExTVideo`. The name is hostile until proven otherwise: after
 * resolving links it must lie in `root`.
 * @param rows  the file with the rows
 * @param root  the data folder, already resolved (`realpath`)
 */
export function videoFiles(rows: string, root: string): VideoReader {
  const places = [dirname(rows), dirname(dirname(rows)), root].filter((folder) => isInside(folder, root));
  const folders = [...new Set(places.flatMap((folder) => [folder, join(folder, "videos"), join(folder, "data")]))];
  const clip = (path: string): VideoRef => ({
    path,
    file: () => clipFile(path, root, { folders, places }),
    named: clip,
    beside: (text) => ({ path: text, read: () => textOf(text, root, folders) }),
  });
  return (cell) => {
    const name = clipName(cell);
    return name === "" ? null : clip(name);
  };
}

/** What a cell names; some name their clips by numbers. */
export function clipName(cell: unknown): string {
  if (typeof cell === "string") return cell;
  return typeof cell === "number" || typeof cell === "bigint" ? `${cell}` : "";
}

async function clipFile(
  name: string,
  root: string,
  { folders, places }: { readonly folders: readonly string[]; readonly places: readonly string[] },
): Promise<string> {
  const what = `the clip ${shown(name)}`;
  requireRelative(name, what);
  for (const folder of folders) {
    const path = await fileIn(folder, name);
    if (path === undefined) continue;
    requireInside(path, root, what);
    return path;
  }
  const elsewhere = new Set<string>();
  for (const place of new Set(places)) {
    for (const folder of await foldersIn(place)) {
      const path = folders.includes(folder) ? undefined : await fileIn(folder, name);
      if (path === undefined) continue;
      requireInside(path, root, what);
      elsewhere.add(path);
    }
  }
  const [only, ...more] = [...elsewhere].sort();
  if (only !== undefined && more.length === 0) return only;
  throw new SampleFailure(
    "data",
    only === undefined
      ? `there is no clip ${shown(name)} in the data folder, nor in a folder of it`
      : `${what} is in several folders of the data folder: ${[only, ...more].map((path) => shown(relative(root, path))).join(", ")}`,
  );
}

async function fileIn(folder: string, name: string): Promise<string | undefined> {
  for (const ending of clipEndings) {
    const path = await realpath(join(folder, name + ending)).catch(() => undefined);
    if (path !== undefined && (ending !== "" || (await stat(path)).isFile())) return path;
  }
  return undefined;
}

async function foldersIn(place: string): Promise<string[]> {
  const entries = await readdir(place, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory() || entry.isSymbolicLink()).map(({ name }) => join(place, name));
}

/** Of an hour of words with their times: 2 MB. */
export const longestText = 32 * 2 ** 20;
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

async function textOf(name: string, root: string, folders: readonly string[]): Promise<string | undefined> {
  const what = `the file of subtitles ${shown(name)}`;
  requireRelative(name, what);
  let others = false;
  for (const folder of folders) {
    const path = await realpath(join(folder, name)).catch(() => undefined);
    if (path === undefined) {
      others ||= (await readdir(join(folder, dirname(name))).catch(() => [])).length > 0;
      continue;
    }
    requireInside(path, root, what);
    const facts = await stat(path);
    if (!facts.isFile()) throw new SampleFailure("data", `${what} is no file`);
    if (facts.size > longestText)
      throw new SampleFailure("data", `${what} has ${facts.size} bytes; at most ${longestText} are read`);
    return subtitleText(await readFile(path), name);
  }
  // A clip may have none; that none has any says that they were not fetched.
  if (others) return undefined;
  throw new SampleFailure(
    "data",
    `there is no folder ${shown(dirname(name))} with files in the data folder, so no subtitles`,
  );
}

/** @throws SampleFailure `data`  it is no text, or what stands in place of a file that was not fetched: as subtitles it would be "none" */
export function subtitleText(bytes: Uint8Array, name: string): string {
  const text = decoded(bytes, name);
  const instead =
    text.trim() === ""
      ? "is empty"
      : text.startsWith("version https://git-lfs")
        ? "is a Git LFS pointer"
        : /^\s*<(?:!doctype|html)/i.test(text)
          ? "is a web page"
          : undefined;
  if (instead) throw new SampleFailure("data", `the file of subtitles ${shown(name)} ${instead}`);
  return text;
}

function decoded(bytes: Uint8Array, name: string): string {
  try {
    return utf8.decode(bytes);
  } catch (error) {
    throw new SampleFailure("data", `the file of subtitles ${shown(name)} is no UTF-8`, { cause: error });
  }
}

const shown = (name: string): string => JSON.stringify(name.slice(0, 200));

function requireRelative(name: string, what: string): void {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(name))
    throw new SampleFailure("data", `${what} is a URL; rows never make us fetch one`);
  if (name.includes("\0") || isAbsolute(name)) throw new SampleFailure("data", `${what} is not a relative path`);
}

function requireInside(path: string, root: string, what: string): void {
  if (!isInside(path, root) || path === root) throw new SampleFailure("data", `${what} leads out of the data folder`);
}

function isInside(path: string, root: string): boolean {
  const inside = relative(root, path);
  return inside !== ".." && !inside.startsWith(`..${sep}`) && !isAbsolute(inside);
}
