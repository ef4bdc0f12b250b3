import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { writeTask } from "../../src/api/tasks/new-task.js";
import { UserError } from "../../src/core/errors.js";
import { root, Workplace } from "../e2e/cli.js";

test("tasks new writes a task that runs from a foreign folder at once", async () => {
  await using place = await Workplace.make();
  const written = await place.run("tasks", "new", "my_benchmark");
  expect(written.exitCode).toBe(0);
  expect(written.stdout.trim().split("\n").sort()).toEqual(
    ["my_benchmark.jsonl", "my_benchmark.png", "my_benchmark.test.mjs", "my_benchmark.ts"].sort(),
  );
  const [run = "", own = ""] = linesToType(written.stderr);
  await typed(run, place.path);
  const [folder = ""] = await readdir(place.file("results")).then((names) =>
    names.filter((name) => /^stub/.test(name)),
  );
  expect((await place.result(join("results", folder), "my_benchmark")).n.scored).toBe(2);
  // Nothing but the program's own copy is asked: no registry, no PATH.
  expect(await typed(own, place.path)).toContain("pass 1");
});

test("tasks new in a folder of a checkout prints lines that work there", async () => {
  await mkdir(join(root, "build"), { recursive: true });
  const folder = await mkdtemp(join(root, "build", "tasks-new-"));
  try {
    const program = join(root, "bin", "llava-eval.js");
    const { stderr } = await promisify(execFile)(process.execPath, [program, "tasks", "new", "mine"], { cwd: folder });
    const lines = linesToType(stderr);
    expect(lines).toEqual(["npx llava-eval run --tasks ./mine.ts --data . --model stub", "node --test mine.test.mjs"]);
    expect(await typed(`${lines[0]} --out out`, folder)).toContain("mine");
    expect(await typed(lines[1] ?? "", folder)).toContain("pass 1");
  } finally {
    await rm(folder, { recursive: true });
  }
});

/** What `tasks new` says comes next. */
const linesToType = (stderr: string): string[] => {
  const [, lines = ""] = stderr.split("next: ");
  return lines.trim().split(/\n\s+/);
};

/** The line as a user would type it, and what it printed. */
async function typed(line: string, cwd: string): Promise<string> {
  const env = { PATH: process.env.PATH, HOME: cwd, npm_config_registry: "http://127.0.0.1:9/" };
  const { stdout } = await promisify(execFile)("bash", ["-c", line], { cwd, env });
  return stdout;
}

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
    const { paths } = await writeTask("fine_2", folder);
    expect(await readFile(paths[0] ?? "", "utf8")).toContain('name: "fine_2"');
  } finally {
    await rm(folder, { recursive: true });
  }
});
