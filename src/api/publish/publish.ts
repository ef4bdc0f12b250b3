/** `publish`: a run as a folder that anybody can check, with what is needed to look at it and to repeat it. */
import { createHash } from "node:crypto";
import { createReadStream, existsSync } from "node:fs";
import { chmod, readdir, realpath, rm, rmdir } from "node:fs/promises";
import { isAbsolute, join, relative, resolve, sep } from "node:path";
import { boardEvalResults } from "../../board/leaderboard/as-eval-results.js";
import { boardMarkdown } from "../../board/leaderboard/as-markdown.js";
import { boardModelIndex } from "../../board/leaderboard/as-model-index.js";
import { type Board, makeBoard } from "../../board/leaderboard/board.js";
import { entriesOf } from "../../board/leaderboard/collect.js";
import type { Publisher } from "../../board/leaderboard/publisher.js";
import { defined } from "../../core/defined.js";
import { UserError } from "../../core/errors.js";
import type { Json } from "../../core/json.js";
import type { Result } from "../../core/result.js";
import { makeFolder } from "../../files/make-folder.js";
import { replaceWhole, writeWhole } from "../../files/whole-file.js";
import { copyRun, isBesideName, isOfRun, requireNoLinks } from "../../record/copy.js";
import { readManifest, writeManifest } from "../../record/manifest.js";
import { openRun, type Run, requireCounted, timingsFile } from "../../record/read.js";
import { repeatCommand } from "../../record/repeat-command.js";
import type { RunManifest } from "../../record/run-manifest.js";
import { writePage } from "../report/view.js";
import { runsBeside } from "../run/beside.js";
import { blindOf } from "../run/blind.js";
import { packageVersion } from "../versions.js";

/** Where the run lies in a bundle, and the digests of all its files. */
export const runOfBundle = "run";
export const checksumsFile = "SHA256SUMS";

export interface PublishOptions {
  readonly publisher: Publisher;
  /** Samples of a task whose images are on the page: their licence decides. */
  readonly images: number;
  warn(message: string): void;
}

/**
 * Writes a run's results, samples, card, page, checksums and the command that repeats it to a new folder.
 * @throws UserError  the run is not finished, has lost samples, or holds a link; the folder is there already
 */
