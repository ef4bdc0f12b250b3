/**
 * VLMEvalKit's own runs beside us: its TSVs under its own names, its models' predictions, its judge's replies; the numbers are those that it
 * wrote, those that are imported from its files, and `explain` finds no other reason for a difference than a verdict that is none here.
 */

import { readdirSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { chooseTasks } from "../../src/api/tasks/catalogue.js";
import type { Across } from "../../src/board/explain/across/across.js";
import type { AcrossLayer } from "../../src/board/explain/across/pairs.js";
import type { Result } from "../../src/core/result.js";
import { openDataset } from "../../src/datasets/index.js";
import type { LeaderboardEntry } from "../../src/record/leaderboard-entry.js";
import { plan } from "../../src/run/plan.js";
import { isMissingCell } from "../../src/text/missing-cells.js";
import { temporaryFolder } from "../board/run-fixture.js";
import { runCommand } from "../cli/run-command.js";
import { sharedConformance } from "../conformance/data-folders.js";
import { type FakeEndpoint, startEndpoint } from "../fakes/endpoint.js";

interface Cell {
  readonly length: number;
  readonly tail: string;
}
interface Reference {
  readonly dataset: string;
  readonly env: Readonly<Record<string, string>>;
  readonly judge: string | null;
  readonly predictions: Readonly<Record<string, string | Cell>>;
  readonly result: { readonly rows: unknown } & Readonly<Record<string, unknown>>;
}
type Line = Readonly<Record<string, number | string>>;

/** Of a result its rows by name; of its judged tables by their first column. */
const rowsOf = ({ rows }: Reference["result"]): Readonly<Record<string, Line>> =>
  Array.isArray(rows)
    ? Object.fromEntries((rows as Line[]).map((row) => [String(Object.values(row)[0]), row]))
    : (rows as Readonly<Record<string, Line>>);
const first = ({ rows }: Reference["result"]): Line => (rows as readonly Line[])[0] as Line;
const metric = (result: Result, name: string): number | null =>
  result.metrics.find((one) => one.name === name)?.value ?? null;
const percent = (value: number | null): number => 100 * (value ?? Number.NaN);

/** By data set: our label, and each of our numbers beside the one that it wrote. */
const cases: Readonly<
  Record<
    string,
    readonly (readonly [label: string, numbers: (ours: Result, theirs: Reference["result"]) => unknown[][]])[]
  >
> = {
  MMBench_DEV_EN: [
    ["mmbench_en", (ours, theirs) => [[metric(ours, "circular_accuracy"), rowsOf(theirs).dev?.Overall]]],
  ],
  MMStar: [["mmstar", (ours, theirs) => [[metric(ours, "accuracy"), rowsOf(theirs).none?.Overall]]]],
  ScienceQA_TEST: [["scienceqa_img", (ours, theirs) => [[metric(ours, "accuracy"), rowsOf(theirs).test?.Overall]]]],
  MMMU_DEV_VAL: [
    ["mmmu", (ours, theirs) => [[metric(ours, "accuracy"), rowsOf(theirs).validation?.Overall]]],
    ["mmmu@dev", (ours, theirs) => [[metric(ours, "accuracy"), rowsOf(theirs).dev?.Overall]]],
  ],
  POPE: [
    [
      "pope",
      (ours, theirs) => [
        [percent(metric(ours, "f1")), rowsOf(theirs).Overall?.Overall],
        [percent(metric(ours, "accuracy")), rowsOf(theirs).Overall?.acc],
      ],
    ],
  ],
  MME: [
    [
      "mme",
      (ours, theirs) => [
        [metric(ours, "mme_perception_score"), first(theirs).perception],
        [metric(ours, "mme_cognition_score"), first(theirs).reasoning],
      ],
    ],
  ],
  HallusionBench: [
    [
      "hallusion_bench_image",
      (ours, theirs) => ["aAcc", "fAcc", "qAcc"].map((name) => [metric(ours, name), rowsOf(theirs).Overall?.[name]]),
    ],
  ],
  ChartQA_TEST: [["chartqa", (ours, theirs) => [[percent(metric(ours, "relaxed_overall")), first(theirs).Overall]]]],
  TextVQA_VAL: [["textvqa", (ours, theirs) => [[percent(metric(ours, "accuracy")), first(theirs).Overall]]]],
  DocVQA_VAL: [["docvqa", (ours, theirs) => [[percent(metric(ours, "anls")), first(theirs).Overall]]]],
  OCRBench: [["ocrbench", (ours, theirs) => [[metric(ours, "ocrbench_score"), theirs["Final Score"]]]]],
  MathVista_MINI: [["mathvista", (ours, theirs) => [[percent(metric(ours, "accuracy")), rowsOf(theirs).Overall?.acc]]]],
  // MMVet's judge said different things of one prompt: here it is asked once, and its reply remembered.
  LLaVABench: [
    [
      "llava_in_the_wild",
      (ours, theirs) => [[metric(ours, "relative_score"), rowsOf(theirs).overall?.["Relative Score (main)"]]],
    ],
  ],
};

/** The files that it wrote of the run: its numbers, and what it made of each prediction (the predictions alone, where it kept nothing else). */
function filesOf(name: string): { readonly numbers: string; readonly samples: string } {
  const outputs = join(folder, name, "outputs");
  const [model = ""] = readdirSync(outputs);
  const [run = ""] = readdirSync(join(outputs, model));
  const files = readdirSync(join(outputs, model, run)).filter((file) => file.startsWith(model));
  const find = (form: RegExp) => files.find((file) => form.test(file));
  const samples = find(/_(results?|auxmatch|gpt-[\w-]+)\.(xlsx|tsv)$/) ?? find(/\.(xlsx|tsv)$/);
  const numbers = find(/_(acc|score)\.(csv|json)$/);
  return {
    numbers: join(outputs, model, run, numbers as string),
    samples: join(outputs, model, run, samples as string),
  };
}

/** Its main number under our name, in our unit. */
async function imported(path: string, result: Result, empty: string): Promise<number | null | undefined> {
  const { stdout } = await runCommand([
    ...["leaderboard", "--results", empty, "--import", `vlmevalkit:${path}`, "--format", "json"],
  ]);
  const [entry] = (JSON.parse(stdout) as { entries: LeaderboardEntry[] }).entries;
  const [label, split] = result.task.split("@");
  expect(entry).toMatchObject({ task: label, scoring: "VLMEvalKit", model: "llava_v1.5_7b" });
  const name = split === undefined ? result.metrics[0]?.name : `Overall (split ${split})`;
  const metric = entry?.metrics.find((one) => one.name === name);
  const isPercent = metric?.unit === "percent" && result.metrics[0]?.unit === "fraction";
  return isPercent ? (metric?.value ?? Number.NaN) / 100 : metric?.value;
}

const layerOf = ({ layers }: Across, name: AcrossLayer) => layers.find(({ layer }) => layer === name);

/** What its file gives back of a reply: a long one lost its end, and pandas takes some words as missing. */
function textOf(prediction: string | Cell): string {
  if (typeof prediction !== "string") return "x ".repeat(prediction.length / 2).slice(0, 32_767);
  return isMissingCell(prediction) ? "nan" : prediction;
}

/** What the judge said of each prompt, in order; of what was asked more often the last. */
async function judgeSaying(folder: string): Promise<FakeEndpoint> {
  const said = new Map<string, string[]>();
  for (const line of readFileSync(join(folder, "judge.jsonl"), "utf8").trim().split("\n")) {
    const { prompt, reply } = JSON.parse(line) as { prompt: string; reply: string };
    said.set(prompt, [...(said.get(prompt) ?? []), reply]);
  }
  return await startEndpoint({
    answer({ text }) {
      const replies = said.get(text);
      if (replies === undefined) return `never asked: ${text.slice(-80)}`;
      return (replies.length > 1 ? replies.shift() : replies[0]) as string;
    },
  });
}

/** Cells of a TSV as pandas writes them. */
function recordsOf(path: string): readonly Readonly<Record<string, string>>[] {
  const rows: string[][] = [[]];
  for (const [, quoted, plain = "", end = ""] of readFileSync(path, "utf8").matchAll(
    /(?:"((?:[^"]|"")*)"|([^\t\r\n]*))(\t|\r?\n|$)/g,
  )) {
    rows.at(-1)?.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end.endsWith("\n")) rows.push([]);
  }
  const [head = [], ...lines] = rows;
  return lines
    .filter((line) => line.length >= head.length)
    .map((line) => Object.fromEntries(head.map((name, i) => [name, line[i] ?? ""])));
}

