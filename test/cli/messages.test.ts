/** What people type wrong in their first days: exit code and words of each. Endpoints and checkpoints have their own in test/e2e. */

import { cp, mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root, Workplace } from "../e2e/cli.js";

const demo = ["run", "--tasks", "pope", "--data", "demo"];
const pope = [...demo, "--limit", "2"];
const stub = [...pope, "--model", "stub"];

const wrong: readonly (readonly [words: RegExp, ...args: string[]])[] = [
  [/unknown option "batch_size"[\s\S]*here that is --concurrency/, ...pope, "--batch_size", "8"],
  [/unknown option "t"[\s\S]*here that is --tasks/, ...pope, "-t", "pope"],
  [/unknown option "task"[\s\S]*did you mean "tasks"\?/, "run", "--task", "pope"],
  [/"mmmu" belongs to no option[\s\S]*separated by commas/, "run", "--tasks", "pope", "mmmu", "--data", "demo"],
  [/compare needs 2 arguments before its options, and 1 was given/, "compare", "b3"],
  [/no command "rnu"[\s\S]*did you mean "run"\?/, "rnu"],
  [/no task named "MMMU"[\s\S]*did you mean "mmmu"\?/, "run", "--tasks", "MMMU", "--data", "demo"],
  [/task "pope" has no split "val"[\s\S]*its splits: test/, "run", "--tasks", "pope@val", "--data", "demo"],
  [/"abc" is not a whole number\n {2}at: {2}--limit/, ...demo, "--limit", "abc"],
  [/"1.5" is not a whole number\n {2}at: {2}--limit/, ...demo, "--limit", "1.5"],
  [/-5 is out of range[\s\S]*at least 1/, ...demo, "--limit", "-5"],
  [/0 is out of range[\s\S]*at least 1/, ...demo, "--limit", "0"],
  [
    /no model or preset named "LLAVA-V1\.5-7B"[\s\S]*did you mean "llava-v1\.5-7b"\?/,
    ...pope,
    "--model",
    "LLAVA-V1.5-7B",
  ],
  [/"float16" is not known[\s\S]*bf16, fp16, fp32/, ...stub, "--dtype", "float16"],
  [/no URL in "openai:m@localhost:9\/v1"[\s\S]*begins with http/, ...pope, "--model", "openai:m@localhost:9/v1"],
  [/"x\.gguf" is a file[\s\S]*a GGUF file is served/, ...pope, "--model", "x.gguf"],
  [/a file, not a checkpoint folder/, ...pope, "--model", "local:x.gguf"],
  [/there is no folder .*C:\\ckpt/, ...pope, "--model", "local:C:\\ckpt"],
  [/no config\.json/, ...pope, "--model", "local:empty"],
  [/a file stands where a folder is needed/, ...stub, "--out", "file"],
  [/a file stands where a folder is needed/, ...stub, "--out", "dead"],
  [/a file stands where a folder is needed/, "demo-data", "--out", "file", "--rows", "2"],
  [/a file stands where a folder is needed/, "demo-data", "--out", "file/below", "--rows", "2"],
  [/misspelt|unknown key "modle"[\s\S]*did you mean "model"\?/, ...pope, "--config", "typo.yaml"],
  [/tab/i, ...pope, "--config", "tab.yaml"],
];

test.each(wrong.map(([words, ...args]) => ({ words, args })))("$args: $words", async ({ words, args }) => {
  await using place = await Workplace.make();
  await writeFile(place.file("file"), "x");
  await writeFile(place.file("x.gguf"), "GGUF");
  await writeFile(place.file("typo.yaml"), "modle: stub\n");
  await writeFile(place.file("tab.yaml"), "tasks:\n\t- pope\n");
  await mkdir(place.file("empty"));
  await symlink("nowhere", place.file("dead"));
  const { exitCode, stdout, stderr } = await place.run(...args);
  expect(stderr).toMatch(words);
  expect(stderr).toMatch(/^error: .+\n {2}at: {2}.+\n {2}fix: .+/m);
  expect([exitCode, stdout]).toEqual([1, ""]);
});

test.skipIf(process.platform !== "linux")(
  "a folder in which none can be made ends every command at once",
  { timeout: 300_000 },
  async () => {
    await using place = await Workplace.make();
    expect((await place.run(...stub, "--out", "good")).exitCode).toBe(0);
    for (const args of [
      [...stub, "--out", "/proc/x"],
      ["view", "good", "--out", "/proc/x"],
      ["demo-data", "--out", "/proc/x", "--rows", "2"],
      ["compare", "good", "good", "--out", "/proc/x/y"],
      ["leaderboard", "good", "--include", "demo", "--include", "partial", "--site", "/proc/x"],
    ]) {
      const { exitCode, stderr } = await place.run(...args);
      expect([args[0], exitCode]).toEqual([args[0], 1]);
      expect(stderr).toMatch(/check the permissions of the folder/);
    }
  },
);

test("umlauts and blanks in --out, and a config.json with a byte-order mark, are no obstacle", async () => {
  await using place = await Workplace.make();
  expect((await place.run(...stub, "--out", "ü ö/ä b")).exitCode).toBe(0);
  await cp(join(root, "configs", "demo", "model"), place.file("marked"), { recursive: true });
  const config = await place.read("marked", "config.json");
  await writeFile(place.file("marked", "config.json"), `\ufeff${config}`);
  const described = await place.run("model", "marked");
  expect(described.exitCode, described.stderr).toBe(0);
});

test("a process that waits for what never comes does not end without a word", async () => {
  await using place = await Workplace.make();
  await writeFile(place.file("never.mjs"), "await new Promise(() => {});\nexport default {};\n");
  const { exitCode, stderr } = await place.run("tasks", "./never.mjs");
  expect(stderr).toMatch(/something waits for what never comes/);
  expect(exitCode).toBe(4);
});
