import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { boardForms } from "../../src/api/board/leaderboard.js";
import { sample, temporaryFolder, writeRun } from "../board/run-fixture.js";
import { runCommand } from "./run-command.js";

const samples = Array.from({ length: 40 }, (_, i) => sample(i, i % 4 === 0 ? 0 : 1));

async function results(root: string) {
  await writeRun(root, "a", { tasks: { vqav2: { samples }, gqa: { samples } } });
  await writeRun(root, "b", { tasks: { vqav2: { samples, result: { flags: ["partial"] } } } });
  return (...args: string[]) => runCommand(["leaderboard", "--results", root, ...args]);
}

test("leaderboard shows every full run below --results, flagged ones when asked", async () => {
  await using folder = await temporaryFolder();
  const run = await results(folder.dir);
  const { stdout } = await run();
  expect(stdout).toMatch(/^model +gqa v1 accuracy +vqav2 v1 accuracy\na +75\.0 #1 +75\.0 #1/);
  expect(stdout).toContain('1 entry flagged "partial" left out (--include partial)');
  expect((await run("--include", "partial")).stdout).toMatch(/^b +- +75\.0ᵃ/m);
});

test("a run alone, a task alone, and a file instead of stdout", async () => {
  await using folder = await temporaryFolder();
  const run = await results(folder.dir);
  const out = join(folder.dir, "board.csv");
  await run(join(folder.dir, "a"), "--tasks", "gqa", "--format", "csv", "--out", out);
  expect(await readFile(out, "utf8")).toBe(
    "model,prompt_profile,scoring,origin,gqa v1 accuracy\na,default,official,,75\n",
  );
});

test("a site has the board in every form, each as --paired --format prints it", async () => {
  await using folder = await temporaryFolder();
  const run = await results(folder.dir);
  const site = join(folder.dir, "site");
  await run("--site", site);
  const files = (await readdir(site, { withFileTypes: true })).flatMap((file) => (file.isFile() ? [file.name] : []));
  const written = await Promise.all(files.map((file) => readFile(join(site, file), "utf8")));
  expect(new Set(written).size).toBe(files.length);
  for (const form of Object.keys(boardForms).filter((name) => name !== "table" && name !== "html"))
    expect(written, form).toContain((await run("--paired", "--format", form)).stdout);
  for (const file of files.filter((name) => name !== "index.html" && name !== "site.json"))
    expect(await readFile(join(site, "index.html"), "utf8")).toContain(`href="${file}"`);
});

test("mistakes are named: a flag, a column, an import", async () => {
  await using folder = await temporaryFolder();
  const run = await results(folder.dir);
  await expect(run("--include", "all")).rejects.toMatchObject({ where: "--include" });
  await expect(run("--sort", "vqa2")).rejects.toMatchObject({ where: "--sort" });
  await expect(run("--import", "x")).rejects.toMatchObject({ where: "--import" });
  await expect(run("--images", "5")).rejects.toMatchObject({ where: "--images" });
  await expect(run("--site", "x", "--format", "md")).rejects.toThrow(/site.*format|format.*site/);
});

test("published numbers are shown beside ours when asked", async () => {
  await using folder = await temporaryFolder();
  const run = await results(folder.dir);
  const { stdout } = await run("--published", "--tasks", "gqa");
  expect(stdout).toMatch(/^a +75\.0 #1/m);
  expect(stdout).toMatch(/^LLaVA-1\.5-13B \[LLaVA model zoo\] +63\.3/m);
});

test("digits, columns in an order of one's own, no ranks, rows and columns exchanged: for a paper, a README, a chat", async () => {
  await using folder = await temporaryFolder();
  const run = await results(folder.dir);
  const paper = (await run("--format", "latex", "--digits", "2", "--columns", "vqav2,gqa")).stdout;
  expect(paper).toMatch(/Model & .*vqav2.* & .*gqa/);
  expect(paper).toContain("a & 75.00 & 75.00 \\\\");
  const readme = (await run("--format", "md", "--no-rank", "--transpose")).stdout;
  expect(readme.split("\n").slice(0, 3)).toEqual(["| task | a |", "| --- | ---: |", "| gqa v1 accuracy | 75.0 |"]);
  expect((await run("--format", "text", "--include", "partial")).stdout).toBe(
    "2 models, 2 tasks\na: gqa 75.0, vqav2 75.0\nb: vqav2 75.0ᵃ\nᵃ partial: vqav2 v1 of b\n",
  );
  await expect(run("--columns", "vqa2")).rejects.toMatchObject({
    where: "--columns",
    fix: expect.stringContaining("vqav2"),
  });
  await expect(run("--digits", "x")).rejects.toMatchObject({ where: "--digits" });
});
