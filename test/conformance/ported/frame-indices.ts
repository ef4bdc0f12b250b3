/**
 * Readers of other harnesses and of transformers that no profile of ours has: what the vectors say of them is kept as code, so that one of
 * them can become a profile without a search. Written from the rules, not from their sources.
 */

import { evenIndices, evenPoints, fixed, roundHalfEven } from "../../../src/video/numbers.js";
import { perSecond, type Rate } from "../../../src/video/rate.js";

interface Asked {
  readonly frames: number;
  readonly rate: Rate;
  readonly n?: number | undefined;
  readonly fps?: number | undefined;
}

const byRate = ({ frames, rate }: Asked, fps: number): number => Math.floor((frames / perSecond(rate)) * fps);

/** lmms-eval's torchcodec reader: one frame at least; the last one alone where one frame and the last is wanted. */
export function torchcodecIndices(asked: Asked & { readonly withLast: boolean }): number[] {
  const { frames, n = frames, fps } = asked;
  const count = Math.max(1, Math.min(frames, n, fps === undefined ? frames : byRate(asked, fps)));
  if (asked.withLast && count === 1) return [frames - 1];
  return [...new Set(evenIndices(frames - 1, count))];
}

/** lmms-eval's packet reader where it falls back to decoding: the last frame is always there. */
export function packetIndices({ frames, n = frames }: Asked, count: number): number[] {
  const indices = evenIndices(frames - 1, Math.min(frames, n, count));
  return indices.at(-1) === frames - 1 ? indices : [...indices, frames - 1];
}

/** Middles of n segments within `bound` seconds: MVBench, InternVL. */
export function segmentIndices(
  rate: number,
  last: number,
  n: number,
  { bound, first }: { readonly bound: readonly [number, number] | undefined; readonly first: number },
): number[] {
  const start = bound ? Math.max(first, roundHalfEven(bound[0] * rate)) : Math.max(first, 0);
  const end = bound ? Math.min(roundHalfEven(bound[1] * rate), last) : last;
  const segment = (end - start) / n;
  return Array.from({ length: n }, (_, i) => Math.trunc(start + segment / 2 + roundHalfEven(segment * i)));
}

/** VLMEvalKit's MVBench from mp4. */
export function mvbenchIndices(asked: Asked): number[] {
  const { frames, fps, rate } = asked;
  if (fps !== undefined) {
    const step = perSecond(rate) / fps;
    return Array.from({ length: byRate(asked, fps) }, (_, i) => Math.floor(i * step));
  }
  const n = asked.n ?? 0;
  const segment = (frames - 1) / n;
  return Array.from({ length: n }, (_, i) => Math.trunc(segment / 2 + roundHalfEven(segment * i)));
}

export function longVideoBenchTimes(duration: number, most: number): number[] {
  if (duration < most) return Array.from({ length: Math.floor(duration) }, (_, i) => i);
  return Array.from({ length: most }, (_, i) => (duration / most) * i);
}

/** VLMEvalKit's VSI-Bench: names are given for n frames, so a tail that was appended is not saved there. */
export function vsiBenchIndices(asked: Asked, strategy: string): number[] {
  const { frames, fps, n = 0, rate } = asked;
  const last = frames - 1;
  const withTail = (indices: number[]) =>
    strategy === "uniform_tail" && indices.at(-1) !== last ? [...indices, last] : indices;
  if (fps !== undefined) {
    const step = perSecond(rate) / fps;
    return withTail(Array.from({ length: byRate(asked, fps) }, (_, i) => Math.floor(i * step)));
  }
  if (strategy === "chunk_center") {
    const segment = frames / n;
    return Array.from({ length: n }, (_, i) => Math.min(last, Math.trunc(segment / 2 + roundHalfEven(segment * i))));
  }
  return withTail(evenIndices(last, n));
}

export const secondsText = (seconds: number): string => `<${fixed(seconds, 1)} seconds>`;

/** What a message may say of the size. */
export interface FrameSizeWish {
  readonly min_pixels?: number;
  readonly max_pixels?: number;
  readonly total_pixels?: number;
  readonly resized_height?: number;
  readonly resized_width?: number;
}