/** Our rows' ids with the predictions of their rows: one of the file's may be none of ours (another split), or several. */
async function journal(label: string, { dataset: name, predictions }: Reference, data: string): Promise<string> {
  const [chosen] = (await chooseTasks([label])).chosen;
  if (chosen === undefined) throw new Error(label);
  const { task, split, splitName } = chosen;
  const { row, tsv } = task;
  await using dataset = await openDataset({ task: task.name, splitName, split, row, tsv, data });
  const texts = recordsOf(join(data, `${name}.tsv`)).flatMap((cells, position) => {
    const rows = tsv?.rows?.(cells, splitName, position) ?? [cells];
    return rows.map(() => textOf(predictions[cells.index ?? ""] ?? ""));
  });
  const lines: string[] = [];
  const selection = { offset: 0, repeats: 1 } as const;
  for await (const unit of plan({ ...task, limitByCluster: false }, dataset, selection, new AbortController().signal)) {
    if (!("row" in unit)) throw unit.failure;
    const { index, id } = unit;
    lines.push(JSON.stringify({ index, id, cluster: id, groups: {}, state: "answered", text: texts[index] }));
  }
  return `${lines.join("\n")}\n`;
}

const folder = join(sharedConformance ?? "", "vlmevalkit", "e2e");
const names = sharedConformance === undefined ? [] : readdirSync(folder).filter((name) => /^\d/.test(name));
const referenceOf = (name: string) =>
  JSON.parse(readFileSync(join(folder, name, "reference.json"), "utf8")) as Reference;

