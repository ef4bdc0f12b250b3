/** Which scorings ask a task's judge: the others need none. */
import { expect, test } from "vitest";
import { loadDefinitions } from "../../src/api/tasks/catalogue.js";
import type { Output } from "../../src/core/runner.js";
import type { Scoring } from "../../src/core/score.js";
import { exampleRow } from "../../src/datasets/example-row.js";
import { runCommand } from "../cli/run-command.js";

const said: Output = {
  ...{ text: "It is hard to say", finish: "stop", usage: {}, timing: { totalMs: 0, attempts: 1 }, warnings: [] },
};

test("a scoring that asks no judge, by the task's word, asks none", async () => {
  const some = (await loadDefinitions()).filter(({ task }) => task.judge?.scorings !== undefined);
  expect(some.map(({ task }) => task.name)).toEqual(expect.arrayContaining(["blink", "hrbench", "visulogic"]));
  for (const { task, file } of some) {
    const row = await exampleRow(task.name, file, task.row);
    const asks = (scoring: Scoring) => task.judge?.ask(row, said, [], scoring) !== undefined;
    const rules: readonly Scoring[] = ["official", "lmms-eval", ...(task.scorings ?? [])];
    expect(rules.filter(asks), task.name).toEqual(task.judge?.scorings);
  }
});

test("a judge is wanted only where the scoring asks one", async () => {
  const args = ["run", "--tasks", "blink@counting", "--model", "stub:A", "--data", "nowhere", "--dry-run"];
  await expect(runCommand(args)).rejects.toMatchObject({
    message: expect.stringContaining("judged tasks need a judge"),
  });
  // It gets as far as the rows.
  await expect(runCommand([...args, "--scoring", "lmms-eval"])).rejects.toMatchObject({
    message: expect.not.stringContaining("judge"),
  });
});
