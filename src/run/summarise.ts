import type { DatasetFacts } from "../core/dataset-facts.js";
import { defined } from "../core/defined.js";
import { seedOf } from "../core/digest.js";
import type { Metric, Sample } from "../core/metric.js";
import type { MetricResult } from "../core/metric-result.js";
import { namesThere } from "../core/reported-as.js";
import type { Result } from "../core/result.js";
import { type Reading, reproduced, type Score, type Scoring } from "../core/score.js";
import type { Split, Task } from "../core/task.js";
import { type SampleRecord, textOf } from "../record/samples.js";
import { selectionOf } from "../record/selection.js";
import { ClipNotes } from "./clip-notes.js";
import { EndpointNotes } from "./endpoint-notes.js";
import { IdNotes } from "./id-notes.js";
import { scoreOf } from "./score-sample.js";
import { UnlikeNotes } from "./unlike-notes.js";
import { UnscoredReasons } from "./unscored-reasons.js";

/** The part of a Result that is known before any sample. */
export type ResultHead = Pick<
  Result,
  "task" | "version" | "model" | "fingerprint" | "scoring" | "promptProfile" | "generation" | "seed" | "repeats"
> &
  Partial<
    Pick<
      Result,
      | "frames"
      | "reasoningTags"
      | "limit"
      | "limitByCluster"
      | "offset"
      | "shard"
      | "blind"
      | "optionOrder"
      | "judge"
      | "secondJudge"
      | "until"
      | "without"
    >
  > & {
    readonly dataset: DatasetFacts;
  };

export interface SummaryRules {
  /** Above it a Result is `incomplete`. */
  readonly maxFailed: { readonly count: number } | { readonly percent: number };
  readonly demo: boolean;
  readonly answers: Split["answers"];
  readonly reading: Reading;
  /** Samples of the selection; more than were journalled when the endpoint died or the run was stopped. */
  readonly total: number | undefined;
}

/** Folds the journal, in row order, into the Result: every metric over the split and over every group. */
export async function summarise(
  task: Task,
  head: ResultHead,
  records: AsyncIterable<SampleRecord>,
  rules: SummaryRules,
): Promise<Result> {
  const counts = new Counts();
  const folds = new Folds(task, head);
  const endpoint = new EndpointNotes(rules.reading);
  const ids = new IdNotes();
  const clips = new ClipNotes();
  const unlike = new UnlikeNotes();
  const reasons = new UnscoredReasons();
  const isPublic = rules.answers === "public";
  const isSelected = selectionOf(head);
  for await (const record of records) {
    if (!isSelected(record)) continue;
    const score = scoreOf(record);
    counts.add(score);
    endpoint.add(record);
    ids.add(record);
    clips.add(record);
    unlike.add(record);
    reasons.add(score);
    if (isPublic) folds.add(record, score);
  }
  const missing = Math.max(0, (rules.total ?? counts.total) - counts.total);
  for (let i = 0; i < missing; i++) {
    counts.add(notAsked);
    reasons.add(notAsked);
    if (isPublic) folds.add({ ...notAskedSample, cluster: `not asked ${i}` }, notAsked);
  }
  const { rows, expectedRows } = head.dataset;
  const stopped = head.until !== undefined && head.until.samples < head.until.of;
  const selected = stopped || head.limit !== undefined || (head.offset ?? 0) > 0 || head.shard !== undefined;
  const short = rows !== undefined && expectedRows !== undefined && rows < expectedRows;
  const incomplete = tooMany(counts.unscoredTotal, counts.total, rules.maxFailed);
  return {
    schema: "llava-eval/result@1",
    ...head,
    ...defined({ reproduces: reproduced[head.scoring] }),
    flags: [
      ...(rules.demo ? ["demo" as const] : []),
      ...(selected || short ? ["partial" as const] : []),
      ...(incomplete ? ["incomplete" as const] : []),
      ...(head.blind ? ["blind" as const] : []),
      ...(head.optionOrder ? ["reordered" as const] : []),
    ],
    n: { total: counts.total, scored: counts.scored, unscored: counts.unscored },
    ...(counts.unscoredTotal > 0 ? { reasons: reasons.commonest() } : {}),
    remarks: counts.remarks,
    metrics: isPublic ? await folds.overall() : [],
    groups: isPublic ? await folds.perGroup() : {},
    notes: [
      ...notesOf(head.dataset, selected, missing),
      ...withoutNotes(head.without, selected),
      ...ids.notes(),
      ...clips.notes(),
      ...endpoint.notes(head.generation.maxNewTokens),
      ...unlike.notes(),
      ...judgeNotes(head.judge),
    ],
  };
}

