/** Video-MME as its users have it: rows in its schema, clips in `data`, killed and gone on with, by an endpoint and by the local engine. */

import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { extname } from "node:path";
import { describe, expect, test } from "vitest";
import { startEndpoint } from "../fakes/endpoint.js";
import { noEngine } from "../runners/local/engine-here.js";
import { askableCheckpoint } from "../runners/local/golden-checkpoint.js";
import { clip, hasFfmpeg, withoutFfmpeg } from "../video/with-ffmpeg.js";
import { Workplace } from "./cli.js";

const clips = ["bt709.mp4", "sar.mp4", "rotate90.mp4", "vfr.mp4"];

/** Three questions on each clip, whose file has the benchmark's name for it. */
async function writeVideoMme(place: Workplace): Promise<void> {
  await mkdir(place.file("data", "data"), { recursive: true });
  const rows = clips.flatMap((_, c) =>
    [1, 2, 3].map((q) => ({
      videoID: `clip${c}`,
      question_id: `${c}-${q}`,
      duration: ["short", "medium", "long"][c % 3],
      domain: "Knowledge",
      sub_category: "Astronomy",
      task_type: "Counting Problem",
      question: `What is seen ${q} times?`,
      options: ["A. a box", "B. a bar", "C. a line", "D. a disc"],
      answer: "ABCD"[(c + q) % 4],
    })),
  );
  for (const [c, name] of clips.entries())
    await copyFile(clip(name), place.file("data", "data", `clip${c}${extname(name)}`));
  await writeFile(place.file("data", "videomme.jsonl"), rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
}

/** Kills a run once its journal has some lines, and lets the same command go on. */
async function killAndGoOn(place: Workplace, args: readonly string[]): Promise<void> {
  const child = place.start(...args);
  const lines = async () => (await place.read("out", "videomme.samples.jsonl").catch(() => "")).split("\n").length - 1;
  await expect.poll(lines, { timeout: 90_000, interval: 5 }).toBeGreaterThanOrEqual(2);
  child.kill("SIGKILL");
  await child.ended;
  const again = await place.run(...args);
  expect([again.exitCode, again.stderr]).toEqual([0, expect.any(String)]);
}

/** Both folders' files, which name the place that they were made in. */
async function expectSame(a: Workplace, b: Workplace): Promise<void> {
  for (const name of ["videomme.samples.jsonl", "videomme.json"])
    expect((await a.read("out", name)).replaceAll(a.path, "")).toBe((await b.read("out", name)).replaceAll(b.path, ""));
}

describe.skipIf(!hasFfmpeg)(`Video-MME, killed and gone on with, is the uninterrupted run${withoutFfmpeg}`, () => {
  test("by an endpoint", async () => {
    await using whole = await Workplace.make();
    await using killed = await Workplace.make();
    for (const place of [whole, killed]) await writeVideoMme(place);
    await using endpoint = await startEndpoint({ latencyMs: 30 });
    const model = ["--model", `openai:fake@${endpoint.url}`, "--concurrency", "1"];
    const args = ["run", "--tasks", "videomme", ...model, "--data", "data", "--frames", "4", "--out", "out"];
    expect(await whole.run(...args)).toMatchObject({ exitCode: 0 });
    const result = await whole.result("out", "videomme");
    expect(result).toMatchObject({ n: { total: 12, scored: 12 }, frames: { rule: "4 by middles" } });
    expect(Object.keys(result.groups)).toContain("duration");
    await killAndGoOn(killed, args);
    await expectSame(killed, whole);
  });

  test.skipIf(noEngine() !== undefined)("by a LLaVA-Video checkpoint on the local engine", async () => {
    await using whole = await Workplace.make();
    await using killed = await Workplace.make();
    for (const place of [whole, killed]) await writeVideoMme(place);
    await using checkpoint = await askableCheckpoint("llava-video-tiny-native");
    const model = ["--model", `local:${checkpoint.path}`, "--template", "qwen_1_5", "--device", "cpu"];
    const frames = ["--frames", "2", "--frame-profile", "llava-video", "--max-new-tokens", "8"];
    const args = ["run", "--tasks", "videomme", ...model, "--data", "data", ...frames, "--out", "out"];
    const ended = await whole.run(...args);
    expect([ended.exitCode, ended.stderr]).toEqual([0, expect.any(String)]);
    expect((await whole.result("out", "videomme")).n).toMatchObject({ total: 12, scored: 12 });
    await killAndGoOn(killed, args);
    await expectSame(killed, whole);
  });
});
