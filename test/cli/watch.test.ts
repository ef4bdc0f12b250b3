import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
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
  const drawn = await readFile(place.file("curve", "curve.svg"), "utf8");
  expect(drawn).toContain(">step 100<");
  expect(drawn).toContain(">step 200<");
  expect(Object.keys(curve[0].scalars)).toContain("single_image/unscored");
  // With nothing new the curve is shown, and exported, as it is.
  await rm(place.file("tb"), { recursive: true });
  const third = await watch();
  expect(third.stdout).toMatch(/^step 200$[\s\S]*single_image +accuracy +33\.3/m);
  expect(third.stderr).not.toMatch(/^step \d+:/m);
  expect((await readdir(place.file("tb"))).length).toBeGreaterThan(0);
});

test("watch --once says at once what is missing; without --once it waits for a training that has not begun", {
  timeout: 300_000,
}, async () => {
  await using place = await Workplace.make();
  const { exitCode, stderr } = await place.run("watch", "nowhere", "--tasks", task, "--once");
  expect(exitCode).toBe(1);
  expect(stderr).toContain("no such folder");
  await writeRows(place.file("rows"), 6);
  const options = ["--data", "rows", "--model", "stub:yes", "--out", "curve", "--quiet", "0", "--every", "1"];
  const watching = place.start("watch", "training", "--tasks", task, ...options);
  const said = new Promise<void>((resolve) => {
    let text = "";
    watching.stderr?.on("data", (part: string) => {
      text += part;
      if (text.includes("waiting for it")) resolve();
    });
  });
  await said;
  await checkpoint(place.file("training", "checkpoint-7"));
  await new Promise<void>((resolve) =>
    watching.stdout?.on("data", (part: string) => part.includes("step 7") && resolve()),
  );
  watching.kill("SIGINT");
  expect((await watching.ended).exitCode).toBe(130);
});