const notAsked = {
  status: "unscored",
  reason: "transport",
  detail: "not asked: the endpoint stopped answering",
} as const;

const notAskedSample = { state: "failed", index: Number.MAX_SAFE_INTEGER, id: "", score: notAsked } as const;

function notesOf(dataset: DatasetFacts, selected: boolean, missing: number): string[] {
  const notes: string[] = [];
  const { rows, expectedRows } = dataset;
  if (!selected && rows !== undefined && expectedRows !== undefined && rows !== expectedRows) {
    notes.push(`the split has ${rows} rows; the benchmark has ${expectedRows}`);
  }
  if (missing > 0) notes.push(`${missing} samples were not asked: the endpoint stopped answering`);
  return notes;
}

/** @param selected  not all rows were read: ids that were not met may be of the others */
function withoutNotes(without: Result["without"], selected: boolean): string[] {
  if (!without) return [];
  const { list, listed, found } = without;
  const unknown = selected ? 0 : listed - found;
  return [
    `without ${found} ${found === 1 ? "item" : "items"} of ${list}${unknown > 0 ? `; ${unknown} ids of it are of no row here` : ""}`,
  ];
}

/** A judge behind a name that moves: its verdicts are of several judges; one that is not there, and need not be: the number is another. */
function judgeNotes(judge: Result["judge"]): string[] {
  if (judge?.fallback && judge.model === "none")
    return [`no judge was named: the rules decided alone (exact matching), and not ${judge.expected}`];
  const authors = judge?.answeredBy;
  return authors === undefined ? [] : [`the judge's replies name as their model: ${authors}`];
}

function tooMany(failed: number, total: number, max: SummaryRules["maxFailed"]): boolean {
  return "count" in max ? failed > max.count : failed > (total * max.percent) / 100;
}

class Counts {
  scored = 0;
  readonly unscored = { refused: 0, transport: 0, judge: 0, data: 0 };
  readonly remarks = { empty: 0, truncated: 0, unparsable: 0 };

  add(score: Score): void {
    if (score.status === "unscored") {
      this.unscored[score.reason]++;
    } else {
      this.scored++;
      if (score.remark) this.remarks[score.remark]++;
    }
  }

  get unscoredTotal(): number {
    const { refused, transport, judge, data } = this.unscored;
    return refused + transport + judge + data;
  }

  get total(): number {
    return this.scored + this.unscoredTotal;
  }
}

/** One fold per metric, repeat and group value, opened when its first sample comes. */
class Folds {
  private readonly whole: MetricFolds;
  private readonly groups = new Map<string, Map<string, MetricFolds>>();

  constructor(
    private readonly task: Task,
    private readonly head: ResultHead,
  ) {
    this.whole = new MetricFolds(task.metrics, head, namesThere(task, head.task, head.scoring));
  }

  add(record: SampleRecord, score: Score): void {
    const { index, id, repeat = 0, cluster, groups = {} } = record;
    const text = textOf(record);
    const sample: Sample = { index, id, score, cluster, groups, ...defined({ text }) };
    this.whole.add(sample, repeat);
    for (const [group, value] of Object.entries(groups)) this.groupFolds(group, value).add(sample, repeat);
  }

  overall(): Promise<MetricResult[]> {
    return this.whole.finish();
  }

