/**
 * Which frames of a clip are looked at. The same "32 frames" are other frames in every harness; each rule here has the name of the one
 * it reproduces, index by index. Pure functions: a clip is its number of frames and its rate.
 */

import { evenIndices, evenIndices32, fixed, roundHalfEven } from "./numbers.js";
import { perSecond, type Rate, secondsOf } from "./rate.js";

/** A clip, or the part of it that is asked about. */
export interface Span {
  /** Index of its first frame in the file. */
  readonly first: number;
  /** Frames in presentation order, as the container presents them. */
  readonly frames: number;
  /** The container's average. */
  readonly rate: Rate;
}

/** How many frames: a number of them, or so many a second and not more than `most`. */
export type FrameCount = { readonly frames: number } | { readonly fps: number; readonly most?: number };

export interface Chosen {
  /** In the file. */
  readonly indices: readonly number[];
  /** What the profile tells the model about the frames, after them. */
  readonly sentence?: string;
}

/** @throws RangeError  the reference has no frames for this clip either */
export type FrameProfile = (span: Span, count: FrameCount) => Chosen;

/**
 * The part of a clip between two times, in seconds, as qwen-vl-utils cuts it: no frame before `start`, none after `end`.
 * @throws RangeError  no two frames lie between them
 */
export function partOf(whole: Span, start: number | undefined, end: number | undefined): Span {
  if (start === undefined && end === undefined) return whole;
  const rate = perSecond(whole.rate);
  const inside = (seconds: number) => Math.max(0, Math.min(seconds, whole.frames / rate)) * rate;
  const first = start === undefined ? 0 : Math.ceil(inside(start));
  const last = end === undefined ? whole.frames - 1 : Math.min(Math.floor(inside(end)), whole.frames - 1);
  if (first >= last) throw new RangeError(`no two frames between ${start ?? 0} s and ${end ?? "the end"}`);
  return { first, frames: last - first + 1, rate: whole.rate };
}

/**
 * Ours. The middles of n equal parts: every frame stands for an equal part of the clip, no frame is sent twice (a clip of fewer frames
 * gives all of them, once), and the first and last frame, often black or a title, are not preferred. Whole numbers only.
 */
export const middles: FrameProfile = ({ first, frames, rate }, count) => {
  const wanted =
    "frames" in count
      ? count.frames
      : Math.min(count.most ?? frames, Math.max(1, Math.round(secondsOf(frames, rate) * count.fps)));
  const n = Math.min(wanted, frames);
  return { indices: Array.from({ length: n }, (_, i) => first + Math.floor(((2 * i + 1) * frames) / (2 * n))) };
};

/**
 * lmms-eval's `read_video`: both ends and even steps between, no frame twice. Its default reader takes every frame of a path with "mkv" or
 * "webm" in it, whatever was asked for: that is not reproduced.
 */
export const lmmsEval: FrameProfile = ({ first, frames, rate }, count) => {
  const most = ("frames" in count ? count.frames : count.most) ?? frames;
  const n = Math.min(frames, most, "frames" in count ? frames : framesAt(frames, rate, count.fps));
  if (n < 1) throw new RangeError("too short for one frame at this rate");
  return { indices: from(first, evenIndices(frames - 1, n)) };
};

/** `int(Fraction(frames) / rate * fps)`: rational while fps is whole, else in doubles. */
export function framesAt(frames: number, { num, den }: Rate, fps: number): number {
  if (!Number.isInteger(fps)) return Math.floor(((frames * den) / num) * fps);
  return Number((BigInt(frames) * BigInt(den) * BigInt(fps)) / BigInt(num));
}

/** LLaVA-OneVision, and lmms-eval's readers by decord: both ends and even steps between. A short clip's frames are repeated. */
export const oneVision: FrameProfile = ({ first, frames }, count) => {
  if (!("frames" in count)) throw new RangeError("this profile has no frames by the second");
  return { indices: from(first, evenIndices(frames - 1, count.frames)) };
};

/**
 * LLaVA-Video: a frame every so often, or even steps where these would be too many or a number was asked for; and a sentence about them.
 */
export const llavaVideo: FrameProfile = (span, count) => {
  const forced = "frames" in count;
  const { indices, seconds } = llavaVideoFrames(
    span,
    forced ? { fps: 1, most: count.frames, forced } : { fps: count.fps, most: count.most ?? span.frames, forced },
  );
  return { indices: from(span.first, indices), sentence: llavaVideoSentence(span, seconds) };
};

/**
 * Indices and the times that the sentence tells. Where no frame is left out they are index / rounded stride: a clip of 29.97 frames a second is
 * told as one of 30.
 */
