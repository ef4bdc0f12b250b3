/** Run folders made by hand, in the form of src/core/result.ts: what `llava-eval run` leaves behind. */

import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { MetricResult } from "../../src/core/metric-result.js";
import type { Result } from "../../src/core/result.js";
import type { RunManifest } from "../../src/record/run-manifest.js";
import type { SampleRecord, ScoredSample } from "../../src/record/samples.js";

export interface Folder extends AsyncDisposable {
  readonly dir: string;
}

/** A folder that removes itself at the end of the test. */
export async function temporaryFolder(): Promise<Folder> {
  const dir = await mkdtemp(join(tmpdir(), "llava-eval-"));
  return { dir, [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }) };
}

export interface TaskFixture {
  readonly samples: readonly SampleRecord[];
  /** Default: the mean of the samples' values, named `accuracy`. */
  readonly metrics?: readonly MetricResult[];
  /** Overrides of the Result. */
  readonly result?: Partial<Result>;
}

export interface RunFixture {
  readonly model?: string;
  readonly manifest?: Partial<RunManifest>;
  readonly tasks: Readonly<Record<string, TaskFixture>>;
}

/** Writes `<root>/<name>/` and returns its path. */
export async function writeRun(root: string, name: string, fixture: RunFixture): Promise<string> {
  const dir = join(root, name);
  await mkdir(dir, { recursive: true });
  const model = fixture.model ?? name;
  const manifest: RunManifest = {
    schema: "llava-eval/run@1",
    name,
    status: "done",
    model,
    fingerprint: { model },
    identity: {},
    config: { data: "demo" },
    tasks: Object.keys(fixture.tasks),
    versions: {},
    host: {},
    startedAt: "2026-01-01T00:00:00.000Z",
    finishedAt: "2026-01-01T01:00:00.000Z",
    ...fixture.manifest,
  };
  await writeFile(join(dir, "run.json"), JSON.stringify(manifest));
  for (const [task, { samples, metrics, result }] of Object.entries(fixture.tasks)) {
    const lines = samples.map((sample) => `${JSON.stringify(sample)}\n`).join("");
    await writeFile(join(dir, `${task}.samples.jsonl`), lines);
    await writeFile(join(dir, `${task}.json`), JSON.stringify(makeResult(model, task, samples, metrics, result)));
  }
  return dir;
}

function makeResult(
  model: string,
  task: string,
  samples: readonly SampleRecord[],
  metrics?: readonly MetricResult[],
  overrides?: Partial<Result>,
): Result {
  const values = samples.flatMap(({ score }) =>
    score?.status === "scored" && typeof score.value === "number" ? [score.value] : [],
  );
  return {
    schema: "llava-eval/result@1",
    task,
    version: 1,
    model,
    fingerprint: { model },
    dataset: { source: "demo", kind: "demo", split: "test", revision: "r1", licence: "CC0-1.0" },
    scoring: "official",
    promptProfile: "default",
    generation: { maxNewTokens: 16, temperature: 0 },
    seed: 0,
    repeats: 1,
    flags: [],
    n: {
      total: samples.length,
      scored: values.length,
      unscored: { refused: 0, transport: samples.length - values.length, judge: 0, data: 0 },
    },
    remarks: { empty: 0, truncated: 0, unparsable: 0 },
    metrics: [...(metrics ?? [meanMetric(values)])],
    groups: {},
    notes: [],
    ...overrides,
  };
}

export function meanMetric(values: readonly number[], name = "accuracy"): MetricResult {
  const mean = values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
  const half = mean === null ? 0 : 1.96 * Math.sqrt((mean * (1 - mean)) / values.length);
  return {
    name,
    unit: "fraction",
    direction: "higher",
    value: mean,
    n: values.length,
    ...(mean === null ? {} : { interval: [mean - half, mean + half] as const, method: "wilson" as const }),
  };
}

/** A sample that the model never answered. */
export function failedSample(index: number, detail = "timeout"): SampleRecord {
  const { text: _text, finish: _finish, ...asked } = sample(index, 0);
  return { ...asked, state: "failed", score: { status: "unscored", reason: "transport", detail } };
}

/** A scored sample of its own cluster. */
export function sample(index: number, value: number, more: Partial<ScoredSample> = {}): ScoredSample {
  return {
    index,
    id: `q${index}`,
    state: "scored",
    cluster: `q${index}`,
    prompt: `question ${index}`,
    images: [index.toString(16).padStart(32, "0")],
    text: value > 0 ? "yes" : "no",
    finish: "stop",
    score: { status: "scored", value, answer: value > 0 ? "yes" : "no", targets: ["yes"] },
    ...more,
  };
}
