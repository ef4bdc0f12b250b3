import { basename } from "node:path";
import { saidBeside } from "../board/beside-words.js";
import { untilLinesOf } from "../board/compare/until-words.js";
import { printed } from "../board/format/numbers.js";
import { defined } from "../core/defined.js";
import type { MetricResult } from "../core/metric-result.js";
import type { ShownNote } from "../core/note.js";
import { nameThere } from "../core/reported-as.js";
import type { Result } from "../core/result.js";
import { byLineKey, lineKey } from "../record/growing-journal.js";
import type { JudgeRecord } from "../record/judge-record.js";
import { placeKey } from "../record/keys.js";
import { type NotedSample, Notes } from "../record/notes.js";
import { openRun, type Run } from "../record/read.js";
import { repeatCommand } from "../record/repeat-command.js";
import { type AnsweredSample, framesOf, type SampleRecord } from "../record/samples.js";
import type { TimingRecord } from "../record/timing-record.js";
import {
  firstGroup,
  type Mark,
  type PageAnswer,
  type PageComparison,
  type PageData,
  type PageResult,
  type PageRun,
  type PageSample,
  type PageTask,
  type PageUsage,
  type SampleState,
  type Trend,
} from "./page-data.js";
import { TaskSamples } from "./task-samples.js";

const chunkSize = 200;

export interface ReportOptions {
  readonly live: boolean;
  readonly store: PageData["store"];
  /** Whose notes the server takes; absent: nobody's. */
  readonly notesBy?: string;
  /** Published numbers and the like, by task. */
  readonly marks?: (task: string) => readonly Mark[];
  /** Earlier values, by task. */
  readonly trend?: (task: string) => Trend | undefined;
  /** Tasks whose images are at hand. */
  readonly images?: ReadonlySet<string>;
  /** Each further run against the first. */
  readonly comparisons?: readonly PageComparison[];
}

