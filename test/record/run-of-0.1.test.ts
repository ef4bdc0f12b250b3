import { cp, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Result } from "../../src/core/result.js";
import { openRun } from "../../src/record/read.js";
import { runCommand } from "../cli/run-command.js";

const old = fileURLToPath(new URL("run-of-0.1", import.meta.url));
const answered = join(old, "answered");

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "llava-eval-old-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const metric = (result: Result | undefined) => result?.metrics.map(({ name, value, n }) => [name, value, n]);
const resultIn = async (dir: string, label: string): Promise<Result> =>
  JSON.parse(await readFile(join(dir, `${label}.json`), "utf8"));

test("samples, judgements and timings of the last release are read", async () => {
  const run = await openRun(answered);
  expect(run.labels).toEqual(["pope", "vqav2", "coco2017_cap"]);
  const states: string[] = [];
  for await (const { state } of run.samples("pope")) states.push(state);
  expect(states).toEqual([...Array(2).fill("scored"), "failed", ...Array(9).fill("scored")]);
  const kinds: string[] = [];
  const judged = await openRun(join(old, "judged"));
  for await (const { verdict } of judged.judgements("judged")) kinds.push(String(verdict));
  for await (const { kind } of judged.timings()) kinds.push(kind);
  expect(kinds).toEqual(["7", "7", "model", "model", "judge", "judge"]);
});

test("a limit by cluster of the last release is seen as such: equal runs have no difference", async () => {
  const compared = await runCommand(["compare", join(old, "circular-A"), join(old, "circular-B"), "--format", "json"]);
  const [task] = JSON.parse(compared.stdout).tasks;
  expect(task).toMatchObject({ a: 0, b: 0, delta: 0, samples: { paired: 16, onlyA: 0, onlyB: 0 } });
});

test("compare, explain, view, leaderboard and baseline read them, and a baseline of one is equal to it", async () => {
  const accepted = await runCommand([
    "baseline",
    "accept",
    answered,
    "--results",
    folder,
    "--allow",
    "demo,partial,incomplete",
  ]);
  expect(accepted.exitCode).toBe(0);
  const baseline = join(folder, "baselines", "answered");
  const compared = await runCommand(["compare", baseline, answered, "--fail-on", "regression", "--format", "json"]);
  expect(compared.exitCode).toBe(0);
  expect(JSON.parse(compared.stdout).tasks.map((task: { delta: number | null }) => task.delta)).not.toContain(
    undefined,
  );
  const explained = await runCommand(["explain", baseline, answered, "--format", "json"]);
  expect(JSON.parse(explained.stdout).map(({ first }: { first?: string }) => first)).toEqual(Array(3).fill(undefined));
  const board = await runCommand([
    "leaderboard",
    answered,
    "--include",
    "demo,partial,incomplete",
    "--format",
    "csv-long",
  ]);
  expect(board.stdout).toContain("replay:journal");
  const report = join(folder, "report");
  await runCommand(["view", answered, "--out", report]);
  await runCommand(["view", baseline, answered, "--out", join(folder, "two")]);
  const page = await readFile(join(folder, "two", "index.html"), "utf8");
  expect(await readFile(join(report, "index.html"), "utf8")).toContain("random-1");
  // Both sides have every sample: the packed one too.
  const states = /"states":\["([a-z-]+)","([a-z-]+)"\]/.exec(page);
  expect(states?.[1]).toBe(states?.[2]);
  expect(states?.[1]).toContain("u");
});

test("score gives the same scores again, into a copy, of a run and of a baseline", async () => {
  await cp(answered, join(folder, "run"), { recursive: true });
  await runCommand(["baseline", "accept", answered, "--results", folder, "--allow", "demo,partial,incomplete"]);
  for (const [from, out] of [
    ["run", "scored"],
    ["baselines/answered", "unpacked"],
  ] as const) {
    const scored = await runCommand(["score", join(folder, from), "--out", join(folder, out)]);
    expect(scored.stderr).toBe("");
    expect(scored.exitCode, "one sample has no score").toBe(2);
    for (const label of ["pope", "vqav2", "coco2017_cap"])
      expect(metric(await resultIn(join(folder, out), label))).toEqual(metric(await resultIn(answered, label)));
  }
  await expect(runCommand(["score", join(folder, "baselines/answered")])).rejects.toThrow("packed copy");
  expect(await readdir(join(folder, "baselines", "answered"))).toContain("pope.samples.jsonl.gz");
});

test("a replay gives the answers and the failure again, from a run and from a baseline", async () => {
  await runCommand(["baseline", "accept", answered, "--results", folder, "--allow", "demo,partial,incomplete"]);
  const fingerprints = new Set<string>();
  for (const [i, source] of [answered, join(folder, "baselines", "answered")].entries()) {
    const out = join(folder, `replayed${i}`);
    const args = ["--tasks", "pope,vqav2", "--data", "demo", "--limit", "6", "--repeats", "2"];
    const run = await runCommand(["run", ...args, "--model", `replay:${source}`, "--out", out]);
    expect(run.exitCode).toBe(2);
    for (const label of ["pope", "vqav2"])
      expect(metric(await resultIn(out, label))).toEqual(metric(await resultIn(answered, label)));
    fingerprints.add(JSON.stringify((await resultIn(out, "pope")).fingerprint));
  }
  expect(fingerprints.size).toBe(1);
});
