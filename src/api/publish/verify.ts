/** `verify`: whether a bundle, or a run, is what it says. Asks nobody, and says what it could not look at. */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { entryGains } from "../../board/leaderboard/collect.js";
import { defined } from "../../core/defined.js";
import { UserError } from "../../core/errors.js";
import type { Json } from "../../core/json.js";
import type { Result } from "../../core/result.js";
import { readJson } from "../../files/json-file.js";
import type { LeaderboardEntry } from "../../record/leaderboard-entry.js";
import { isRun, openRun, type Run, requireCounted } from "../../record/read.js";
import { tasksOfRun } from "../record/dataset.js";
import { runsBeside } from "../run/beside.js";
import { blindOf } from "../run/blind.js";
import { wayOfRun } from "../run/ways.js";
import { changedFiles, noPlainFiles } from "./bundle-files.js";
import { Findings, same, shown, text, type Verified } from "./findings.js";
import { checksumsFile, runOfBundle } from "./publish.js";
import { otherGains, otherSpread } from "./verify-beside.js";
import { rulesOf, verifyTask } from "./verify-task.js";

export interface VerifyOptions {
  /** Where the rows are, where the run's own place is not this machine's: a folder, or `hub`. */
  readonly data?: string;
  /** Task files of whoever looks: those that the run names are a stranger's, and are not loaded. */
  readonly tasks?: readonly string[];
}

/**
 * @param dir  what `publish` wrote, or a run's folder
 * @throws UserError  it is neither
 */
export async function verify(dir: string, options: VerifyOptions = {}): Promise<Verified> {
  const findings = new Findings();
  const folder = resolve(dir);
  const isBundle = !(await isRun(folder));
  if (isBundle && !existsSync(join(folder, checksumsFile)))
    throw new UserError(
      `neither a bundle (it has no ${checksumsFile}) nor a run's folder (no run.json)`,
      dir,
      "name a folder that `llava-eval publish` or `llava-eval run` has written",
    );
  // A link or a pipe may lead anywhere, or never end: nothing of such a bundle is read.
  if (isBundle && !(await findings.of("the bundle holds plain files alone", noPlainFiles(folder)))) return findings;
  if (isBundle) await findings.of(`every byte of every file (${checksumsFile})`, changedFiles(folder));
  else findings.unchecked.push(`the bytes of the files: a run's folder has no ${checksumsFile}`);
  const path = isBundle ? join(folder, runOfBundle) : folder;
  try {
    const run = await openRun(path);
    await verifyRun(run, findings, options);
    await findings.of("leaderboard.json: the results' numbers", otherBoard(run));
    for (const [beside, other] of await runsBeside(path)) await verifyRun(other, findings, { ...options, beside });
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    findings.problems.push(`${error.where}: ${error.message}`);
  }
  findings.unchecked.push(
    "that the model gave these answers, and its judge these verdicts: only asking again shows it",
  );
  if (isBundle) findings.unchecked.push("the page, the card, eval_results.yaml and timings: their bytes alone");
  return findings;
}

/** The run's own board says what its Results say. */
async function* otherBoard(run: Run): AsyncGenerator<string> {
  const path = join(run.dir, "leaderboard.json");
  if (!existsSync(path)) return;
  const { entries } = (await readJson(path)) as { entries?: unknown };
  for (const entry of Array.isArray(entries) ? (entries as Partial<LeaderboardEntry>[]) : []) {
    const result = run.results.get(String(entry?.task));
    const { total, scored } = result?.n ?? {};
    const isSame =
      result &&
      same(entry.metrics, result.metrics) &&
      same(entry.flags, result.flags) &&
      same(entry.visionGain, entryGains(result)) &&
      same(entry.spread, result.spread) &&
      same(entry.n, { total, scored });
    if (!isSame || entry.model !== result.model)
      yield `leaderboard.json: ${String(entry?.task)} is not as its result says`;
  }
}

/** `beside`: the folder of a run that stands beside the one in question. */
type RunOptions = VerifyOptions & { readonly beside?: string };

async function verifyRun(run: Run, findings: Findings, options: RunOptions): Promise<void> {
  const { known: tasks } = await tasksOfRun(run, { named: options.tasks, isStrange: true });
  const beside = options.beside === undefined ? await runsBeside(run.dir) : new Map<string, Run>();
  const way = wayOfRun(run, [...tasks.values()], rulesOf(run).seed);
  for (const result of run.results.values()) {
    const label = options.beside === undefined ? result.task : `${result.task} (${options.beside})`;
    if (result.model !== run.manifest.model || !same(result.fingerprint, run.manifest.fingerprint))
      findings.problems.push(`${label}: its model, or what it is, is another in run.json`);
    findings.problems.push(...otherThanIdentity(label, run, result));
    try {
      await requireCounted(run, result);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      findings.problems.push(`${label}: ${error.message}`);
      continue;
    }
    if (result.spread)
      await findings.of(`${label}: how the ways of asking differ, from their samples`, otherSpread(run, label, result));
    const chosen = tasks.get(result.task);
    if (result.visionGain && chosen?.task.version !== result.version)
      findings.unchecked.push(`${label}: what the image was worth (visionGain)`);
    if (!chosen)
      findings.unchecked.push(
        `${label}: its scores: no task of the package has this name; --tasks names a file of yours that has`,
      );
    else if (chosen.task.version !== result.version)
      findings.unchecked.push(
        `${label}: its scores, which are of version ${result.version}; this one has version ${chosen.task.version}`,
      );
    else {
      const task = way?.taskOf(result.task, chosen.task) ?? chosen.task;
      const { data } = options;
      await verifyTask({ run, result, chosen: { ...chosen, task }, label, findings, ...defined({ data, way }) });
      if (result.visionGain || (options.beside === undefined && blindOf(beside).size > 0))
        await findings.of(
          `${label}: what the image was worth, from both journals`,
          otherGains({ run, result, chosen, label, findings }, beside),
        );
    }
  }
}

/** What decided the numbers stands in run.json too. */
function* otherThanIdentity(label: string, { manifest }: Run, result: Result): Generator<string> {
  const { seed, repeats, offset, scoring, blind, optionOrder, [`task ${result.task}`]: task } = manifest.identity;
  const { version, profile, generation, data } = (task ?? {}) as Readonly<Record<string, Json | undefined>>;
  const stated: readonly (readonly [what: string, there: unknown, here: unknown])[] = [
    ["seed", seed, result.seed],
    ["repeats", repeats, result.repeats],
    ["offset", offset, result.offset ?? 0],
    ["scoring", scoring, result.scoring],
    ["blind", blind, result.blind],
    ["optionOrder", optionOrder, result.optionOrder],
    ["version", version, result.version],
    ["promptProfile", profile, result.promptProfile],
    ["generation", generation, result.generation],
    ["dataset.digest", data === "unknown" ? undefined : data, result.dataset.digest],
  ];
  for (const [what, there, here] of stated)
    if (there !== undefined && !same(there, here))
      yield `${label}: ${what} is ${shown(text(here))}, and run.json says ${shown(text(there))}`;
}
