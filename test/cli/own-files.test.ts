/** A wrong tab completion: an output that names a file of a run leaves that file as it was. */

import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { UserError } from "../../src/core/errors.js";
import { sample, temporaryFolder, writeRun } from "../board/run-fixture.js";
import { runCommand } from "./run-command.js";

const samples = [1, 0, 1].map((value, i) => sample(i, value));

async function contents(folder: string): Promise<Record<string, string>> {
  const names = (await readdir(folder)).sort();
  const digest = async (name: string) =>
    createHash("sha256")
      .update(await readFile(join(folder, name)))
      .digest("hex");
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await digest(name)])));
}

test("no command writes its output over a file of a run, or pages among them", async () => {
  await using folder = await temporaryFolder();
  const run = await writeRun(folder.dir, "run", { tasks: { vqav2: { samples } } });
  await writeFile(join(run, "leaderboard.json"), "{}");
  await writeFile(join(run, "timings.jsonl"), "");
  await writeFile(join(folder.dir, "history.jsonl"), "");
  const before = await contents(run);
  const file = (name: string) => join(run, name);
  const commands: readonly (readonly string[])[] = [
    ["export", run, "--out", file("vqav2.samples.jsonl")],
    ["export", run, "--out", file("run.json")],
    ["export", run, "--out", file("vqav2.samples.jsonl.gz")],
    ["samples", run, "--out", file("vqav2.samples.jsonl")],
    ["samples", run, "--out", file("judge.vqav2.jsonl")],
    ["compare", run, run, "--out", file("vqav2.json")],
    ["compare", run, run, "--save", `junit=${file("timings.jsonl")}`],
    ["leaderboard", run, "--format", "csv", "--out", file("run.json")],
    ["leaderboard", run, "--format", "json", "--out", file("leaderboard.json")],
    ["leaderboard", run, "--site", run],
    ["history", "--results", folder.dir, "--out", file("run.json")],
    ["history", "--results", folder.dir, "--out", join(folder.dir, "history.jsonl")],
    ["view", run, "--out", run],
  ];
  for (const command of commands)
    await expect(runCommand([...command]), command.join(" ")).rejects.toThrow(
      /is a file of the run in this folder|is the history of runs|this is the folder of a run/,
    );
  expect(await contents(run)).toEqual(before);
  // Outputs of their own may lie there, and be written again.
  for (let i = 0; i < 2; i++)
    await runCommand(["compare", run, run, "--format", "json", "--out", file("compared.json")]);
  expect(Object.keys(await contents(run))).toContain("compared.json");
});

test("an export of a journal that lost samples, or of one run twice, is refused", async () => {
  await using folder = await temporaryFolder();
  const run = await writeRun(folder.dir, "run", { tasks: { vqav2: { samples } } });
  const out = join(folder.dir, "all.parquet");
  await expect(runCommand(["export", run, `${run}/`, "--out", out])).rejects.toThrow("this run is named twice");
  await writeFile(join(run, "vqav2.samples.jsonl"), `${JSON.stringify(samples[0])}\n`);
  await expect(runCommand(["export", run, "--out", out])).rejects.toThrow("has 1 of the 3 scored samples");
  expect(await readdir(folder.dir)).toEqual(["run"]);
});

test("a key in a judge that no task asks, or in a tracker's URL, is refused before anything is written", async () => {
  await using folder = await temporaryFolder();
  const key = "sk-proj-Zz9yXxWwVvUuTtSsRrQqPp11";
  const out = join(folder.dir, "out");
  const run = ["run", "--tasks", "pope", "--data", "demo", "--limit", "1", "--model", "stub:yes", "--out", out];
  for (const judge of [`m@http://127.0.0.1:9/v1?api_key=${key}`, `m@http://u:${key}@127.0.0.1:9/v1`, key]) {
    const error = await runCommand([...run, "--judge", `openai:${judge}`]).catch((thrown) => thrown);
    expect(error, judge).toBeInstanceOf(UserError);
    expect(error.format()).not.toContain(key);
  }
  const watched = [
    "watch",
    folder.dir,
    "--tasks",
    "pope",
    "--data",
    "demo",
    "--model",
    "stub:yes",
    "--once",
    "--out",
    out,
  ];
  for (const url of [`http://127.0.0.1:9/?token=${key}`, `http://u:${key}@127.0.0.1:9`]) {
    const error = await runCommand([...watched, "--mlflow", url]).catch((thrown) => thrown);
    expect(error, url).toBeInstanceOf(UserError);
    expect(error.message).toContain("holds a password or a key");
    expect(error.format()).not.toContain(key);
  }
});

test("demo-data writes over its own files, and over nobody else's", async () => {
  await using folder = await temporaryFolder();
  const args = ["demo-data", "--out", folder.dir, "--tasks", "pope", "--rows", "4"];
  const path = join(folder.dir, "pope", "test-00000-of-00001.parquet");
  await runCommand(args);
  await runCommand([...args, "--seed", "2"]);
  await mkdir(join(folder.dir, "pope"), { recursive: true });
  await writeFile(path, "real rows");
  await expect(runCommand(args)).rejects.toThrow("a file that is not of demo-data is there already");
  expect(await readFile(path, "utf8")).toBe("real rows");
});
