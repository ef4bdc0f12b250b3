import type { Dataset } from "../core/dataset.js";
import { defined } from "../core/defined.js";
import { canonicalJson } from "../core/digest.js";
import { SampleFailure, UserError } from "../core/errors.js";
import type { Json } from "../core/json.js";
import type { Result } from "../core/result.js";
import type { Scoring } from "../core/score.js";
import { isFallback, judgeOf, judgeUnder, type Split, type Task } from "../core/task.js";
import type { RunFolder } from "../record/folder.js";
import type { SampleJournal } from "../record/journal.js";
import type { Label } from "../record/keys.js";
import type { AnsweredSample, SampleRecord, ScoredSample } from "../record/samples.js";
import { conclude } from "./conclude.js";
import { judgeFacts } from "./evaluate.js";
import { masksAgain, type ReadMask } from "./masks.js";
import { plan, type Selection } from "./plan.js";
import { outputsOf, type ScoreRules, scoreSample, visibleTurns, withOutcome } from "./score-sample.js";
import { shardNamed } from "./shard.js";
import type { ResultHead, SummaryRules } from "./summarise.js";

export interface Rescoring {
  readonly folder: RunFolder;
  readonly task: Task;
  readonly split: Split;
  readonly label: Label;
  readonly dataset: Dataset;
  /** The Result as it stands. */
  readonly before: Result;
  readonly rules: ScoreRules;
  readonly readMask: ReadMask;
  readonly maxFailed: SummaryRules["maxFailed"];
  readonly signal: AbortSignal;
  /** As in the run's selection. */
  readonly only?: Selection["only"];
}

/**
 * Scores every journalled answer of a task again, with the verdicts that its judge gave, and writes what follows from the scores:
 * the Result and the submission file. Asks nobody.
 */
export async function rescore(rescoring: Rescoring): Promise<Result> {
  const { folder, task, split, label, dataset, before, rules, maxFailed } = rescoring;
  const { reading } = rules;
  if (dataset.facts.revision !== before.dataset.revision) {
    throw new UserError(
      `the data changed: revision ${before.dataset.revision} then, ${dataset.facts.revision} now`,
      dataset.facts.source,
      "score against the data of the run, or run again",
    );
  }
  if (before.until && (rules.scoring !== before.scoring || task.version !== before.version)) {
    throw new UserError(
      `${label} stopped when its ${before.scoring} scores of version ${before.version} had decided`,
      folder.path,
      "score it as it was scored, or run again with --scoring",
    );
  }
  const samples = await folder.samples(label, task.metrics);
  try {
    const all = await scoreAll(rescoring, samples);
    const total = before.until?.samples ?? all;
    return await conclude({
      ...{ task, split, label, folder, samples },
      head: {
        ...judgedHead(rescoring),
        version: task.version,
        scoring: rules.scoring,
        ...(reading.tags.length > 0 ? { reasoningTags: reading.tags } : {}),
        ...(before.limit === undefined ? {} : { limitByCluster: task.limitByCluster === true }),
      },
      rules: { maxFailed, demo: before.flags.includes("demo"), answers: split.answers, reading, total },
    });
  } finally {
    await samples.close();
  }
}

/** A judge that this scoring does not ask, or asks otherwise, is none of the new Result's. */
function judgedHead({ task, split, rules, before }: Rescoring): ResultHead {
  const head = headOf(before);
  if (asksAsBefore(task, rules.scoring, before)) return head;
  const { judge: _judge, secondJudge: _second, ...rest } = head;
  return judgeOf(task, split, rules.scoring) ? { ...rest, judge: judgeFacts(task, rules.scoring, undefined) } : rest;
}

/** What a Result says before any sample. */
export function headOf(result: Result): ResultHead {
  const {
    schema: _1,
    flags: _2,
    n: _3,
    remarks: _4,
    metrics: _5,
    groups: _6,
    notes: _7,
    submission: _8,
    reasons: _9,
    reasoningTags: _10,
    reproduces: _13,
    visionGain: _11,
    spread: _12,
    ...head
  } = result;
  return head;
}

