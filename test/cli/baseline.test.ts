import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openRun } from "../../src/record/read.js";
import { sample, temporaryFolder, writeRun } from "../board/run-fixture.js";
import { runCommand } from "./run-command.js";

const samples = [sample(0, 1), sample(1, 0)];

test("baseline accept copies results and journals, gzipped, byte for byte the same for equal runs", async () => {
  await using folder = await temporaryFolder();
  const dir = await writeRun(folder.dir, "nightly", { tasks: { vqav2: { samples } } });
  const accept = (...args: string[]) => runCommand(["baseline", "accept", dir, "--results", folder.dir, ...args]);
  const first = await accept();
  expect(first.stdout).toMatch(/^vqav2 accuracy: 50\.0/);
  const path = join(folder.dir, "baselines", "nightly");
  expect((await readdir(path)).sort()).toEqual(["run.json", "vqav2.json", "vqav2.samples.jsonl.gz"]);
  const ids: string[] = [];
  for await (const record of (await openRun(path)).samples("vqav2")) ids.push(record.id);
  expect(ids).toEqual(["q0", "q1"]);
  const bytes = await readFile(join(path, "vqav2.samples.jsonl.gz"));
  expect((await accept()).stdout).toMatch(/^vqav2 accuracy: 50\.0.* → 50\.0/);
  expect(await readFile(join(path, "vqav2.samples.jsonl.gz"))).toEqual(bytes);
  expect(await readdir(join(folder.dir, "baselines"))).toEqual(["nightly"]);
});

test("a run that is unfinished or flagged is no baseline unless it is allowed to be, and a name stays inside its folder", async () => {
  await using folder = await temporaryFolder();
  const accept = (dir: string, ...args: string[]) =>
    runCommand(["baseline", "accept", dir, "--results", folder.dir, ...args]);
  const running = await writeRun(folder.dir, "a", { manifest: { status: "running" }, tasks: { vqav2: { samples } } });
  await expect(accept(running)).rejects.toThrow("the run is running");
  const partial = await writeRun(folder.dir, "b", { tasks: { vqav2: { samples, result: { flags: ["partial"] } } } });
  await expect(accept(partial)).rejects.toThrow('vqav2 is flagged "partial"');
  expect((await accept(partial, "--allow", "partial")).exitCode).toBe(0);
  await expect(accept(partial, "--allow", "partial", "--name", "../evil")).rejects.toThrow(
    "cannot be a baseline's name",
  );
  await expect(accept(join(folder.dir, "baselines", "b"), "--allow", "partial")).rejects.toThrow(
    "this is the baseline itself",
  );
});