describe.skipIf(sharedConformance === undefined)("VLMEvalKit's runs, kept beside the repository", () => {
  for (const name of names) {
    const reference = referenceOf(name);
    // It could not score predictions that it had written as JSON.
    if (reference.result === undefined) continue;
    for (const [label, numbers] of cases[reference.dataset] ?? []) {
      test(`${name}: ${label} has the numbers that VLMEvalKit wrote`, async () => {
        await using place = await temporaryFolder();
        const data = join(folder, name, "LMUData");
        const answers = join(place.dir, `${label}.samples.jsonl`);
        await writeFile(answers, await journal(label, reference, data));
        const isJudged = reference.judge?.startsWith("gpt") ?? false;
        const judge = isJudged ? await judgeSaying(join(folder, name)) : undefined;
        try {
          if (judge)
            await writeFile(
              join(place.dir, "j.yaml"),
              `runner: openai\nmodel: judge\nurls: ["${judge.url}"]\nattempts: 1\nconcurrency: 1\n`,
            );
          const args = [
            "run",
            "--tasks",
            label,
            "--data",
            data,
            "--model",
            `replay:${answers}`,
            ...["--max-failed", "100%", "--concurrency", "1"], // the judge hears in the order of the rows
          ];
          const more = judge ? ["--judge", join(place.dir, "j.yaml")] : [];
          const out = join(place.dir, "out");
          const rules = ["--scoring", "vlmevalkit", "--prompt-profile", "vlmevalkit"];
          const ended = await runCommand([...args, ...rules, ...more, "--out", out], {
            ...reference.env,
            XDG_CACHE_HOME: join(place.dir, "cache"),
          });
          expect(ended.exitCode, ended.stderr).toBe(0);
          const ours = JSON.parse(readFileSync(join(out, `${label}.json`), "utf8")) as Result;
          const pairs = numbers(ours, reference.result);
          if (ours.n.unscored.judge === 0) {
            for (const [our, their] of pairs) expect(our).toBeCloseTo(their as number, 10);
          } else {
            // Replies that are no verdict here: it draws a letter, or counts them as wrong answers.
            const { value = 0, bounds: [low, high] = [Number.NaN, Number.NaN] } = ours.metrics[0] ?? {};
            const [our, their] = pairs[0] as unknown as readonly [number, number];
            const unit = our / (value ?? 0);
            expect(their).toBeGreaterThanOrEqual(low * unit);
            expect(their).toBeLessThanOrEqual(high * unit);
          }
          const files = filesOf(name);
          const [, their] = pairs[0] as unknown as readonly [number, number];
          const inPercent = (pairs[0]?.[0] as number) / (ours.metrics[0]?.value ?? 0);
          expect(await imported(files.numbers, ours, place.dir)).toBeCloseTo(their / inPercent, 10);

          const explained = await runCommand([
            ...["explain", out, `vlmevalkit:${files.samples}`, "--data", data, "--tasks", label, "--format", "json"],
          ]);
          const across = JSON.parse(explained.stdout) as Across;
          expect(across.theirs).toBeCloseTo(their / inPercent, 10);
          expect(layerOf(across, "prompt")?.samples).toBe(0);
          expect(layerOf(across, "options")?.samples).toBe(0);
          expect(layerOf(across, "rows")?.samples).toBe(0);
          const changed = across.layers.filter(({ scores }) => scores > 0).map(({ layer }) => layer);
          if (ours.n.unscored.judge === 0) expect([changed, across.samples.both > 0]).toEqual([[], true]);
          else expect(changed.filter((layer) => !["text", "rule"].includes(layer))).toEqual([]);
        } finally {
          await judge?.[Symbol.asyncDispose]();
        }
      });
    }
  }
});