export async function publish(name: string, out: string, { publisher, images, warn }: PublishOptions): Promise<void> {
  const run = await openRun(name);
  const { status } = run.manifest;
  if (status !== "done" && status !== "incomplete")
    throw new UserError(`the run is ${status}`, run.dir, "run the same command again until it is done");
  // A way of asking that has not finished is no part of what is published.
  const whole = await runsBeside(run.dir);
  const isUnfinished = ([first = ""]: readonly string[]) => isBesideName(first) && !whole.has(first);
  const isWanted = (inside: string) => isOfRun(inside, [...run.results.keys()]) && !isUnfinished(inside.split("/"));
  await requireNoLinks(run, isWanted);
  for (const result of run.results.values()) await requireCounted(run, result);
  const folder = resolve(out);
  if (existsSync(folder)) throw new UserError("the folder exists", "--out", "name a new one");
  if (folder.startsWith(join(run.dir, sep)) || folder.startsWith(join(await realpath(run.dir), sep)))
    throw new UserError("the folder lies in the run's own", "--out", "name one beside it");
  await makeFolder(folder);
  try {
    const path = join(folder, runOfBundle);
    await copyRun(run, path, isWanted);
    await withoutHost(path);
    await withoutMachines(path);
    const beside = await runsBeside(path);
    for (const { dir } of beside.values()) await withoutHost(dir);
    await removeEmptyFolders(path);
    const copy = await openRun(path);
    const board = makeBoard(entriesOf(copy, folder), { include: ["demo", "partial", "incomplete"], suites: [] });
    const repeat = repeatCommands(copy, flagsOf(copy, beside));
    const write = (file: string, text: string) => writeWhole(join(folder, file), file, text);
    await write("README.md", cardOf(copy.manifest, [...copy.results.values()], board, repeat));
    await write("eval_results.yaml", boardEvalResults(board, packageVersion(), publisher));
    await write(
      "repeat.sh",
      `#!/bin/sh\nset -e\n# Asks everything again: ${packageName()}.\n${repeat.lines.join("\n")}\n`,
    );
    await chmod(join(folder, "repeat.sh"), 0o755);
    if (repeat.modelFile !== undefined) await write("model.yaml", repeat.modelFile);
    await writePage([copy.dir], join(folder, "page"), { images, warn });
    await write(checksumsFile, await checksums(folder));
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

interface Repeat {
  readonly lines: readonly string[];
  readonly modelFile?: string;
}

/** The command for every result in the folder, which several may have filled; once for each kind of way in which it asked once more. */
function repeatCommands({ manifest, results }: Run, ways: readonly Readonly<Record<string, Json>>[]): Repeat {
  const {
    blind: _1,
    "prompt-profiles": _2,
    "option-orders": _3,
    "max-new-tokens": budgets,
    tasks,
    ...rest
  } = manifest.config;
  const config = {
    ...rest,
    ...(budgets === undefined ? {} : { "max-new-tokens": Math.max(...[budgets].flat().map(Number)) }),
  };
  const named = Array.isArray(tasks) ? (tasks as readonly string[]) : [];
  const labels = [...results.keys()].filter((label) => !named.some((name) => name === label || isAbsolute(name)));
  const all = { ...config, tasks: [...named, ...labels] };
  const made = (ways.length === 0 ? [{}] : ways).map((way) => repeatCommand({ config: { ...all, ...way } }));
  return { lines: made.map(({ line }) => line), ...defined({ modelFile: made[0]?.modelFile }) };
}

/** What asked the runs beside one; of budgets its own among them. */
function flagsOf(run: Run, beside: ReadonlyMap<string, Run>): readonly Readonly<Record<string, Json>>[] {
  const named = (kind: string) => [...beside.keys()].filter((name) => name.startsWith(kind));
  const results = (kind: string) => named(kind).flatMap((name) => [...(beside.get(name) as Run).results.values()]);
  const profiles = [...new Set(results("profile-").map(({ promptProfile }) => promptProfile))];
  const orders = results("options-").map(({ optionOrder = 0 }) => optionOrder + 1);
  const smaller = results("budget-");
  const largest = smaller.flatMap(({ task }) => run.results.get(task) ?? []);
  const budgets = new Set([...smaller, ...largest].map(({ generation }) => Number(generation.maxNewTokens)));
  return [
    ...[...blindOf(beside).keys()].map((blind) => ({ blind })),
    ...(profiles.length > 0 ? [{ "prompt-profiles": profiles }] : []),
    ...(orders.length > 0 ? [{ "option-orders": Math.max(...orders) }] : []),
    ...(budgets.size > 0 ? [{ "max-new-tokens": [...budgets] }] : []),
  ];
}

const packageName = () => `llava-eval ${packageVersion()}`;

/** On which machine it ran, and for whom it is sealed, is nobody's business; what kind of machine it was may matter. */
async function withoutHost(dir: string): Promise<void> {
  const { host, seal: _s, ...manifest } = await readManifest(dir);
  const { hostname: _, ...kind } = host;
  await writeManifest(dir, { ...manifest, host: kind });
}

/** Workers of a fleet are named after their machines: which of them asked what stays, as a number. */
async function withoutMachines(dir: string): Promise<void> {
  const run = await openRun(dir);
  const numbers = new Map<string, string>();
  for await (const { worker } of run.timings())
    if (worker !== undefined && !numbers.has(worker)) numbers.set(worker, `worker-${numbers.size + 1}`);
  if (numbers.size === 0) return;
  await replaceWhole(timingsFile(dir), "the timings", async (file) => {
    for await (const { worker = "", ...record } of run.timings()) {
      const known = numbers.get(worker);
      await file.appendFile(`${JSON.stringify({ ...record, ...defined({ worker: known }) })}\n`);
    }
  });
}

/** A run without submissions has a folder for them all the same. */
async function removeEmptyFolders(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    const inner = join(folder, entry.name);
    await removeEmptyFolders(inner);
    if ((await readdir(inner)).length === 0) await rmdir(inner);
  }
}

/** As `sha256sum` writes and checks it: every file but itself, by name. */
async function checksums(folder: string): Promise<string> {
  const files = await filesOf(folder);
  const lines: string[] = [];
  for (const file of files) if (file !== checksumsFile) lines.push(`${await sha256(join(folder, file))}  ${file}\n`);
  return lines.join("");
}

/** Every file below, by its path with slashes, sorted. */
export async function filesOf(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll("\\", "/"))
    .sort();
}

export async function sha256(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest("hex");
}

function cardOf(manifest: RunManifest, results: readonly Result[], board: Board, { lines }: Repeat): string {
  const rows = results.map(
    ({ task, version, dataset, scoring, promptProfile, n }) =>
      `| ${[`${task} v${version}`, cell(dataset.source), cell(dataset.revision ?? dataset.digest ?? ""), scoring, promptProfile, `${n.scored} of ${n.total}`].join(" | ")} |`,
  );
  return `---
${boardModelIndex(board, packageVersion())}---

# ${cell(manifest.model)}

${boardMarkdown(board)}
| task | rows | revision | scoring | prompt profile | scored |
| --- | --- | --- | --- | --- | --- |
${rows.join("\n")}

Evaluated by ${packageName()}, ${(manifest.finishedAt ?? manifest.startedAt).slice(0, 10)}. Repeat it (\`repeat.sh\`):

${lines.join("\n").replace(/^/gm, "    ")}

Check it: \`npx llava-eval verify .\` in this folder looks at every byte (\`${checksumsFile}\`), counts the results from the samples once more, and scores every
answer again where the rows are at hand.

- \`run/\`: settings, results, every sample and every judge's reply, as \`llava-eval run\` wrote them
- \`page/index.html\`: the same to look at
- \`eval_results.yaml\`: for the model's repository
`;
}

/** Names come from outside. */
const cell = (text: string) => text.replace(/[\r\n]+/g, " ").replace(/[|<>`]/g, "\\$&");
