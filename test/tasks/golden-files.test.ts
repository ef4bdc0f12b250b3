import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { loadDefinitions } from "../../src/api/tasks/catalogue.js";
import { videoKeyword } from "../../src/core/schema.js";

const golden = fileURLToPath(new URL("golden", import.meta.url));

/** `NAME.prompts.txt`, of another split than the first `NAME@SPLIT.prompts.txt`; the forms with thoughts share a page. Clips: video-tasks.test.ts. */
test("every task about images has golden prompts and golden scores", async () => {
  const files = readdirSync(golden);
  const tasksOf = (ending: string) =>
    new Set(files.filter((file) => file.endsWith(ending)).map((file) => file.slice(0, -ending.length).split("@")[0]));
  const thoughts: readonly string[] = readFileSync(`${golden}/thoughts.txt`, "utf8").match(/(?<==== )\S+/g) ?? [];
  const names = (await loadDefinitions())
    .filter(({ task }) => !JSON.stringify(task.row).includes(videoKeyword))
    .map(({ task }) => task.name);
  const without = (of: ReadonlySet<string | undefined>) =>
    names.filter((name) => !of.has(name) && !thoughts.includes(name));
  expect([without(tasksOf(".prompts.txt")), without(tasksOf(".scores.txt"))]).toEqual([[], []]);
});
