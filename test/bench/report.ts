/// <reference lib="dom" />
/**
 * The report page of a large run in a real browser, from disk: until the list is drawn, until a search over every sample has
 * ended, and what the page's process holds.
 *   npm run bench -- report [--samples 10000] [--images 2000]
 */

import { mkdtemp, rm, stat } from "node:fs/promises";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { launchBrowser, rendererMegabytes } from "../report/browser.js";
import { largeReport } from "../report/large-run.js";

const { values } = parseArgs({
  options: { samples: { type: "string", default: "10000" }, images: { type: "string", default: "2000" } },
});
const samples = Number(values.samples);
const folder = await mkdtemp(join(tmpdir(), "llava-eval-bench-report-"));
try {
  const page = await largeReport(folder, samples, Number(values.images));
  console.log(
    `${availableParallelism()} x ${cpus()[0]?.model.trim()}, ${samples} samples, ${values.images} images, page ${((await stat(page)).size / 1024).toFixed(0)} KB`,
  );
  const browser = await launchBrowser();
  const tab = await browser.newPage();
  const url = pathToFileURL(page).href;

  let began = performance.now();
  await tab.goto(url);
  await tab.waitForSelector(".scores");
  console.log(`overview drawn           ${(performance.now() - began).toFixed(0)} ms`);

  began = performance.now();
  await tab.goto(`${url}#task=large`);
  await tab.waitForSelector('.row:has-text("object number 0 ")');
  console.log(`sample list drawn        ${(performance.now() - began).toFixed(0)} ms`);
  console.log(`memory of the page       ${(await rendererMegabytes()).toFixed(0)} MB`);

  // The page reads ahead while nobody waits.
  await tab.waitForTimeout(samples / 20);
  began = performance.now();
  await tab.fill('input[type="search"]', `object number ${samples - 1} `);
  await tab.waitForFunction(() => document.querySelector(".found")?.textContent?.startsWith("1 of"));
  console.log(
    `search over all samples  ${(performance.now() - began).toFixed(0)} ms, ${samples / 20_000} s after the list`,
  );
  await tab.fill('input[type="search"]', "");
  for (let i = 0; i < 60; i++) {
    await tab.locator(".list").evaluate((list, part) => list.scrollTo(0, part * list.scrollHeight), i / 60);
    await tab.waitForTimeout(50);
  }
  console.log(`after scrolling through  ${(await rendererMegabytes()).toFixed(0)} MB`);
  await browser.close();
} finally {
  await rm(folder, { recursive: true, force: true });
}
