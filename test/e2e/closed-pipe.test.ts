import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { sample, writeRun } from "../board/run-fixture.js";
import { startEndpoint } from "../fakes/endpoint.js";
import { root, Workplace } from "./cli.js";
import { writeRows } from "./rows.js";

const program = join(root, "bin", "llava-eval.js");
const form = (name: string) => join(root, "test", "forms", `${name}.ts`);

test.each(["tasks", "tasks mm*", "tasks --json", "doctor", "--help", "nonsense"])(
  "llava-eval %s, read by nobody, says nothing about it",
  async (line) => {
    const args = line.split(" ");
    await using place = await Workplace.make();
    const read = await place.run(...args);
    const child = place.start(...args);
    child.stdout?.destroy();
    const unread = await child.ended;
    expect(unread).toEqual({ ...read, stdout: "" });
    const silent = place.start(...args);
    silent.stdout?.destroy();
    silent.stderr?.destroy();
    expect(await silent.ended).toMatchObject({ exitCode: read.exitCode, signal: null });
  },
);

test("tasks vqav2 | head -3 gives three lines and nothing else", async () => {
  const shell = (command: string) => promisify(execFile)("bash", ["-o", "pipefail", "-c", command]);
  for (let i = 0; i < 3; i++) {
    const { stdout, stderr } = await shell(`"${process.execPath}" "${program}" tasks vqav2 | head -3`);
    expect(stdout.split("\n").length).toBe(4);
    expect(stderr).toBe("");
  }
});

test("a comparison that nobody reads closes its gate all the same", async () => {
  await using place = await Workplace.make();
  const samples = Array.from({ length: 300 }, (_, i) => sample(i, 1));
  const worse = Array.from({ length: 300 }, (_, i) => sample(i, i % 2));
  await writeRun(place.path, "a", { tasks: { vqav2: { samples } } });
  await writeRun(place.path, "b", { tasks: { vqav2: { samples: worse } } });
  const child = place.start("compare", "a", "b", "--fail-on", "regression");
  child.stdout?.destroy();
  expect(await child.ended).toMatchObject({ exitCode: 3, stderr: "gate closed: regression: vqav2\n" });
});

test("a run whose progress nobody reads any more is interrupted, and the same command goes on from there", async () => {
  await using place = await Workplace.make();
  await writeRows(place.file("rows"), 4);
  const rows = Array.from({ length: 60 }, (_, i) => ({ id: `${i}`, question: `Question b${i}?`, answer: "yes" }));
  await writeFile(place.file("rows", "whole_split.jsonl"), rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  await using endpoint = await startEndpoint({ latencyMs: 100 });
  const isQuestion = ({ text }: { text: string }) => text.startsWith("Question");
  const args = [
    ...["run", "--tasks", `${form("single-image")},${form("whole-split")}`, "--data", "rows", "--out", "out"],
    ...["--model", `openai:fake@${endpoint.url}`, "--concurrency", "2"],
  ];
  const child = place.start(...args);
  // The first line that is written when nobody reads is the one about the first task's end.
  child.stderr?.destroy();
  expect(await child.ended).toMatchObject({ exitCode: 130, signal: null });
  expect(endpoint.asked.filter(isQuestion).length).toBeLessThan(64);
  expect(await place.run(...args)).toMatchObject({ exitCode: 0 });
  expect(endpoint.asked.filter(isQuestion).length).toBe(64);
});
