/** `leaderboard --format eee` and `eval-results`: held to the schemas that their readers publish. */
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { Ajv } from "ajv";
import { beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import type { Json } from "../../src/core/json.js";
import type { MetricResult } from "../../src/core/metric-result.js";
import type { Result } from "../../src/core/result.js";
import { runCommand } from "../cli/run-command.js";
import { type Folder, failedSample, sample, temporaryFolder, writeRun } from "./run-fixture.js";

const schemas = join(import.meta.dirname, "every-eval-ever");
const validator = async (file: string) =>
  new Ajv({ allErrors: true, strict: false, validateFormats: false }).compile(
    JSON.parse(await readFile(join(schemas, file), "utf8")),
  );

const dataset: Result["dataset"] = {
  ...{ source: "lmms-lab/VQAv2", kind: "hub", split: "validation", revision: "a".repeat(40), licence: "CC-BY-4.0" },
  ...{ configs: ["default"], digest: "b".repeat(64) },
};
const { revision: _, ...local } = dataset;
const accuracy = (value: number, n: number): MetricResult => ({
  ...{ name: "accuracy", unit: "fraction", direction: "higher", value, n },
  ...{ stderr: 0.0512345, interval: [0.6, 0.8], method: "wilson" },
});
const cider: MetricResult = { name: "CIDEr", unit: "ratio", direction: "higher", value: 1.25, n: 2 };

const answers = [
  ...Array.from({ length: 9 }, (_, i) => sample(i, i % 3 === 0 ? 0 : 1, { prompt: `<image>\nQuestion ${i}?` })),
  failedSample(9, "HTTP 500"),
];
const rounds = [0, 1].map((i) => sample(i, i, { prompt: "user: one\nassistant: two", turns: ["two", "three"] }));
const captions = [0, 1].map((i) => sample(i, 0, { score: { status: "scored", value: {}, answer: "a dog" } }));

let folder: Folder;
beforeAll(async () => {
  folder = await temporaryFolder();
  await writeRun(folder.dir, "whole", {
    model: "example/model-7b",
    manifest: { config: { tasks: ["vqav2"], model: { runner: "local", checkpoint: "example/model-7b" } } },
    tasks: {
      vqav2: {
        samples: answers,
        metrics: [{ ...accuracy(6 / 9, 9), reportedAs: "Overall" }],
        result: { dataset, judge: { model: "openai:j", expected: "j", promptDigest: "0123", asked: 9, failed: 0 } },
      },
      rounds: { samples: rounds, result: { dataset: { ...local, kind: "folder", source: "rows" } } },
      coco_cap: { samples: captions, metrics: [cider], result: { dataset: { ...dataset, source: "lmms-lab/COCO" } } },
      part: { samples: answers, result: { dataset, flags: ["partial"] } },
    },
  });
  await writeRun(folder.dir, "other", { model: "other", tasks: { vqav2: { samples: answers, result: { dataset } } } });
  return () => folder[Symbol.asyncDispose]();
});

const run = (name: string) => join(folder.dir, name);
const files = async (dir: string) =>
  (await readdir(dir, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();

test("every aggregate and every line of samples is what the published schemas accept, and the same the next time", async () => {
  const [isAggregate, isSample] = [
    await validator("eval.schema.json"),
    await validator("instance_level_eval.schema.json"),
  ];
  const facts = ["--organization", "Example", "--relationship", "first_party", "--availability", "open_weights"];
  const written = async (out: string) => {
    await runCommand(["leaderboard", run("whole"), "--include", "partial", "--format", "eee", "--out", out, ...facts]);
    return files(out);
  };
  const paths = await written(run("eee"));
  // Captions have no score of their own.
  expect(paths.filter((path) => path.endsWith(".jsonl"))).toHaveLength(3);
  expect(paths.filter((path) => path.endsWith(".json"))).toHaveLength(4);
  for (const path of paths) {
    expect(path.slice(run("eee").length)).toMatch(
      /^\/data\/[^/]+\/example\/model-7b\/[0-9a-f-]{36}(_samples\.jsonl|\.json)$/,
    );
    const text = await readFile(path, "utf8");
    if (path.endsWith(".jsonl"))
      for (const line of text.trim().split("\n"))
        expect(isSample(JSON.parse(line)), JSON.stringify(isSample.errors)).toBe(true);
    else expect(isAggregate(JSON.parse(text)), JSON.stringify(isAggregate.errors)).toBe(true);
  }
  const again = await written(run("eee-again"));
  for (const [i, path] of again.entries()) {
    expect(path.slice(run("eee-again").length)).toBe((paths[i] as string).slice(run("eee").length));
    expect(await readFile(path, "utf8")).toBe(await readFile(paths[i] as string, "utf8"));
  }
});

test("the schemas refuse what is none: they are looked at", async () => {
  const isAggregate = await validator("eval.schema.json");
  const path = (await files(run("eee"))).find((name) => name.endsWith(".json")) as string;
  const aggregate = JSON.parse(await readFile(path, "utf8"));
  expect(
    isAggregate({ ...aggregate, source_metadata: { ...aggregate.source_metadata, evaluator_relationship: "me" } }),
  ).toBe(false);
});

test("an aggregate has the number, its uncertainty, what decides it, and the digest of its samples", async () => {
  const path = (await files(join(run("eee"), "data", "vqav2"))).find((name) => name.endsWith(".json")) as string;
  const aggregate = JSON.parse(await readFile(path, "utf8"));
  expect(aggregate).toMatchObject({
    source_metadata: { source_organization_name: "Example", evaluator_relationship: "first_party" },
    model_info: {
      id: "example/model-7b",
      additional_details: { deployment_type: "self_deployed", model_availability: "open_weights" },
    },
    evaluation_results: [
      {
        source_data: {
          source_type: "hf_dataset",
          hf_repo: "lmms-lab/VQAv2",
          hf_split: "validation",
          samples_number: 10,
        },
        metric_config: {
          metric_id: "accuracy",
          min_score: 0,
          max_score: 1,
          additional_details: { judge: "openai:j", reported_as: "Overall" },
        },
        score_details: {
          score: 6 / 9,
          details: { total: "10", unscored_transport: "1" },
          uncertainty: {
            num_samples: 9,
            standard_error: { value: 0.0512345, method: "wilson" },
            confidence_interval: { lower: 0.6, upper: 0.8, confidence_level: 0.95 },
          },
        },
        generation_config: { additional_details: { scoring: "official", prompt_profile: "default" } },
      },
    ],
  });
  const { file_path, checksum, total_rows } = aggregate.detailed_evaluation_results;
  const samples = await readFile(join(run("eee"), file_path), "utf8");
  expect(createHash("sha256").update(samples).digest("hex")).toBe(checksum);
  // The tenth has no score, and a failure is none.
  expect(samples.trim().split("\n")).toHaveLength(total_rows);
  expect(total_rows).toBe(9);
  expect(JSON.parse(samples.split("\n")[1] as string)).toMatchObject({
    evaluation_result_id: "vqav2/accuracy",
    input: { raw: "<image>\nQuestion 1?" },
    evaluation: { score: 1, is_correct: true },
  });
});

test("rounds are messages, and bounds that nobody knows are left out", async () => {
  const [path] = await files(join(run("eee"), "data", "rounds"));
  const all = await Promise.all(
    (await files(join(run("eee"), "data", "rounds"))).map((name) => readFile(name, "utf8")),
  );
  expect(path).toBeDefined();
  const line = JSON.parse(
    (all.find((text) => text.startsWith('{"schema_version"')) as string).split("\n")[0] as string,
  );
  expect(line).toMatchObject({
    ...{ interaction_type: "multi_turn", output: null },
    messages: [{ role: "user" }, { role: "assistant", content: "two" }, { role: "assistant", content: "three" }],
  });
  const [caption] = await files(join(run("eee"), "data", "coco_cap"));
  const aggregate = JSON.parse(await readFile(caption as string, "utf8"));
  expect(aggregate.detailed_evaluation_results).toBeUndefined();
  expect(aggregate.evaluation_results[0].metric_config).not.toHaveProperty("min_score");
});

test("a model that the hub does not know is called unknown/NAME; eee needs a folder, and facts their form", async () => {
  const { stdout, stderr } = await runCommand(["leaderboard", run("other"), "--format", "eee", "--out", run("e3")]);
  expect(stdout).toContain("/data/vqav2/unknown/other/");
  expect(stderr).toContain("--model-id");
  const bad = (...args: string[]) => expect(runCommand(["leaderboard", run("other"), ...args])).rejects;
  await bad("--format", "eee").toMatchObject({ where: "--format eee" });
  await bad("--format", "eee", "--out", run("other")).toMatchObject({
    message: expect.stringContaining("folder of a run"),
  });
  await bad("--format", "eval-results", "--model-id", "x").toMatchObject({ where: "--model-id" });
  await bad("--format", "eval-results", "--task-ids", "vqav2").toMatchObject({ where: "--task-ids" });
  await bad("--format", "eval-results", "--source-url", "here").toMatchObject({ where: "--source-url" });
});

/** The keys of hub-docs' eval_results.yaml as huggingface_hub 2.4.0 reads them; the values are checked beside it. */
const known = { dataset: ["id", "revision", "task_id"], source: ["name", "org", "url", "user"] };

test("eval-results has the whole results over the hub's rows in per cent, and says what it left out", async () => {
  const of = async (...args: string[]) =>
    (await runCommand(["leaderboard", ...args, "--format", "eval-results"])).stdout;
  const text = await of(
    ...[run("whole"), "--include", "partial", "--source-url", "https://example.org/run", "--organization", "example"],
    ...["--task-ids", "vqav2=default"],
  );
  const entries = parse(text) as Record<string, Record<string, Json>>[];
  for (const { dataset: data, source, ...rest } of entries) {
    expect(Object.keys(data ?? {}).filter((key) => !known.dataset.includes(key))).toEqual([]);
    expect(Object.keys(source ?? {}).filter((key) => !known.source.includes(key))).toEqual([]);
    expect(Object.keys(rest).sort()).toEqual(["date", "notes", "value"]);
  }
  expect(entries).toEqual([
    {
      dataset: { id: "lmms-lab/COCO", task_id: "coco_cap", revision: dataset.revision },
      value: 1.25,
      date: "2026-01-01T01:00:00.000Z",
      source: { url: "https://example.org/run", name: expect.stringMatching(/^llava-eval \d/), org: "example" },
      notes: expect.stringMatching(/^coco_cap v1 CIDEr, official scoring, prompt profile default, \d of 2 samples$/),
    },
    expect.objectContaining({
      dataset: { id: "lmms-lab/VQAv2", task_id: "default", revision: dataset.revision },
      value: 66.67,
      notes:
        'vqav2 v1 accuracy, official scoring, which reports it as "Overall", prompt profile default, 9 of 10 samples, stderr 5.12, judge openai:j',
    }),
  ]);
  expect(text).toContain('# left out: "part", which is partial\n');
  expect(text).toContain('# left out: "rounds", whose rows are not the hub\'s\n');
  // Without a place the hub's client refuses a source.
  expect(parse(await of(run("whole"), "--organization", "example"))).not.toContainEqual(
    expect.objectContaining({ source: expect.anything() }),
  );
  await expect(of(run("whole"), run("other"))).rejects.toMatchObject({ where: "--format eval-results" });
});
