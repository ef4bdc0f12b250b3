/** `--option-orders`: which rows have another order, what it is, and that no task's reference is left behind by its option. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { loadDefinitions } from "../../src/api/tasks/catalogue.js";
import { packageRoot } from "../../src/core/package-root.js";
import { promptText } from "../../src/core/prompt.js";
import type { OptionCells, Task } from "../../src/core/task.js";
import { exampleRow } from "../../src/datasets/example-row.js";
import { movedOn, reordered } from "../../src/run/option-order.js";

const list: OptionCells = { in: ["options"], right: "answer", as: "letter" };
const columns: OptionCells = { in: ["A", "B", "C", "D"], right: "answer", as: "letter" };

test("every option stands at every place once, and the reference goes with it, in its own form", () => {
  const row = { options: ["ice", "milk", "stone"], answer: "(b)" };
  expect(movedOn(row, list, 1)).toEqual({ options: ["stone", "ice", "milk"], answer: "(c)" });
  expect(movedOn(row, list, 2)).toEqual({ options: ["milk", "stone", "ice"], answer: "(a)" });
  expect(movedOn({ ...row, answer: 1 }, { ...list, as: "position" }, 2)).toMatchObject({ answer: 0 });
  expect(movedOn({ ...row, answer: "1" }, { ...list, as: "position" }, 1)).toMatchObject({ answer: "2" });
  expect(movedOn({ ...row, answer: "milk" }, { ...list, as: "text" }, 1)).toMatchObject({ answer: "milk" });
  // A list in one text stays one.
  expect(movedOn({ options: "['ice', 'milk']", answer: "A" }, list, 1)).toEqual({
    options: '["milk", "ice"]',
    answer: "B",
  });
});

test("columns that are blank stay blank", () => {
  expect(movedOn({ A: "ice", B: "milk", C: null, D: "", answer: "A" }, columns, 1)).toEqual({
    ...{ A: "milk", B: "ice", C: null, D: "", answer: "B" },
  });
});

test.each([
  ["as many places as there are options", { options: ["yes", "no"], answer: "A" }, 2],
  ["one option", { options: ["yes"], answer: "A" }, 1],
  ["no reference among them", { options: ["yes", "no"], answer: "C" }, 1],
  ["options that are no texts", { options: [1, 2], answer: "A" }, 1],
  ["all of the above", { options: ["ice", "milk", "All of the above."], answer: "A" }, 1],
  ["options named by their letters", { options: ["ice", "milk", "Both A and B"], answer: "A" }, 1],
  ["options named in a list", { options: ["ice", "milk", "stone", "(A), (B)"], answer: "A" }, 1],
  ["an option that pandas reads as none", { options: ["one", "two", "None"], answer: "A" }, 1],
  ["an image", { options: ["<image>", "<image>"], answer: "A" }, 1],
])("a row stays as it is: %s", (_, row, by) => {
  expect(movedOn(row, list, by)).toBeUndefined();
});

test("words that only look like places are moved", () => {
  for (const option of ["above the table", "a cat and a dog", "vitamin B", "None of these"])
    expect(movedOn({ options: [option, "milk"], answer: "A" }, list, 1), option).toBeDefined();
});

const inText: OptionCells = { in: [], text: "question", right: "answer", as: "letter" };
const alsoInText: OptionCells = { in: ["options"], text: "question", right: "answer", as: "letter" };

test.each([
  [
    "lines",
    "Which way?\n\nA. Left\nB. Right\nC. On\nAnswer with a letter.",
    "Which way?\n\nA. On\nB. Left\nC. Right\nAnswer with a letter.",
  ],
  ["brackets", "How many?\n(A) 1\n(B) 3\n(C) 0", "How many?\n(A) 0\n(B) 1\n(C) 3"],
  [
    "a row",
    "What?\nOptions: A: a tree, an oak, B: bench, C: the car.",
    "What?\nOptions: A: the car, B: a tree, an oak, C: bench.",
  ],
  [
    "sentences",
    "What?\nOptions: A: It rains., B: It snows., C: Sun.\nSay it.",
    "What?\nOptions: A: Sun., B: It rains., C: It snows.\nSay it.",
  ],
])("a text that lists them in %s is the same text with other options behind its letters", (_, question, then) => {
  expect(movedOn({ question, answer: "B" }, inText, 1)).toEqual({ question: then, answer: "C" });
  const back = movedOn({ question: then, answer: "C" }, inText, 2);
  expect(back).toEqual({ question, answer: "B" });
});

test.each([
  ["there is no list", "Is it red?"],
  ["one letter alone", "A. Which way?"],
  ["a letter is missing", "What?\nA. ice\nC. milk"],
  ["a letter comes again", "What?\nA. ice\nB. milk\nB. stone"],
  ["two lists", "What?\nA. ice\nB. milk\nA. one\nB. two"],
  ["two kinds of marks", "What?\nA. ice\n(B) milk"],
  ["an option of several lines", "What?\nA. ice\nwhich melts\nB. milk"],
  ["an option without words", "What?\nA. \nB. milk"],
  ["letters that name what is shown", "Which is closer?\n(A) A is closer\n(B) B is closer"],
])("a row stays as it is where its text leaves doubt: %s", (_, question) => {
  expect(movedOn({ question, answer: "A" }, inText, 1)).toBeUndefined();
});

test("columns and text must list the same; where the text lists nothing the columns are enough", () => {
  const row = { question: "What?\n(A) ice\n(B) milk", options: ["ice", "milk"], answer: "(A)" };
  expect(movedOn(row, alsoInText, 1)).toEqual({
    question: "What?\n(A) milk\n(B) ice",
    options: ["milk", "ice"],
    answer: "(B)",
  });
  expect(movedOn({ ...row, options: ["ice", "stone"] }, alsoInText, 1)).toBeUndefined();
  expect(movedOn({ ...row, question: "What (A) is it?" }, alsoInText, 1)).toBeUndefined();
  expect(movedOn({ ...row, question: "What is it?" }, alsoInText, 1)).toEqual({
    question: "What is it?",
    options: ["milk", "ice"],
    answer: "(B)",
  });
  const mixed: OptionCells = { ...inText, in: ["A", "B", "C"] };
  expect(movedOn({ ...row, A: null, B: null }, mixed, 1)).toMatchObject({ question: "What?\n(A) milk\n(B) ice" });
  expect(movedOn({ question: "What?", A: "ice", B: "milk", C: "", answer: "B" }, mixed, 1)).toMatchObject({
    ...{ question: "What?", A: "milk", B: "ice", C: "", answer: "A" },
  });
});

test("options that begin with their own letters keep these at their places", () => {
  expect(movedOn({ options: ["A. Apples.", "B. Pears.", "C. Nuts."], answer: "A" }, list, 1)).toEqual({
    options: ["A. Nuts.", "B. Apples.", "C. Pears."],
    answer: "B",
  });
});

let tasks: readonly { readonly task: Task; readonly file: string }[] = [];
beforeAll(async () => {
  tasks = (await loadDefinitions()).filter(({ task }) => task.options !== undefined);
});

describe("every task that says where its options are", () => {
  test("moves them in its words, keeps the row's name, and finds the moved one right", async () => {
    let seen = 0;
    for (const { task, file } of tasks) {
      const row = await exampleRow(task.name, file, task.row);
      const [first] = (task.expand?.(row) ?? [row]) as Record<string, unknown>[];
      // Its example is no row of its own.
      if (!first) continue;
      const right = rightLetters(task, first);
      const { task: other, isMoved } = reordered(task, 1);
      const [moved] = other.expand?.(row) ?? [];
      if (!moved || !isMoved(moved)) continue;
      expect(other.id(moved), task.name).toBe(task.id(first));
      for (const profile of task.profiles ?? ["default"]) {
        const [own, then] = [first, moved].map((one) => promptText(task.prompt(one, profile)));
        expect(then, `${task.name} by ${profile}: other words`).not.toBe(own);
        expect([...(then ?? "")].sort().join(""), `${task.name} by ${profile}: the same characters`).toBe(
          [...(own ?? "")].sort().join(""),
        );
      }
      if (task.judge || right.length !== 1) continue;
      const letters = rightLetters(task, moved);
      expect(letters, `${task.name}: one letter is right`).toHaveLength(1);
      expect(letters, `${task.name}: another one`).not.toEqual(right);
      seen++;
    }
    expect(seen).toBeGreaterThan(25);
  });

  test("is named in docs/sure.md, and no other", async () => {
    const page = await readFile(join(packageRoot, "docs", "sure.md"), "utf8");
    const named = /Tasks say where their options stand: ([^.]+)\./.exec(page)?.[1]?.match(/\b[a-z][a-z0-9_]+\b/g) ?? [];
    const words = ["all", "twenty", "and", "both", "_ppl"];
    const shown = new Set(tasks.map(({ task }) => task.name.replace(/^mvbench_.*/, "mvbench").replace(/_ppl$/, "")));
    expect(named.filter((word) => !words.includes(word)).sort()).toEqual([...shown].sort());
  });
});

/** The letters that the task's own score takes for right. */
function rightLetters(task: Task, row: Record<string, unknown>): string[] {
  const facts = { finish: "stop", usage: {}, timing: { totalMs: 0, attempts: 0 }, warnings: [] } as const;
  const letters = [..."ABCDEFGHIJ"];
  const count = task.choices?.(row).length ?? letters.length;
  const likelihoods = (best: number) =>
    Array.from({ length: count }, (_, i) => ({ logprob: i === best ? -1 : -9, tokens: 1, isGreedy: i === best }));
  return letters.slice(0, count).filter((letter, i) => {
    const output = { ...facts, text: task.name.startsWith("omnispatial") ? `Answer: ${letter}` : letter };
    const score = task.score?.(row, task.choices ? { ...output, likelihoods: likelihoods(i) } : output, {
      ...{ scoring: "official", verdicts: [], turns: [output], imageSizes: [] },
      draw: (from) => from[0] as (typeof from)[number],
    });
    if (score?.status !== "scored") return false;
    return (typeof score.value === "number" ? score.value : score.value.accuracy) === 1 && score.remark === undefined;
  });
}
