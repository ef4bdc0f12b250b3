/** Tasks with clips from a folder: frames named and sent, resumed, refused, and what damaged clips come to. */

import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { chmod, copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { basename, delimiter, join } from "node:path";
import { describe, expect, test } from "vitest";
import { runCommand } from "../cli/run-command.js";
import { startEndpoint } from "../fakes/endpoint.js";
import { noEngine } from "../runners/local/engine-here.js";
import { askableCheckpoint } from "../runners/local/golden-checkpoint.js";
import { clip, hasFfmpeg, withoutFfmpeg } from "../video/with-ffmpeg.js";
import { root, Workplace } from "./cli.js";

const task = join(root, "test", "forms", "clips.ts");

/** Rows with so many questions on each clip, and the clips in `videos`. */
async function writeClips(place: Workplace, clips: readonly string[], questions: number): Promise<void> {
  await mkdir(place.file("data", "videos"), { recursive: true });
  for (const name of clips) await copyFile(clip(name), place.file("data", "videos", name));
  const rows = clips.flatMap((video, c) =>
    Array.from({ length: questions }, (_, i) => ({ id: `${c}-${i}`, video, question: `What is ${i}?`, answer: "yes" })),
  );
  await writeFile(place.file("data", "clips.jsonl"), rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
}

const sound = ["bt709.mp4", "sar.mp4", "vfr.mp4", "rotate90.mp4"];
const argsTo = (url: string, ...more: readonly string[]) => [
  ...[
    "run",
    "--tasks",
    task,
    "--data",
    "data",
    "--model",
    `openai:fake@${url}`,
    "--out",
    "out",
    "--frames",
    "3",
    ...more,
  ],
];

describe.skipIf(!hasFfmpeg)(`clips${withoutFfmpeg}`, () => {
  test("a killed run ends as the uninterrupted one, byte for byte; every frame is named, every clip decoded once", async () => {
    await using place = await Workplace.make();
    const log = place.file("decoded.log");
    await mkdir(place.file("bin"));
    // The real one behind it, with a line for every clip whose frames it is asked for.
    const script = `#!/bin/sh\ncase "$*" in *image2pipe*) echo "$*" >> ${log};; esac\nPATH='${process.env.PATH}' exec ffmpeg "$@"\n`;
    await writeFile(place.file("bin", "ffmpeg"), script);
    await chmod(place.file("bin", "ffmpeg"), 0o755);
    await using counted = await Workplace.make({ PATH: `${place.file("bin")}${delimiter}${process.env.PATH}` });
    for (const one of [place, counted]) await writeClips(one, sound, 6);
    await using endpoint = await startEndpoint({ latencyMs: 30 });

    expect(await counted.run(...argsTo(endpoint.url))).toMatchObject({ exitCode: 0 });
    const decoded = (await readFile(log, "utf8")).trim().split("\n");
    expect(decoded.map((line) => basename(/ -i file:(\S+)/.exec(line)?.[1] ?? "")).sort()).toEqual([...sound].sort());
    const [first] = await counted.samples("out", "clips");
    expect(first).toMatchObject({ prompt: "<video>What is 0?", cluster: "bt709.mp4" });
    expect(first?.clips).toEqual([
      {
        file: expect.stringMatching(/^2e0eab202381266b/),
        stream: 0,
        frames: [5, 15, 25],
        times: [0.2, 0.6, 1],
      },
    ]);
    expect(first?.images).toHaveLength(3);
    const asked = endpoint.asked.filter(({ text }) => text.endsWith("What is 0?"));
    expect(asked.map(({ images }) => images)).toContainEqual(first?.images);
    expect(asked[0]?.mediaTypes).toEqual(["image/png", "image/png", "image/png"]);
    const result = await counted.result("out", "clips");
    expect(result.frames).toEqual({ rule: "3 by middles", decoder: expect.stringMatching(/^ffmpeg .*bicubic.* png$/) });

    const child = place.start(...argsTo(endpoint.url));
    const before = endpoint.asked.length;
    await expect.poll(() => endpoint.asked.length, { timeout: 60_000, interval: 5 }).toBeGreaterThan(before + 6);
    child.kill("SIGKILL");
    await child.ended;
    expect(await place.run(...argsTo(endpoint.url))).toMatchObject({ exitCode: 0 });
    // Each names its own folder as where the rows come from.
    for (const name of ["clips.samples.jsonl", "clips.json"])
      expect((await place.read("out", name)).replaceAll(place.path, "")).toBe(
        (await counted.read("out", name)).replaceAll(counted.path, ""),
      );
  });

  test("a run goes on with the same frames of the same clips only", async () => {
    await using place = await Workplace.make();
    await writeClips(place, sound.slice(0, 2), 1);
    await using endpoint = await startEndpoint();
    expect((await place.run(...argsTo(endpoint.url))).exitCode).toBe(0);
    const other = await place.run(...argsTo(endpoint.url, "--frame-profile", "vlmevalkit"));
    expect([other.exitCode, other.stderr]).toEqual([1, expect.stringMatching(/frames.*profile.*middles.*vlmevalkit/)]);
    await copyFile(clip("frames3.mp4"), place.file("data", "videos", "sar.mp4"));
    const changed = await place.run(...argsTo(endpoint.url));
    expect([changed.exitCode, changed.stderr]).toEqual([1, expect.stringContaining("has another clip now: sar.mp4")]);
  });

  test("what the profile says about the frames stands after them, and JPEGs are sent where its authors have them", async () => {
    await using place = await Workplace.make();
    await writeClips(place, ["bt709.mp4"], 1);
    await using endpoint = await startEndpoint();
    const run = (out: string, ...more: string[]) =>
      place.run(
        ...["run", "--tasks", task, "--data", "data", "--model", `openai:fake@${endpoint.url}`, "--out", out, ...more],
      );
    expect((await run("a", "--fps", "1", "--max-frames", "8", "--frame-profile", "llava-video")).exitCode).toBe(0);
    expect(endpoint.asked.at(-1)?.text).toBe(
      "The video lasts for 1.24 seconds, and 2 frames are uniformly sampled from it. These frames are located at 0.00s,1.00s.Please answer the following questions related to this video.\nWhat is 0?",
    );
    expect((await run("b", "--frames", "4", "--frame-profile", "vlmevalkit")).exitCode).toBe(0);
    expect(endpoint.asked.at(-1)?.mediaTypes).toEqual(Array.from({ length: 4 }, () => "image/jpeg"));
    const explained = await place.run("explain", "a", "b", "--format", "json");
    expect(JSON.parse(explained.stdout)).toMatchObject([{ first: "frames" }]);
    const compared = await place.run("compare", "a", "b");
    expect(compared.stderr + compared.stdout).toContain(
      "frames of clips: 1 a second, 8 at most, by llava-video against 4 by vlmevalkit",
    );
  });

  test("a damaged clip is unscored with the reason, and data doctor names it", async () => {
    await using place = await Workplace.make();
    const damaged = ["trunc.mkv", "trunc_faststart.mp4", "empty.mp4", "text.mp4", "audio_only.mp4"];
    await writeClips(place, [...damaged, "corrupt_middle.mp4", "anim.gif", "wrongcount.avi"], 1);
    await writeFile(
      place.file("data", "clips.jsonl"),
      `${await place.read("data", "clips.jsonl")}${JSON.stringify({ id: "out", video: "../outside.mp4", question: "?", answer: "" })}\n`,
    );
    await copyFile(clip("sar.mp4"), place.file("outside.mp4"));
    await using endpoint = await startEndpoint();
    expect((await place.run(...argsTo(endpoint.url))).exitCode).toBe(2);
    const samples = await place.samples("out", "clips");
    const reasons = samples.map(({ score }) =>
      score?.status === "unscored" ? `${score.reason}: ${score.detail}` : "scored",
    );
    expect(reasons).toEqual([
      "data: the clip ends early: 1.4 of 2.4 seconds are there",
      "data: the clip ends early: 78 of 124 frames are there",
      "data: the clip is an empty file",
      "data: the file is no clip that ffmpeg reads: Invalid data found when processing input",
      "data: the file has no video stream",
      "scored",
      "scored",
      "scored",
      'data: the clip "../outside.mp4" leads out of the data folder',
    ]);
    expect(samples[5]?.warnings?.[0]).toMatch(/complaints of the decoder, the first: Invalid NAL unit size/);

    const verified = await place.run("data", "verify", task, "--data", "data");
    expect(verified.exitCode).toBe(3);
    expect(verified.stdout).toContain("8 different clips, 7 problems");
    for (const name of [...damaged, "corrupt_middle.mp4"]) expect(verified.stdout).toContain(`"${name}"`);
    for (const name of ["anim.gif", "wrongcount.avi"]) expect(verified.stdout).not.toContain(name);
  });

  test.skipIf(process.getuid?.() !== 0)(
    "a full disk ends the run with what to do, and the same command goes on (skipped unless root: mounts a small disk)",
    async () => {
      await using place = await Workplace.make();
      await writeClips(place, sound, 15);
      await mkdir(place.file("out"));
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=32k", "tmpfs", place.file("out")]);
      try {
        await using endpoint = await startEndpoint();
        const full = await place.run(...argsTo(endpoint.url));
        expect([full.exitCode, full.stderr]).toEqual([1, expect.stringContaining("free some disk space")]);
        execFileSync("mount", ["-o", "remount,size=4m", place.file("out")]);
        expect((await place.run(...argsTo(endpoint.url))).exitCode).toBe(0);
        const samples = await place.samples("out", "clips");
        expect(samples.map(({ state, clips }) => [state, clips?.[0]?.frames.length])).toEqual(
          Array.from({ length: 60 }, () => ["scored", 3]),
        );
      } finally {
        execFileSync("umount", [place.file("out")]);
      }
    },
  );

  test.skipIf(noEngine() !== undefined).each([
    { name: "llava-video-tiny-native", as: "one clip", template: ["--template", "qwen_1_5"] },
    { name: "ov2-qwen3-tiny", as: "so many images", template: [] },
  ])("the local engine takes the frames as $as: $name", async ({ name, template }) => {
    await using place = await Workplace.make();
    await writeClips(place, ["bt709.mp4", "sar.mp4"], 1);
    await using checkpoint = await askableCheckpoint(name);
    const model = ["--model", `local:${checkpoint.path}`, ...template, "--device", "cpu"];
    const args = ["run", "--tasks", task, "--data", "data", ...model, "--frames", "2"];
    const ended = await place.run(...args, "--frame-profile", "llava-video", "--out", "out");
    expect([ended.exitCode, ended.stderr]).toEqual([0, expect.any(String)]);
    const samples = await place.samples("out", "clips");
    expect(samples.map(({ state, images }) => [state, images?.length])).toEqual([
      ["scored", 2],
      ["scored", 2],
    ]);
  });
});

/** One that is dead may wait for its parent: after SIGKILL that is whoever the system gives it to. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !existsSync(`/proc/${pid}/stat`) || !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch (error) {
    if (!["ESRCH", "ENOENT"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
    return false;
  }
}

describe.skipIf(!hasFfmpeg)(`a run whose decoders hang${withoutFfmpeg}`, () => {
  test.each(["SIGINT", "SIGKILL"] as const)("ends at %s, and leaves none behind", async (signal) => {
    await using place = await Workplace.make();
    await using hanging = await Workplace.make({ PATH: `${place.file("bin")}${delimiter}${process.env.PATH}` });
    const log = place.file("hung.log");
    await mkdir(place.file("bin"));
    const script = `#!/bin/sh\ncase "$*" in *image2pipe*) echo $$ >> ${log}; kill -STOP $$;; esac\nPATH='${process.env.PATH}' exec ffmpeg "$@"\n`;
    await writeFile(place.file("bin", "ffmpeg"), script);
    await chmod(place.file("bin", "ffmpeg"), 0o755);
    await writeClips(hanging, sound.slice(0, 2), 1);
    await using endpoint = await startEndpoint();
    const run = hanging.start(...argsTo(endpoint.url));
    const hung = async () =>
      (await readFile(log, "utf8").catch(() => "")).trim().split("\n").filter(Boolean).map(Number);
    await expect.poll(async () => (await hung()).length, { timeout: 60_000 }).toBe(2);
    // The first one is enough: nothing has been asked yet for these clips, and nothing is journalled of them.
    run.kill(signal);
    expect((await run.ended).exitCode).not.toBe(0);
    expect(await hanging.read("out", "clips.samples.jsonl").catch(() => "")).toBe("");
    const pids = await hung();
    // A shell ends them, a moment later.
    if (signal === "SIGKILL") await expect.poll(() => pids.filter(isAlive), { timeout: 10_000 }).toEqual([]);
    expect(pids.filter(isAlive)).toEqual([]);
    expect(endpoint.asked.filter(({ text }) => text.startsWith("What is"))).toEqual([]);
  });
});

test("without ffmpeg the run ends before anything is asked, and says what to install", async () => {
  await using place = await Workplace.make({ PATH: "/nowhere" });
  await writeClips(place, ["bt709.mp4"], 1);
  await using endpoint = await startEndpoint();
  const ended = await place.run(...argsTo(endpoint.url));
  expect([ended.exitCode, ended.stderr]).toEqual([1, expect.stringContaining("apt-get install ffmpeg")]);
  expect(endpoint.asked).toEqual([]);
});

test("settings about clips say what is wrong with them", async () => {
  const says = (...args: string[]) =>
    runCommand(["run", "--model", "stub", "--data", "demo", ...args]).then(
      () => "",
      (error: Error) => error.message,
    );
  const ofClips = ["--tasks", task] as const;
  expect(await says(...ofClips, "--frames", "4", "--fps", "1")).toMatch(/^--frames and --fps are two ways/);
  expect(await says(...ofClips, "--max-frames", "4")).toMatch(/^--max-frames bounds --fps/);
  expect(await says(...ofClips, "--fps", "1", "--frame-profile", "onevision")).toMatch(/onevision has no frames by/);
  expect(await says(...ofClips, "--frame-profile", "qwenn")).toMatch(/"qwenn"/);
  expect(await says("--tasks", "vqav2", "--frames", "4")).toMatch(/^--frames is about clips, and no task here/);
});
