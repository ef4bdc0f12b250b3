import { createHash } from "node:crypto";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SampleFailure, UserError } from "../../src/core/errors.js";
import { runChild } from "../../src/video/child.js";
import { countFrames, decodeFrames } from "../../src/video/decode.js";
import { probeVideo, type VideoFacts } from "../../src/video/probe.js";
import { clip, drawClip, hasFfmpeg, withoutFfmpeg } from "./with-ffmpeg.js";

const decoding = { scaler: "bicubic" } as const;
let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "llava-eval-video-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function framesOf(facts: VideoFacts, indices: readonly number[]) {
  const digests: string[] = [];
  const decoded = await decodeFrames({ facts, decoding }, indices, (index, { rgb }) => {
    digests[index] = createHash("sha256").update(rgb).digest("hex");
  });
  return { ...decoded, digests: indices.map((index) => digests[index]) };
}

const refusal = (path: string) =>
  probeVideo(path).then(
    (facts) => facts.endsEarly ?? "is read",
    (error: unknown) => (error instanceof SampleFailure ? error.message : String(error)),
  );

/** The same media, whose tables speak of so many samples of 100 bytes in the first chunk. */
function withSamples(mp4: Buffer, count: number): Buffer {
  const bytes = Buffer.from(mp4);
  const table = (name: string) => bytes.indexOf(name) + 4;
  bytes.writeUInt32BE(count, table("stts") + 8);
  bytes.writeUInt32BE(100, table("stsz") + 4);
  bytes.writeUInt32BE(count, table("stsz") + 8);
  bytes.writeUInt32BE(count, table("stsc") + 12);
  return bytes;
}

describe.skipIf(!hasFfmpeg)(`a clip's header and packets${withoutFfmpeg}`, () => {
  test("tell its rate, its frames and their times, as an edit list shows them", async () => {
    const facts = await probeVideo(clip("editlist.mp4"));
    expect(facts).toMatchObject({ codec: "h264", width: 128, height: 72, rate: { num: 25, den: 1 }, stream: 0 });
    expect(facts.times?.length).toBe(52);
    expect((await probeVideo(clip("wrongcount.avi"))).times, "only decoding tells").toBe(undefined);
  });

  test("a file that ends before its header says is told by its packets", async () => {
    expect(await refusal(clip("trunc_faststart.mp4"))).toBe("78 of 124 frames are there");
    expect(await refusal(clip("trunc.mkv"))).toBe("1.4 of 2.4 seconds are there");
    expect(await refusal(clip("sar.mp4"))).toBe("is read");
  });

  test("what is no clip is refused with the reason", async () => {
    expect(await refusal(clip("empty.mp4"))).toMatch(/an empty file/);
    expect(await refusal(clip("text.mp4"))).toMatch(/no clip that ffmpeg reads: Invalid data/);
    expect(await refusal(clip("audio_only.mp4"))).toMatch(/no video stream/);
    expect(await refusal(join(folder, "absent.mp4"))).toMatch(/no such file/);
    expect(await refusal(folder)).toMatch(/no regular file/);
  });

  test("a header that speaks of a hundred hours is believed in no container", async () => {
    const [mp4, mkv] = [join(folder, "hundred-hours.mp4"), join(folder, "hundred-hours.mkv")];
    for (const path of [mp4, mkv]) drawClip(path, 1);
    await writeFile(mp4, withSamples(await readFile(mp4), 100 * 3600 * 25));
    const said = (await readFile(mkv)).toString("latin1").replace("00:00:01.000000000", "99:59:59.000000000");
    await writeFile(mkv, said, "latin1");
    expect(await refusal(mp4)).toMatch(/^\d+ of 9000000 frames are there$/);
    expect(await refusal(mkv)).toBe("1.0 of 359999.0 seconds are there");
  });

  test("a GIF that repeats for ever is read once", async () => {
    const bytes = await readFile(clip("anim.gif"));
    const loops = bytes.indexOf("NETSCAPE2.0") + 13;
    expect(bytes.readUInt16LE(loops), "for ever").toBe(0);
    const { times } = await countFrames({ facts: await probeVideo(clip("anim.gif")) });
    expect(times).toHaveLength(15);
  });

  test("a play list opens nothing that it names", async () => {
    const list = join(folder, "list.mp4");
    await writeFile(list, `#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n${clip("sar.mp4")}\n#EXT-X-ENDLIST\n`);
    expect(await refusal(list)).toMatch(/no clip that ffmpeg reads/);
    const concat = join(folder, "concat.mp4");
    await writeFile(concat, `ffconcat version 1.0\nfile '${clip("sar.mp4")}'\n`);
    expect(await refusal(concat)).toMatch(/no clip that ffmpeg reads/);
  });
});

