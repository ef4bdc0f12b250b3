import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root, Workplace } from "../e2e/cli.js";
import { writeRows } from "../e2e/rows.js";

const task = join(root, "test", "forms", "single-image.ts");

/** A checkpoint that is whole: no tensors, and a header that says so. */
async function checkpoint(dir: string): Promise<void> {
  await mkdir(dir, { recursive: true });
  await writeFile(join(dir, "config.json"), "{}");
  const head = Buffer.alloc(8);
  head.writeBigUInt64LE(2n);
  await writeFile(join(dir, "model.safetensors"), Buffer.concat([head, Buffer.from("{}")]));
}

test("watch evaluates each complete checkpoint once, and goes on with new ones when it is started again", {
  timeout: 900_000,
}, async () => {
  await using place = await Workplace.make();
  await writeRows(place.file("rows"), 6);
  await checkpoint(place.file("training", "checkpoint-100"));
  await mkdir(place.file("training", "checkpoint-200"));
  // The stub stands in for the checkpoint: what is tested is which steps are evaluated, when, and what is kept.
  const watch = () =>
    place.run(
      "watch",
      "training",
      "--tasks",
      task,
      "--data",
      "rows",
      "--model",
      "stub:yes",
      "--out",
      "curve",
      "--quiet",
      "0",
      "--once",
      "--tensorboard",
      "tb",
    );
  const first = await watch();
  expect(first).toMatchObject({ exitCode: 0 });
  expect(first.stdout).toMatch(/^step 100$/m);
  expect(first.stdout).not.toContain("step 200");
  await checkpoint(place.file("training", "checkpoint-200"));
  const second = await watch();
  expect(second.stdout).toMatch(/^step 200$/m);
  expect(second.stderr).not.toMatch(/^step 100:/m);
  const curve = (await readFile(place.file("curve", "curve.jsonl"), "utf8"))
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(curve.map(({ step }) => step)).toEqual([100, 200]);
  expect(Object.keys(curve[0].scalars)).toContain("single_image/unscored");
});

test("watch says at once what is missing", { timeout: 300_000 }, async () => {
  await using place = await Workplace.make();
  const { exitCode, stderr } = await place.run("watch", "nowhere", "--tasks", task);
  expect(exitCode).toBe(1);
  expect(stderr).toContain("no such folder");
});
