/**
 * lmms-eval 0.7.3 run beside us: rows of 78 of its tasks, what it sent of them, and what its metrics made of the same replies and verdicts.
 * A row goes through the border that runs have.
 */

import { join } from "node:path";
import { labelsByName } from "../../../src/api/tasks/catalogue.js";
import { metricForm } from "../../../src/board/leaderboard/import/lmms-eval-metrics.js";
import { defined } from "../../../src/core/defined.js";
import type { ImageRef } from "../../../src/core/image.js";
import type { Json } from "../../../src/core/json.js";
import type { MetricValue } from "../../../src/core/metric.js";
import type { Output } from "../../../src/core/runner.js";
import type { Scored } from "../../../src/core/score.js";
import { judgeUnder, type Task } from "../../../src/core/task.js";
import { rowConverter } from "../../../src/datasets/columns.js";
import { roundHalfEven } from "../../../src/text/python-numbers.js";
import { readingOf } from "../../../src/text/visible-answer.js";
import { mathVisionEqual, valueWithoutNames } from "../../../tasks/mathvision/answer.js";
import { jsonBoxes } from "../../../tasks/refcoco/json-boxes.js";
import { readLines } from "../lines.js";
import { PythonRandom } from "../ported/mersenne-twister.js";
import { taskGroups, taskNamed, taskScore } from "../task-score.js";
import type { VectorFile } from "../vector-file.js";

const scoring = "lmms-eval";
const labels = await labelsByName();

interface Asked {
  readonly task: Task;
  readonly profile: string;
}

/** Where its name is no alias of ours, or the words are not our default. */
const otherwise: Readonly<Record<string, readonly [task: string, profile?: string]>> = {
  mmmu_val: ["mmmu", "interleaved"],
  "mmmu_val#simple": ["mmmu"],
  mmmu_test: ["mmmu", "interleaved"],
  mathvista_testmini_solution: ["mathvista", "solution"],
  mathvista_testmini_format: ["mathvista", "format"],
  mathvista_test: ["mathvista", "reason-first"],
};

function askedAs(fn: string): Asked {
  const [name = (labels.get(fn) ?? fn).split("@")[0] as string, profile = "default"] = otherwise[fn] ?? [];
  return { task: taskNamed(name), profile };
}

/** A row as files have it, and which of its questions. */
interface Given {
  readonly row: Readonly<Record<string, unknown>>;
  readonly expression?: number;
}

interface Sized extends ImageRef {
  readonly size: readonly [number, number];
}

const image = (cell: unknown): Sized | null =>
  cell === null
    ? null
    : {
        path: "",
        size: (cell as { size: readonly [number, number] }).size,
        bytes: () => Promise.reject(new Error("nothing is read here")),
      };

/** The sample that the task makes of it. */
function sampleOf(task: Task, { row: cells, expression = 0 }: Given): Record<string, unknown> {
  // GQA's images stand in a table of their own.
  const row = { image: { size: [1, 1], path: "" }, ...rowConverter(task.row, { image })(cells) };
  return (task.expand?.(row) ?? [row])[expression] as Record<string, unknown>;
}

interface Sent {
  readonly parts: readonly string[];
  readonly system: string;
  readonly max_new_tokens: number;
  readonly temperature: number;
  readonly images: readonly Sized[];
}

/** Neighbouring texts are one; what is blank at the end of one is kept. */
function sentOf({ task, profile }: Asked, row: Record<string, unknown>, fn: string): Sent {
  const { messages } = task.prompt(row, profile);
  const all = messages.flatMap(({ role, parts }) => (role === "user" ? parts : []));
  const [, split = Object.keys(task.splits)[0] as string] = (labels.get(fn) ?? "").split("@");
  const { maxNewTokens, temperature } = { ...task.generation, ...task.splits[split]?.generation };
  return {
    parts: all.map((part) => (part.type === "text" ? part.text : "<image>")),
    system: messages
      .flatMap(({ role, parts }) => (role === "system" ? parts : []))
      .map((part) => (part.type === "text" ? part.text : ""))
      .join(""),
    max_new_tokens: maxNewTokens,
    temperature,
    images: all.flatMap((part) => (part.type === "image" ? [part.image as Sized] : [])),
  };
}

