/** `verify`: whether a bundle, or a run, is what it says. Asks nobody, and says what it could not look at. */
import { existsSync } from "node:fs";
import { lstat, mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { entryGains } from "../../board/leaderboard/collect.js";
import { blindWays } from "../../core/blind.js";
import { defined } from "../../core/defined.js";
import { canonicalJson } from "../../core/digest.js";
import { SampleFailure, UserError } from "../../core/errors.js";
import type { Json } from "../../core/json.js";
import { promptImages, promptText, videoParts } from "../../core/prompt.js";
import type { DatasetFacts, LeaderboardEntry, MetricResult, Result, VisionGain } from "../../core/result.js";
import type { Scoring } from "../../core/score.js";
import { readJson } from "../../files/json-file.js";
import { readImage } from "../../images/encoded.js";
import { readMask } from "../../images/mask.js";
import { copyRun } from "../../record/copy.js";
import { RunFolder } from "../../record/folder.js";
import { isRun, openRun, type Run, requireCounted } from "../../record/read.js";
import type { SampleRecord } from "../../record/samples.js";
import { questionFor } from "../../run/ask.js";
import { conclude } from "../../run/conclude.js";
import { plan } from "../../run/plan.js";
import { headOf, rescore } from "../../run/rescore.js";
import { readingOf } from "../../text/visible-answer.js";
import { openRunDataset, tasksOfRun } from "../record/dataset.js";
import { runsBeside, type Way } from "../run/beside.js";
import { blindOf } from "../run/blind.js";
import { gainsOf, spreadOf } from "../run/compared-ways.js";
import { wayOfRun } from "../run/ways.js";
import { parseMaxFailed } from "../settings.js";
import type { Chosen } from "../tasks/catalogue.js";
import { checksumsFile, filesOf, runOfBundle, sha256 } from "./publish.js";

export interface VerifyOptions {
  /** Where the rows are, where the run's own place is not this machine's: a folder, or `hub`. */
  readonly data?: string;
  /** Task files of whoever looks: those that the run names are a stranger's, and are not loaded. */
  readonly tasks?: readonly string[];
}

export interface Verified {
  /** What is not as it says. Empty: nothing that was looked at. */
  readonly problems: readonly string[];
  readonly checked: readonly string[];
  /** What nobody here could look at, and why. */
  readonly unchecked: readonly string[];
}

/** Problems named of a task, at most: a bundle whose every line was changed is told by the first. */
const mostNamed = 10;

class Findings implements Verified {
  readonly problems: string[] = [];
  readonly checked: string[] = [];
  readonly unchecked: string[] = [];

  /** @returns whether everything that was looked at is as it says */
  async of(what: string, problems: AsyncIterable<string> | Iterable<string>): Promise<boolean> {
    let found = 0;
    for await (const problem of problems) {
      found++;
      if (found <= mostNamed) this.problems.push(problem);
    }
    if (found > mostNamed) this.problems.push(`${what}: and ${found - mostNamed} more`);
    if (found === 0) this.checked.push(what);
    return found === 0;
  }
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

/** What the ways of asking differ by, from the samples of the runs that lie beside. */
async function* otherSpread(run: Run, label: string, result: Result): AsyncGenerator<string> {
  const made = await spreadOf({ run, result }, await runsBeside(run.dir));
  if (!same(result.spread, made))
    yield `${label}: spread is ${shown(text(result.spread))}, and the samples of the runs beside give ${shown(text(made))}`;
}

async function* noPlainFiles(folder: string): AsyncGenerator<string> {
  for (const file of await filesOf(folder))
    if (!(await lstat(join(folder, file))).isFile()) yield `${file}: is no plain file`;
}

async function* changedFiles(folder: string): AsyncGenerator<string> {
  const lines = (await readFile(join(folder, checksumsFile), "utf8")).split("\n").filter((line) => line !== "");
  const named = new Set<string>([checksumsFile]);
  for (const [i, line] of lines.entries()) {
    const [, digest, file] = /^([0-9a-f]{64}) {2}(.+)$/.exec(line) ?? [];
    if (digest === undefined || file === undefined) {
      yield `${checksumsFile}, line ${i + 1}: no digest and name`;
      continue;
    }
    named.add(file);
    const path = join(folder, file);
    if (!path.startsWith(join(folder, "/"))) yield `${file}: lies outside the bundle`;
    else if (!(await stat(path).catch(() => undefined))?.isFile()) yield `${file}: is missing`;
    else if ((await sha256(path)) !== digest) yield `${file}: its bytes were changed`;
  }
  for (const file of await filesOf(folder))
    if (!named.has(file)) yield `${file}: stands in no line of ${checksumsFile}`;
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
      await verifyTask({ run, result, chosen: { ...chosen, task }, label, findings, options, ...defined({ way }) });
      if (result.visionGain || (options.beside === undefined && blindOf(beside).size > 0))
        await findings.of(
          `${label}: what the image was worth, from both journals`,
          otherGains({ run, result, chosen, label, findings, options }, beside),
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

interface TaskInQuestion {
  readonly run: Run;
  readonly result: Result;
  /** With the task as it was asked. */
  readonly chosen: Chosen;
  readonly way?: Way;
  /** For people. */
  readonly label: string;
  readonly findings: Findings;
  readonly options: RunOptions;
}

/** Everything that follows from the answers, made again in a copy. */
async function verifyTask(inQuestion: TaskInQuestion): Promise<void> {
  const { run, result, label, findings } = inQuestion;
  const place = await mkdtemp(join(tmpdir(), "llava-eval-verify-"));
  const copy = join(place, "run");
  try {
    await copyRun(run, copy);
    await using folder = await RunFolder.reopen(copy);
    const again = await scoredAgain(inQuestion, folder);
    const counted = again ?? (await countedAgain(inQuestion, folder));
    const copied = await openRun(copy);
    if (again) await findings.of(`${label}: every answer scored again, from its rows`, otherScores(inQuestion, copied));
    await findings.of(`${label}: the result counted again from its samples`, otherResults(label, result, counted));
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    findings.problems.push(`${label}: ${error.message} (${error.where})`);
  } finally {
    await rm(place, { recursive: true, force: true });
  }
}

function rulesOf({ manifest }: Run) {
  const {
    scoring = "official",
    seed = 0,
    reasoningTags,
  } = manifest.identity as {
    scoring?: Scoring;
    seed?: number;
    reasoningTags?: readonly string[];
  };
  return { scoring, seed, reading: readingOf(scoring, reasoningTags) };
}

const maxFailedOf = ({ manifest: { config } }: Run) => {
  const given = config["max-failed"];
  return parseMaxFailed(given === undefined ? undefined : String(given));
};

/** @returns the Result as the rows and answers give it; undefined where the rows are not at hand */
async function scoredAgain(inQuestion: TaskInQuestion, folder: RunFolder): Promise<Result | undefined> {
  const { run, result, chosen, label, findings, options } = inQuestion;
  const { task, split } = chosen;
  const signal = new AbortController().signal;
  let dataset: Awaited<ReturnType<typeof openRunDataset>>;
  try {
    dataset = await openRunDataset(run, chosen, () => {}, options.data);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    findings.unchecked.push(`${label}: its scores against its rows: ${error.message} (${error.where})`);
    return undefined;
  }
  await using rows = dataset;
  if (
    result.dataset.digest !== undefined &&
    rows.facts.digest !== undefined &&
    rows.facts.digest !== result.dataset.digest
  )
    findings.problems.push(
      `${label}: the rows have changed: digest ${result.dataset.digest.slice(0, 16)} in the result, ${rows.facts.digest.slice(0, 16)} here`,
    );
  findings.problems.push(...otherData(inQuestion, rows.facts));
  const undigested = { samples: 0 };
  await findings.of(
    `${label}: every question, its words and images, from its rows`,
    otherQuestions(inQuestion, rows, undigested),
  );
  if (undigested.samples > 0)
    findings.unchecked.push(
      `${label}: what ${undigested.samples} samples were asked: their lines have no digest of it`,
    );
  await using forScores = await openRunDataset(run, chosen, () => {}, options.data);
  return await rescore({
    ...{ folder, task, split, label: result.task, dataset: forScores, before: result, rules: rulesOf(run) },
    ...{ maxFailed: maxFailedOf(run), signal, readMask, ...defined({ only: inQuestion.way?.only }) },
  });
}

/** What a Result says of its data, where the rows themselves know better. @param data  they were taken from elsewhere if `--data` says so */
function* otherData({ result, chosen, label, options }: TaskInQuestion, facts: DatasetFacts): Generator<string> {
  const keys = options.data === undefined ? (["kind", "source", "split", "revision", "licence", "rows"] as const) : [];
  for (const key of keys)
    if (facts[key] !== undefined && facts[key] !== result.dataset[key])
      yield `${label}: dataset.${key} is ${text(result.dataset[key])}, and of its rows it is ${text(facts[key])}`;
  if ((facts.kind === "demo" || chosen.task.demo === true) && !result.flags.includes("demo"))
    yield `${label}: its rows are drawn ones, and its flags do not say demo`;
}

/** From the samples' scores as they stand. */
async function countedAgain({ run, result, chosen }: TaskInQuestion, folder: RunFolder): Promise<Result> {
  const { task, split } = chosen;
  const samples = await folder.samples(result.task, task.metrics);
  const rules = {
    ...{ maxFailed: maxFailedOf(run), demo: result.flags.includes("demo"), answers: split.answers },
    ...{ reading: rulesOf(run).reading, total: result.n.total },
  };
  try {
    return await conclude({ ...{ task, split, label: result.task, folder, samples }, head: withTags(result), rules });
  } finally {
    await samples.close();
  }
}

const withTags = (result: Result) => ({
  ...headOf(result),
  ...(result.reasoningTags ? { reasoningTags: result.reasoningTags } : {}),
});

/** Rows that would ask something else than the journal says was asked. */
async function* otherQuestions(
  { run, result, chosen: { task }, way, label }: TaskInQuestion,
  dataset: Awaited<ReturnType<typeof openRunDataset>>,
  undigested: { samples: number },
): AsyncGenerator<string> {
  const rows = way?.rowsOf?.(result.task, dataset) ?? dataset;
  const { limit, offset = 0, repeats } = result;
  const selection = { offset, repeats, ...defined({ limit, only: way?.only }) };
  const journal = new Map<string, SampleRecord>();
  for await (const record of run.counted(result)) journal.set(`${record.index}/${record.repeat ?? 0}`, record);
  // Of a run that stopped when it was decided.
  let behind = 0;
  for await (const unit of plan(task, rows, selection, new AbortController().signal)) {
    if (!("row" in unit)) continue;
    const record = journal.get(`${unit.index}/${unit.repeat}`);
    if (!record) {
      if (result.until) behind++;
      else yield `${label}: the row "${unit.id}" has no sample`;
      continue;
    }
    if (record.id !== unit.id) {
      yield `${label}: row ${unit.index} is "${unit.id}", and the journal's is "${record.id}"`;
      continue;
    }
    // What could not be asked has no question.
    if (record.state === "failed" && record.prompt === undefined) continue;
    const { prompt, digest } = questionFor(task, unit.row, result.promptProfile);
    if (record.promptDigest === undefined) undigested.samples++;
    const isOther = record.promptDigest !== undefined && digest !== record.promptDigest;
    // Of several rounds the journal has the last one's words and images; of clips, frames.
    const isRead = !task.next && record.prompt !== undefined && record.prompt !== promptText(prompt);
    if (isOther || isRead) yield `${label}: sample "${unit.id}" was asked other words than its row's`;
    if (videoParts(prompt).length > 0 || task.next) continue;
    const images = await Promise.all(promptImages(prompt).map(async (ref) => digestOr(readImage(ref))));
    if (images.join() !== (record.images ?? []).join())
      yield `${label}: sample "${unit.id}" was shown another image than its row's`;
  }
  const { of = 0, samples = 0 } = result.until ?? {};
  if (behind !== of - samples)
    yield `${label}: ${behind} rows have no sample, and ${of - samples} of them lie behind the place where it was decided`;
}

async function digestOr(image: ReturnType<typeof readImage>): Promise<string> {
  try {
    return (await image).digest;
  } catch (error) {
    if (!(error instanceof SampleFailure)) throw error;
    return "none";
  }
}

/** Samples whose answer earns another score than the journal says. */
async function* otherScores({ run, result, label }: TaskInQuestion, copied: Run): AsyncGenerator<string> {
  const again = new Map<string, string>();
  for await (const { index, repeat = 0, score } of copied.samples(result.task))
    again.set(`${index}/${repeat}`, canonicalJson((score ?? null) as Json));
  for await (const { index, id, repeat = 0, score } of run.counted(result)) {
    const made = again.get(`${index}/${repeat}`) ?? "nothing";
    const said = canonicalJson((score ?? null) as Json);
    if (made !== said) yield `${label}: sample "${id}" says ${shown(said)}, and its answer earns ${shown(made)}`;
  }
}

/** Keys of a Result that its samples do not give. */
function* otherResults(label: string, said: Result, made: Result): Generator<string> {
  const { visionGain: _1, spread: _2, ...ours } = said;
  for (const key of new Set([...Object.keys(ours), ...Object.keys(made)]) as Set<keyof typeof ours>) {
    if (same(ours[key], made[key])) continue;
    if (key !== "metrics") {
      yield `${label}: ${key} is ${shown(text(ours[key]))}, and its samples give ${shown(text(made[key]))}`;
      continue;
    }
    for (const [i, metric] of ours.metrics.entries()) {
      const again: Partial<MetricResult> = made.metrics[i] ?? {};
      for (const part of Object.keys({ ...metric, ...again }) as (keyof MetricResult)[]) {
        const name = part === "value" ? metric.name : `${part} of ${metric.name}`;
        if (!same(metric[part], again[part]))
          yield `${label}: ${name} is ${shown(text(metric[part]))}, and its samples give ${shown(text(again[part]))}`;
      }
    }
  }
}

/** What the image was worth counted again; a number that no blind run stands behind is none. */
async function* otherGains(
  { run, result, chosen, label }: TaskInQuestion,
  beside: ReadonlyMap<string, Run>,
): AsyncGenerator<string> {
  const said = result.visionGain ?? {};
  const made = (await gainsOf({ run, result }, beside, async () => chosen.task.metrics)) ?? {};
  for (const way of blindWays) {
    const [here, again] = [said[way], made[way]];
    if (here && !again) yield `${label}: visionGain (${way}) stands in the result, and no blind run gives it`;
    if (again && !here) yield `${label}: visionGain (${way}) is missing, and both journals give ${text(again.value)}`;
    if (!here || !again) continue;
    for (const key of new Set([...Object.keys(here), ...Object.keys(again)]) as Set<keyof VisionGain>)
      if (!same(here[key], again[key]))
        yield `${label}: ${key} of visionGain (${way}) is ${shown(text(here[key]))}, and both journals give ${shown(text(again[key]))}`;
  }
  for (const way of Object.keys(said))
    if (!blindWays.some((one) => one === way)) yield `${label}: visionGain has "${way}", which is no way of asking`;
}

const text = (value: unknown) => (value === undefined ? "nothing" : canonicalJson(value as Json));
const same = (a: unknown, b: unknown) => text(a) === text(b);
const shown = (words: string) => (words.length > 160 ? `${words.slice(0, 157)}...` : words);
