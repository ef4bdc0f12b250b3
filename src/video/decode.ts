/**
 * Frames of a clip by their place in presentation order. Exact by construction: every frame up to the last wanted one is decoded and counted.
 * In long files of containers that allow it, one starts at key frames instead; the times of what comes back must then be the wanted ones.
 */

import { defined } from "../core/defined.js";
import { SampleFailure } from "../core/errors.js";
import { type Limits, runChild, usualLimits } from "./child.js";
import { PpmFrames, type RawFrame } from "./ppm.js";
import { type FrameTime, inputArgs, mostFrames, mostPixels, type VideoFacts } from "./probe.js";

/** What changes the bytes of a frame. */
export interface Decoding {
  /** Of libswscale, where it matters: odd sizes, more than 8 bits. */
  readonly scaler: "bicubic" | "bilinear";
}

export interface DecodeRun {
  readonly facts: VideoFacts;
  readonly decoding: Decoding;
  readonly limits?: Limits;
  readonly signal?: AbortSignal | undefined;
}

export interface Decoded {
  /** Frames that came, of those wanted. */
  readonly came: number;
  /** How often the decoder spoke of damage, and its first words. */
  readonly complaints: number;
  readonly firstComplaint?: string;
  /** Decoders started: one counts from the beginning, more began at key frames. */
  readonly starts: number;
}

/** May be called again for an index: what it was given before is then not the frame. */
type OnFrame = (index: number, frame: RawFrame) => void | Promise<void>;

/** Frames decoded without a stop, from the beginning or from a key frame. */
interface Stretch {
  readonly indices: readonly number[];
  /** Where to start looking, in units of the time base: after the frame before the first wanted one. Absent: at the beginning. */
  readonly seek?: number;
}

/**
 * @param indices  rising, none twice
 * @param onFrame  called in their order; the decoder waits for it
 * @throws SampleFailure `data`  the decoder hung, took too long, or wrote no frames
 */
export async function decodeFrames(run: DecodeRun, indices: readonly number[], onFrame: OnFrame): Promise<Decoded> {
  const all: Decoded[] = [];
  for (const stretch of stretches(run.facts, indices)) {
    const { times, ...decoded } = await decodeStretch(run, stretch, onFrame);
    all.push(decoded);
    const asWanted = stretch.indices.every((index, i) => times[i] === run.facts.times?.[index]?.pts);
    if (stretch.seek === undefined || (asWanted && decoded.came === stretch.indices.length)) continue;
    // Not what was asked for: of this file only what is counted from its beginning is believed.
    const { times: _, ...counted } = await decodeStretch(run, { indices }, onFrame);
    return { ...counted, starts: all.length + 1 };
  }
  const firstComplaint = all.find((decoded) => decoded.firstComplaint !== undefined)?.firstComplaint;
  const sum = (of: (decoded: Decoded) => number) => all.reduce((total, decoded) => total + of(decoded), 0);
  return {
    came: sum(({ came }) => came),
    complaints: sum(({ complaints }) => complaints),
    starts: all.length,
    ...defined({ firstComplaint }),
  };
}

/** All frames, counted by decoding them, with their times: for files whose packets do not tell. */
export async function countFrames({
  facts,
  limits = usualLimits,
  signal,
}: Omit<DecodeRun, "decoding">): Promise<
  Pick<Decoded, "complaints" | "firstComplaint"> & { readonly times: readonly number[] }
> {
  const times: number[] = [];
  const log = new DecoderLog((pts) => {
    if (times.push(pts) > mostFrames) throw new SampleFailure("data", `the clip has more than ${mostFrames} frames`);
  });
  await runChild({
    program: "ffmpeg",
    args: [...beforeInput, ...inputArgs(facts.path), ...afterInput, "-vf", shown, "-f", "null", "-"],
    ...{ limits, signal },
    onOutput: () => {},
    onLine: (line) => log.add(line),
  });
  return { times, complaints: log.complaints, ...defined({ firstComplaint: log.firstComplaint }) };
}

/** Says the time of each frame on its standard error. */
const shown = "showinfo=checksum=0";
// One thread: damage is then concealed in one way, and the harness has other clips to decode meanwhile.
const beforeInput = [
  ...["-hide_banner", "-nostdin", "-nostats", "-v", "level+info", "-progress", "pipe:3"],
  ...["-threads", "1", "-copyts"],
];
// Without passthrough frames are doubled and dropped to keep a constant rate.
const afterInput = ["-map", "0:V:0", "-fps_mode", "passthrough"];

