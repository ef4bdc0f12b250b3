import { describe, expect, test } from "vitest";
import { type FrameProfileName, frameProfiles, partOf } from "../../src/video/frame-profiles.js";
import { fixed } from "../../src/video/numbers.js";
import { parseRate } from "../../src/video/rate.js";

const clip = { first: 0, frames: 100, rate: { num: 25, den: 1 } };
const indices = (name: FrameProfileName, count: Parameters<typeof frameProfiles.middles>[1], span = clip) =>
  frameProfiles[name](span, count).indices;

test("the same four frames are other frames in every harness", () => {
  const wanted = { frames: 4 };
  expect(indices("middles", wanted)).toEqual([12, 37, 62, 87]);
  for (const name of ["lmms-eval", "llava-video", "qwen", "onevision"] as const)
    expect(indices(name, wanted)).toEqual([0, 33, 66, 99]);
  expect(indices("vlmevalkit", wanted)).toEqual([20, 40, 60, 80]);
});

test("one frame a second", () => {
  const wanted = { fps: 1, most: 64 };
  expect(indices("middles", wanted)).toEqual([12, 37, 62, 87]);
  expect(indices("llava-video", wanted)).toEqual([0, 25, 50, 75]);
  expect(indices("vlmevalkit", wanted)).toEqual([0, 25, 50, 75]);
  expect(indices("lmms-eval", wanted)).toEqual([0, 33, 66, 99]);
  expect(() => indices("onevision", wanted)).toThrow(/no frames by the second/);
});

describe("middles, the default", () => {
  test("sends no frame twice, and each of a short clip once", () => {
    for (let frames = 1; frames < 40; frames++) {
      const chosen = indices("middles", { frames: 32 }, { ...clip, frames });
      expect(chosen).toEqual([...new Set(chosen)].sort((a, b) => a - b));
      expect(chosen).toHaveLength(Math.min(32, frames));
    }
  });

  test("has one frame at least, and not more than the most", () => {
    expect(indices("middles", { fps: 1 }, { ...clip, frames: 3 })).toEqual([1]);
    expect(indices("middles", { fps: 25, most: 2 })).toEqual([25, 75]);
  });
});

test("onevision repeats the frames of a short clip, as its models were shown them", () => {
  expect(indices("onevision", { frames: 4 }, { ...clip, frames: 2 })).toEqual([0, 0, 0, 1]);
});

test("the sentence of LLaVA-Video tells a clip of 29.97 frames a second as one of 30", () => {
  const span = { first: 0, frames: 90, rate: { num: 30000, den: 1001 } };
  expect(frameProfiles["llava-video"](span, { fps: 1, most: 64 }).sentence).toBe(
    "The video lasts for 3.00 seconds, and 3 frames are uniformly sampled from it. These frames are located at 0.00s,1.00s,2.00s.Please answer the following questions related to this video.",
  );
});

test("a part of a clip has no frame before its start and none after its end, in every profile", () => {
  const part = partOf(clip, 1.01, 3);
  expect(part).toEqual({ first: 26, frames: 50, rate: clip.rate });
  for (const name of Object.keys(frameProfiles) as FrameProfileName[]) {
    const chosen = indices(name, { frames: 6 }, part);
    expect(Math.min(...chosen), name).toBeGreaterThanOrEqual(26);
    expect(Math.max(...chosen), name).toBeLessThanOrEqual(75);
  }
  expect(() => partOf(clip, 5, 9)).toThrow(/no two frames/);
});

test("LongVideoBench's authors take whole steps from the first frame, and no more frames than seconds", () => {
  const long = { first: 0, frames: 2094, rate: { num: 3, den: 1 } };
  expect(indices("longvideobench", { frames: 16 }, long).slice(0, 3)).toEqual([0, 130, 260]);
  expect(indices("longvideobench", { frames: 16 }, { ...long, frames: 7 })).toEqual([0, 3]);
  expect(() => indices("longvideobench", { frames: 16 }, { ...long, frames: 2 })).toThrow(/shorter than a second/);
});

test("decimals are rounded as Python rounds them: an exact half to the even digit", () => {
  expect([0.125, 0.375, 2.675, 59.995, 0.625].map((value) => fixed(value, 2))).toEqual([
    "0.12",
    "0.38",
    "2.67",
    "59.99",
    "0.62",
  ]);
  expect([0.25, 0.75, 0.05].map((value) => fixed(value, 1))).toEqual(["0.2", "0.8", "0.1"]);
});

test("a rate is a fraction; 0/0 is none", () => {
  expect([parseRate("30000/1001"), parseRate("25"), parseRate("0/0"), parseRate("x")]).toEqual([
    { num: 30000, den: 1001 },
    { num: 25, den: 1 },
    undefined,
    undefined,
  ]);
});
