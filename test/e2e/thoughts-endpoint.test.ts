/** lmms-eval's `*_reasoning` names from a folder of rows over HTTP: the words and images that arrive, and what the answer in its tags is worth. */

import { mkdir, writeFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { loadDefinitions } from "../../src/api/tasks/catalogue.js";
import { exampleRow } from "../../src/datasets/example-row.js";
import { taskScore } from "../conformance/task-score.js";
import { drawnImage } from "../fakes/images.js";
import { seeing, startScripted } from "../fakes/scripted.js";
import { askedWords, sentWords } from "./asked-words.js";
import { Workplace } from "./cli.js";

const image = (await drawnImage({ seed: 3, width: 40, height: 24 })).toString("base64");
const forms = (await loadDefinitions()).filter(({ task }) => task.cite.includes("reasoning_utils.py"));

test("every form with thoughts: its own words and images arrive, and the reference in its tags is right", async () => {
  await using place = await Workplace.make();
  const replies = new Map<string, string>();
  const golds = new Map<string, string>();
  for (const { task, file } of forms) {
    const row = await exampleRow(task.name, file, task.row);
    // An image as base64, which stands for the example's mark.
    const written = JSON.stringify(row, (_key, value) => (typeof value?.bytes === "function" ? image : value));
    await mkdir(place.file("rows", task.name), { recursive: true });
    for (const split of Object.keys(task.splits))
      await writeFile(place.file("rows", task.name, `${split}.jsonl`), `${written}\n`);
    for (const sample of (task.expand?.(row as never) ?? [row]) as never[]) {
      const gold = taskScore(task.name, sample, "").targets?.[0] ?? "";
      golds.set(task.name, gold);
      replies.set(sentWords(task.prompt(sample, "default")), `<think>so</think> <answer>${gold}</answer>`);
    }
  }
  expect(golds.size).toBeGreaterThan(30);
  const labels = forms.flatMap(({ task }) =>
    Object.keys(task.splits).map((split, i) => ({ task, split, label: i === 0 ? task.name : `${task.name}@${split}` })),
  );

  await using server = await startScripted((question) => seeing(replies.get(askedWords(question)) ?? "?", question));
  await writeFile(place.file("m.yaml"), `runner: openai\nmodel: m\nurls: [${server.url}]\nattempts: 1\n`);
  const names = labels.map(({ label }) => label).join(",");
  const run = [
    "run",
    "--tasks",
    names,
    "--data",
    "rows",
    "--model",
    "m.yaml",
    "--scoring",
    "lmms-eval",
    "--out",
    "out",
  ];
  const ended = await place.run(...run);
  expect(ended.exitCode, ended.stderr).toBe(0);

  for (const { task, split, label } of labels) {
    const { n, metrics } = await place.result("out", label);
    expect([label, n.unscored]).toEqual([label, { refused: 0, transport: 0, judge: 0, data: 0 }]);
    const samples = await place.samples("out", label);
    expect([label, samples.map(({ text }) => text).includes("?")]).toEqual([label, false]);
    // realworldqa's lower-cases the reference alone: a capital letter is never right there.
    const right = task.name === "realworldqa_reasoning" ? 0 : 1;
    if (task.splits[split]?.answers === "public") expect([label, metrics[0]?.value]).toEqual([label, right]);
    else expect([label, samples[0]?.submission !== undefined]).toEqual([label, true]);
  }
  // Nothing is asked twice.
  const before = server.asked.length;
  expect((await place.run(...run)).exitCode).toBe(0);
  expect(server.asked.slice(before).filter((question) => replies.has(askedWords(question)))).toEqual([]);
}, 60_000);