async function decodeStretch(
  { facts, decoding, limits = usualLimits, signal }: DecodeRun,
  { indices, seek }: Stretch,
  onFrame: OnFrame,
): Promise<Decoded & { readonly times: readonly number[] }> {
  const origin = seek === undefined ? 0 : (indices[0] as number);
  const times: number[] = [];
  const log = new DecoderLog((pts) => times.push(pts));
  let came = 0;
  const frames = new PpmFrames(async (frame) => {
    const index = indices[came++];
    if (index !== undefined) await onFrame(index, frame);
  }, mostPixels);
  const select = oneOf(indices.map((index) => index - origin));
  await runChild({
    program: "ffmpeg",
    args: [
      ...beforeInput,
      ...(seek === undefined ? [] : ["-seek_timestamp", "1", "-ss", secondsAt(seek, facts)]),
      ...inputArgs(facts.path),
      ...afterInput,
      ...["-vf", `select='${select}',${shown}`, "-frames:v", String(indices.length)],
      ...["-sws_flags", decoding.scaler, "-pix_fmt", "rgb24", "-c:v", "ppm", "-f", "image2pipe", "-"],
    ],
    ...{ limits, signal },
    onOutput: (piece) => frames.add(piece),
    onLine: (line) => log.add(line),
  });
  return { came, times, starts: 1, complaints: log.complaints, ...defined({ firstComplaint: log.firstComplaint }) };
}

/** Whether `n` is one of these, in the language of ffmpeg's filters: a search by halves, since it nests no deeper than 100. */
function oneOf(numbers: readonly number[]): string {
  if (numbers.length === 1) return `eq(n\\,${numbers[0]})`;
  const half = numbers.length >> 1;
  return `if(lt(n\\,${numbers[half]})\\,${oneOf(numbers.slice(0, half))}\\,${oneOf(numbers.slice(half))})`;
}

const secondsAt = (pts: number, { timeBase: { num, den } }: VideoFacts): string => ((pts * num) / den).toFixed(9);

/** A start costs about as much as decoding so many frames; below so many in all nothing is worth a start. */
const framesPerStart = 100;
const worthSeeking = 1500;

function stretches({ times }: VideoFacts, indices: readonly number[]): readonly Stretch[] {
  const linear = (indices.at(-1) ?? 0) + 1;
  if (times === undefined || linear < worthSeeking) return [{ indices }];
  const key = keyFrames(times);
  const groups: { first: number; indices: number[] }[] = [];
  for (const index of indices) {
    const last = groups.at(-1);
    const end = last?.indices.at(-1) ?? 0;
    const from = key[index] as number;
    // Going on is cheaper than starting again.
    if (last && from - end < framesPerStart) last.indices.push(index);
    else groups.push({ first: from, indices: [index] });
  }
  const cost = groups.reduce((sum, group) => sum + (group.indices.at(-1) ?? 0) - group.first + framesPerStart, 0);
  if (cost > linear / 2) return [{ indices }];
  return groups.map(({ first, indices: wanted }) => {
    const begin = wanted[0] as number;
    if (first === 0) return { indices: wanted };
    return { indices: wanted, seek: ((times[begin]?.pts ?? 0) + (times[begin - 1]?.pts ?? 0)) / 2 };
  });
}

/** Of each frame: the key frame at or before it. */
function keyFrames(times: readonly FrameTime[]): Int32Array {
  const keys = new Int32Array(times.length);
  let last = 0;
  times.forEach(({ key }, i) => {
    if (key) last = i;
    keys[i] = last;
  });
  return keys;
}

/** What ffmpeg says while it works. */
class DecoderLog {
  complaints = 0;
  firstComplaint: string | undefined;

  constructor(private readonly onTime: (pts: number) => void) {}

  add(line: string): void {
    const [, pts] = /^\[Parsed_showinfo_\d+ @ \w+\] \[info\] n: *\d+ pts: *(-?\d+|NOPTS) /.exec(line) ?? [];
    if (pts !== undefined) this.onTime(Number(pts));
    const [, complaint] = /^(?:\[[^\]]*\] )?\[(?:error|fatal|panic)\] (.*)$/.exec(line) ?? [];
    if (complaint === undefined) return;
    this.complaints++;
    this.firstComplaint ??= complaint.slice(0, 200);
  }
}
