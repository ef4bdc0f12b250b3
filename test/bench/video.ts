/**
 * What clips cost: 32 frames of a long 720p clip against ffmpeg's own linear decode, from the beginning and by checked seeks; and a run over
 * many short clips with three questions each against an instant endpoint: how often each is decoded, and the most memory of the
 * harness and its children together.
 *   npm run bench -- video [--minutes 10] [--containers mp4,mkv,webm] [--clips 200] [--seconds 10]
 * CPU seconds are the kernel's, of this process and the children that it waited for. The run needs `npm run build`.
 */

import { spawn, spawnSync } from "node:child_process";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { encodeFrame } from "../../src/images/frame.js";
import { decodeFrames } from "../../src/video/decode.js";
import { middles } from "../../src/video/frame-profiles.js";
import { probeVideo, type VideoFacts } from "../../src/video/probe.js";
import { startEndpoint } from "../fakes/endpoint.js";

const text = { type: "string" } as const;
const { values } = parseArgs({
  options: {
    minutes: { ...text, default: "10" },
    clips: { ...text, default: "200" },
    seconds: { ...text, default: "10" },
    containers: { ...text, default: "mp4,mkv,webm" },
  },
});
const [minutes, clips, seconds] = [values.minutes, values.clips, values.seconds].map(Number) as [
  number,
  number,
  number,
];
const wantedFrames = 32;
const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = await mkdtemp(join(tmpdir(), "llava-eval-bench-"));

function ffmpeg(...args: readonly string[]): void {
  const { status, stderr } = spawnSync("ffmpeg", ["-v", "error", "-nostdin", "-y", ...args], { encoding: "utf8" });
  if (status !== 0) throw new Error(`ffmpeg: ${stderr}`);
}

/** Ten seconds of a moving test card at 30 frames a second, a key frame every 250; longer: the same again. */
function draw(path: string, ...codec: readonly string[]): void {
  const source = "testsrc2=size=1280x720:rate=30:duration=10";
  ffmpeg("-f", "lavfi", "-i", source, "-pix_fmt", "yuv420p", "-g", "250", ...codec, path);
}

/** Of this process and its ended children, from /proc. */
async function cpuSeconds(): Promise<number> {
  const fields = (await readFile("/proc/self/stat", "latin1")).replace(/^.*\) /, "").split(" ");
  // utime, stime, cutime, cstime, in hundredths.
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / 100;
}

async function cpuOf(work: () => unknown): Promise<number> {
  const before = await cpuSeconds();
  await work();
  return (await cpuSeconds()) - before;
}

const print = (what: string, ...columns: readonly string[]) =>
  console.log(what.padEnd(44), columns.map((column) => column.padStart(10)).join(""));

