import { basename } from "node:path";
import { defined } from "../core/defined.js";
import type { JudgeRecord, Result, TimingRecord } from "../core/result.js";
import { byLineKey, lineKey } from "../record/growing-journal.js";
import { placeKey } from "../record/keys.js";
import { openRun, type Run } from "../record/read.js";
import type { AnsweredSample, SampleRecord } from "../record/samples.js";
import type {
  Mark,
  PageAnswer,
  PageData,
  PageResult,
  PageRun,
  PageSample,
  PageTask,
  SampleState,
  Trend,
} from "./page-data.js";
import { TaskSamples } from "./task-samples.js";

const chunkSize = 200;

export interface ReportOptions {
  readonly live: boolean;
  readonly store: PageData["store"];
  /** Published numbers and the like, by task. */
  readonly marks?: (task: string) => readonly Mark[];
  /** Earlier values, by task. */
  readonly trend?: (task: string) => Trend | undefined;
  /** Tasks whose images are at hand. */
  readonly images?: ReadonlySet<string>;
}

/** Reads one run, or two side by side, piece by piece: for the writer of files and for the server alike. */
export class ReportSource {
  private readonly lines = new Map<string, readonly TaskSamples[]>();
  private readonly order = new Map<string, string[]>();
  private readonly judged = new Map<string, Map<string, JudgeRecord[]>>();
  private timings: readonly Map<string, TimingRecord>[] | undefined;

  private constructor(
    private readonly folders: readonly string[],
    private runs: readonly Run[],
    private readonly options: ReportOptions,
  ) {}

  /** @throws UserError when a folder is no run. */
  static async open(folders: readonly string[], options: ReportOptions): Promise<ReportSource> {
    return new ReportSource(folders, await Promise.all(folders.map(openRun)), options);
  }

  async tasks(): Promise<readonly string[]> {
    const names = new Set<string>();
    for (const run of this.runs) {
      for (const label of run.labels) names.add(label);
    }
    const started = [...names];
    await Promise.all(started.map((task) => this.refresh(task)));
    return started.filter(
      (task) => (this.order.get(task)?.length ?? 0) > 0 || this.runs.some(({ results }) => results.has(task)),
    );
  }

  /** Everything but the samples. Reads on where a run has grown. */
  async summary(): Promise<PageData> {
    this.runs = await Promise.all(this.folders.map(openRun));
    this.timings = undefined;
    const tasks = await this.tasks();
    return {
      title: this.runs.map(({ manifest }) => manifest.model).join(" and "),
      runs: this.runs.map(pageRun),
      tasks: tasks.map((task) => this.pageTask(task)),
      live: this.options.live,
      store: this.options.store,
    };
  }

  chunkCount(task: string): number {
    return Math.ceil((this.order.get(task)?.length ?? 0) / chunkSize);
  }

  async chunk(task: string, number: number): Promise<readonly PageSample[]> {
    const keys = (this.order.get(task) ?? []).slice(number * chunkSize, (number + 1) * chunkSize);
    const lines = this.lines.get(task) ?? [];
    const records = await Promise.all(lines.map((one) => one.read(keys)));
    const timings = await this.readTimings();
    const judged = await Promise.all(this.runs.map((run) => this.readJudge(run, task)));
    return keys.map((key) => {
      const mine = records.map((found) => found.get(key));
      const any = mine.find((record) => record !== undefined) as SampleRecord;
      return {
        ...sampleOf(any),
        answers: mine.map((record, run) =>
          record
            ? answerOf(record, {
                state: lines[run]?.stateOf(record.score) ?? "-",
                timing: timingOf(timings[run], task, record),
                judgements: judged[run]?.get(key),
              })
            : null,
        ),
      };
    });
  }

  private async refresh(task: string): Promise<void> {
    const lines = this.lines.get(task) ?? this.runs.map((run) => new TaskSamples(run.journal(task)));
    this.lines.set(task, lines);
    await Promise.all(lines.map((one, run) => one.refresh(this.runs[run]?.results.get(task))));
    const keys = new Set(lines.flatMap((one) => [...one.keys()]));
    this.order.set(task, [...keys].sort(byLineKey));
  }