interface ExpectedPrompt {
  readonly "lmms-eval": {
    readonly parts: readonly ({ readonly text: string } | { readonly image: true })[];
    readonly system: string | null;
    readonly max_new_tokens: number;
    readonly temperature: number;
    readonly judge?: { readonly text: string };
  };
}

const endpointMark = "its words to an endpoint keep a mark for each image; ours are what its LLaVA backends see";
const prompts: VectorFile = {
  part: "the words, images and settings that a task sends",
  setAside: ({ row }: Given, fn) => {
    if (fn === "seedbench_2") return "it cannot run there";
    if (fn === "mmmu_test") return "it sends no instruction there; ours is val's";
    const words = String(row.question);
    if (/^mmmu_val(?:_reasoning)?$/.test(fn) && (/<image>/.test(words) || /(<image \d>).*\1/s.test(words)))
      return "it loses words beside a mark that stands twice or is no number's";
    if (fn.startsWith("mmt_") || (fn === "muirbench" && JSON.stringify(row).includes("<image>"))) return endpointMark;
    return undefined;
  },
  reference: (expected, fn) => {
    const { parts, system, max_new_tokens, temperature } = (expected as ExpectedPrompt)["lmms-eval"];
    const sent = parts.map((part) => ("text" in part ? part.text : "<image>"));
    // Its older class of endpoints puts the words before the images; what LLaVA is given begins with them.
    const texts = fn.endsWith("#simple")
      ? sent.sort((a, b) => Number(b === "<image>") - Number(a === "<image>"))
      : sent;
    return { parts: texts.filter((text) => text !== ""), system: system ?? "", max_new_tokens, temperature };
  },
  functions: new Proxy(
    {},
    {
      get: (_, fn: string) => (given: Given) => {
        const asked = askedAs(fn);
        const { images: _images, ...sent } = sentOf(asked, sampleOf(asked.task, given), fn);
        return { ...sent, parts: sent.parts.filter((text) => text !== "") };
      },
    },
  ),
};

interface RunInput {
  /** Ids of prompt vectors. */
  readonly prompts: readonly string[];
  readonly responses: readonly string[];
  readonly judge_replies: readonly (string | null)[] | null;
}

const rowFiles = new Map<string, ReadonlyMap<string, Given>>();

/** The rows stand in the prompts' file. */
function rowsBeside(folder: string): ReadonlyMap<string, Given> {
  const path = join(folder, "..", "prompts", "peers.jsonl.gz");
  const rows = rowFiles.get(path) ?? new Map(readLines(path).map(({ id, input }) => [String(id), input as Given]));
  rowFiles.set(path, rows);
  return rows;
}

interface Sample {
  readonly row: Record<string, unknown>;
  readonly score: Scored;
}

const outputOf = (text: string): Output => ({
  ...{ text, finish: "stop", usage: {}, timing: { totalMs: 0, attempts: 0 }, warnings: [] },
});

/** One reply as a run scores it, with the verdict that its judge gave. */
function scored(asked: Asked, row: Record<string, unknown>, text: string, reply: string | null): Scored | undefined {
  const { task } = asked;
  const output = outputOf(readingOf(scoring).visible(text));
  const question = judgeUnder(task, scoring)?.ask(row, output, [], scoring);
  const verdict: Json | undefined = question && reply !== null ? question.parse(reply) : undefined;
  const imageSizes = task.imageSizes ? sentOf(asked, row, "").images.map(({ size }) => size) : undefined;
  const draw = <T>(from: readonly T[]): T => random.choice(from);
  const verdicts = verdict === undefined ? [] : [verdict];
  // Of a reply that is no verdict there is no score; there it is left out of the mean.
  if (question !== undefined && reply !== null && verdict === undefined) return undefined;
  return taskScore(task.name, row, text, { scoring, verdicts, draw, ...defined({ imageSizes }) });
}

/** It seeds Python's generator once, with 0, and draws in order. */
let random = new PythonRandom(0);

interface ExpectedRun {
  readonly filtered: readonly (readonly string[])[];
  readonly metrics: readonly Readonly<Record<string, unknown>>[];
  readonly aggregate: Readonly<Record<string, number>>;
}

/** A sample's value where it states one. */
function valueIn(metrics: Readonly<Record<string, unknown>>): number | undefined {
  const [entry] = Object.values(metrics);
  const { score, is_correct, true_false } = (entry ?? {}) as Record<string, unknown>;
  const value = typeof entry === "number" ? entry : (score ?? is_correct ?? true_false);
  return typeof value === "number" || typeof value === "boolean" ? Number(value) : undefined;
}