export function llavaVideoFrames(
  { frames, rate }: Span,
  { fps, most, forced }: { readonly fps: number; readonly most: number; readonly forced: boolean },
) {
  const stride = roundHalfEven(perSecond(rate) / fps);
  if (stride === 0) throw new RangeError("more frames a second than the clip has");
  const strided = Math.ceil(frames / stride);
  if (!forced && strided <= most) {
    const indices = Array.from({ length: strided }, (_, i) => i * stride);
    return { indices, seconds: indices.map((index) => index / stride) };
  }
  const indices = evenIndices(frames - 1, most);
  return { indices, seconds: indices.map((index) => index / perSecond(rate)) };
}

export function llavaVideoSentence({ frames, rate }: Span, seconds: readonly number[]): string {
  const times = seconds.map((time) => `${fixed(time, 2)}s`).join(",");
  const lasts = fixed(frames / perSecond(rate), 2);
  // No space after the full stop: the models were trained with it so.
  return `The video lasts for ${lasts} seconds, and ${seconds.length} frames are uniformly sampled from it. These frames are located at ${times}.Please answer the following questions related to this video.`;
}

/** VLMEvalKit: n points inside the clip, neither end; or a frame every so often. */
export const vlmEvalKit: FrameProfile = ({ first, frames, rate }, count) => {
  const byRate = "frames" in count ? undefined : Math.floor((frames / perSecond(rate)) * count.fps);
  const n = "frames" in count ? count.frames : Math.min(byRate as number, count.most ?? frames);
  const step = "frames" in count ? frames / (n + 1) : perSecond(rate) / count.fps;
  if (n < 1) throw new RangeError("too short for one frame at this rate");
  const skip = "frames" in count ? 1 : 0;
  return { indices: Array.from({ length: n }, (_, i) => first + Math.floor((i + skip) * step)) };
};

/** LongVideoBench's authors, who have 16: even steps of whole frames from the first one, and no more frames than whole seconds. */
export const longVideoBench: FrameProfile = ({ first, frames, rate }, count) => {
  if (!("frames" in count)) throw new RangeError("this profile has no frames by the second");
  const indices = longVideoBenchFrames({ frames, rate }, secondsOf(frames, rate), count.frames);
  if (indices.length === 0) throw new RangeError("shorter than a second");
  return { indices: from(first, indices) };
};

/** @param duration  seconds: the authors' is the row's, and a clip that is shorter than that has no frames for them */
export function longVideoBenchFrames(
  { frames, rate }: Pick<Span, "frames" | "rate">,
  duration: number,
  most: number,
): number[] {
  const count = Math.min(most, Math.floor(duration));
  if (count < 1) return [];
  const step = Math.floor(Math.floor(duration * perSecond(rate)) / count);
  if (step * (count - 1) >= frames) throw new RangeError("beyond the last frame");
  return Array.from({ length: count }, (_, i) => step * i);
}

/** Frames of Qwen's models come in pairs. */
const pair = 2;
const toPair = (round: (value: number) => number, value: number): number => round(value / pair) * pair;

/** qwen-vl-utils: an even number of frames, both ends, points in 32-bit floats. */
export const qwen: FrameProfile = (span, count) => {
  const { first, frames } = span;
  const n = "frames" in count ? toPair(roundHalfEven, count.frames) : qwenCount(span, count);
  if (n < pair || n > frames) throw new RangeError(`${n} frames of ${frames}`);
  return { indices: evenIndices32(first, first + frames - 1, n) };
};

/** By the rate, within the least and the most. */
export function qwenCount(
  { frames, rate }: Span,
  { fps, least = 4, most = Math.min(768, frames) }: { fps: number; least?: number; most?: number },
): number {
  const wanted = Math.max((frames / perSecond(rate)) * fps, toPair(Math.ceil, least));
  return toPair(Math.floor, Math.min(wanted, toPair(Math.floor, most), frames));
}

const from = (first: number, indices: readonly number[]): number[] => indices.map((index) => first + index);

/** `--frame-profile`. */
export const frameProfiles = {
  middles,
  "lmms-eval": lmmsEval,
  "llava-video": llavaVideo,
  vlmevalkit: vlmEvalKit,
  qwen,
  onevision: oneVision,
  longvideobench: longVideoBench,
} as const satisfies Record<string, FrameProfile>;

export type FrameProfileName = keyof typeof frameProfiles;

/** `--frame-profile` of those who send clips whole: the server chooses, and says nothing of what it looks at. */
export const serverProfile = "server";
