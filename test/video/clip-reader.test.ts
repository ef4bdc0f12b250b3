import { expect, test } from "vitest";
import type { VideoRef } from "../../src/core/video.js";
import { BytesInFlight } from "../../src/video/bytes-in-flight.js";
import { ClipReader } from "../../src/video/clip-reader.js";
import { clip, hasFfmpeg, withoutFfmpeg } from "./with-ffmpeg.js";

const video = (name: string): VideoRef => ({
  path: name,
  file: async () => clip(name),
  named: video,
  beside: (path) => ({ path, read: async () => undefined }),
});

const turn = () => new Promise((resolve) => setImmediate(resolve));
const frame = (bytes: number) => ({
  bytes: new Uint8Array(bytes),
  ...size,
  mediaType: "image/png",
  digest: `${bytes}`,
});
const size = { width: 1, height: 1 };

test("a request whose frames alone are beyond the bound is said once, and is sent", async () => {
  const said: string[] = [];
  const reader = new ClipReader(
    { profile: "middles", count: { frames: 2 } },
    { inFlightBytes: 3 * 2 ** 20, warn: (message) => said.push(message) },
  );
  for (const megabytes of [3, 4, 5]) (await reader.hold([frame(megabytes * 2 ** 20)]))();
  expect(said).toEqual([
    expect.stringMatching(/^the frames of one request are 4 MB, more than the 3 MB .* --frames or --max-frames/),
  ]);
});

test("requests with frames begin only where there is room for theirs, a larger one alone, and what waits holds up the next clip", async () => {
  const bytes = new BytesInFlight(100);
  const happened: string[] = [];
  const note = (what: string) => () => void happened.push(what);
  const of = (size: number) => [new Uint8Array(size)];
  (await bytes.room(0))();
  const first = await bytes.hold(of(60));
  (await bytes.room(0))();
  const second = bytes.hold(of(60));
  void second.then(note("second"));
  // 60 are held and 60 waited with.
  const clip = bytes.room(0).then(note("clip"));
  await turn();
  expect(happened).toEqual([]);
  first();
  await turn();
  expect(happened).toEqual(["second", "clip"]);
  const large = bytes.hold(of(1000));
  void large.then(note("large"));
  await turn();
  (await second)();
  (await large)();
  await clip;
  expect(happened).toEqual(["second", "clip", "large"]);
});

test("what several requests hold counts once, and what is read counts until it is there and held", async () => {
  const bytes = new BytesInFlight(100);
  const happened: string[] = [];
  const frames = [new Uint8Array(30), new Uint8Array(30)];
  const holds = await Promise.all([1, 2, 3].map(() => bytes.hold(frames)));
  // 60, not 180.
  const read = await bytes.room(30);
  const next = bytes.room(30).then((done) => {
    happened.push("next");
    done();
  });
  read();
  const other = await bytes.hold([new Uint8Array(30)]);
  await turn();
  expect(happened).toEqual([]);
  holds[0]?.();
  holds[1]?.();
  await turn();
  expect(happened).toEqual([]);
  holds[2]?.();
  await next;
  other();
  expect(happened).toEqual(["next"]);
});

test.skipIf(!hasFfmpeg)(
  `a clip is not decoded while requests hold as many bytes of frames as may be${withoutFfmpeg}`,
  async () => {
    const reader = new ClipReader({ profile: "middles", count: { frames: 2 } }, { inFlightBytes: 1000 });
    const happened: string[] = [];
    await reader.read(video("bt709.mp4"));
    const release = await reader.hold([frame(1000)]);
    const second = reader.read(video("sar.mp4")).then(() => happened.push("second"));
    // What is decoded already does not wait.
    await reader.read(video("bt709.mp4"));
    await new Promise((resolve) => setTimeout(resolve, 1000));
    happened.push("released");
    release();
    await second;
    expect(happened).toEqual(["released", "second"]);
  },
);

test.skipIf(!hasFfmpeg)(
  `of the clips that were read the last one is kept, whatever it weighs: its questions stand together${withoutFfmpeg}`,
  async () => {
    const reader = new ClipReader({ profile: "middles", count: { frames: 2 } }, { keptBytes: 1 });
    const first = await reader.read(video("bt709.mp4"));
    expect(await reader.read(video("bt709.mp4"))).toBe(first);
    const second = await reader.read(video("sar.mp4"));
    expect(await reader.read(video("sar.mp4"))).toBe(second);
    const again = await reader.read(video("bt709.mp4"));
    expect(again).not.toBe(first);
    expect(again).toEqual(first);
  },
);
