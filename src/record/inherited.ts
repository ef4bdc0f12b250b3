/** What a replay inherits: answers of a demo stay answers of a demo, whatever model they are replayed as. */
import { readdir, readFile, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { requireRegular } from "../files/regular-file.js";
import { manifestFile } from "./manifest.js";
import { samplesSuffix } from "./read.js";

/**
 * Whether the run that answers come from was a demo: one of its Results says so, or, before it has any, its manifest (drawn rows, or
 * the stub). A journal without either, as people write one by hand, is none.
 * @param path  a journal or a run's folder, as `replay:` takes it
 */
export async function answersOfDemo(path: string): Promise<boolean> {
  const isFolder = (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
  const folder = isFolder ? path : dirname(path);
  const names = (isFolder ? await readdir(path) : [basename(path)]).map((name) => name.replace(/\.gz$/, ""));
  const labels = names
    .filter((name) => name.endsWith(samplesSuffix))
    .map((name) => name.slice(0, -samplesSuffix.length));
  const results = await Promise.all(labels.map((label) => readRecord(join(folder, `${label}.json`))));
  if (results.some(({ flags }) => Array.isArray(flags) && flags.includes("demo"))) return true;
  const { identity, config } = await readRecord(manifestFile(folder));
  // 0.1 noted where the rows came from beside what decides the numbers.
  const { data = recordOf(config).data, fingerprint } = recordOf(identity);
  return data === "demo" || recordOf(fingerprint).runner === "stub";
}

/** Nothing where the file is absent or somebody else's: only what is certainly ours says anything. */
async function readRecord(path: string): Promise<Readonly<Record<string, unknown>>> {
  await requireRegular(path);
  const text = await readFile(path, "utf8").catch(() => "{}");
  try {
    return recordOf(JSON.parse(text));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return {};
  }
}

const recordOf = (value: unknown) =>
  typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