describe.skipIf(!hasFfmpeg)(`frames of a long clip${withoutFfmpeg}`, () => {
  const wanted = [3, 700, 1111, 1400, 1999];
  let facts: VideoFacts;
  let counted: Awaited<ReturnType<typeof framesOf>>;
  beforeAll(async () => {
    const path = join(folder, "long.mp4");
    drawClip(path, 40, "-g", "50", "-bf", "2");
    facts = await probeVideo(path);
    const { times: _, ...untimed } = facts;
    counted = await framesOf(untimed, wanted);
  });

  test("are the same from key frames as counted from the beginning", async () => {
    expect(facts.times).toHaveLength(2000);
    expect(counted.came).toBe(5);
    expect(new Set(counted.digests).size).toBe(5);
    expect(await framesOf(facts, wanted)).toEqual({ ...counted, starts: 5 });
  });

  test("are counted from the beginning where the times that come back are not those wanted", async () => {
    const times = facts.times?.map((time, i) => ({ ...time, pts: time.pts + (i === 700 ? 100 : 0) })) ?? [];
    // One process began in two places, and the second did not come back as wanted.
    expect(await framesOf({ ...facts, times }, wanted)).toEqual({ ...counted, starts: 3 });
  });

  test("that the file has not are not there", async () => {
    expect(await framesOf(facts, [1999, 2000])).toMatchObject({ came: 1 });
  });
});

test.skipIf(!hasFfmpeg)(`damage is counted, with the decoder's first words${withoutFfmpeg}`, async () => {
  const { came, complaints, firstComplaint } = await framesOf(
    await probeVideo(clip("corrupt_middle.mp4")),
    [0, 60, 110],
  );
  expect([came, complaints > 0, firstComplaint]).toEqual([3, true, expect.stringMatching(/Invalid NAL unit size/)]);
});

describe("a decoder", () => {
  /** A program named ffmpeg in front of all others. */
  async function standIn<T>(script: string, run: () => Promise<T>): Promise<T> {
    const bin = await mkdtemp(join(folder, "bin-"));
    await writeFile(join(bin, "ffmpeg"), `#!/bin/sh\n${script}\n`);
    await chmod(join(bin, "ffmpeg"), 0o755);
    const { PATH } = process.env;
    process.env.PATH = `${bin}${delimiter}${PATH}`;
    try {
      return await run();
    } finally {
      process.env.PATH = PATH;
    }
  }
  const ask = (limits: { wholeMs: number; silentMs: number }, signal?: AbortSignal) =>
    runChild({ program: "ffmpeg", args: [], limits, signal, onOutput: () => {} });
  const patient = { wholeMs: 60_000, silentMs: 60_000 };
  const pidIn = async (path: string) => Number(await readFile(path, "utf8"));
  const isAlive = (pid: number) => {
    try {
      return process.kill(pid, 0);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
      return false;
    }
  };

  test("that hangs is ended with all that it started", async () => {
    const [own, child] = [join(folder, "hung.pid"), join(folder, "child.pid")];
    const script = `echo $$ > ${own}; sleep 600 & echo $! > ${child}; kill -STOP $$`;
    await expect(standIn(script, () => ask({ ...patient, silentMs: 3000 }))).rejects.toThrow(/hung: nothing came/);
    await expect.poll(async () => isAlive(await pidIn(own)), { timeout: 10_000 }).toBe(false);
    await expect.poll(async () => isAlive(await pidIn(child)), { timeout: 10_000 }).toBe(false);
  });

  test("that never ends is ended", async () => {
    const script = "while :; do echo progress >&2; sleep 0.05; done";
    await expect(standIn(script, () => ask({ ...patient, wholeMs: 500 }))).rejects.toThrow(/took longer than 0.5 s/);
  });

  test("is ended by the signal, with its reason", async () => {
    const stop = new AbortController();
    const reason = new Error("enough");
    setTimeout(() => stop.abort(reason), 300);
    await expect(standIn("sleep 600", () => ask(patient, stop.signal))).rejects.toBe(reason);
  });

  test("that is not installed is the user's error, with the command that installs it", async () => {
    const { PATH } = process.env;
    process.env.PATH = folder;
    const error = await ask(patient).catch((thrown: unknown) => thrown);
    process.env.PATH = PATH;
    expect(error).toBeInstanceOf(UserError);
    expect((error as UserError).format()).toMatch(/ffmpeg is not installed[\s\S]*apt-get install ffmpeg/);
  });
});
