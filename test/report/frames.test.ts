/// <reference lib="dom" />
/** The frames that a model saw: on the page with their times, and written out as they were sent. */

import { hash } from "node:crypto";
import { copyFile, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import { root, Workplace } from "../e2e/cli.js";
import { startEndpoint } from "../fakes/endpoint.js";
import { clip, hasFfmpeg, withoutFfmpeg } from "../video/with-ffmpeg.js";
import { chromiumPath } from "./browser.js";
import { Pages } from "./page-fixture.js";

const task = join(root, "test", "forms", "clips.ts");

/** A run of two questions on each of two clips, and one on a clip that is damaged. */
async function runClips(place: Workplace): Promise<void> {
  await mkdir(place.file("data", "videos"), { recursive: true });
  const clips = ["bt709.mp4", "bt709.mp4", "sar.mp4", "sar.mp4", "empty.mp4"];
  for (const name of new Set(clips)) await copyFile(clip(name), place.file("data", "videos", name));
  const rows = clips.map((video, i) => ({ id: `q${i}`, video, question: `What is ${i}?`, answer: "yes" }));
  await writeFile(place.file("data", "clips.jsonl"), rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  await using endpoint = await startEndpoint();
  const model = ["--model", `openai:fake@${endpoint.url}`, "--frames", "3"];
  const ended = await place.run("run", "--tasks", task, "--data", "data", ...model, "--out", "out");
  expect([ended.exitCode, ended.stderr]).toEqual([2, expect.any(String)]);
}

describe.skipIf(!hasFfmpeg)(`frames that were seen${withoutFfmpeg}`, () => {
  const pages = new Pages(1200);

  test("samples writes each once, named by clip, place and time, with the bytes that were sent", async () => {
    await using place = await Workplace.make();
    await runClips(place);
    const ask = ["samples", "out", "--format", "jsonl", "--frames", "seen"];
    const first = await place.run(...ask, "--id", "q0", "--id", "q1");
    expect([first.exitCode, first.stderr]).toEqual([0, expect.stringMatching(/2 samples; 3 frames in seen/)]);
    const lines = first.stdout.trim().split("\n");
    const [sample] = lines.map((line) => JSON.parse(line));
    expect(sample.frames.map(({ frame, time }: { frame: number; time: number }) => [frame, time])).toEqual([
      [5, 0.2],
      [15, 0.6],
      [25, 1],
    ]);
    expect(sample.frames[0]).toMatchObject({ file: expect.stringMatching(/^2e0eab202381266b/), stream: 0 });
    expect((await readdir(place.file("seen"))).sort()).toEqual([
      "2e0eab202381266b-0000005-0.200s.png",
      "2e0eab202381266b-0000015-0.600s.png",
      "2e0eab202381266b-0000025-1.000s.png",
    ]);
    const bytes = await readFile(place.file("seen", "2e0eab202381266b-0000005-0.200s.png"));
    expect(hash("sha256", bytes).slice(0, 32)).toBe(sample.frames[0].image);

    const shown = await place.run("samples", "out", "--id", "q0");
    expect(shown.stdout).toContain("frames      5 at 0.2 s, 15 at 0.6 s, 25 at 1 s");

    // Another clip of that name: its frames were never sent.
    await copyFile(clip("frames3.mp4"), place.file("data", "videos", "sar.mp4"));
    const changed = await place.run(...ask, "--id", "q2");
    expect([changed.exitCode, changed.stderr]).toEqual([
      0,
      expect.stringMatching(/3 of 3 frames are not there any more as they were sent.*\n.*0 frames in seen/s),
    ]);
    const none = await place.run(...ask, "--id", "q4");
    expect([none.exitCode, none.stderr]).toEqual([1, expect.stringContaining("none of these samples shows frames")]);
  });

  test("the page shows them with their times, each thumbnail once; without the clips the times alone", async () => {
    await using place = await Workplace.make();
    await runClips(place);
    const written = await place.run("view", "out", "--out", "report");
    expect([written.exitCode, written.stderr]).toEqual([0, ""]);
    // Three of each sound clip, and no originals: a clip's frames in full are as large as the clip.
    expect(await readdir(place.file("report", "thumbs"))).toHaveLength(6);
    expect(await readdir(place.file("report"))).not.toContain("images");
    if (!chromiumPath) return;
    const page = await pages.open(`${pathToFileURL(place.file("report", "index.html"))}#task=clips&sample=0`);
    await page.waitForSelector(".frame img");
    expect(await page.locator(".frame figcaption").allTextContents()).toEqual(["0.20 s", "0.60 s", "1.00 s"]);
    await expect
      .poll(() => page.evaluate(() => (document.querySelector(".frame img") as HTMLImageElement).naturalWidth))
      .toBeGreaterThan(0);
    await page.close();

    await writeFile(place.file("data", "videos", "bt709.mp4"), "");
    await place.run("view", "out", "--out", "again");
    const without = await pages.open(`${pathToFileURL(place.file("again", "index.html"))}#task=clips&sample=0`);
    await without.waitForSelector(".frame");
    expect(await without.locator(".frame").allTextContents()).toEqual([
      "frame 5, 0.20 s",
      "frame 15, 0.60 s",
      "frame 25, 1.00 s",
    ]);
    expect(await without.locator(".frame img").count()).toBe(0);
    expect(pages.problems).toEqual([]);
    await without.close();
  });
});
