/**
 * One benchmark at its front door: a small parquet file in the official schema, the exact prompts of every profile, and
 * the scores of given answers under both scorings. Prompts and scores are files in golden/: a changed word or number is a
 * visible diff, and raises the task's `version`.
 */

import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import type { Json } from "../../src/core/json.js";
import { type Prompt, promptText } from "../../src/core/prompt.js";
import type { Result } from "../../src/core/result.js";
import type { Likelihood, Output } from "../../src/core/runner.js";
import { violationOf } from "../../src/core/schema.js";
import type { Scoring } from "../../src/core/score.js";
import type { Task } from "../../src/core/task.js";
import { openDataset } from "../../src/datasets/index.js";
import { splitParts } from "../../src/datasets/layout.js";
import { readMask } from "../../src/images/mask.js";
import { type SampleRecord, textOf } from "../../src/record/samples.js";
import { masksOf } from "../../src/run/masks.js";
import { type SampleOutcome, scoreSample, withOutcome } from "../../src/run/score-sample.js";
import { summarise } from "../../src/run/summarise.js";
import { readingOf } from "../../src/text/visible-answer.js";
import { runCommand } from "../cli/run-command.js";
import { drawnImage } from "../fakes/images.js";
import { type ColumnType, parquetBytes } from "../fakes/parquet-files.js";

export interface Golden<Row = Record<string, unknown>> {
  readonly task: Task<Row>;
  /** Default: the task's first split. */
  readonly split?: string;
  readonly columns: Readonly<Record<string, ColumnType>>;
  /** Cells as in the file; `true` in an image column is an image, a number in a column of images so many. */
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  /** What the model answers to each row (after expansion); a list of log-probabilities for tasks that rank options. */
  readonly answers: readonly (string | readonly number[])[];
  /** What the judge replies about each row, in the order asked. */
  readonly verdicts?: readonly (readonly string[])[];
  /** False for a variant that the package has not under this name: it is not run through `run`. */
  readonly published?: false;
  /** The main metric's value, worked out by hand from the benchmark's rule. */
  readonly main?: Readonly<Record<"official" | "lmms-eval", number | null> & { vlmevalkit?: number | null }>;
}

/** Every image's size. */
const [imageWidth, imageHeight] = [32, 24];

const golden = fileURLToPath(new URL("golden", import.meta.url));

/** @param given its task is the default export of a task file, or one of several there */
export function goldenTask<Row>(given: Omit<Golden<Row>, "task"> & { readonly task: Task<Row> | undefined }): void {
  if (given.task === undefined) throw new Error("the task file exports no such task");
  // Rows are checked against the task's schema before the task sees them, as in a run.
  const subject = given as unknown as Golden;
  const { task } = subject;
  const splitName = subject.split ?? Object.keys(task.splits)[0] ?? "";
  const label = splitName === Object.keys(task.splits)[0] ? task.name : `${task.name}@${splitName}`;

  test(`${label} sends the golden prompts`, async () => {
    const rows = await readRows(subject, splitName);
    const pages = (task.profiles ?? ["default"]).map((profile) => {
      const prompts = rows.map((row) => `--- ${task.id(row)}\n${shown(task.prompt(row, profile), task, row)}`);
      return `=== ${profile}\n${prompts.join("\n")}\n`;
    });
    await expect(pages.join("\n")).toMatchFileSnapshot(join(golden, `${label}.prompts.txt`));
  });

  test(`${label} gives the golden scores`, async () => {
    const rows = await readRows(subject, splitName);
    expect(rows.length).toBe(subject.answers.length);
    const pages: Record<string, unknown> = {};
    for (const scoring of ["official", "lmms-eval", ...(task.scorings ?? [])] as const) {
      const { records, result } = await scored(subject, splitName, rows, scoring);
      const main = subject.main?.[scoring];
      if (main !== undefined) expect(result.metrics[0]?.value ?? null, `${scoring} scoring`).toBeCloseToOrNull(main);
      pages[scoring] = {
        samples: records.map((record) => ({
          id: record.id,
          score: record.score,
          submission: record.state === "scored" ? record.submission : undefined,
        })),
        metrics: valuesOf(result.metrics),
        groups: Object.fromEntries(
          Object.entries(result.groups).map(([group, values]) => [
            group,
            Object.fromEntries(Object.entries(values).map(([value, metrics]) => [value, valuesOf(metrics)])),
          ]),
        ),
        remarks: result.remarks,
        n: result.n,
      };
    }
    await expect(`${JSON.stringify(pages, rounded, 1)}\n`).toMatchFileSnapshot(join(golden, `${label}.scores.txt`));
  });

  if (subject.published !== false) fullRuns(subject, label, splitName);
}

