/** What judges and the services before them write: a verdict in the form asked for, or none. */

import { expect, test } from "vitest";
import { loadDefinitions } from "../../src/api/catalogue.js";
import type { Output } from "../../src/core/runner.js";
import type { Scoring } from "../../src/core/score.js";
import { exampleRow } from "../../src/datasets/example-row.js";
import { hallusionWord } from "../../tasks/hallusion_bench/score.js";

const outages = [
  "",
  "I cannot judge; is it correct?",
  "Incorrect API key provided",
  "The service is not available for an incorrect key",
  "Service temporarily overloaded, please retry",
  "Error code: 401 - invalid key",
  "HTTP 503",
];

test("HallusionBench's verdict is the word alone, whatever stands around it", () => {
  const forms = {
    "0": [
      "incorrect",
      "Incorrect.",
      "**incorrect**",
      "“incorrect”",
      "(incorrect).",
      "Answer: incorrect",
      "INCORRECT\n",
    ],
    "1": ["correct", "'Correct'", "**Answer:** correct", "Output: “correct”.", "The prediction is correct."],
    "2": ["unclear", "[unclear]", "Judgement: unclear!"],
  };
  for (const [verdict, replies] of Object.entries(forms))
    for (const reply of replies) expect(hallusionWord(reply), reply).toBe(verdict);
  const others = [
    "not correct",
    "in correct",
    "correctly incorrect",
    "unclear/correct",
    "Incorrect, it is not correct",
  ];
  for (const reply of [...outages, ...others]) expect(hallusionWord(reply), reply).toBeUndefined();
});

const output = (text: string): Output => ({
  ...{ text, finish: "stop", usage: {}, timing: { totalMs: 0, attempts: 1 }, warnings: [] },
});

async function parser(name: string, scoring: Scoring) {
  const found = (await loadDefinitions()).find(({ task }) => task.name === name);
  if (!found) throw new Error(`no task ${name}`);
  const row = await exampleRow(name, found.file, found.task.row);
  const question = found.task.judge?.ask(row, output("it is so"), [], scoring);
  if (!question) throw new Error(`${name} asks its judge nothing`);
  return question.parse;
}

const all = ["llava_in_the_wild", "llava_wilder", "ferret", "mmvet", "mmmu_reasoning", "mathverse"];
test.each(all)("%s with lmms-eval's scoring: an outage is no verdict, however often it is said", async (name) => {
  for (const outage of outages) {
    const parse = await parser(name, "lmms-eval");
    for (let attempt = 0; attempt < 4; attempt++) expect(parse(outage), outage).toBeUndefined();
  }
});

test("lmms-eval's readings of replies stay", async () => {
  const binary = await parser("mmmu_reasoning", "lmms-eval");
  expect(["1", "0", "10", "0 out of 1", "0 (see step 1)", "0."].map(binary)).toEqual([1, 0, 1, 1, 1, 0]);
  const hallusion = await parser("hallusion_bench_image", "lmms-eval");
  expect(["not correct", "It is incorrect", "unclear", "", "overloaded"].map(hallusion)).toEqual([
    ...["1", "0", "2"],
    ...[undefined, undefined],
  ]);
  const mmvet = await parser("mmvet", "lmms-eval");
  expect(Array(4).fill("Score: 0.5").map(mmvet)).toEqual([undefined, undefined, undefined, 0]);
  const review = await parser("llava_in_the_wild", "lmms-eval");
  expect(["8/10", "Score 8", "8, 9"].map(review)).toEqual([
    [8, 10],
    [-1, -1],
    [8, 9],
  ]);
});

test.each(["llava_in_the_wild", "llava_wilder", "ferret"])("%s: scores are written plainly", async (name) => {
  const parse = await parser(name, "official");
  expect(["8 9", "8.5 9", "８ ９", "8,9"].map(parse)).toEqual([
    [8, 9],
    [8.5, 9],
    [8, 9],
    [8, 9],
  ]);
  for (const reply of ["1e0 9", "1e1 5", "1_0 9", "+8 9", "8 9e0", "0x8 9"])
    expect(parse(reply), reply).toBeUndefined();
});
