/// <reference lib="dom" />
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { writePage } from "../../src/api/report/view.js";
import { openRun } from "../../src/record/read.js";
import { sample, temporaryFolder, writeRun } from "../board/run-fixture.js";
import { chromiumPath, launchBrowser } from "./browser.js";
import { withBrowser } from "./page-fixture.js";

const options = { images: 0, warn: () => {} };
const samples = (right: number) => Array.from({ length: 40 }, (_, i) => sample(i, i < right ? 1 : 0));

let browser: Browser;
beforeAll(async () => {
  if (chromiumPath) browser = await launchBrowser();
});
afterAll(() => browser?.close());

async function trendsOf(path: string) {
  const page = await browser.newPage();
  await page.goto(pathToFileURL(path).href);
  await page.waitForSelector("table.scores");
  const charts = page.locator("svg.trend");
  const words = await charts.evaluateAll((all) => all.map((chart) => chart.getAttribute("aria-label")));
  const changes = await page.locator("svg.trend .change").count();
  const heading = (await page.locator(".trends h2").count()) === 0 ? "" : await page.textContent(".trends h2");
  const runs = await page.locator("article.run h1").count();
  await page.close();
  return { words, changes, heading, runs };
}

withBrowser("a run's page has the course of its model's earlier runs, with the night of a new level", async () => {
  await using folder = await temporaryFolder();
  const run = await writeRun(folder.dir, "nightly", {
    tasks: { vqav2: { samples: samples(28) }, gqa: { samples: samples(28) } },
  });
  const night = (task: string, i: number, value: number) => ({
    schema: "llava-eval/history@1",
    ...{ finishedAt: `2026-10-${String(i + 1).padStart(2, "0")}T02:30:00.000Z`, run: "nightly", model: "m" },
    ...{ task, version: 1, scoring: "official", promptProfile: "default", dataset: { source: "a/b", split: "val" } },
    metric: { name: "accuracy", unit: "fraction", direction: "higher", value, n: 40 },
    ...{ n: { total: 40, scored: 40 }, flags: [] },
  });
  const { model } = (await openRun(run)).manifest;
  const lines = Array.from({ length: 20 }, (_, i) => [
    { ...night("vqav2", i, i < 12 ? 0.9 : 0.7), model },
    ...(i === 0 ? [{ ...night("gqa", i, 0.5), model }] : []),
  ]).flat();
  await writeFile(join(folder.dir, "history.jsonl"), lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  const shown = await trendsOf(await writePage([run], join(folder.dir, "page"), options));
  // One run is no course.
  expect(shown.words).toEqual([
    "vqav2 accuracy over 20 runs: 90.0 at 2026-10-01 02:30, 70.0 at 2026-10-20 02:30; a new level since 2026-10-13 02:30",
  ]);
  expect(shown).toMatchObject({ changes: 1, heading: "Over time", runs: 1 });
});

withBrowser(
  "a watch's folder opens: its first and its last step side by side, with the curve between them",
  async () => {
    await using folder = await temporaryFolder();
    for (const [step, right] of [
      [100, 20],
      [200, 26],
      [1000, 34],
    ] as const)
      await writeRun(folder.dir, `step-${step}`, { tasks: { vqav2: { samples: samples(right) } } });
    const shown = await trendsOf(await writePage([folder.dir], join(folder.dir, "page"), options));
    expect(shown.words).toEqual(["vqav2 accuracy over 3 steps: 50.0 at 100, 85.0 at 1000"]);
    expect(shown).toMatchObject({ changes: 0, heading: "Over the training", runs: 2 });
  },
);

withBrowser("a run without a history has no course, and a folder without a run is still a mistake", async () => {
  await using folder = await temporaryFolder();
  const run = await writeRun(folder.dir, "alone", { tasks: { vqav2: { samples: samples(20) } } });
  expect(await trendsOf(await writePage([run], join(folder.dir, "page"), options))).toMatchObject({
    words: [],
    heading: "",
  });
  await expect(writePage([folder.dir], join(folder.dir, "none"), options)).rejects.toThrow("not a run folder");
});