/** Reads one run, or several side by side, piece by piece: for the writer of files and for the server alike. */
export class ReportSource {
  private readonly lines = new Map<string, readonly TaskSamples[]>();
  private readonly order = new Map<string, string[]>();
  private readonly judged = new Map<string, Map<string, JudgeRecord[]>>();
  private timings: readonly ReadonlyMap<string, TimingRecord>[] | undefined;
  private notes: readonly Notes[] = [];

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
    await this.readNotes();
    const tasks = await this.tasks();
    // A run that goes on is looked at every other second: its timings are read when it has finished.
    const timings = this.options.live ? [] : await this.readTimings();
    return {
      title: titleOf(this.runs.map(({ manifest }) => manifest.model)),
      runs: this.runs.map(pageRun),
      comparisons: this.options.comparisons ?? [],
      tasks: await Promise.all(tasks.map((task) => this.pageTask(task, timings))),
      live: this.options.live,
      ...defined({ notesBy: this.options.notesBy }),
      store: this.options.store,
    };
  }

  /** Whether a run has a sample. */
  async has(run: number, task: string, sample: NotedSample): Promise<boolean> {
    const lines = this.lines.get(task)?.[run];
    const line = lineKey(sample);
    const key = [...(lines?.keys() ?? [])].find((one) => lines?.lineOf(one) === line);
    return key !== undefined && (await lines?.read([key]))?.get(key)?.id === sample.id;
  }

  /** People write while it is looked at. */
  private async readNotes(): Promise<void> {
    this.notes = await Promise.all(this.runs.map(({ dir }) => Notes.read(dir)));
  }

  chunkCount(task: string): number {
    return Math.ceil((this.order.get(task)?.length ?? 0) / chunkSize);
  }

  async chunk(task: string, number: number): Promise<readonly PageSample[]> {
    const keys = (this.order.get(task) ?? []).slice(number * chunkSize, (number + 1) * chunkSize);
    const lines = this.lines.get(task) ?? [];
    const records = await Promise.all(lines.map((one) => one.read(keys)));
    const timings = await this.readTimings();
    await this.readNotes();
    const judged = await Promise.all(this.runs.map((run) => this.readJudge(run, task)));
    return keys.map((key) => {
      const mine = records.map((found) => found.get(key));
      return {
        ...sampleOf(mine.find((record) => record !== undefined) as SampleRecord),
        answers: mine.map((record, run) =>
          record
            ? answerOf(record, {
                state: lines[run]?.stateOf(record.score) ?? "-",
                timing: timingOf(timings[run], task, record),
                judgements: judged[run]?.get(lineKey(record)),
                notes: this.notes[run]?.of(task, record) ?? [],
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
    // In the order of the first run; what only others have stands where they have it.
    const places = new Map<string, string>();
    for (const one of lines) for (const key of one.keys()) if (!places.has(key)) places.set(key, one.lineOf(key) ?? "");
    const ordered = [...places].sort(([, a], [, b]) => byLineKey(a, b));
    this.order.set(
      task,
      ordered.map(([key]) => key),
    );
  }

  private async pageTask(task: string, timings: readonly ReadonlyMap<string, TimingRecord>[]): Promise<PageTask> {
    const lines = this.lines.get(task) ?? [];
    const keys = this.order.get(task) ?? [];
    const results = this.runs.map((run) => run.results.get(task));
    const [first, ...others] = lines;
    return {
      task,
      results: results.map((result) => (result ? pageResult(result) : null)),
      soFar: lines.map((one, run) =>
        results[run] ? null : { name: "mean so far", unit: "fraction", ...one.meanSoFar() },
      ),
      marks: this.options.marks?.(task) ?? [],
      ...defined({ trend: this.options.trend?.(task) }),
      states: lines.map((one) => keys.map((key) => one.state(key)).join("")),
      changes: first ? ["", ...others.map((other) => changesOf(keys, results[0], first, other))] : [],
      remarks: lines.map((one) => keys.map((key) => one.remark(key)).join("")),
      noted: await Promise.all(lines.map((_, run) => this.notedOf(run, task))),
      groups: groupsOf(keys, lines),
      usage: timings.map((one) => usageOf(task, one)),
      chunkSize,
      images: this.options.images?.has(task) ?? false,
    };
  }

  private async notedOf(run: number, task: string): Promise<PageTask["noted"][number]> {
    const notes = this.notes[run];
    const samples = notes?.samplesOf(task) ?? [];
    const lines = this.lines.get(task)?.[run];
    if (!notes || !lines || samples.length === 0) return {};
    const wanted = new Set(samples.map(lineKey));
    const places = (this.order.get(task) ?? []).flatMap((key, place) =>
      wanted.has(lines.lineOf(key) ?? "") ? [{ key, place }] : [],
    );
    const records = await lines.read(places.map(({ key }) => key));
    return Object.fromEntries(
      places.flatMap(({ key, place }) => {
        const record = records.get(key);
        const mine = record ? notes.of(task, record) : [];
        return mine.length > 0 ? [[place, [...new Set(mine.flatMap(({ flag }) => flag ?? []))]]] : [];
      }),
    );
  }

  private async readTimings(): Promise<readonly ReadonlyMap<string, TimingRecord>[]> {
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
  return {
    ...{ name: basename(dir), model, status, startedAt, config, fingerprint, command: repeatCommand(manifest) },
    ...(finishedAt ? { finishedAt } : {}),
  };
}

const titleOf = (models: readonly string[]) =>
  models.length < 2 ? models.join() : `${models.slice(0, -1).join(", ")} and ${models.at(-1)}`;

/** Of each sample, whether it is better than in the first run: by the metric that `compare` looks at, whose counts these are. */
function changesOf(
  keys: readonly string[],
  result: Result | undefined,
  first: TaskSamples,
  other: TaskSamples,
): string {
  const metric = result?.metrics.find(({ direction }) => direction !== "neither");
  const sign = metric?.direction === "lower" ? -1 : 1;
  return keys
    .map((key) => {
      const [before, after] = [first.value(key, metric?.name ?? ""), other.value(key, metric?.name ?? "")];
      if (before === undefined || after === undefined) return " ";
      return after === before ? "=" : (after - before) * sign > 0 ? "+" : "-";
    })
    .join("");
}

/** A name that nearly every sample has for itself groups nothing. */
const mostGroups = 5000;

function groupsOf(keys: readonly string[], lines: readonly TaskSamples[]): PageTask["groups"] {
  const found = new Map<string, Map<string, number>>();
  const ofSample = keys.map((key) => lines.find((one) => one.lineOf(key) !== undefined)?.groups(key) ?? {});
  for (const groups of ofSample) {
    for (const [name, value] of Object.entries(groups)) {
      const values = found.get(name) ?? new Map<string, number>();
      found.set(name, values);
      if (!values.has(value)) values.set(value, values.size);
    }
  }
  const kept = [...found].filter(([, values]) => values.size <= mostGroups);
  return Object.fromEntries(
    kept.map(([name, values]) => {
      const letter = (value: string | undefined) =>
        value === undefined ? " " : String.fromCharCode(firstGroup + (values.get(value) ?? 0));
      return [name, { values: [...values.keys()], of: ofSample.map((groups) => letter(groups[name])).join("") }];
    }),
  );
}

function usageOf(task: string, timings: ReadonlyMap<string, TimingRecord>): PageUsage | null {
  const mine = [...timings.values()].filter((timing) => timing.task === task);
  if (mine.length === 0) return null;
  const ms = mine.map(({ totalMs }) => totalMs).sort((a, b) => a - b);
  const at = (part: number) => ms[Math.min(ms.length - 1, Math.floor(part * ms.length))] as number;
  const sum = (key: "promptTokens" | "completionTokens" | "cost") => {
    const known = mine.flatMap((timing) => timing[key] ?? []);
    return known.length === 0 ? undefined : known.reduce((total, value) => total + value, 0);
  };
  return {
    n: mine.length,
    ms: [at(0.05), at(0.5), at(0.95)],
    ...defined({
      promptTokens: sum("promptTokens"),
      completionTokens: sum("completionTokens"),
      cost: sum("cost"),
    }),
  };
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
    metrics: metrics.map(asPrinted),
    groups: Object.fromEntries(
      Object.entries(groups).map(([group, values]) => [
        group,
        Object.fromEntries(Object.entries(values).map(([value, found]) => [value, found.map(asPrinted)])),
      ]),
    ),
    notes,
    dataset,
    generation,
    ...(judge ? { judge } : {}),
    ...(result.until ? { compared: untilLinesOf(result) } : {}),
    ...(result.visionGain || result.spread ? { beside: saidBeside(result) } : {}),
  };
}

/** Captions a hundredfold, as in every other table; a name that is also ours is not said twice. */
function asPrinted(metric: MetricResult): MetricResult {
  const { reportedAs: _, ...shown } = metric;
  return { ...shown, ...printed(metric), ...defined({ reportedAs: nameThere(metric) }) };
}

function sampleOf(record: SampleRecord): Omit<PageSample, "answers"> {
  const { index, id, repeat, prompt, images = [], groups, score } = record;
  const frames = framesOf(record);
  const targets = score?.status === "scored" ? score.targets : undefined;
  return {
    index,
    id,
    ...(repeat ? { repeat } : {}),
    ...defined({ prompt }),
    ...(targets ? { targets } : {}),
    ...(groups ? { groups } : {}),
    ...(frames.length > 0 ? { images: [], frames } : { images }),
  };
}

interface Beside {
  readonly state: SampleState;
  readonly timing: TimingRecord | undefined;
  readonly judgements: readonly JudgeRecord[] | undefined;
  readonly notes: readonly ShownNote[];
}

function answerOf(record: SampleRecord, { state, timing, notes, judgements = [] }: Beside): PageAnswer {
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
    ...(notes.length > 0 ? { notes } : {}),
    ...(timing ? { ms: timing.totalMs, attempts: timing.attempts } : {}),
    ...(timing?.completionTokens === undefined ? {} : { tokens: timing.completionTokens }),
  };
}
