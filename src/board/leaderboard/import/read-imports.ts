/** `--import KIND:PATH`: results of other harnesses, from files and folders, in any order and named as often as one likes. */
import { readdir, realpath, stat } from "node:fs/promises";
import { basename, join, relative } from "node:path";
import { UserError } from "../../../core/errors.js";
import type { LeaderboardEntry } from "../../../record/leaderboard-entry.js";
import { importHarnessResults } from "./harness-results.js";
import { importVlmEvalKit, vlmEvalKitFile } from "./vlmevalkit.js";

type Read = (path: string, taskName: (theirs: string) => string, notes: string[]) => Promise<LeaderboardEntry[]>;

interface Kind {
  readonly read: Read;
  /** Names of result files, for folders. */
  readonly file: RegExp;
}

/** `20250101_000000_results.json`, `results.json`, lm-eval's `results_2025-01-01T00-00-00.json`. */
const harnessFile = /^(.*_)?results(_[\dT:.-]+)?\.json$/;

const kinds: Readonly<Record<string, Kind>> = {
  "lmms-eval": { read: (path, ...rest) => importHarnessResults(path, "lmms-eval", ...rest), file: harnessFile },
  "lm-eval": { read: (path, ...rest) => importHarnessResults(path, "lm-eval", ...rest), file: harnessFile },
  vlmevalkit: { read: importVlmEvalKit, file: vlmEvalKitFile },
};

export interface Imports {
  readonly entries: readonly LeaderboardEntry[];
  /** What was left out, and which of several results counts. */
  readonly notes: readonly string[];
}

/** @param taskName  our label for another harness's name of a task, or theirs */
export async function readImports(sources: readonly string[], taskName: (theirs: string) => string): Promise<Imports> {
  const notes: string[] = [];
  const files = new Map<string, { read: Read; path: string }>();
  for (const source of sources) {
    const { kind, path } = sourceOf(source);
    for (const file of await filesOf(kind, path, notes)) {
      const key = `${source.slice(0, source.indexOf(":"))} ${await realpath(file.path)}`;
      if (!files.has(key)) files.set(key, { read: kind.read, path: file.path });
    }
  }
  const entries: LeaderboardEntry[] = [];
  const named = new Set(sources.map((source) => sourceOf(source).path));
  const failed: UserError[] = [];
  for (const { read, path } of files.values()) {
    try {
      entries.push(...(await read(path, taskName, notes)));
    } catch (error) {
      // One odd file does not hide a folder's others; a file that was named itself is what the user meant.
      if (!(error instanceof UserError) || named.has(path)) throw error;
      failed.push(error);
      notes.push(`left out: ${error.where}: ${error.message}`);
    }
  }
  if (entries.length === 0 && failed[0]) throw failed[0];
  return { entries: oneEach(entries, notes), notes };
}

function sourceOf(source: string): { kind: Kind; path: string } {
  const colon = source.indexOf(":");
  const name = source.slice(0, Math.max(0, colon));
  const path = source.slice(colon + 1);
  const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
  if (kind && path !== "") return { kind, path };
  throw new UserError(
    `"${source}" is not KIND:PATH`,
    "--import",
    "write lmms-eval:PATH, lm-eval:PATH or vlmevalkit:PATH, with a file or a folder",
  );
}

/** The file itself, or every result file below the folder, sorted; links to files are followed, each file is read once. */
async function filesOf(kind: Kind, path: string, notes: string[]): Promise<{ path: string }[]> {
  const entry = await stat(path).catch(() => undefined);
  if (!entry) throw new UserError("there is no such file or folder", path, "name one that exists after --import KIND:");
  if (entry.isFile()) return [{ path }];
  if (!entry.isDirectory())
    throw new UserError("neither a file nor a folder", path, "name a results file, or its folder");
  const below = await readdir(path, { withFileTypes: true, recursive: true });
  const found: { path: string }[] = [];
  for (const one of below) {
    const file = join(one.parentPath, one.name);
    if (!kind.file.test(one.name) || one.isDirectory()) continue;
    if (!(await stat(file).catch(() => undefined))?.isFile()) {
      notes.push(`left out: ${file}: ${one.isSymbolicLink() ? "a link that leads to no file" : "no file"}`);
      continue;
    }
    found.push({ path: file });
  }
  if (found.length === 0)
    throw new UserError("no results file below this folder", path, "name the folder that has them");
  return found.sort((a, b) => compareText(relative(path, a.path), relative(path, b.path)));
}

/**
 * One entry for each model and task of a harness: without flags before flagged, the newest, the one with most samples. What
 * decides lies in the entries, never in the order in which files were named, so the board is the same for any.
 */
function oneEach(entries: readonly LeaderboardEntry[], notes: string[]): LeaderboardEntry[] {
  const groups = new Map<string, LeaderboardEntry[]>();
  for (const entry of sorted(entries)) {
    const key = JSON.stringify([entry.origin, entry.model, entry.task]);
    groups.set(key, [...(groups.get(key) ?? []), entry]);
  }
  return [...groups.values()].flatMap((group) => {
    const [best, ...others] = group;
    if (best && others.length > 0) {
      const left = others.map((other) => wordsOf(other)).join(", ");
      notes.push(`${best.model}, ${best.task}: ${group.length} results; ${wordsOf(best)} counts, not ${left}`);
    }
    return best ? [best] : [];
  });
}

const wordsOf = ({ run, finishedAt, metrics: [main], flags }: LeaderboardEntry) =>
  `${main?.value ?? "-"} (${[basename(run), finishedAt, ...flags].filter(Boolean).join(", ")})`;

/** In one order, whatever the order of the files: by harness, model and task; the one that counts first. */
function sorted(entries: readonly LeaderboardEntry[]): LeaderboardEntry[] {
  const keys = (entry: LeaderboardEntry) => [entry.origin ?? "", entry.model, entry.task];
  return [...entries].sort((a, b) => {
    const [x, y] = [keys(a), keys(b)];
    for (const i of [0, 1, 2] as const) {
      const order = compareText(x[i] as string, y[i] as string);
      if (order !== 0) return order;
    }
    return (
      a.flags.length - b.flags.length ||
      compareText(b.finishedAt ?? "", a.finishedAt ?? "") ||
      (b.n?.scored ?? 0) - (a.n?.scored ?? 0) ||
      compareText(b.run, a.run)
    );
  });
}

const compareText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
