import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { sample, temporaryFolder, writeRun } from "../board/run-fixture.js";
import { runCommand } from "./run-command.js";

const hostile = "a | b `c` <script>alert(1)</script>\n::error::owned\x1b[31m";

/** Two runs, the second better; the last item has words of a stranger in every place. */
async function runs(root: string): Promise<string[]> {
  const values = [
    [1, 0, 0, 1, 0],
    [1, 0, 1, 1, 1],
  ];
  const write = (row: readonly number[], i: number) =>
    writeRun(root, `run-${i}`, {
      tasks: {
        vqav2: {
          samples: row.map((value, item) =>
            item < 4
              ? sample(item, value)
              : sample(item, value, {
                  ...{ id: hostile, prompt: hostile, text: hostile },
                  score: { status: "scored", value, answer: hostile, targets: [hostile] },
                }),
          ),
        },
      },
    });
  return await Promise.all(values.map(write));
}

test("the items of a task in each form, on the screen or in a file; two models name no suspect", async () => {
  await using folder = await temporaryFolder();
  const folders = await runs(folder.dir);
  const items = (...args: string[]) => runCommand(["items", "vqav2", "--runs", ...folders, ...args]);
  const table = await items();
  expect(table.stdout).toMatch(/^vqav2: 5 items by accuracy, 2 runs of 2 models that score 40\.0 to 80\.0$/m);
  expect(table.stdout).toContain("2 (40.0 %) everybody solves and 1 (20.0 %) nobody");
  expect(table.stdout).toContain("which references may be wrong 2 models cannot say");
  expect(table.stdout).toMatch(/nobody solves\n\nitem +reference +stronger half says\n-*\s*q1 +yes +no \(100 %\)/);
  for (const format of ["table", "md", "html", "list"]) {
    const { stdout } = await items("--format", format);
    expect(stdout).not.toContain("<script>");
    expect(stdout).not.toContain("\x1b[31m");
  }
  const lines = (await items("--format", "jsonl")).stdout.trimEnd().split("\n");
  expect(lines.map((line) => JSON.parse(line).id)).toEqual(["q0", "q1", "q2", "q3", hostile]);
  expect(JSON.parse(lines[2] as string)).toMatchObject({
    difficulty: 0.5,
    itemRest: 1,
    runs: 2,
    targets: ["yes"],
  });
  const out = join(folder.dir, "page", "items.html");
  expect((await items("--format", "html", "--out", out)).stdout).toBe(`${out}\n`);
  expect(await readFile(out, "utf8")).toContain("<h1>Items of vqav2</h1>");
});

test("without names it takes the runs below --results, each once, and says what it leaves out", async () => {
  await using folder = await temporaryFolder();
  await runs(folder.dir);
  await writeRun(folder.dir, "run-9", { manifest: { name: "run-0" }, tasks: { vqav2: { samples: [sample(0, 1)] } } });
  await writeRun(folder.dir, "elsewhere", { tasks: { gqa: { samples: [sample(0, 1)] } } });
  const { stdout, stderr } = await runCommand(["items", "vqav2", "--results", folder.dir]);
  expect(stdout).toContain("2 runs of 2 models");
  expect(stderr).toMatch(/once more, and counts once/);
  await expect(runCommand(["items", "pope", "--results", folder.dir])).rejects.toThrow(/pope has 0 runs/);
  await expect(runCommand(["items", "vqav2", "--limit", "0"])).rejects.toThrow(/out of range|from 1/);
});
