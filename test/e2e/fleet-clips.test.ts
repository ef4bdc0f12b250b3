/** Clips and subtitles for workers without data, by way of their coordinator, which is killed and started again meanwhile. */
import { hash } from "node:crypto";
import { copyFile, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { describe, expect, test } from "vitest";
import { startEndpoint } from "../fakes/endpoint.js";
import { startHub } from "../fakes/hub.js";
import { parquetBytes } from "../fakes/parquet-files.js";
import { freePort, noRedis, TestRedis } from "../fakes/redis.js";
import { zipBytes } from "../fakes/zip.js";
import { clip, hasFfmpeg, withoutFfmpeg } from "../video/with-ffmpeg.js";
import { root, Workplace } from "./cli.js";
import { numbersOf, questionsIn } from "./fleet-place.js";

const token = "a-token-of-at-least-thirty-two-letters";
const task = "videomme_w_subtitle";
const srt = "1\n00:00:00,200 --> 00:00:00,400\nthe door opens\n";

/** Six questions on each of these clips, one of which is not there; and one that no row names. */
async function writeData(place: Workplace): Promise<void> {
  const example = JSON.parse(await readFile(join(root, "tasks/videomme/example.json"), "utf8")) as object;
  await mkdir(place.file("data", "data"), { recursive: true });
  await mkdir(place.file("data", "subtitle"));
  const rows = ["one", "two", "three", "absent"].flatMap((videoID) =>
    [1, 2, 3, 4, 5, 6].map((n) => {
      const question = { question_id: `${videoID}-${n}`, question: `What is ${n}${"?".repeat(n)}` };
      return JSON.stringify({ ...example, ...question, videoID });
    }),
  );
  await writeFile(place.file("data", `${task}.jsonl`), `${rows.join("\n")}\n`);
  await copyFile(clip("bt709.mp4"), place.file("data", "data", "one.mp4"));
  await copyFile(clip("sar.mp4"), place.file("data", "data", "two.mp4"));
  await copyFile(clip("vfr.mp4"), place.file("data", "data", "three.mp4"));
  await copyFile(clip("rotate90.mp4"), place.file("data", "data", "secret.mp4"));
  await writeFile(place.file("data", "subtitle", "one.srt"), srt);
}

const without = noRedis === undefined ? withoutFfmpeg : ` (skipped: ${noRedis})`;

describe.skipIf(noRedis !== undefined || !hasFfmpeg)(`clips by the coordinator${without}`, { timeout: 120_000 }, () => {
  test("the run of one process, also when the coordinator is killed; nothing is served but what rows name", async () => {
    await using redis = await TestRedis.start();
    await using place = await Workplace.make({ LLAVA_EVAL_FLEET: redis.url, LLAVA_EVAL_FLEET_TOKEN: token });
    await writeData(place);
    await using endpoint = await startEndpoint({ latencyMs: 100, answer: ({ text }) => "ABCD"[text.length % 4] ?? "" });
    const model = `openai:fake@${endpoint.url}`;
    const asked = ["--tasks", task, "--data", "data", "--name", "m", "--frames", "2", "--max-failed", "6"];
    expect(await place.run("run", ...asked, "--model", model, "--out", "whole")).toMatchObject({ exitCode: 0 });
    const alone = questionsIn(endpoint);

    const port = await freePort();
    const coordinator = () => place.start("run", ...asked, "--fleet", "--out", "many", "--listen", `127.0.0.1:${port}`);
    const get = (path: string, bearer = token) =>
      fetch(`http://127.0.0.1:${port}${path}`, { headers: { authorization: `Bearer ${bearer}` } });
    const first = coordinator();
    let said = "";
    first.stderr?.on("data", (text: string) => {
      said += text;
    });
    await expect.poll(() => said, { timeout: 30_000 }).toContain("waiting for a worker");
    const status = async (path: string, bearer?: string) => (await get(path, bearer)).status;
    expect(await status(`/file/${task}/0-0`, `${token}s`)).toBe(401);
    expect(await (await get(`/file/${task}/0-1`)).json()).toEqual({ text: srt });
    expect(await (await get(`/file/${task}/6-1`)).json()).toEqual({});
    expect(await (await get(`/file/${task}/18-0`)).json()).toMatchObject({ failure: { reason: "data" } });
    // A clip of no row, more files than the row has, a row that is not there, another task.
    const secret = hash("sha256", await readFile(clip("rotate90.mp4")));
    const paths = [
      `/blob/sha256/${secret}`,
      `/file/${task}/0-2`,
      `/file/${task}/99-0`,
      "/file/mvbench/0-0",
      `/file/${task}`,
    ];
    expect(await Promise.all(paths.map((path) => status(path)))).toEqual([404, 404, 404, 404, 404]);

    // Other frames, perhaps: Results say what decoded them.
    await mkdir(place.file("bin"));
    await writeFile(place.file("bin", "ffmpeg"), '#!/bin/sh\necho "ffmpeg version 99.9"\n', { mode: 0o755 });
    const stranger = await place.startWith(
      {
        LLAVA_EVAL_FLEET_DATA: `http://127.0.0.1:${port}`,
        PATH: `${place.file("bin")}${delimiter}${process.env.PATH}`,
      },
      ...["worker", "--model", "stub:yes", "--name", "m", "--data", "coordinator"],
    ).ended;
    expect(stranger).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/decoder: ".*" in the run, "ffmpeg 99.9/),
    });

    const worker = place.startWith(
      { LLAVA_EVAL_FLEET_DATA: `http://127.0.0.1:${port}` },
      ...["worker", "--model", model, "--name", "m", "--data", "coordinator", "--concurrency", "1"],
    );
    await expect.poll(() => questionsIn(endpoint), { timeout: 60_000 }).toBeGreaterThan(alone + 1);
    first.kill("SIGKILL");
    await first.ended;
    const second = coordinator();
    expect(await second.ended).toMatchObject({ exitCode: 0 });
    worker.kill("SIGINT");
    await worker.ended;
    expect(await numbersOf(place.file("many"))).toEqual(await numbersOf(place.file("whole")));
    const samples = await place.samples("many", task);
    expect(samples.filter(({ score }) => score?.status === "unscored").map(({ index }) => index)).toEqual([
      18, 19, 20, 21, 22, 23,
    ]);
    expect(samples[0]?.clips?.[0]?.subtitles).toBe(hash("sha256", srt));
    const names = ["bt709.mp4", "sar.mp4", "vfr.mp4"].map(async (name) => hash("sha256", await readFile(clip(name))));
    const there = await readdir(place.file(".cache/llava-eval/clips"));
    expect(there.sort()).toEqual((await Promise.all(names)).map((name) => `${name}.mp4`).sort());
  });

  test("clips of the hub, out of its archive, one of them broken, with room for two on either side", async () => {
    const names = ["bt709", "sar", "vfr", "rotate90"];
    const columns = { id: "string", video: "string", question: "string", answer: "string" } as const;
    const rows = names.flatMap((video) =>
      ["a", "b"].map((part) => ({ id: video + part, video, question: `What is ${part}?`, answer: "yes" })),
    );
    const members = await Promise.all(
      names.map(async (name) => [`data/${name}.mp4`, padded(await readFile(clip(`${name}.mp4`)))] as const),
    );
    const archive = zipBytes(Object.fromEntries(members));
    const at = archive.indexOf("data/rotate90.mp4") + 200;
    archive.writeUInt8(archive.readUInt8(at) ^ 0xff, at);
    const files = { "data/test-00000-of-00001.parquet": parquetBytes(columns, rows), "clips.zip": archive };
    await using hub = await startHub({ datasets: { "llava-eval/clips": files } });
    await using redis = await TestRedis.start();
    await using place = await Workplace.make({ LLAVA_EVAL_FLEET: redis.url, LLAVA_EVAL_FLEET_TOKEN: token });
    const form = join(root, "test", "forms", "clips.ts");
    const asked = ["--tasks", form, "--name", "m", "--frames", "2", "--max-failed", "2", "--clip-disk", "0.001"];
    const coordinator = { HF_ENDPOINT: hub.url };
    const model = ["--model", "stub:yes"];
    const whole = await place.startWith(coordinator, "run", ...asked, ...model, "--out", "whole").ended;
    expect(whole).toMatchObject({ exitCode: 0 });

    const port = await freePort();
    const listen = ["--fleet", "--out", "many", "--listen", `127.0.0.1:${port}`];
    const run = place.startWith(coordinator, "run", ...asked, ...listen);
    const worker = place.startWith(
      { LLAVA_EVAL_FLEET_DATA: `http://127.0.0.1:${port}`, HF_ENDPOINT: "http://127.0.0.1:1" },
      ...["worker", ...model, "--name", "m", "--data", "coordinator", "--task-file", form, "--clip-disk", "0.001"],
    );
    expect(await run.ended).toMatchObject({ exitCode: 0 });
    worker.kill("SIGINT");
    await worker.ended;
    expect(await numbersOf(place.file("many"))).toEqual(await numbersOf(place.file("whole")));
    const samples = await place.samples("many", "clips");
    expect(samples.filter(({ state }) => state === "failed").map(({ id }) => id)).toEqual(["rotate90a", "rotate90b"]);
    expect((await readdir(place.file(".cache/llava-eval/clips"))).length).toBeLessThanOrEqual(2);
  });
});

/** A sound clip of 400,000 bytes: what is missing is a box that players skip. */
function padded(media: Buffer): Buffer {
  const box = Buffer.alloc(400_000 - media.length);
  box.writeUInt32BE(box.length, 0);
  box.write("free", 4);
  return Buffer.concat([media, box]);
}
