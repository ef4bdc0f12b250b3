import { appendFile, mkdir, mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Answered, KeptAnswers } from "../../src/fleet/kept-answers.js";

let folder: string;
let said: string[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "llava-eval-kept-"));
  said = [];
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const block = "b".repeat(32);
const worker = (run = join(folder, "run")) => new KeptAnswers(run, (message) => said.push(message));
const answered = (index: number, text = `answer ${index}`): Answered => ({
  record: {
    ...{ index, id: String(index), cluster: String(index), state: "scored", text },
    score: { status: "scored", value: 1, answer: text },
  },
  timings: [{ task: "t", index, id: String(index), kind: "model", totalMs: 1, attempts: 1 }],
});
const filesIn = async (of: string) => await readdir(of).catch(() => []);

/** Until what was added is on the disk. */
const written = (lines: number) =>
  expect.poll(async () => (await worker().of(block, [])).get(`${lines - 1}/0`), { timeout: 10_000 }).toBeDefined();

test("what a killed worker has answered is there for the next, but for what was cut, damaged or failed", async () => {
  const first = await worker().of(block, []);
  for (const index of [0, 1]) first.add(answered(index));
  const { text: _, ...asked } = answered(2).record as { readonly text: string };
  first.add({
    record: { ...asked, state: "failed", score: { status: "unscored", reason: "transport", detail: "" } },
    timings: [],
  } as never);
  for (const index of [3, 4]) first.add(answered(index));
  await written(5);
  const [file = ""] = await filesIn(join(folder, "run"));
  await appendFile(
    join(folder, "run", file),
    '{"record":{"index":5,"id":"5"},"timings":[]}\n{"record":{"index":6,"id"',
  );
  const second = await worker().of(block, []);
  expect([0, 1, 2, 3, 4, 5, 6].map((index) => second.get(`${index}/0`))).toEqual([
    answered(0),
    answered(1),
    undefined,
    answered(3),
    answered(4),
    undefined,
    undefined,
  ]);
  // Another block's are not its.
  expect((await worker().of("c".repeat(32), [])).get("0/0")).toBeUndefined();
  second.add(answered(5));
  await second.discard();
  expect(await filesIn(join(folder, "run"))).toEqual([]);
});

test("what nobody went on with for a week is removed, and what is newer is not", async () => {
  for (const [run, days] of [
    ["old", 8],
    ["new", 6],
  ] as const) {
    await mkdir(join(folder, run));
    await writeFile(join(folder, run, `${block}.x.jsonl`), "{}\n");
    const then = Date.now() / 1000 - days * 86_400;
    await utimes(join(folder, run), then, then);
  }
  await worker().of(block, []);
  expect((await filesIn(folder)).sort()).toEqual(["new", "run"]);
});

test("where nothing can be kept a worker says so once, and goes on", async () => {
  await writeFile(join(folder, "file"), "");
  const kept = worker(join(folder, "file", "run"));
  for (const id of [block, "c".repeat(32)]) {
    const answers = await kept.of(id, []);
    answers.add(answered(0));
    expect(answers.get("0/0")).toEqual(answered(0));
    await answers.discard();
  }
  expect(said).toEqual([expect.stringContaining("cannot be kept on this machine's disk")]);
});
