import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parseMaxFailed, readSettings } from "../../src/api/settings.js";
import { UserError } from "../../src/core/errors.js";
import { runCommand } from "./run-command.js";

test("a flag wins over the environment, the environment over the file", async () => {
  const folder = await mkdtemp(join(tmpdir(), "llava-eval-options-"));
  try {
    const config = join(folder, "c.yaml");
    await writeFile(config, "tasks: [a, b]\nlimit: 1\nseed: 1\nmodel: stub\nmax-failed: 2\n");
    const settings = await readSettings({ config, limit: "3" }, { LLAVA_EVAL_LIMIT: "2", LLAVA_EVAL_SEED: "5" });
    expect(settings).toEqual({ tasks: ["a", "b"], limit: 3, seed: 5, model: "stub", "max-failed": "2" });
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("lists are split at commas, given once or several times", async () => {
  expect((await readSettings({ tasks: "a,b, c" }, {})).tasks).toEqual(["a", "b", "c"]);
  expect((await readSettings({ tasks: ["a,b", "c"] }, {})).tasks).toEqual(["a", "b", "c"]);
});

test.each([
  ["16", 16],
  ["[8, 16]", [8, 16]],
  ['"8,16"', [8, 16]],
  ["0", "must be >= 1 (found 0)"],
  ["[8, 0]", "max-new-tokens.1 must be >= 1 (found 0)"],
  ["[8, much]", "max-new-tokens.1 must be integer"],
])(
  "max-new-tokens: %s in a file is one budget or several, or is refused for what is wrong with it",
  async (text, read) => {
    const folder = await mkdtemp(join(tmpdir(), "llava-eval-options-"));
    try {
      const config = join(folder, "c.yaml");
      await writeFile(config, `max-new-tokens: ${text}\n`);
      const settings = readSettings({ config }, {});
      if (typeof read === "string") await expect(settings).rejects.toThrow(read);
      else expect(await settings).toEqual({ "max-new-tokens": read });
    } finally {
      await rm(folder, { recursive: true });
    }
  },
);

test.each(["abc", "1.5", "", "1e999", "0x10", "NaN"])("--limit %s is no whole number", async (limit) => {
  await expect(readSettings({ limit }, {})).rejects.toThrow(UserError);
});

test("1_000 and 1e3 are numbers as people write them", async () => {
  expect((await readSettings({ limit: "1_000" }, {})).limit).toBe(1000);
  expect((await readSettings({ limit: "1e3" }, {})).limit).toBe(1000);
});

test("--max-failed is a count or a percentage", () => {
  expect(parseMaxFailed(undefined)).toEqual({ count: 0 });
  expect(parseMaxFailed("3")).toEqual({ count: 3 });
  expect(parseMaxFailed("0.5%")).toEqual({ percent: 0.5 });
  for (const wrong of ["-1", "101%", "1.5", "many", "%"]) expect(() => parseMaxFailed(wrong)).toThrow(UserError);
});

test.each<[readonly string[], string, string]>([
  [["--listen", "127.0.0.1:0"], "is for runs that workers answer", "--listen"],
  [["--admit"], "is for runs that workers answer", "--admit"],
  [["--fleet", "--fleet-rate", "0"], '"0" is not a number from 0.001 to 1000000', "--fleet-rate"],
  [["--fleet", "--fleet-rate", "fast"], '"fast" is not a number from', "--fleet-rate"],
  [["--fleet", "--fleet-concurrency", "1.5"], '"1.5" is not a whole number', "--fleet-concurrency"],
])("run %j is refused", async (args, what, where) => {
  const refused = runCommand(["run", "--tasks", "pope", ...args]);
  await expect(refused).rejects.toThrow(what);
  await expect(refused).rejects.toMatchObject({ where });
});
