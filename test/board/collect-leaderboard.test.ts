import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { regenerateLeaderboard } from "../../src/board/leaderboard/collect.js";
import { check } from "../../src/core/schema.js";
import { Leaderboard, type LeaderboardEntry } from "../../src/record/leaderboard-entry.js";
import { openRun } from "../../src/record/read.js";
import { sample, temporaryFolder, writeRun } from "./run-fixture.js";

const entriesIn = async (dir: string): Promise<readonly LeaderboardEntry[]> =>
  check(Leaderboard, JSON.parse(await readFile(join(dir, "leaderboard.json"), "utf8")), dir, "").entries;
const samples = [sample(0, 1), sample(1, 0)];

test("leaderboard.json lists every result of every finished run, not copies below baselines or runs that were replaced", async () => {
  await using folder = await temporaryFolder();
  await writeRun(folder.dir, "a", { tasks: { vqav2: { samples }, gqa: { samples } } });
  await writeRun(folder.dir, "b", { tasks: { vqav2: { samples } } });
  await writeRun(folder.dir, "running", { manifest: { status: "running" }, tasks: { vqav2: { samples } } });
  await writeRun(folder.dir, "a.old-20260101T000000", { tasks: { vqav2: { samples } } });
  await writeRun(join(folder.dir, "baselines"), "a", { tasks: { vqav2: { samples } } });
  const { unreadable } = await regenerateLeaderboard(folder.dir);
  const entries = await entriesIn(folder.dir);
  expect(entries.map((entry) => `${entry.run} ${entry.task}`)).toEqual(["a gqa", "a vqav2", "b vqav2"]);
  expect(entries[0]?.metrics[0]?.value).toBe(0.5);
  expect(unreadable).toEqual([]);
});

test("many regenerations at once leave one whole file and no lock", async () => {
  await using folder = await temporaryFolder();
  for (const name of ["a", "b", "c"]) await writeRun(folder.dir, name, { tasks: { vqav2: { samples } } });
  await Promise.all(Array.from({ length: 12 }, () => regenerateLeaderboard(folder.dir)));
  expect(await entriesIn(folder.dir)).toHaveLength(3);
  expect((await readdir(folder.dir)).sort()).toEqual(["a", "b", "c", "leaderboard.json"]);
});

test("a lock left by a process that died is taken over", async () => {
  await using folder = await temporaryFolder();
  await writeRun(folder.dir, "a", { tasks: { vqav2: { samples } } });
  const { hostname } = await import("node:os");
  await writeFile(join(folder.dir, "leaderboard.lock"), `4194304 ${hostname()}\n`); // above the kernel's largest pid
  await regenerateLeaderboard(folder.dir);
  expect(await entriesIn(folder.dir)).toHaveLength(1);
});

test("a damaged run is named and does not hide the others", async () => {
  await using folder = await temporaryFolder();
  await writeRun(folder.dir, "good", { tasks: { vqav2: { samples } } });
  const bad = await writeRun(folder.dir, "bad", { tasks: { vqav2: { samples } } });
  await writeFile(join(bad, "vqav2.json"), '{"schema":"llava-eval/result@1"}');
  const { entries, unreadable } = await regenerateLeaderboard(folder.dir);
  expect(entries.map((entry) => entry.run)).toEqual(["good"]);
  expect(unreadable).toEqual([expect.stringContaining("bad/vqav2.json")]);
});

test("a result of a newer major version is refused, and one with unknown keys is read", async () => {
  await using folder = await temporaryFolder();
  const dir = await writeRun(folder.dir, "a", { tasks: { vqav2: { samples } } });
  const path = join(dir, "vqav2.json");
  const result = JSON.parse(await readFile(path, "utf8"));
  await writeFile(path, JSON.stringify({ ...result, addedLater: true }));
  expect((await openRun(dir)).results.get("vqav2")?.n.total).toBe(2);
  await writeFile(path, JSON.stringify({ ...result, schema: "llava-eval/result@2" }));
  await expect(openRun(dir)).rejects.toThrow(/newer llava-eval: llava-eval\/result@2/);
});

test("samples are streamed, a torn last line is dropped, a damaged one is named by file and line", async () => {
  await using folder = await temporaryFolder();
  const dir = await writeRun(folder.dir, "a", { tasks: { vqav2: { samples } } });
  const path = join(dir, "vqav2.samples.jsonl");
  await writeFile(path, `${await readFile(path, "utf8")}{"index":2,"id":"q2","clu`);
  const run = await openRun(dir);
  const ids: string[] = [];
  for await (const record of run.samples("vqav2")) ids.push(record.id);
  expect(ids).toEqual(["q0", "q1"]);
  await writeFile(path, '{"index":0,"id":"q0","cluster":"q0","text":"t"}\n{"index":"one","text":"t"}\n');
  const read = async () => {
    for await (const _ of run.samples("vqav2")) void _;
  };
  await expect(read()).rejects.toMatchObject({ where: `${path}:2` });
  await expect(async () => run.samples("../a/vqav2")).rejects.toThrow(/cannot be a task's name/);
});
