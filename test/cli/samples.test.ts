import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse as parseCsv } from "csv-parse/sync";
import { expect, test } from "vitest";
import type { SampleRecord } from "../../src/record/samples.js";
import { failedSample, sample, temporaryFolder, writeRun } from "../board/run-fixture.js";
import { Workplace } from "../e2e/cli.js";
import { runCommand } from "./run-command.js";

const hostile = "a | b `c` <script>alert(1)</script> @all\n::error::owned\x1b[31m";
const mine = [
  sample(0, 1),
  sample(1, 0),
  {
    ...sample(2, 0.3),
    text: "a ring",
    score: { status: "scored", value: 0.3, answer: "ring", targets: ["hoop", "hoop", "ring"] },
  },
  { ...sample(3, 0), text: "", score: { status: "scored", value: 0, answer: "", remark: "empty", targets: ["yes"] } },
  failedSample(4, "HTTP 500: CUDA out of memory"),
  {
    ...sample(5, 0),
    text: hostile,
    prompt: hostile,
    score: { status: "scored", value: 0, answer: hostile, targets: [hostile] },
  },
] as const;
const before = [sample(0, 1), sample(1, 1), sample(2, 1), sample(3, 0), sample(4, 1), sample(5, 0)];

async function samples(root: string) {
  const run = await writeRun(root, "mine", { tasks: { vqav2: { samples: mine }, gqa: { samples: before } } });
  await writeRun(root, "before", { tasks: { vqav2: { samples: before } } });
  return (...args: string[]) => runCommand(["samples", run, ...args]);
}

const ids = (stdout: string): string[] =>
  stdout
    .trim()
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line).id);

test("samples finds the wrong ones, those with a remark, the unscored, one by its id, and what another run did better", async () => {
  await using folder = await temporaryFolder();
  const run = await samples(folder.dir);
  const found = async (...args: string[]) => ids((await run("--tasks", "vqav2", "--format", "jsonl", ...args)).stdout);
  expect(await found()).toEqual(["q0", "q1", "q2", "q3", "q4", "q5"]);
  expect(await found("--wrong")).toEqual(["q1", "q3", "q5"]);
  expect(await found("--remark", "empty")).toEqual(["q3"]);
  expect(await found("--unscored")).toEqual(["q4"]);
  expect(await found("--id", "q2")).toEqual(["q2"]);
  // An unscored sample is neither better nor worse; an equal one is not worse.
  expect(await found("--worse-than", join(folder.dir, "before"))).toEqual(["q1", "q2"]);
  expect(await found("--wrong", "--limit", "1")).toEqual(["q1"]);
});

test("ids that were exchanged in a journal are found by the run beside it, where the data is the same", async () => {
  await using folder = await temporaryFolder();
  const records = [1, 0, 1, 1, 0].map((value, i) => sample(i, value, { id: `q${i}` }));
  const swapped = records.map((record, i) => ({ ...record, id: `q${[0, 3, 2, 1, 4][i]}` }));
  const dataset = { source: "demo", kind: "demo" as const, split: "test", revision: "r1", licence: "CC0-1.0" };
  const written = (name: string, samples: readonly SampleRecord[], digest?: string) =>
    writeRun(folder.dir, name, {
      tasks: { vqav2: { samples, result: { dataset: { ...dataset, ...(digest ? { digest } : {}) } } } },
    });
  const before = await written("before", records, "d1");
  const after = await written("after", swapped, "d1");
  const error = { message: expect.stringContaining('"q1" of vqav2 is row 1 in'), where: after };
  await expect(runCommand(["samples", after, "--worse-than", before])).rejects.toMatchObject(error);
  for (const command of ["compare", "explain"])
    await expect(runCommand([command, before, after])).rejects.toMatchObject(error);
  // Ids that several rows have are told apart by their order, and other data has other places.
  const shared = (order: readonly number[]) => order.map((i) => ({ ...(records[i] as SampleRecord), id: "same" }));
  const [one, two] = [await written("one", shared([0, 1, 2]), "d1"), await written("two", shared([1, 0, 2]), "d1")];
  await expect(runCommand(["compare", one, two])).resolves.toMatchObject({ exitCode: 0 });
  const [c, d] = [await written("c", records), await written("d", swapped)];
  await expect(runCommand(["compare", c, d])).resolves.toMatchObject({ exitCode: 0 });
});