  private pageTask(task: string): PageTask {
    const lines = this.lines.get(task) ?? [];
    const keys = this.order.get(task) ?? [];
    const results = this.runs.map((run) => run.results.get(task));
    return {
      task,
      results: results.map((result) => (result ? pageResult(result) : null)),
      soFar: lines.map((one, run) =>
        results[run] ? null : { name: "mean so far", unit: "fraction", ...one.meanSoFar() },
      ),
      marks: this.options.marks?.(task) ?? [],
      ...defined({ trend: this.options.trend?.(task) }),
      states: lines.map((one) => keys.map((key) => one.state(key)).join("")),
      remarks: keys.map((key) => lines.at(-1)?.remark(key) ?? " ").join(""),
      chunkSize,
      images: this.options.images?.has(task) ?? false,
    };
  }

  private async readTimings(): Promise<readonly Map<string, TimingRecord>[]> {
    if (!this.timings) {
      this.timings = await Promise.all(
        this.runs.map(async (run) => {
          const found = new Map<string, TimingRecord>();
          for await (const timing of run.timings()) {
            if (timing.kind === "model") found.set(timingKey(timing), timing);
          }
          return found;
        }),
      );
    }
    return this.timings;
  }

  private async readJudge(run: Run, task: string): Promise<Map<string, JudgeRecord[]>> {
    const name = `${run.dir} ${task}`;
    const known = this.judged.get(name);
    if (known && !this.options.live) return known;
    const found = new Map<string, JudgeRecord[]>();
    for await (const record of run.judgements(task)) {
      const key = lineKey(record);
      found.set(key, [...(found.get(key) ?? []).filter(({ step }) => step !== record.step), record]);
    }
    this.judged.set(name, found);
    return found;
  }
}

/** Timings of 0.1 have no index: they are found by the sample's id. */
const timingKey = ({ task, index, id, repeat }: Pick<TimingRecord, "task" | "index" | "id" | "repeat">) =>
  index === undefined ? `${task} ${id} ${repeat ?? 0}` : placeKey(task, index, repeat);

function timingOf(
  timings: ReadonlyMap<string, TimingRecord> | undefined,
  task: string,
  { index, id, repeat }: SampleRecord,
): TimingRecord | undefined {
  const own = { task, id, ...defined({ repeat }) };
  return timings?.get(timingKey({ ...own, index })) ?? timings?.get(timingKey(own));
}

function pageRun({ dir, manifest }: Run): PageRun {
  const { model, status, startedAt, finishedAt, config, fingerprint } = manifest;
  return { name: basename(dir), model, status, startedAt, ...(finishedAt ? { finishedAt } : {}), config, fingerprint };
}

function pageResult(result: Result): PageResult {
  const { version, scoring, promptProfile, flags, n, remarks, metrics, groups, notes, dataset, generation, judge } =
    result;
  return {
    version,
    scoring,
    promptProfile,
    flags,
    n,
    remarks,
    metrics,
    groups,
    notes,
    dataset,
    generation,
    ...(judge ? { judge } : {}),
  };
}

function sampleOf({
  index,
  id,
  repeat,
  prompt,
  images = [],
  groups,
  score,
}: SampleRecord): Omit<PageSample, "answers"> {
  const targets = score?.status === "scored" ? score.targets : undefined;
  return {
    index,
    id,
    ...(repeat ? { repeat } : {}),
    ...defined({ prompt }),
    ...(targets ? { targets } : {}),
    ...(groups ? { groups } : {}),
    images,
  };
}

interface Beside {
  readonly state: SampleState;
  readonly timing: TimingRecord | undefined;
  readonly judgements: readonly JudgeRecord[] | undefined;
}

function answerOf(record: SampleRecord, { state, timing, judgements = [] }: Beside): PageAnswer {
  const { score } = record;
  const { text, reasoning, warnings, turns, likelihoods } =
    record.state === "failed" ? ({} as Partial<AnsweredSample>) : record;
  const judge = judgements.map(({ model, replies, verdict }) => ({
    model,
    replies,
    ...defined({ verdict }),
  }));
  return {
    state,
    ...defined({ text, reasoning }),
    ...(score?.status === "scored"
      ? { answer: score.answer, value: score.value, ...defined({ remark: score.remark }) }
      : {}),
    ...(score?.status === "unscored" ? { unscored: `${score.reason}: ${score.detail}` } : {}),
    ...(warnings ? { warnings } : {}),
    ...(turns ? { turns } : {}),
    ...(likelihoods ? { likelihoods: likelihoods.map(({ logprob, isGreedy }) => ({ logprob, isGreedy })) } : {}),
    ...(judge.length > 0 ? { judge } : {}),
    ...(timing ? { ms: timing.totalMs, attempts: timing.attempts } : {}),
    ...(timing?.completionTokens === undefined ? {} : { tokens: timing.completionTokens }),
  };
}
