/** Clips of the hub: fetched one by one out of its archives, below a bound of the disk, broken ones counted. */

import { existsSync, readdirSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { startEndpoint } from "../fakes/endpoint.js";
import { startHub } from "../fakes/hub.js";
import { parquetBytes } from "../fakes/parquet-files.js";
import { tarBytes } from "../fakes/tar.js";
import { zipBytes } from "../fakes/zip.js";
import { clip, hasFfmpeg, withoutFfmpeg } from "../video/with-ffmpeg.js";
import { root, Workplace } from "./cli.js";

const task = join(root, "test", "forms", "clips.ts");
const repository = "llava-eval/clips";

/** A sound clip of so many bytes: what is missing is a box that players skip. */
async function padded(name: string, bytes: number): Promise<Buffer> {
  const media = await readFile(clip(name));
  const box = Buffer.alloc(bytes - media.length);
  box.writeUInt32BE(box.length, 0);
  box.write("free", 4);
  return Buffer.concat([media, box]);
}

const clipBytes = 400_000;
const names = ["bt709", "sar", "vfr", "rotate90", "editlist", "frames3"];

/** Three archives of two clips, the last one cut in two, and rows with a question on each clip. */
async function dataset() {
  const clips = await Promise.all(names.map((name) => padded(`${name}.mp4`, clipBytes)));
  const archives = [0, 1, 2].map((i) =>
    zipBytes({
      [`data/${names[2 * i]}.mp4`]: clips[2 * i] as Buffer,
      [`data/${names[2 * i + 1]}.mp4`]: clips[2 * i + 1] as Buffer,
    }),
  ) as [Buffer, Buffer, Buffer];
  const rows = names.map((video, i) => ({ id: `${i}`, video, question: `What is ${i}?`, answer: "yes" }));
  const columns = { id: "string", video: "string", question: "string", answer: "string" } as const;
  const half = archives[2].length >> 1;
  return {
    "data/test-00000-of-00001.parquet": parquetBytes(columns, rows),
    "videos_chunked_01.zip": archives[0],
    "videos_chunked_02.zip": archives[1],
    "videos_chunked_03.zip.001": archives[2].subarray(0, half),
    "videos_chunked_03.zip.002": archives[2].subarray(half),
  };
}

const clipsFolder = (place: Workplace) =>
  place.file(".cache", "huggingface", "hub", "datasets--llava-eval--clips", "clips");
const bytesIn = (folder: string): number =>
  readdirSync(folder).reduce(
    (sum, name) => sum + (statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0),
    0,
  );

describe.skipIf(!hasFfmpeg)(`clips of the hub${withoutFfmpeg}`, () => {
  test("a limit fetches what its clips need, below the bound that was said; the next run fetches nothing again", async () => {
    const files = await dataset();
    await using hub = await startHub({ datasets: { [repository]: files } });
    await using place = await Workplace.make({ HF_ENDPOINT: hub.url });
    const most: number[] = [];
    await using endpoint = await startEndpoint({
      answer: () => {
        if (existsSync(clipsFolder(place))) most.push(bytesIn(clipsFolder(place)));
        return "yes";
      },
    });
    const args = [
      "run",
      "--tasks",
      task,
      "--model",
      `openai:fake@${endpoint.url}`,
      "--frames",
      "2",
      "--clip-disk",
      "0.001",
    ];
    const ended = await place.run(...args, "--limit", "4", "--out", "out");
    expect(ended).toMatchObject({ exitCode: 0 });
    expect(ended.stderr).toMatch(
      /clips of llava-eval\/clips are fetched one by one, out of 3 archives of 0\.\d+ GB; at most 0\.001 GB/,
    );
    expect((await place.samples("out", "clips")).map(({ state, clips }) => [state, clips?.length])).toEqual(
      Array.from({ length: 4 }, () => ["scored", 1]),
    );
    expect(hub.stats.ranges.filter((range) => range.startsWith("videos_chunked_03"))).toEqual([]);
    // Four clips of 400 KB, of which two at most are there at once.
    expect(most.length).toBeGreaterThanOrEqual(4);
    expect(Math.max(...most)).toBeLessThanOrEqual(1e6);

    const before = hub.stats.bytes;
    expect(await place.run(...args, "--limit", "4", "--out", "out")).toMatchObject({ exitCode: 0 });
    expect(hub.stats.bytes - before, "a finished run decodes nothing").toBeLessThan(20_000);
  });

  test("archives in parts are read as one; a broken member is counted, the others are scored", async () => {
    const files = await dataset();
    const broken = Buffer.from(files["videos_chunked_02.zip"]);
    const at = broken.indexOf("data/rotate90.mp4") + 200_000;
    broken.writeUInt8(broken.readUInt8(at) ^ 0xff, at);
    await using hub = await startHub({ datasets: { [repository]: { ...files, "videos_chunked_02.zip": broken } } });
    await using place = await Workplace.make({ HF_ENDPOINT: hub.url });
    const args = ["run", "--tasks", task, "--model", "stub:yes", "--frames", "2"];
    expect(await place.run(...args, "--out", "out")).toMatchObject({ exitCode: 2 });
    const samples = await place.samples("out", "clips");
    expect(
      samples.map(({ score }) => (score?.status === "unscored" ? `${score.reason}: ${score.detail}` : "scored")),
    ).toEqual([
      ...["scored", "scored", "scored"],
      'data: the zip member "data/rotate90.mp4" is broken: its bytes are not those that the archive tells of',
      ...["scored", "scored"],
    ]);
    const result = await place.result("out", "clips");
    expect(result.n).toMatchObject({ total: 6, scored: 5 });
  });

  test("a clip that is larger than the bound, and one that is in no archive, are unscored with what to do", async () => {
    const files = await dataset();
    const large = await padded("sar.mp4", 1_200_000);
    const parquet = files["data/test-00000-of-00001.parquet"];
    await using hub = await startHub({
      datasets: { [repository]: { "data/test-00000-of-00001.parquet": parquet, "videos/bt709.mp4": large } },
    });
    await using place = await Workplace.make({ HF_ENDPOINT: hub.url });
    const args = ["run", "--tasks", task, "--model", "stub:yes", "--frames", "2", "--limit", "2"];
    expect(await place.run(...args, "--clip-disk", "0.001", "--out", "out")).toMatchObject({ exitCode: 2 });
    const details = (await place.samples("out", "clips")).map(
      ({ score }) => score?.status === "unscored" && score.detail,
    );
    expect(details).toEqual([
      "the clip has 1200000 bytes; those that are fetched may have 1000000 together (--clip-disk)",
      'there is no clip "sar" in llava-eval/clips, nor in its archives',
    ]);
    expect(await place.run(...args, "--out", "out2")).toMatchObject({ exitCode: 2 });
    expect((await place.samples("out2", "clips")).map(({ state }) => state)[0]).toBe("scored");
  });

  test("tar archives in parts: headers are read as far as the clips of a limit need, once; then the clips alone, below the bound", async () => {
    const files = await dataset();
    const clips = await Promise.all(names.map((name) => padded(`${name}.mp4`, clipBytes)));
    const tar = tarBytes([
      { name: "videos/", type: "5" },
      ...names.map((name, i) => ({ name: `videos/${name}.mp4`, bytes: clips[i] as Buffer })),
    ]);
    const cut = Math.floor(tar.length / 3);
    await using hub = await startHub({
      datasets: {
        [repository]: {
          "data/test-00000-of-00001.parquet": files["data/test-00000-of-00001.parquet"],
          "videos.tar.part.aa": tar.subarray(0, cut),
          "videos.tar.part.ab": tar.subarray(cut, 2 * cut),
          "videos.tar.part.ac": tar.subarray(2 * cut),
        },
      },
    });
    await using place = await Workplace.make({ HF_ENDPOINT: hub.url });
    const args = ["run", "--tasks", task, "--model", "stub:yes", "--frames", "2", "--clip-disk", "0.001"];
    const ended = await place.run(...args, "--limit", "2", "--out", "out");
    expect(ended).toMatchObject({ exitCode: 0 });
    expect(ended.stderr).toContain(
      "videos.tar has no directory: its headers are read one after the other until a clip is found, each once; 0 are known",
    );
    expect((await place.samples("out", "clips")).map(({ state }) => state)).toEqual(["scored", "scored"]);
    const ranges = hub.stats.ranges.filter((range) => range.startsWith("videos.tar"));
    const bytesOf = (range: string) => {
      const [, start, end] = / (\d+)-(\d+)$/.exec(range) ?? [];
      return Number(end) - Number(start);
    };
    expect(ranges.filter((range) => range.startsWith("videos.tar.part.ac"))).toEqual([]);
    expect(ranges.reduce((sum, range) => sum + bytesOf(range), 0)).toBeLessThan(2 * clipBytes + 10_000);

    // The rest; what is known of the archive is not asked for again.
    expect(await place.run(...args, "--out", "all")).toMatchObject({ exitCode: 0 });
    expect((await place.samples("all", "clips")).map(({ state }) => state)).toEqual(names.map(() => "scored"));
    const headers = hub.stats.ranges.filter((range) => range.startsWith("videos.tar") && bytesOf(range) < 2000);
    expect(new Set(headers).size).toBe(headers.length);
    expect(bytesIn(clipsFolder(place))).toBeLessThanOrEqual(1e6);
  });

  test("a compressed tar archive is not read, and what to do is said with each clip", async () => {
    const files = await dataset();
    const { "data/test-00000-of-00001.parquet": parquet } = files;
    await using hub = await startHub({
      datasets: {
        [repository]: {
          "data/test-00000-of-00001.parquet": parquet,
          "videos.tar.gz.part-aa": Buffer.alloc(1000, 1),
          "videos.tar.gz.part-ab": Buffer.alloc(1000, 2),
        },
      },
    });
    await using place = await Workplace.make({ HF_ENDPOINT: hub.url });
    const args = ["run", "--tasks", task, "--model", "stub:yes", "--frames", "2", "--limit", "1", "--out", "out"];
    expect(await place.run(...args)).toMatchObject({ exitCode: 2 });
    const [sample] = await place.samples("out", "clips");
    expect(sample?.score).toMatchObject({
      status: "unscored",
      reason: "data",
      detail:
        'there is no clip "bt709" in llava-eval/clips, nor in its archives; videos.tar.gz.part-aa and 1 more can only be read as a whole: download and unpack, and give the folder by --data',
    });
  });
});