/** Its metrics that ours have no like of, or another under the same name. */
const isCompared = (key: string): boolean => !/METEOR|SPICE|^pope_yes_ratio,|^submission,/.test(key);

/** What it calls a part of a split: one of our metrics over the samples of a group. */
const parts: Readonly<Record<string, readonly [metric: string, group: string, value: string]>> = {
  relaxed_human_split: ["relaxed_overall", "half", "human"],
  relaxed_augmented_split: ["relaxed_overall", "half", "augmented"],
  "coarse perception": ["average", "category", "coarse perception"],
  math: ["average", "category", "math"],
  seed_image: ["accuracy", "data_type", "image"],
  seed_video: ["accuracy", "data_type", "video"],
  ...Object.fromEntries(
    ["conv", "detail", "complex"].map((kind) => [`gpt_eval_llava_${kind}`, ["relative_score", "category", kind]]),
  ),
  ...Object.fromEntries(
    ["refer_desc", "refer_reason", "ground_conv"].map((kind) => [
      `gpt_eval_ferret_${kind}`,
      ["relative_score", "category", kind],
    ]),
  ),
};

/** Decimals that it keeps. */
const digits: Readonly<Record<string, number>> = {
  ...{ mmmu_acc: 5, cmmmu_acc: 5, mathvision_standard_eval: 2, llm_as_judge_eval: 2, websrc_squad_f1: 3 },
  ...{ aAcc: 4, fAcc: 4, qAcc: 4, gpt_eval_llava_conv: 1, gpt_eval_llava_detail: 1, gpt_eval_llava_complex: 1 },
  ...{ gpt_eval_llava_all: 1, gpt_eval_ferret_all: 1, gpt_eval_ferret_refer_desc: 1, gpt_eval_ferret_refer_reason: 1 },
  ...{ gpt_eval_ferret_ground_conv: 1 },
};

/** Its metrics of these samples, by ours. */
function aggregateOf({ task }: Asked, fn: string, names: readonly string[], samples: readonly Sample[]) {
  return Object.fromEntries(
    names.map((key) => {
      const [name = ""] = key.split(",");
      const form = metricForm(fn, name);
      const [metric = form.name, group, part] = parts[name] ?? [];
      const of = samples.filter(({ row }) => group === undefined || taskGroups(task.name, row)[group] === part);
      const found = task.metrics.find((one) => one.name === metric);
      if (found === undefined) return [key, `no metric ${metric} of ${task.metrics.map((one) => one.name)}`];
      const fold = found.start({ seed: 0, scoring, valueOnly: true });
      of.forEach(({ row, score }, index) => {
        const id = task.id(row);
        const cluster = (task.cluster ?? task.imageKey ?? task.id)(row);
        fold.add({ index, id, score, cluster, groups: taskGroups(task.name, row) });
      });
      const { value } = fold.finish() as MetricValue;
      const scaled = value !== null && form.unit === "percent" && found.unit === "fraction" ? value * 100 : value;
      const kept = fn.startsWith("mmt") ? 5 : digits[name];
      if (scaled === null) return [key, null];
      // It divides OCRBench's points by all 1,000 rows, however many were asked.
      if (name === "ocrbench_accuracy") return [key, (scaled * of.length) / 1000];
      return [key, kept === undefined ? scaled : roundHalfEven(scaled, kept)];
    }),
  );
}

/**
 * LLaVA-Bench and Ferret without the verdicts that are no pair of scores: there "8/10 9/10" is 8 to 10, or -1 to -1; here it is no score.
 */
