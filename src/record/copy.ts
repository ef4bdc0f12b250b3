/** Copies of a run: a baseline (packed, small enough to be committed) and a folder to score anew. */
import { copyFile, cp, type FileHandle, mkdir, readdir, readlink, realpath, rename, rm } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { UserError } from "../core/errors.js";
import { diskError } from "../files/disk-error.js";
import { plainOrGzipped, readBytes } from "../files/lines.js";
import { requireRegular } from "../files/regular-file.js";
import { replaceWhole } from "../files/whole-file.js";
import { lockName } from "./folder.js";
import { fileName, type Label } from "./keys.js";
import { isRun, judgeFile, type Run, resultFile, samplesFile } from "./read.js";

/**
 * run.json, the Results and the journals (gzipped, byte-identical for equal runs), nothing else. Built beside what stood at
 * `path` and renamed: a reader sees one or the other.
 */
export async function packRun(run: Run, path: string): Promise<void> {
  const building = join(dirname(path), `.${basename(path)}.${process.pid}`);
  try {
    await mkdir(building, { recursive: true });
    await copyFile(join(run.dir, "run.json"), join(building, "run.json"));
    for (const label of run.results.keys()) {
      await copyFile(resultFile(run.dir, label), resultFile(building, label));
      for (const journal of [samplesFile, judgeFile]) await pack(journal(run.dir, label), journal(building, label));
    }
    if (await isRun(path)) await rename(path, `${building}.old`);
    await rename(building, path);
    await rm(`${building}.old`, { recursive: true, force: true });
  } catch (error) {
    throw diskError(error, "the baseline", path);
  } finally {
    await rm(building, { recursive: true, force: true });
  }
}

/**
 * The whole folder without its lock; packed journals are unpacked, so that the copy can be written. Links are followed: a copy that leads
 * back to the run would change it.
 * @param isWanted  of a file or folder, by its path in the run's folder with slashes; default: all
 */
export async function copyRun(
  run: Run,
  path: string,
  isWanted: (inside: string) => boolean = () => true,
): Promise<void> {
  try {
    const from = await realpath(run.dir);
    const filter = async (file: string) => {
      const inside = insideOf(from, file);
      if (inside !== "" && (file.endsWith(lockName) || file.endsWith(".gz") || !isWanted(inside))) return false;
      await requireRegular(file);
      return true;
    };
    await cp(from, path, { recursive: true, dereference: true, filter });
    for (const name of (await readdir(run.dir)).filter((file) => file.endsWith(".gz"))) {
      const plain = name.slice(0, -".gz".length);
      if (!isWanted(plain)) continue;
      await replaceWhole(join(path, plain), "the journal", (file) => pour(readBytes(join(run.dir, name)), file));
    }
  } catch (error) {
    throw diskError(error, "the copy", path);
  }
}

const insideOf = (folder: string, path: string) => relative(folder, path).replaceAll("\\", "/");

/**
 * In a folder that came from elsewhere a link may lead to any file of this machine.
 * @param isWanted  as of `copyRun`
 * @throws UserError  something of the folder that is wanted is a link
 */
export async function requireNoLinks(run: Run, isWanted: (inside: string) => boolean): Promise<void> {
  const folder = await realpath(run.dir);
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isSymbolicLink() || !isWanted(insideOf(folder, path).replace(/\.gz$/, ""))) continue;
    throw new UserError(
      `this is a link to ${await readlink(path)}: what it leads to would be given away`,
      path,
      "put the file itself there if it is the run's, or remove the link",
    );
  }
}

/** Runs that stand beside one lie in its folder, by what they asked in another way. */
export const isBesideName = (folder: string): boolean => /^(blind|profile|options|budget)-[^/]+$/.test(folder);

/** Whether a run has written it itself; what else lies in its folder is the user's. */
export function isOfRun(inside: string, labels: readonly Label[]): boolean {
  const [first = "", ...rest] = inside.split("/");
  const file = isBesideName(first) ? rest.join("/") : inside;
  if (file === "" || ["run.json", "leaderboard.json", "timings.jsonl"].includes(file)) return true;
  if (/^submissions(\/[^/]+)?$/.test(file)) return true;
  const names = labels.map(fileName);
  const [, label] = /^(?:(?:judge|labels)\.)?(.+?)(?:\.second)?(?:\.samples)?\.jsonl?$/.exec(file) ?? [];
  return label !== undefined && names.includes(label);
}

async function pack(from: string, to: string): Promise<void> {
  const found = await plainOrGzipped(from);
  if (found === undefined) return;
  await replaceWhole(`${to}.gz`, "the baseline", async (file) => {
    // Without a time stamp: the same journal gives the same bytes.
    const packed = createGzip({ level: 9 });
    await Promise.all([pipeline(readBytes(found), packed), pour(packed, file)]);
  });
}

async function pour(bytes: AsyncIterable<Uint8Array>, file: FileHandle): Promise<void> {
  for await (const chunk of bytes) await file.writeFile(chunk);
}
