import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { Fold, Sample } from "../../src/core/metric.js";
import type { Score, Scoring } from "../../src/core/score.js";
import { captionMetrics } from "../../src/metrics/caption-metrics.js";
import { rawCaptionScores } from "../../src/metrics/caption-scores.js";

const captions = [
  { prediction: "A dog on a mat.", references: ["A dog lies on a mat.", "The dog is on the mat", "a brown dog"] },
  { prediction: "Two cats they've", references: ["Two cats sit.", "Cats that they've seen", "A pair of cats"] },
  { prediction: "a red car in the rain", references: ["A car in rain", "The red car.", "Rain on a red car"] },
];
const sample = (index: number, score: Score): Sample => ({
  index,
  id: String(index),
  cluster: String(index),
  groups: {},
  score,
});
const samples = captions.map(({ prediction, references }, i) =>
  sample(i, { status: "scored", value: {}, answer: prediction, targets: references }),
);
const context = (scoring: Scoring = "official") => ({ seed: 3, scoring });

async function valuesOf(folds: readonly Fold[], from: readonly Sample[]) {
  for (const one of from) for (const fold of folds) fold.add(one);
  return Promise.all(folds.map((fold) => fold.finish()));
}

test("the metrics of one task are those of the corpus, and come with their intervals", async () => {
  const metrics = captionMetrics({ names: ["CIDEr", "Bleu_4", "Bleu_1", "ROUGE_L"] });
  const [cider, bleu4, bleu1, rouge] = await valuesOf(
    metrics.map((metric) => metric.start(context())),
    samples,
  );
  const scores = rawCaptionScores(captions);
  expect([cider?.value, bleu4?.value, bleu1?.value, rouge?.value]).toEqual([
    scores.cider,
    scores.bleu[3],
    scores.bleu[0],
    scores.rougeL,
  ]);
  expect([cider?.method, bleu4?.method, rouge?.method]).toEqual(["t", "bootstrap", "t"]);
  expect(cider?.n).toBe(3);
});

test("folds that share their work give what each gives alone, also when they turn out to have other samples", async () => {
  const metrics = captionMetrics({ names: ["CIDEr", "ROUGE_L"] });
  const alone = async (from: readonly Sample[]) =>
    (await Promise.all(
      metrics.map(async (metric) => (await valuesOf([metric.start(context())], from))[0]?.value),
    )) as number[];
  const [all, two] = [await alone(samples), await alone(samples.slice(0, 2))];
  // Started in an order that mixes two sets of samples.
  const [a, b, c, d] = [metrics[0], metrics[0], metrics[1], metrics[1]].map(
    (metric) => metric?.start(context()) as Fold,
  );
  for (const one of samples) for (const fold of [a, c]) fold?.add(one);
  for (const one of samples.slice(0, 2)) for (const fold of [b, d]) fold?.add(one);
  const values = await Promise.all([a, c, b, d].map((fold) => fold?.finish()));
  expect(values.map((value) => value?.value)).toEqual([...all, ...two]);
});

test("samples without a caption widen the bounds of means over images, and are named where all captions are pooled", async () => {
  const failed = sample(9, { status: "unscored", reason: "transport", detail: "reset" });
  const [metric] = captionMetrics({ names: ["ROUGE_L"] });
  const [value] = await valuesOf([metric?.start(context()) as Fold], [...samples, failed]);
  expect(value?.n).toBe(3);
  const sum = 3 * (value?.value ?? Number.NaN);
  expect(value?.bounds).toEqual([sum / 4, (sum + 1) / 4]);
  const [pooled] = captionMetrics({ names: ["Bleu_4"] });
  const [bleu] = await valuesOf([pooled?.start(context()) as Fold], [...samples, failed]);
  expect(bleu).toMatchObject({ n: 3, note: "1 samples without a score are left out" });
  expect((await valuesOf([metric?.start(context()) as Fold], [failed]))[0]).toMatchObject({ value: null, n: 0 });
});

describe("METEOR and SPICE through the user's jars", () => {
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "llava-eval-jars-"));
    for (const jar of ["meteor-1.5.jar", "spice-1.0.jar"]) await writeFile(join(folder, jar), "");
    // Speaks the jars' protocols: METEOR's lines on stdin and stdout, SPICE's files.
    const java = `#!/usr/bin/env node
const fs = require("node:fs");
const args = process.argv.slice(2);
if (args.join(" ").includes("spice")) {
  const input = JSON.parse(fs.readFileSync(args.find((arg) => arg.endsWith("in.json")), "utf8"));
  const out = args[args.indexOf("-out") + 1];
  fs.writeFileSync(out, JSON.stringify(input.map((one) => ({ scores: { All: { f: one.refs.includes(one.test) ? 1 : 0.25 } } }))));
} else {
  require("node:readline").createInterface({ input: process.stdin }).on("line", (line) => {
    const parts = line.split(" ||| ");
    if (parts[0] === "SCORE") console.log(parts.length - 2 + " " + parts.at(-1).length);
    else { for (const part of parts.slice(1)) console.log(Number(part.split(" ")[0]) / 10); console.log("0.75"); }
  });
}
`;
    await writeFile(join(folder, "java"), java);
    await chmod(join(folder, "java"), 0o755);
    await writeFile(join(folder, "broken"), '#!/bin/sh\necho "Unsupported class file" >&2\nexit 1\n');
    await chmod(join(folder, "broken"), 0o755);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const measured = async (environment: Record<string, string>) => {
    for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
    try {
      const metrics = captionMetrics({ names: ["METEOR", "SPICE"] });
      return await valuesOf(
        metrics.map((metric) => metric.start(context())),
        samples,
      );
    } finally {
      vi.unstubAllEnvs();
    }
  };

  test("without a jar they are not computed, and the note says how to have them", async () => {
    const [meteor, spice] = await measured({ LLAVA_EVAL_METEOR_JAR: "", LLAVA_EVAL_SPICE_JAR: "" });
    expect(meteor).toMatchObject({ value: null, note: expect.stringContaining("LLAVA_EVAL_METEOR_JAR") });
    expect(spice).toMatchObject({ value: null, note: expect.stringContaining("LLAVA_EVAL_SPICE_JAR") });
  });

  test("with them the corpus value is the jar's own", async () => {
    const [meteor, spice] = await measured({
      LLAVA_EVAL_METEOR_JAR: join(folder, "meteor-1.5.jar"),
      LLAVA_EVAL_SPICE_JAR: join(folder, "spice-1.0.jar"),
      LLAVA_EVAL_JAVA: join(folder, "java"),
    });
    expect(meteor).toMatchObject({ value: 0.75, n: 3 }); // the aggregate, not the mean of 0.3
    expect(spice).toMatchObject({ value: 0.25, n: 3 });
  });

  test("a Java that fails leaves the metric uncomputed with its words", async () => {
    const [meteor, spice] = await measured({
      LLAVA_EVAL_METEOR_JAR: join(folder, "meteor-1.5.jar"),
      LLAVA_EVAL_SPICE_JAR: join(folder, "absent.jar"),
      LLAVA_EVAL_JAVA: join(folder, "broken"),
    });
    expect(meteor).toMatchObject({ value: null, note: expect.stringContaining("Unsupported class file") });
    expect(spice).toMatchObject({ value: null, note: expect.stringContaining("names no file") });
  });
});
