import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { findCheckpoints, isComplete } from "../../src/board/watch/checkpoints.js";
import { bestPoint, curveTable, readCurve } from "../../src/board/watch/curve.js";
import { decide } from "../../src/board/watch/early-stop.js";
import { sample, temporaryFolder, writeRun } from "./run-fixture.js";

/** A safetensors file of `tensorBytes` bytes; `written` of them are there. */
function safetensors(tensorBytes: number, written = tensorBytes): Buffer {
  const header = Buffer.from(
    JSON.stringify({ w: { dtype: "F32", shape: [tensorBytes / 4], data_offsets: [0, tensorBytes] } }),
  );
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, header, Buffer.alloc(written)]);
}

test("a checkpoint counts when its weights are as long as their headers say, and every shard of the index is there", async () => {
  await using folder = await temporaryFolder();
  const write = async (name: string, files: Readonly<Record<string, string | Buffer>>) => {
    await mkdir(join(folder.dir, name));
    for (const [file, content] of Object.entries(files)) await writeFile(join(folder.dir, name, file), content);
  };
  const index = JSON.stringify({ weight_map: { a: "one.safetensors", b: "two.safetensors" } });
  await write("checkpoint-100", { "config.json": "{}", "model.safetensors": safetensors(64) });
  await write("checkpoint-200", { "config.json": "{}", "model.safetensors": safetensors(64, 40) });
  await write("checkpoint-300", { "model.safetensors": safetensors(64) });
  await write("checkpoint-400", {
    "config.json": "{}",
    "model.safetensors.index.json": index,
    "one.safetensors": safetensors(8),
  });
  await write("checkpoint-1000", {
    "config.json": "{}",
    "model.safetensors.index.json": index,
    "one.safetensors": safetensors(8),
    "two.safetensors": safetensors(8),
  });
  await write("checkpoint-500", { "config.json": "{}", "model.safetensors": Buffer.alloc(4) });
  await write("checkpoint-600", { "config.json": "{}", "model.safetensors.index.json": '{"weight_map": {' });
  await write("tmp-checkpoint-700", { "config.json": "{}", "model.safetensors": safetensors(64) });
  await write("logs", {});
  const found = await findCheckpoints(folder.dir);
  expect(found.map(({ step }) => step)).toEqual([100, 200, 300, 400, 500, 600, 1000]);
  const complete = await Promise.all(found.map(async (one) => ((await isComplete(one, 0)) ? one.step : undefined)));
  expect(complete.filter((step) => step !== undefined)).toEqual([100, 1000]);
  // Just written: a trainer may still be adding files.
  expect(await isComplete(found[0] as (typeof found)[number], 60_000)).toBe(false);
  expect(await isComplete(found[0] as (typeof found)[number], 60_000, Date.now() + 120_000)).toBe(true);
});

const options = {
  alpha: 0.05,
  minEffect: 1,
  seed: 0,
  replicates: 100,
  force: false,
  flips: 0,
  metricsOf: async () => undefined,
};

/** Runs of 2,000 samples of which the given share is right. */
async function curve(root: string, shares: Readonly<Record<number, number>>) {
  for (const [step, share] of Object.entries(shares)) {
    const samples = Array.from({ length: 2000 }, (_, i) => sample(i, (i * 37) % 2000 < share * 2000 ? 1 : 0));
    await writeRun(root, `step-${step}`, { tasks: { pope: { samples } } });
  }
  return await readCurve(root);
}

test("the curve is read from the run folders, by step, with its best point", async () => {
  await using folder = await temporaryFolder();
  await writeRun(folder.dir, "step-400", {
    manifest: { status: "running" },
    tasks: { pope: { samples: [sample(0, 1)] } },
  });
  const points = await curve(folder.dir, { 100: 0.5, 300: 0.7, 200: 0.6 });
  expect(points.map(({ step }) => step)).toEqual([100, 200, 300]);
  expect(bestPoint(points, "pope")?.step).toBe(300);
  expect(curveTable(points)).toMatch(
    /pope +accuracy +50\.0 \[47\.8, 52\.2\] +70\.0 \[68\.0, 72\.0\] +300 +70\.0 \[68\.0, 72\.0\] +0\.0 +▁▅█/,
  );
});

test("a training is stopped once the last checkpoints exclude an improvement over the best, and not before", async () => {
  await using folder = await temporaryFolder();
  const rule = { task: "pope", patience: 2 };
  const rising = await curve(folder.dir, { 100: 0.5, 200: 0.6, 300: 0.7 });
  expect(await decide(rising, rule, options)).toMatchObject({ stop: false, best: 300, reasons: [] });
  const once = await curve(folder.dir, { 400: 0.65 });
  expect(await decide(once, rule, options)).toMatchObject({ stop: false, best: 300 });
  const flat = await curve(folder.dir, { 500: 0.66 });
  expect(await decide(flat, rule, options)).toMatchObject({
    stop: true,
    best: 300,
    reasons: [expect.stringContaining("step 400"), "step 500: an improvement over step 300 is excluded"],
  });
});