/** `run` itself, on the stub, and once more from the journal it wrote with the other scoring: nothing asked, nothing lost. */
function fullRuns(subject: Golden, label: string, splitName: string): void {
  test(`${label} runs whole on the stub, and again from the journal with the other scoring`, async () => {
    const folder = await mkdtemp(join(tmpdir(), "llava-eval-full-"));
    try {
      await writeParquet(subject, splitName, join(folder, "rows"));
      const run = async (out: string, model: string, scoring: Scoring) => {
        const args = ["--tasks", label, "--data", join(folder, "rows"), "--model", model, "--scoring", scoring];
        // A stub's "1" is a verdict for some judges' questions and none for others: both ends of the path.
        if (subject.task.judge) args.push("--judge", "stub:1");
        const ended = await runCommand(["run", ...args, "--out", join(folder, out), "--max-failed", "100%"]);
        expect(ended.exitCode, ended.stderr).toBe(0);
        const result = JSON.parse(await readFile(join(folder, out, `${label}.json`), "utf8")) as Result;
        expect(result.n.total).toBe(subject.answers.length);
        expect(result.n.unscored).toEqual({ refused: 0, transport: 0, judge: result.n.unscored.judge, data: 0 });
        if (!subject.task.judge) expect(result.n.scored).toBe(result.n.total);
        const file = join(folder, out, `${label}.samples.jsonl`);
        const lines = (await readFile(file, "utf8")).trim().split("\n");
        return { file, texts: lines.map((line) => textOf(JSON.parse(line) as SampleRecord)) };
      };
      const first = await run("official", "stub:A", "official");
      const again = await run("lmms-eval", `replay:${first.file}`, "lmms-eval");
      expect(again.texts).toEqual(first.texts);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
}

expect.extend({
  toBeCloseToOrNull(received: number | null, expected: number | null) {
    const pass = expected === null || received === null ? received === expected : Math.abs(received - expected) < 1e-12;
    return { pass, message: () => `expected ${expected}, got ${received}` };
  },
});
declare module "vitest" {
  interface Assertion {
    toBeCloseToOrNull(expected: number | null): void;
  }
}

function shown(prompt: Prompt, task: Task, row: Record<string, unknown>): string {
  const choices = task.choices?.(row);
  return promptText(prompt) + (choices === undefined ? "" : `\n[continuations] ${JSON.stringify(choices)}`);
}

/** Twelve digits: the last one of a power differs between versions of V8 (x ** (1 / 3) of Node 20 is one unit off C's pow). */
const rounded = (_key: string, value: unknown) => (typeof value === "number" ? Number(value.toPrecision(12)) : value);

function valuesOf(metrics: Result["metrics"]): Record<string, number | null> {
  return Object.fromEntries(metrics.map(({ name, value }) => [name, value]));
}

/** Writes the parquet file where the task's source says and reads it as a run would. */
export async function readRows(subject: Golden, splitName: string): Promise<Record<string, unknown>[]> {
  const folder = await mkdtemp(join(tmpdir(), "llava-eval-golden-"));
  try {
    await writeParquet(subject, splitName, folder);
    const split = subject.task.splits[splitName];
    if (split === undefined) throw new Error(`no split ${splitName}`);
    const request = { task: subject.task.name, splitName, split, row: subject.task.row, data: folder };
    await using dataset = await openDataset(request);
    const rows: Record<string, unknown>[] = [];
    for await (const batch of dataset.batches(0, new AbortController().signal)) {
      for (const item of batch) {
        if ("failure" in item) throw item.failure;
        rows.push(...(subject.task.expand?.(item.row) ?? [item.row]));
      }
    }
    return rows;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export async function writeParquet({ task, columns, rows }: Golden, splitName: string, folder: string): Promise<void> {
  const split = task.splits[splitName];
  const place = join(folder, split?.sources[0] ?? task.name, split?.configs?.[0] ?? "data");
  await mkdir(place, { recursive: true });
  const bytes = await drawnImage({ seed: 1, width: imageWidth, height: imageHeight });
  const image = (name: string) => ({ bytes: new Uint8Array(bytes), path: name });
  const filled = rows.map((row, i) =>
    Object.fromEntries(
      Object.entries(columns).map(([name, type]) => {
        const cell = row[name];
        if (type === "image" && cell === true) return [name, image(`${i}-${name}.jpg`)];
        if (type === "images" && typeof cell === "number")
          return [name, Array.from({ length: cell }, (_, k) => image(`${i}-${k}.jpg`))];
        return [name, cell];
      }),
    ),
  );
  const [part] = splitParts(split?.split ?? "");
  await writeFile(join(place, `${part}-00000-of-00001.parquet`), parquetBytes(columns, filled));
  if (!split?.images) return;
  // The images have a file of their own, one for each name in the rows.
  const { config, key, column, split: name } = split.images;
  const images = join(folder, split.images.sources?.[0] ?? split.sources[0] ?? task.name, config ?? "data");
  await mkdir(images, { recursive: true });
  const names = [...new Set(rows.map((row) => row[column]))];
  const own = names.map((id) => ({ [key]: id, image: image(`${id}.jpg`) }));
  await writeFile(
    join(images, `${name}-00000-of-00001.parquet`),
    parquetBytes({ [key]: "string", image: "image" }, own),
  );
}

async function scored(subject: Golden, splitName: string, rows: readonly Record<string, unknown>[], scoring: Scoring) {
  const { task, answers, verdicts = [] } = subject;
  const split = task.splits[splitName];
  if (split === undefined) throw new Error(`no split ${splitName}`);
  const masks = await Promise.all(rows.map((row) => masksOf(task, row, readMask)));
  const records = rows.map((row, index): SampleRecord => {
    const output = outputOf(answers[index] ?? "", task.choices?.(row) ?? []);
    const groups = Object.entries(task.groups ?? {}).flatMap(([name, of]) => {
      const value = of(row);
      return value === undefined ? [] : [[name, value] as const];
    });
    const judged = split.answers === "public" ? judge(task, row, output, [...(verdicts[index] ?? [])], scoring) : [];
    const outcome: SampleOutcome =
      judged === undefined
        ? { score: { status: "unscored", reason: "judge", detail: "no usable reply" } }
        : scoreSample({
            ...{ task, split, row, turns: [output], verdicts: judged },
            rules: { scoring, seed: 0, reading: readingOf(scoring) },
            sizes: [[imageWidth, imageHeight]],
            masks: masks[index],
          });
    if (outcome.submission !== undefined && task.submission)
      expect(violationOf(task.submission.schema, outcome.submission), "the server's format").toBeUndefined();
    const id = task.id(row);
    const cluster = task.cluster?.(row) ?? task.imageKey?.(row) ?? id;
    const asked = { index, id, cluster, groups: Object.fromEntries(groups) };
    return withOutcome({ ...asked, state: "answered", text: output.text }, outcome);
  });
  const head = {
    ...{ task: task.name, version: task.version, model: "golden", fingerprint: {}, scoring, promptProfile: "default" },
    ...{ generation: {}, seed: 0, repeats: 1 },
    dataset: { source: "golden", kind: "folder" as const, split: split.split, licence: split.licence },
  };
  const rules = {
    maxFailed: { count: 1e9 },
    demo: false,
    answers: split.answers,
    reading: readingOf(scoring),
    total: records.length,
  };
  const stream = (async function* () {
    yield* records;
  })();
  return { records, result: await summarise(task, head, stream, rules) };
}

/** The judge's replies as verdicts; undefined when a question got no usable one. */
function judge(
  task: Task,
  row: Record<string, unknown>,
  output: Output,
  replies: string[],
  scoring: Scoring,
): Json[] | undefined {
  const verdicts: Json[] = [];
  for (;;) {
    const asks = task.judgesByScoring?.[scoring] ?? task.judge;
    const question = asks?.ask(row, output, verdicts, scoring);
    if (question === undefined) return verdicts;
    if (replies.length === 0) return verdicts; // nobody was asked
    let verdict: Json | undefined;
    for (let attempt = 0; attempt < (question.attempts ?? 3) && verdict === undefined && replies.length > 0; attempt++)
      verdict = question.parse(replies.shift() ?? "");
    if (verdict === undefined) return undefined;
    verdicts.push(verdict);
  }
}

function outputOf(answer: string | readonly number[], choices: readonly string[]): Output {
  const base = { finish: "stop" as const, usage: {}, timing: { totalMs: 0, attempts: 1 }, warnings: [] };
  if (typeof answer === "string") return { ...base, text: answer };
  const likelihoods = answer.map(
    (logprob, i): Likelihood => ({ logprob, tokens: (choices[i] ?? "").trim().split(" ").length, isGreedy: false }),
  );
  const best = answer.indexOf(Math.max(...answer));
  return { ...base, text: choices[best] ?? "", likelihoods };
}