const h264 = ["-c:v", "libx264", "-preset", "veryfast", "-bf", "2"];
const vp9 = ["-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "2M"];

async function longClip(): Promise<void> {
  print(`${wantedFrames} frames of ${minutes} minutes of 720p`, "CPU s", "x linear");
  for (const ending of values.containers.split(",")) {
    const [short, path] = [join(folder, `short.${ending}`), join(folder, `long.${ending}`)];
    draw(short, ...(ending === "webm" ? vp9 : h264));
    ffmpeg("-stream_loop", String(minutes * 6 - 1), "-i", short, "-c", "copy", path);
    const facts = await probeVideo(path);
    const { indices } = middles(
      { first: 0, frames: facts.times?.length ?? 0, rate: facts.rate },
      { frames: wantedFrames },
    );
    const select = indices.map((index) => `eq(n\\,${index})`).join("+");
    const linear = await cpuOf(() =>
      ffmpeg(
        ...["-threads", "1", "-i", path, "-vf", `select='${select}'`, "-fps_mode", "passthrough", "-f", "null", "-"],
      ),
    );
    const row = (what: string, seconds: number) =>
      print(`${ending}: ${what}`, seconds.toFixed(2), (seconds / linear).toFixed(2));
    row("ffmpeg, linear", linear);
    row(
      "ours, counted from the beginning",
      await cpuOf(async () => frames(withoutTimes(await probeVideo(path)), indices)),
    );
    row("ours, checked seeks", await cpuOf(async () => frames(await probeVideo(path), indices)));
    row("ours, checked seeks and PNG", await cpuOf(async () => frames(await probeVideo(path), indices, true)));
  }
}

const withoutTimes = ({ times: _, ...facts }: VideoFacts): VideoFacts => facts;

async function frames(facts: VideoFacts, indices: readonly number[], encoded = false): Promise<void> {
  const { came } = await decodeFrames({ facts, decoding: { scaler: "bicubic" } }, indices, async (_, frame) => {
    if (encoded) await encodeFrame(frame, "png");
  });
  if (came !== indices.length) throw new Error(`${came} of ${indices.length} frames came`);
}

const read = (path: string) => readFile(path, "latin1").catch(() => "");

/** Megabytes of a process, as the kernel shares them out. */
async function memoryOf(pid: number): Promise<number> {
  return Number(/^Pss: +(\d+)/m.exec(await read(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0) / 1000;
}

/** With all below it. */
async function memoryBelow(pid: number): Promise<number> {
  const below = (await read(`/proc/${pid}/task/${pid}/children`)).trim().split(" ").filter(Boolean).map(Number);
  const each = await Promise.all([memoryOf(pid), ...below.map(memoryBelow)]);
  return each.reduce((sum, one) => sum + one);
}

async function manyClips(): Promise<void> {
  const data = join(folder, "data");
  const log = join(folder, "decoded.log");
  await mkdir(join(data, "videos"), { recursive: true });
  draw(join(folder, "ten.mp4"), ...h264);
  ffmpeg(
    "-stream_loop",
    String(seconds / 10 - 1),
    "-i",
    join(folder, "ten.mp4"),
    "-c",
    "copy",
    join(folder, "one.mp4"),
  );
  const media = await readFile(join(folder, "one.mp4"));
  const rows: string[] = [];
  for (let c = 0; c < clips; c++) {
    // The same frames in files of their own: a box that players skip has another number.
    const box = Buffer.alloc(12);
    box.writeUInt32BE(12, 0);
    box.write("free", 4);
    box.writeUInt32BE(c, 8);
    await writeFile(join(data, "videos", `${c}.mp4`), Buffer.concat([media, box]));
    for (let q = 0; q < 3; q++)
      rows.push(
        JSON.stringify({ id: `${c}-${q}`, video: `${c}.mp4`, question: `What is ${q} of ${c}?`, answer: "yes" }),
      );
  }
  await writeFile(join(data, "clips.jsonl"), rows.map((row) => `${row}\n`).join(""));
  await mkdir(join(folder, "bin"));
  const script = `#!/bin/sh\ncase "$*" in *image2pipe*) echo decoded >> ${log};; esac\nPATH='${process.env.PATH}' exec ffmpeg "$@"\n`;
  await writeFile(join(folder, "bin", "ffmpeg"), script);
  await chmod(join(folder, "bin", "ffmpeg"), 0o755);
  await using endpoint = await startEndpoint({ keep: false });
  const flags = ["--tasks", join(root, "test", "forms", "clips.ts"), "--data", data, "--frames", String(wantedFrames)];
  const child = spawn(
    process.execPath,
    [
      join(root, "bin", "llava-eval.js"),
      "run",
      ...flags,
      "--model",
      `openai:fake@${endpoint.url}`,
      "--out",
      join(folder, "out"),
    ],
    {
      cwd: folder,
      env: { ...process.env, PATH: `${join(folder, "bin")}${delimiter}${process.env.PATH}` },
      stdio: "ignore",
    },
  );
  let [ended, most, own] = [false, 0, 0];
  const exit = new Promise<number | null>((resolve) => child.on("close", resolve)).finally(() => {
    ended = true;
  });
  while (!ended) {
    most = Math.max(most, await memoryBelow(child.pid as number));
    own = Math.max(own, await memoryOf(child.pid as number));
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const starts = (await readFile(log, "utf8")).trim().split("\n").length;
  console.log(`\n${clips} clips of ${seconds} s, 3 questions each, ${wantedFrames} frames: exit ${await exit}`);
  print("decoders started", String(starts));
  print("requests", String(endpoint.stats.requests));
  print("most memory of harness and decoders, MB", most.toFixed(0));
  print("of the harness alone, MB", own.toFixed(0));
}

try {
  console.log(`${availableParallelism()} x ${cpus()[0]?.model.trim()}, node ${process.version}`);
  if (minutes > 0) await longClip();
  if (clips > 0) await manyClips();
} finally {
  await rm(folder, { recursive: true, force: true });
}
