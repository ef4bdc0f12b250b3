/** lmms-eval's forms with thoughts: what each task sends of its example row, and what three replies are worth. */

import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { loadDefinitions } from "../../src/api/tasks/catalogue.js";
import { promptText } from "../../src/core/prompt.js";
import { exampleRow } from "../../src/datasets/example-row.js";
import { taskScore } from "../conformance/task-score.js";

const forms = (await loadDefinitions())
  .filter(({ task }) => task.name.endsWith("_reasoning") && task.judge === undefined)
  .sort((a, b) => (a.task.name < b.task.name ? -1 : 1));

test("prompts and scores of every form with thoughts are as they were", async () => {
  expect(forms.length).toBeGreaterThan(25);
  const pages: string[] = [];
  for (const { task, file } of forms) {
    const row = (await exampleRow(task.name, file, task.row)) as never;
    const [sample = row] = task.expand?.(row) ?? [row];
    const lines = [`=== ${task.name}`, promptText(task.prompt(sample, "default"))];
    const target = taskScore(task.name, sample, "").targets?.[0] ?? "";
    for (const reply of [
      `<think>so</think><answer>${target}</answer>`,
      `<analysis>so</analysis> <answer>neither</answer>`,
      `The answer is ${target}`,
    ]) {
      const values = (["official", "lmms-eval"] as const).map((scoring) => {
        const { value, answer, remark } = taskScore(task.name, sample, reply, { scoring });
        return `${scoring} ${JSON.stringify({ value, answer, remark })}`;
      });
      lines.push(`--- ${reply}`, ...values);
    }
    pages.push(lines.join("\n"));
  }
  const golden = fileURLToPath(new URL("golden/thoughts.txt", import.meta.url));
  await expect(`${pages.join("\n\n")}\n`).toMatchFileSnapshot(golden);
});
