/** One task of a run: everything that follows from its answers, made again and compared. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DatasetFacts } from "../../core/dataset-facts.js";
import { defined } from "../../core/defined.js";
import { canonicalJson } from "../../core/digest.js";
import { SampleFailure, UserError } from "../../core/errors.js";
import type { Json } from "../../core/json.js";
import type { MetricResult } from "../../core/metric-result.js";
import { promptImages, promptText, videoParts } from "../../core/prompt.js";
import type { Result } from "../../core/result.js";
import type { Scoring } from "../../core/score.js";
import { readImage } from "../../images/encoded.js";
import { readMask } from "../../images/mask.js";
import { copyRun } from "../../record/copy.js";
import { RunFolder } from "../../record/folder.js";
import { openRun, type Run } from "../../record/read.js";
import type { SampleRecord } from "../../record/samples.js";
import { questionFor } from "../../run/ask.js";
import { conclude } from "../../run/conclude.js";
import { plan } from "../../run/plan.js";
import { headOf, rescore } from "../../run/rescore.js";
import { readingOf } from "../../text/visible-answer.js";
import { openRunDataset } from "../record/dataset.js";
import type { Way } from "../run/beside.js";
import { parseMaxFailed } from "../settings.js";
import type { Chosen } from "../tasks/catalogue.js";
import { type Findings, same, shown, text } from "./findings.js";

export interface TaskInQuestion {
  readonly run: Run;
  readonly result: Result;
  /** With the task as it was asked. */
  readonly chosen: Chosen;
  readonly way?: Way;
  /** For people. */
  readonly label: string;
  readonly findings: Findings;
  /** Where the rows are, if not where the run took them from. */
  readonly data?: string;
}

/** Everything that follows from the answers, made again in a copy. */
export async function verifyTask(inQuestion: TaskInQuestion): Promise<void> {
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

export function rulesOf({ manifest }: Run) {
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
  const { run, result, chosen, label, findings, data } = inQuestion;
  const { task, split } = chosen;
  const signal = new AbortController().signal;
  let dataset: Awaited<ReturnType<typeof openRunDataset>>;
  try {
    dataset = await openRunDataset(run, chosen, () => {}, data);
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
  const { licence } = rows.facts;
  // No number follows from it: tasks learn what their rows' owners say.
  if (licence !== result.dataset.licence)
    findings.unchecked.push(
      `${label}: the licence of its rows: ${text(result.dataset.licence)} in the result, ${text(licence)} as it is known here`,
    );
  const undigested = { samples: 0 };
  await findings.of(
    `${label}: every question, its words and images, from its rows`,
    otherQuestions(inQuestion, rows, undigested),
  );
  if (undigested.samples > 0)
    findings.unchecked.push(
      `${label}: what ${undigested.samples} samples were asked: their lines have no digest of it`,
    );
  await using forScores = await openRunDataset(run, chosen, () => {}, data);
  return await rescore({
    ...{ folder, task, split, label: result.task, dataset: forScores, before: result, rules: rulesOf(run) },
    ...{ maxFailed: maxFailedOf(run), signal, readMask, ...defined({ only: inQuestion.way?.only }) },
  });
}

/** What a Result says of its data, where the rows themselves know better. @param data  they were taken from elsewhere if `--data` says so */
function* otherData({ result, chosen, label, data }: TaskInQuestion, facts: DatasetFacts): Generator<string> {
  const keys = data === undefined ? (["kind", "source", "split", "revision", "rows"] as const) : [];
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
        // An older result has no such name; another name is another number.
        if (part === "reportedAs" && metric.reportedAs === undefined) continue;
        const name = part === "value" ? metric.name : `${part} of ${metric.name}`;
        if (!same(metric[part], again[part]))
          yield `${label}: ${name} is ${shown(text(metric[part]))}, and its samples give ${shown(text(again[part]))}`;
      }
    }
  }
}
