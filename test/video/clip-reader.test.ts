import { expect, test } from "vitest";
import type { VideoRef } from "../../src/core/video.js";
import { ClipReader } from "../../src/video/clip-reader.js";
import { clip, hasFfmpeg, withoutFfmpeg } from "./with-ffmpeg.js";

const video = (name: string): VideoRef => ({
  path: name,
  file: async () => clip(name),
  named: video,
  beside: (path) => ({ path, read: async () => undefined }),
});

test.skipIf(!hasFfmpeg)(
  `a clip is not decoded while requests hold as many bytes of frames as may be${withoutFfmpeg}`,
  async () => {
    const reader = new ClipReader({ profile: "middles", count: { frames: 2 } }, { inFlightBytes: 1000 });
    const happened: string[] = [];
    await reader.read(video("bt709.mp4"));
    const release = reader.hold(1000);
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
