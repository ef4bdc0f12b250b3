/** What judges and the services before them write: a verdict in the form asked for, or none. */

import { expect, test } from "vitest";
import { loadDefinitions } from "../../src/api/tasks/catalogue.js";
import type { Output } from "../../src/core/runner.js";
import type { Scoring } from "../../src/core/score.js";
import { exampleRow } from "../../src/datasets/example-row.js";
import { inferChoice } from "../../src/text/infer-choice.js";
import { shortAnswerVerdict } from "../../tasks/emma/short-answer-judge.js";
import { hallusionWord } from "../../tasks/hallusion_bench/score.js";
import { correctVerdict, optionVerdict } from "../../tasks/tempcompass/judge.js";

const outages = [
  "",
  "I cannot judge; is it correct?",
  "Incorrect API key provided",
  "The service is not available for an incorrect key",
  "Service temporarily overloaded, please retry",
  "Error code: 401 - invalid key",
  "HTTP 503",
  "Service temporarily unavailable, please retry later",
  "No healthy upstream",
  "0 credits left. Please top up.",
  "1 request is queued before yours",
  "1 request of 2 is queued",
  "Error 429: retry in 1 s, 2 left",
  "A timeout occurred",
  "A network error occurred, please retry.",
  "I'm sorry, I can't assist with that.",
  "Yes? How can I help you?",
  "Correct API key required",
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

const definitions = await loadDefinitions();

async function parser(name: string, scoring: Scoring) {
  const found = definitions.find(({ task }) => task.name === name);
  if (!found) throw new Error(`no task ${name}`);
  const row = await exampleRow(name, found.file, found.task.row);
  const judge = found.task.judgesByScoring?.[scoring] ?? found.task.judge;
  const question = judge?.ask(row, output("it is so"), [], scoring);
  // Without one the rules of this scoring read every answer themselves, and no reply is a verdict.
  return question?.parse ?? (() => undefined);
}

/** Every task that asks a judge about such an answer, by each of its scorings. */
const judged = definitions.flatMap(({ task }) =>
  task.judge || task.judgesByScoring
    ? (["official", "lmms-eval", ...(task.scorings ?? [])] as const).map((scoring) => [task.name, scoring] as const)
    : [],
);

test("there are judged tasks", () => expect(judged.length).toBeGreaterThan(20));

test.each(judged)("%s, %s: an outage is no verdict, however often it is said", async (name, scoring) => {
  for (const outage of outages) {
    const parse = await parser(name, scoring);
    for (let attempt = 0; attempt < 5; attempt++) expect(parse(outage), outage).toBeUndefined();
  }
});

test("TempCompass's verdict is the word in the first line, or an option's letter, its words, or none", () => {
  for (const reply of ["Correct", "**Correct**.", "The model prediction is Correct.", "Correct\n\nThe answers agree."])
    expect(correctVerdict(reply), reply).toBe(true);
  for (const reply of ["Incorrect", "Incorrect.\nIt is not Correct.", "Answer: Incorrect"])
    expect(correctVerdict(reply), reply).toBe(false);
  const question = "What does he do?\nA. cooks\nB. reads";
  const verdict = (reply: string) => optionVerdict(reply, question, "B. reads");
  for (const reply of ["B. reads", "B. Reads.", "Reasoning: he holds a book.\nAnswer: B. reads"])
    expect(verdict(reply), reply).toBe(true);
  // Words without their letter are wrong in the authors' script.
  for (const reply of [
    "Answer: A. cooks",
    "None of the choices are correct.",
    "Answer: None of the choices",
    "Answer: reads",
    "Answer: A",
  ])
    expect(verdict(reply), reply).toBe(false);
  for (const reply of [...outages, "Correct answers need a key", "Answer: A timeout occurred"]) {
    expect(correctVerdict(reply), reply).toBeUndefined();
    expect(verdict(reply), reply).toBeUndefined();
  }
  const prose = [
    "None of the upstream servers are available",
    "D. down for maintenance",
    "A: the upstream is down",
    "B. down",
    "E",
  ];
  for (const reply of prose) expect(verdict(reply), reply).toBeUndefined();
});

test("a judge that picks an option writes its letter, its text, or both", () => {
  const choices = { A: "red", B: "a blue car", C: "A" };
  const forms = {
    A: [
      "A",
      "(A)",
      "A.",
      "**A**",
      "A. red",
      "(A) Red.",
      "The answer is A.",
      "Answer: A",
      "red",
      "Red.",
      "Option A: red",
    ],
    B: ["B", "`B`", "B) a blue car", "A blue car", "The correct option is (B)", "Output: B\n"],
    Z: ["Z", "Z."],
    E: ["E"],
  };
  for (const [letter, replies] of Object.entries(forms))
    for (const reply of replies) expect(inferChoice(reply, choices, "verdict"), reply).toBe(letter);
  const others = ["A timeout occurred", "0 credits left", "D", "A. blue", "A or B", "Bad gateway", "requires red", ""];
  for (const reply of [...outages, ...others]) expect(inferChoice(reply, choices, "verdict"), reply).toBeUndefined();
});

test("lmms-eval's readings of replies stay", async () => {
  const binary = await parser("mmmu_reasoning", "lmms-eval");
  expect(["1", "0", "10", "0 out of 1", "Judgement: 0", "0."].map(binary)).toEqual([1, 0, 1, 1, 0, 0]);
  const hallusion = await parser("hallusion_bench_image", "lmms-eval");
  expect(["not correct", "It is incorrect", "unclear", "", "overloaded"].map(hallusion)).toEqual([
    ...["1", "0", "2"],
    ...[undefined, undefined],
  ]);
  const mmvet = await parser("mmvet", "lmms-eval");
  expect(Array(4).fill("Score: 0.5").map(mmvet)).toEqual([undefined, undefined, undefined, undefined]);
  const review = await parser("llava_in_the_wild", "lmms-eval");
  expect(["8/10", "Score 8", "8, 9"].map(review)).toEqual([[8, 10], undefined, [8, 9]]);
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

test("a number on another scale is none of MM-Vet's", async () => {
  const parse = await parser("mmvet", "official");
  expect(["0.5", "0.5 because", "1.0\n", "**0.5**", "1", ".5 | x"].map(parse)).toEqual([0.5, 0.5, 1, 0.5, 1, 0.5]);
  // The first word of these is the authors' score, and the scale is its own.
  expect(["0.5 out of 1.0", "0.5 out of 1.", "0.5 of 1 point"].map(parse)).toEqual([0.5, 0.5, 0.5]);
  for (const reply of ["6/5", "1.0/5", "0.5 out of 1.5", "0.5 / 10", "1.0 out of 10", "1.0 of 5", "0.5%", "1.0e-1"])
    expect(parse(reply), reply).toBeUndefined();
});

test("words to choose from, and short verdicts that contradict each other, are none", async () => {
  const worldVqa = await parser("worldvqa", "official");
  expect(worldVqa("Evaluation: as wanted.\n**Label**: Correct")).toBe("correct");
  // The authors' first.
  expect(worldVqa("Label: Incorrect\nLabel: Correct")).toBe("incorrect");
  for (const reply of [
    "Label: Correct/Incorrect/Unattempted",
    "Label: Correct or Incorrect",
    "Label: correctly answered",
  ])
    expect(worldVqa(reply), reply).toBeUndefined();
  const said = (word: string) => `[Begin Correctness]${word}[End Correctness]`;
  expect([said("yes"), said("No."), said("no") + said("no")].map(shortAnswerVerdict)).toEqual([1, 0, 0]);
  for (const reply of [said("yes") + said("no"), said("no") + said("not sure")])
    expect(shortAnswerVerdict(reply), reply).toBeUndefined();
});

test("the form's own placeholder is no extraction of MMLongBench-Doc's", async () => {
  for (const scoring of ["official", "vlmevalkit"] as const) {
    const parse = await parser("mmlongbench_doc", scoring);
    expect(parse("Extracted answer: [answer]\nAnswer format: [answer format]")).toBeUndefined();
    expect(parse("Extracted answer: 14\nAnswer format: Integer")).toBe("14");
  }
});
