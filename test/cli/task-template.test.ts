import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { writeTask } from "../../src/cli/task-template.js";
import { UserError } from "../../src/core/errors.js";
import { Workplace } from "../e2e/cli.js";

test("tasks new writes a task that runs from a foreign folder at once", async () => {
  await using place = await Workplace.make();
  const written = await place.run("tasks", "new", "my_benchmark");
  expect(written.stderr).toContain("llava-eval run --tasks ./my_benchmark.ts");
  expect(written.exitCode).toBe(0);
  expect(written.stdout.trim().split("\n").sort()).toEqual(
    ["my_benchmark.jsonl", "my_benchmark.png", "my_benchmark.test.mjs", "my_benchmark.ts"].sort(),
  );
  const args = ["run", "--tasks", "./my_benchmark.ts", "--data", ".", "--model", "stub", "--out", "out"];
  const run = await place.run(...args);
  expect(run.exitCode, run.stderr).toBe(0);
  expect((await place.result("out", "my_benchmark")).n.scored).toBe(2);
});

test("tasks new keeps what is there and says so", async () => {
  await using place = await Workplace.make();
  await place.run("tasks", "new", "mine");
  const before = await place.read("mine.ts");
  const again = await place.run("tasks", "new", "mine");
  expect(again.exitCode).toBe(1);
  expect(again.stderr).toContain("exists already");
  expect(await place.read("mine.ts")).toBe(before);
});

test("a task's name has lower-case letters, digits and underscores", async () => {
  const folder = await mkdtemp(join(tmpdir(), "llava-eval-template-"));
  try {
    for (const name of ["My-Task", "../evil", "", "1st"])
      await expect(writeTask(name, folder)).rejects.toThrow(UserError);
    const files = await writeTask("fine_2", folder);
    expect(await readFile(files[0] ?? "", "utf8")).toContain('name: "fine_2"');
  } finally {
    await rm(folder, { recursive: true });
  }
});