  async perGroup(): Promise<Record<string, Record<string, MetricResult[]>>> {
    const result: Record<string, Record<string, MetricResult[]>> = {};
    for (const group of Object.keys(this.task.groups ?? {})) {
      const values = [...(this.groups.get(group) ?? [])].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
      const results = await Promise.all(values.map(async ([value, folds]) => [value, await folds.finish()] as const));
      result[group] = Object.fromEntries(results);
    }
    return result;
  }

  private groupFolds(group: string, value: string): MetricFolds {
    const values = this.groups.get(group) ?? new Map<string, MetricFolds>();
    this.groups.set(group, values);
    const folds =
      values.get(value) ??
      new MetricFolds(
        this.task.metrics.filter(({ perGroup }) => perGroup !== false),
        this.head,
      );
    values.set(value, folds);
    return folds;
  }
}

class MetricFolds {
  private readonly repeats: ReturnType<Metric["start"]>[][] = [];

  constructor(
    private readonly metrics: readonly Metric[],
    private readonly head: { readonly task: string; readonly seed: number; readonly scoring: Scoring },
    /** Of the whole split alone: a sub-score has the name of its group there. */
    private readonly reportedAs: Readonly<Record<string, string>> = {},
  ) {}

  add(sample: Sample, repeat: number): void {
    while (this.repeats.length <= repeat) this.repeats.push(this.metrics.map((metric) => this.start(metric)));
    for (const fold of this.repeats[repeat] ?? []) fold.add(sample);
  }

  finish(): Promise<MetricResult[]> {
    if (this.repeats.length === 0) this.repeats.push(this.metrics.map((metric) => this.start(metric)));
    return Promise.all(
      this.metrics.map(async ({ name, unit, direction, of, range }, i) => {
        const values = await Promise.all(this.repeats.map(async (folds) => folds[i]?.finish()));
        return {
          name,
          ...(Object.hasOwn(this.reportedAs, name) ? { reportedAs: this.reportedAs[name] as string } : {}),
          ...{ unit, direction },
          ...acrossRepeats(values.flatMap((value) => value ?? [])),
          ...defined({ of, range }),
        };
      }),
    );
  }

  private start(metric: Metric): ReturnType<Metric["start"]> {
    const { task, seed, scoring } = this.head;
    return metric.start({ seed: seedOf(seed, task, metric.name), scoring });
  }
}

type Value = Omit<MetricResult, "name" | "reportedAs" | "unit" | "direction">;

/**
 * The mean over repeats. Repeats ask the same questions, so they say nothing about other questions: the interval is
 * the mean of the repeats' intervals, not narrower by the square root of their number.
 */
function acrossRepeats(values: readonly Awaited<ReturnType<ReturnType<Metric["start"]>["finish"]>>[]): Value {
  const [first, ...others] = values;
  if (!first || others.length === 0) return first ?? { value: null, n: 0 };
  const numbers = values.flatMap(({ value }) => (value === null ? [] : [value]));
  if (numbers.length < values.length) return { ...first, value: null };
  const mean = (of: readonly number[]) => of.reduce((sum, x) => sum + x, 0) / of.length;
  const pair = (key: "interval" | "bounds"): readonly [number, number] | undefined => {
    const pairs = values.flatMap((value) => (value[key] ? [value[key]] : []));
    return pairs.length === 0 ? undefined : [mean(pairs.map(([low]) => low)), mean(pairs.map(([, high]) => high))];
  };
  const interval = pair("interval");
  const bounds = pair("bounds");
  return {
    ...first,
    value: mean(numbers),
    ...(first.stderr === undefined ? {} : { stderr: mean(values.map(({ stderr }) => stderr ?? 0)) }),
    ...(values.some(({ withoutGuesses }) => withoutGuesses !== undefined)
      ? { withoutGuesses: mean(values.map(({ value, withoutGuesses }) => withoutGuesses ?? value ?? 0)) }
      : {}),
    ...(interval ? { interval } : {}),
    ...(bounds ? { bounds } : {}),
    repeats: numbers,
  };
}