function relativeScores(fn: string, metrics: ExpectedRun["metrics"], replies: RunInput["judge_replies"]) {
  const judge = judgeUnder(askedAs(fn).task, scoring);
  const isVerdict = (reply = "") =>
    judge?.ask({ caption: "", context: "" }, outputOf("yes"), [], scoring)?.parse(reply) !== undefined;
  const pairs = new Map<string, (readonly [number, number])[]>();
  for (const [i, of] of metrics.entries()) {
    for (const [name, entry] of Object.entries(of)) {
      const { scores } = (entry ?? {}) as { readonly scores?: readonly [number, number] };
      if (scores === undefined || scores.includes(-999) || !isVerdict(replies?.[i] ?? "")) continue;
      pairs.set(name, [...(pairs.get(name) ?? []), scores]);
    }
  }
  const mean = (values: readonly number[]) => roundHalfEven(values.reduce((sum, one) => sum + one) / values.length, 3);
  const share = (of: readonly (readonly [number, number])[]) =>
    roundHalfEven((mean(of.map(([, model]) => model)) / mean(of.map(([reference]) => reference))) * 100, 1);
  return Object.fromEntries([...pairs].map(([name, of]) => [`${name},none`, share(of)]));
}

const runs: VectorFile = {
  unsupported: {
    seedbench_2: "it cannot run there",
    llava_wilder_small: "there, no question reaches its judge, and every model has 100.0",
  },
  reference: (expected, fn, input: RunInput) => {
    const { filtered, metrics, ...rest } = expected as ExpectedRun;
    const isRelative = /^(?:llava|ferret)/.test(fn);
    const aggregate = { ...rest.aggregate, ...(isRelative ? relativeScores(fn, metrics, input.judge_replies) : {}) };
    const values = metrics.flatMap((of, i) => {
      const value = valueIn(of);
      return value === undefined ? [] : [[i, value] as const];
    });
    const shared = Object.entries(aggregate).filter(([key]) => isCompared(key));
    const hasScores = shared.length > 0;
    // Where it takes a letter out of the text first, that is its filter.
    const isText = !Object.keys(aggregate).some((key) => key.endsWith(",flexible-extract"));
    return {
      ...(isText ? { filtered: filtered.map(([text]) => text) } : {}),
      values: hasScores ? Object.fromEntries(values) : {},
      aggregate: Object.fromEntries(shared),
    };
  },
  compare: { extraKeys: true },
  functions: new Proxy(
    {},
    {
      get: (_, fn: string) => (input: RunInput, folder: string) => {
        random = new PythonRandom(0);
        const asked = askedAs(fn);
        const rows = rowsBeside(folder);
        const filtered = input.responses.map((text) => readingOf(scoring).visible(text));
        const names = aggregateNames(folder, fn);
        if (names.length === 0) return { filtered, values: {}, aggregate: {} };
        const samples = input.prompts.flatMap((id, i): Sample[] => {
          const row = sampleOf(asked.task, rows.get(id) as Given);
          const score = scored(asked, row, input.responses[i] as string, input.judge_replies?.[i] ?? null);
          return score === undefined ? [] : [{ row, score }];
        });
        const values = Object.fromEntries(
          samples.map(({ score: { value } }, i) => [
            i,
            typeof value === "number" ? value : (value.accuracy ?? value.acc_score ?? value.score),
          ]),
        );
        return { filtered, values, aggregate: aggregateOf(asked, fn, names, samples) };
      },
    },
  ),
};

/** The metrics that a line has stand in its expectation. */
function aggregateNames(folder: string, fn: string): readonly string[] {
  return readLines(join(folder, "runs.jsonl.gz"))
    .filter((line) => line.fn === fn)
    .flatMap(({ expected }) => Object.keys((expected as ExpectedRun).aggregate).filter(isCompared));
}

const extra: VectorFile = {
  reference: (expected, fn) => {
    const value = (expected as Record<string, unknown>)["0.7.3"];
    return fn === "mathvision.is_equal"
      ? value
      : { pred_boxes: (value as { pred_boxes: unknown }).pred_boxes, IoU: (value as { IoU: number }).IoU };
  },
  functions: {
    "mathvision.is_equal": ({ answer, gold }: { answer: string; gold: string }) =>
      mathVisionEqual(answer, gold, valueWithoutNames),
    refcoco_grounding_process_result: ({
      answer,
      bbox,
      size,
    }: {
      answer: string;
      bbox: number[];
      size: [number, number];
    }) => ({
      pred_boxes: jsonBoxes(answer),
      IoU: (
        taskScore("refcoco_grounding", { bbox }, answer, { scoring, imageSizes: [size] }).value as Record<
          string,
          number
        >
      ).IoU,
    }),
  },
};

export const peerVectors: Readonly<Record<string, VectorFile>> = {
  "prompts/peers": prompts,
  "peers/runs": runs,
  "peers/extra": extra,
};