/** @returns how many samples the selection has */
async function scoreAll(rescoring: Rescoring, samples: SampleJournal): Promise<number> {
  const { task, dataset, before, signal, only } = rescoring;
  const { limit, offset = 0, repeats, shard } = before;
  const selection = { offset, repeats, ...defined({ limit, only }), ...(shard ? { shard: shardNamed(shard) } : {}) };
  const verdicts = await readVerdicts(rescoring);
  let total = 0;
  for await (const unit of plan(task, dataset, selection, signal)) {
    total++;
    const record = "row" in unit ? await samples.read(unit.index, unit.repeat) : undefined;
    if (!("row" in unit) || record === undefined) continue;
    if (record.id !== unit.id) {
      throw new UserError(
        `the row at this place is "${unit.id}", and the line's /id is "${record.id}"`,
        await samples.where(unit.index, unit.repeat),
        "the file was changed, or the task names its rows otherwise now: restore it, or run again with --fresh",
      );
    }
    if (record.state === "failed") continue;
    const again = await scoreAgain(rescoring, unit.row, record, verdicts(unit.index, unit.repeat));
    if (canonicalJson(again as unknown as Json) !== canonicalJson(record as unknown as Json))
      await samples.append(again);
  }
  await samples.sync();
  return total;
}

async function scoreAgain(
  { task, split, rules, before, dataset, readMask }: Rescoring,
  row: Record<string, unknown>,
  record: AnsweredSample | ScoredSample,
  verdicts: readonly Json[],
): Promise<SampleRecord> {
  const outputs = outputsOf(record);
  const last = visibleTurns(outputs, rules).at(-1);
  const judge = judgeUnder(task, rules.scoring);
  // A judge that was never heard leaves the sample as it is; rules that need none decide alone, in all samples or in none.
  if (last && judge?.ask(row, last, verdicts, rules.scoring) && !doesWithout(task, rules.scoring, before)) {
    if (asksAsBefore(task, rules.scoring, before)) return record;
    return withOutcome(record, { score: { status: "unscored", reason: "judge", detail: otherJudge } });
  }
  const masks = await masksAgain(task, row, record, { readMask, where: dataset.facts.source });
  try {
    const { sizes } = record;
    return withOutcome(record, scoreSample({ task, split, row, turns: outputs, verdicts, rules, sizes, masks }));
  } catch (error) {
    if (!(error instanceof SampleFailure)) throw error;
    return withOutcome(record, { score: { status: "unscored", reason: error.reason, detail: error.detail } });
  }
}

const otherJudge = "the run asked its judge another question, or none: run again with --judge";

/** The run's judge was asked what this scoring would ask it: only then its verdicts are verdicts here. */
function asksAsBefore(task: Task, scoring: Scoring, before: Result): boolean {
  return judgeUnder(task, scoring) === judgeUnder(task, before.scoring);
}

/** No judge was heard under this scoring, and none is needed. */
function doesWithout(task: Task, scoring: Scoring, before: Result): boolean {
  if (!isFallback(task, judgeUnder(task, scoring))) return false;
  return !asksAsBefore(task, scoring, before) || before.judge?.model === "none";
}

async function readVerdicts({
  folder,
  task,
  label,
  rules,
  before,
}: Rescoring): Promise<(index: number, repeat: number) => readonly Json[]> {
  const found = new Map<string, Json[]>();
  if (judgeUnder(task, rules.scoring) && asksAsBefore(task, rules.scoring, before)) {
    const journal = await folder.judge(label, "first", ({ index, repeat = 0, step, verdict }) => {
      if (verdict === undefined) return;
      const key = `${index}/${repeat}`;
      const steps = found.get(key) ?? [];
      steps[step] = verdict;
      found.set(key, steps);
    });
    await journal.close();
  }
  // A step that is missing ends what is known: the verdicts behind it answered another question.
  return (index, repeat) => {
    const steps = found.get(`${index}/${repeat}`) ?? [];
    const missing = steps.findIndex((verdict) => typeof verdict === "undefined");
    return missing < 0 ? steps : steps.slice(0, missing);
  };
}