test("a line of JSON has the documented members, a row of CSV the same", async () => {
  await using folder = await temporaryFolder();
  const run = await samples(folder.dir);
  const { stdout, stderr } = await run("--id", "q2", "--tasks", "vqav2", "--format", "jsonl");
  expect(JSON.parse(stdout)).toEqual({
    ...{ label: "vqav2", id: "q2", index: 2, outcome: "partly", text: "a ring", answer: "ring", value: 0.3 },
    ...{
      references: ["hoop", "hoop", "ring"],
      prompt: "question 2",
      images: [`${"0".repeat(31)}2`],
      scoring: "official",
    },
  });
  expect(stderr).toMatch(/1 sample\n$/);
  const out = join(folder.dir, "new", "wrong.csv");
  await run("--tasks", "vqav2", "--unscored", "--format", "csv", "--out", out);
  const [row] = parseCsv(await readFile(out, "utf8"), { columns: true }) as Record<string, string>[];
  expect(row).toMatchObject({ id: "q4", outcome: "unscored", reason: "transport: HTTP 500: CUDA out of memory" });
});

test("few samples are shown in full, more in a table; what models wrote harms no terminal and no Markdown", async () => {
  await using folder = await temporaryFolder();
  const run = await samples(folder.dir);
  const few = (await run("--tasks", "vqav2", "--id", "q2")).stdout;
  expect(few).toMatch(
    /^q2 · vqav2 · partly \(0\.3\)\n {2}prompt +question 2\n[\s\S]*references +hoop ×2 \/ ring\n {2}rule +official$/m,
  );
  const { stdout: table, stderr } = await run();
  expect(table).toMatch(/^sample +task +outcome +value +answer +references +text +prompt$/m);
  expect(stderr).toMatch(/12 samples\n$/);
  for (const text of [table, (await run("--id", "q5")).stdout, (await run("--format", "md", "--id", "q5")).stdout]) {
    expect(text).not.toMatch(/[\x00-\x09\x0b-\x1f]/);
    for (const line of text.split("\n")) expect(line.trim().startsWith("::")).toBe(false);
  }
  const md = (await run("--tasks", "vqav2", "--id", "q5", "--format", "md")).stdout;
  expect(md.replace(/`[^`\n]*`/g, "")).not.toMatch(/[<>@`|]/);
});

test("mistakes are named: a folder, a task, two filters that exclude each other", async () => {
  await using folder = await temporaryFolder();
  const run = await samples(folder.dir);
  await expect(runCommand(["samples", join(folder.dir, "nothere")])).rejects.toThrow(/not a run folder/);
  await expect(run("--tasks", "vqa")).rejects.toMatchObject({
    where: "--tasks",
    fix: expect.stringContaining("vqav2"),
  });
  await expect(run("--wrong", "--unscored")).rejects.toMatchObject({ where: "--unscored" });
  await expect(run("--limit", "none")).rejects.toMatchObject({ where: "--limit" });
});

test("how a sample was scored is read from the task and its rows: credit by reference and the other scoring", async () => {
  await using place = await Workplace.make();
  const made = await place.run(
    "run",
    "--tasks",
    "vqav2",
    "--data",
    "demo",
    "--model",
    "stub:left",
    "--limit",
    "150",
    "--out",
    "r",
  );
  expect(made.exitCode, made.stderr).toBe(0);
  const { stdout, stderr } = await place.run("samples", "r", "--wrong", "--format", "jsonl");
  expect(stderr).toMatch(/^\d+ samples\n$/);
  const found = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  // Four of ten people are the whole credit, one of ten is three tenths (Antol et al. 2015). "4" and "four" are one answer there.
  const sides = found.filter(({ references }) => references.includes("right side"));
  expect(sides.length).toBeGreaterThan(0);
  for (const { how, references } of sides)
    for (const { reference, credit } of how.credits) {
      const people = references.filter((one: string) => one === reference).length;
      expect(credit, reference).toBeCloseTo([0, 0.3, 0.6, 0.9][people] ?? 1, 9);
    }
  expect(found[0].how.other).toMatchObject({ scoring: "lmms-eval", answer: "left", value: 0 });
  const without = await place.run("samples", "r", "--wrong", "--no-how", "--limit", "1", "--format", "jsonl");
  expect(JSON.parse(without.stdout)).not.toHaveProperty("how");
  // Under another scoring a judge may be named for what POPE's rules cannot read; under these they decide alone.
  await place.run("run", "--tasks", "pope", "--data", "demo", "--model", "stub:no", "--limit", "2", "--out", "p");
  const pope = JSON.parse((await place.run("samples", "p", "--wrong", "--limit", "1", "--format", "jsonl")).stdout);
  expect(pope.how).toEqual({
    credits: [{ reference: "yes", credit: 1 }],
    other: { scoring: "lmms-eval", answer: "no", value: 0 },
  });
});
