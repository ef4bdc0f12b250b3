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

let tasks: readonly { readonly task: Task; readonly file: string }[] = [];
beforeAll(async () => {
  tasks = (await loadDefinitions()).filter(({ task }) => task.options !== undefined);
});

describe("every task that says where its options are", () => {
  test("moves them in its words, keeps the row's name, and finds the moved one right", async () => {
    let seen = 0;
    for (const { task, file } of tasks) {
      const row = await exampleRow(task.name, file, task.row);
      const [first] = (task.expand?.(row) ?? [row]) as [Record<string, unknown>];
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