/** `[height, width]` of every frame that qwen-vl-utils hands on. */
export function qwenFrameSize(
  [height, width]: readonly [number, number],
  frames: number,
  factor: number,
  ele: FrameSizeWish,
): [number, number] {
  const { resized_height: fixedHeight, resized_width: fixedWidth } = ele;
  if (fixedHeight !== undefined && fixedWidth !== undefined)
    return smartSize([fixedHeight, fixedWidth], factor, 0, Number.POSITIVE_INFINITY);
  const least = ele.min_pixels ?? 128 * factor ** 2;
  const total = ele.total_pixels ?? 128_000 * factor ** 2 * 0.9;
  const most = Math.max(Math.min(768 * factor ** 2, (total / frames) * 2), Math.trunc(least * 1.05));
  return smartSize([height, width], factor, least, Math.min(ele.max_pixels ?? most, most));
}

function smartSize(
  [height, width]: readonly [number, number],
  factor: number,
  least: number,
  most: number,
): [number, number] {
  const h = Math.max(factor, roundHalfEven(height / factor) * factor);
  const w = Math.max(factor, roundHalfEven(width / factor) * factor);
  if (h * w > most) {
    const beta = Math.sqrt((height * width) / most);
    return [Math.floor(height / beta / factor) * factor, Math.floor(width / beta / factor) * factor];
  }
  if (h * w < least) {
    const beta = Math.sqrt(least / (height * width));
    return [Math.ceil((height * beta) / factor) * factor, Math.ceil((width * beta) / factor) * factor];
  }
  return [h, w];
}

/** Numbers that torch makes at once, each from the rounded first of them. */
const lanes = 8;

/** `torch.arange(start, end, step).int()`. */
function steps(start: number, end: number, step: number): number[] {
  return Array.from({ length: Math.ceil((end - start) / step) }, (_, i) => {
    const lane = i % lanes;
    return Math.trunc(Math.fround(Math.fround(start + step * (i - lane)) + step * lane));
  });
}

/** transformers' default, and InternVL's with its shift to the middles. */
export function stepIndices(asked: Asked, shifted = false): number[] {
  const { frames, fps } = asked;
  const n = asked.n ?? (fps === undefined ? undefined : Math.max(shifted ? 0 : 1, byRate(asked, fps)));
  if (n === undefined || n === 0 || n > frames) throw new RangeError(`${n} frames of ${frames}`);
  return steps(shifted ? frames / n / 2 : 0, frames, frames / n);
}

/** transformers' Qwen2-VL. */
export function qwen2Indices({ frames, rate, n, fps }: Asked): number[] {
  let count = n === undefined ? undefined : roundHalfEven(n / 2) * 2;
  if (count === undefined && fps !== undefined) {
    const most = Math.floor(Math.min(768, frames) / 2) * 2;
    count = Math.floor(Math.min(Math.max((frames / perSecond(rate)) * fps, 4), most, frames) / 2) * 2;
  }
  if (count === undefined || count > frames || count === 0) throw new RangeError(`${count} frames of ${frames}`);
  return steps(0, frames, frames / count);
}

/** transformers' Qwen3-VL. */
export function qwen3Indices(asked: Asked): number[] {
  const { frames, fps = 2 } = asked;
  const count = asked.n ?? Math.min(Math.max(byRate(asked, fps), 4), 768, frames);
  return evenPoints(0, frames - 1, count).map(roundHalfEven);
}

/** transformers' GLM-4V. */
export function glmIndices({ frames, rate, fps = 2 }: Asked): number[] {
  const last = frames - 1;
  const perSec = perSecond(rate);
  const duration = frames / perSec;
  const at = (seconds: number) => Math.min(last, Math.ceil(seconds * perSec));
  const longest = 300;
  const taken =
    duration <= longest
      ? Array.from({ length: Math.max(1, Math.floor(duration * fps)) }, (_, i) =>
          Math.min(last, Math.ceil((i * perSec) / fps)),
        )
      : longest * fps >= frames
        ? Array.from({ length: frames }, (_, i) => i)
        : evenPoints(0, duration, Math.floor(longest * fps)).map(at);
  const unique = [...new Set(taken)];
  return unique.length % 2 === 1 ? [...unique, unique.at(-1) as number] : unique;
}
