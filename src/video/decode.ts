/**
 * Frames of a clip by their place in presentation order. Exact by construction: every frame up to the last wanted one is decoded and counted.
 * In long files of containers that allow it, one starts at key frames instead; the times of what comes back must then be the wanted ones.
 */

import { defined } from "../core/defined.js";
import { SampleFailure } from "../core/errors.js";
import { type Limits, outputPipe, progressPipe, runChild, usualLimits } from "./child.js";
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
  /** Places where decoding began: one is the beginning of the file, more are key frames. */
  readonly starts: number;
}

/** May be called again for an index: what it was given before is then not the frame. Frames from several places come in any order. */
type OnFrame = (index: number, frame: RawFrame) => void | Promise<void>;

/** Frames decoded without a stop, from the beginning or from a key frame. */
interface Stretch {
  readonly indices: readonly number[];
  /** Where to start looking, in units of the time base: after the frame before the first wanted one. Absent: at the beginning. */
  readonly seek?: number;
}

/**
 * @param indices  rising, none twice
 * @param onFrame  the decoder waits for it
 * @throws SampleFailure `data`  the decoder hung, took too long, or wrote no frames
 */
export async function decodeFrames(run: DecodeRun, indices: readonly number[], onFrame: OnFrame): Promise<Decoded> {
  const parts = stretches(run.facts, indices);
  const all: Decoded[] = [];
  for (let i = 0; i < parts.length; i += stretchesAtOnce) {
    const together = parts.slice(i, i + stretchesAtOnce);
    const { asWanted, ...decoded } = await decodeStretches(run, together, onFrame);
    all.push(decoded);
    if (asWanted) continue;
    // Not what was asked for: of this file only what is counted from its beginning is believed.
    const { asWanted: _, ...counted } = await decodeStretches(run, [{ indices }], onFrame);
    return { ...counted, starts: sumOf(all, ({ starts }) => starts) + 1 };
  }
  const firstComplaint = all.find((decoded) => decoded.firstComplaint !== undefined)?.firstComplaint;
  return {
    came: sumOf(all, ({ came }) => came),
    complaints: sumOf(all, ({ complaints }) => complaints),
    starts: sumOf(all, ({ starts }) => starts),
    ...defined({ firstComplaint }),
  };
}

const sumOf = <T>(all: readonly T[], of: (one: T) => number): number => all.reduce((sum, one) => sum + of(one), 0);

/** All frames, counted by decoding them, with their times: for files whose packets do not tell. */
export async function countFrames({
  facts,
  limits = usualLimits,
  signal,
}: Omit<DecodeRun, "decoding">): Promise<
  Pick<Decoded, "complaints" | "firstComplaint"> & { readonly times: readonly number[] }
> {
  const times: number[] = [];
  const log = new DecoderLog((_, pts) => {
    if (times.push(pts) > mostFrames) throw new SampleFailure("data", `the clip has more than ${mostFrames} frames`);
  });
  await runChild({
    program: "ffmpeg",
    args: [...always, ...input(facts), ...output(0), "-vf", shown(0), "-f", "null", "-"],
    ...{ limits, signal },
    onOutput: () => {},
    onLine: (line) => log.add(line),
  });
  return { times, complaints: log.complaints, ...defined({ firstComplaint: log.firstComplaint }) };
}

/** Says the time of each frame on its standard error, under the stretch's own name. */
const shown = (stretch: number): string => `showinfo@stretch${stretch}=checksum=0`;
const always = [
  ...["-hide_banner", "-nostdin", "-nostats", "-v", "level+info"],
  ...["-progress", `pipe:${progressPipe}`, "-copyts"],
];
// One thread: damage is then concealed in one way, and the harness has other clips to decode meanwhile.
const input = (facts: VideoFacts, seek?: number): readonly string[] => [
  ...["-threads", "1"],
  ...(seek === undefined ? [] : ["-seek_timestamp", "1", "-ss", secondsAt(seek, facts)]),
  ...inputArgs(facts.path),
];
// Without passthrough frames are doubled and dropped to keep a constant rate.
const output = (stretch: number): readonly string[] => ["-map", `${stretch}:V:0`, "-fps_mode", "passthrough"];

/**
 * A start of ffmpeg is 0.07 s of the 0.1 to 0.5 that a frame takes from its key frame (720p), so that one process decodes several stretches, one after
 * the other; each keeps a decoder's frames in memory.
 */
const stretchesAtOnce = 2;

/** By one process. @returns whether frames from key frames have the times that the packets have, too */
async function decodeStretches(
  { facts, decoding, limits = usualLimits, signal }: DecodeRun,
  together: readonly Stretch[],
  onFrame: OnFrame,
): Promise<Decoded & { readonly asWanted: boolean }> {
  const parts = together.map((stretch) => ({ ...stretch, came: 0, times: [] as number[] }));
  const log = new DecoderLog((stretch, pts) => parts[stretch]?.times.push(pts));
  const frames = parts.map(
    (part) =>
      new PpmFrames(async (frame) => {
        const index = part.indices[part.came++];
        if (index !== undefined) await onFrame(index, frame);
      }, mostPixels),
  );
  await runChild({
    program: "ffmpeg",
    args: [
      ...always,
      ...together.flatMap(({ seek }) => input(facts, seek)),
      ...together.flatMap(({ indices, seek }, stretch) => [
        ...output(stretch),
        ...["-vf", `select='${selected(indices, seek)}',${shown(stretch)}`, "-frames:v", String(indices.length)],
        ...["-sws_flags", decoding.scaler, "-pix_fmt", "rgb24", "-c:v", "ppm", "-f", "image2pipe", outputPipe(stretch)],
      ]),
    ],
    ...{ limits, signal, outputs: together.length },
    onOutput: (piece, stretch) => frames[stretch]?.add(piece),
    onLine: (line) => log.add(line),
  });
  const { complaints, firstComplaint } = log;
  return {
    came: sumOf(parts, ({ came }) => came),
    starts: parts.length,
    asWanted: parts.every(
      ({ indices, seek, came, times }) =>
        seek === undefined ||
        (came === indices.length && indices.every((index, i) => times[i] === facts.times?.[index]?.pts)),
    ),
    ...{ complaints, ...defined({ firstComplaint }) },
  };
}

/** The decoder counts from where it began. */
function selected(indices: readonly number[], seek: number | undefined): string {
  const origin = seek === undefined ? 0 : (indices[0] as number);
  return oneOf(indices.map((index) => index - origin));
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

  constructor(private readonly onTime: (stretch: number, pts: number) => void) {}

  add(line: string): void {
    const [, stretch, pts] =
      /^\[(?:showinfo@)?stretch(\d+) @ \w+\] \[info\] n: *\d+ pts: *(-?\d+|NOPTS) /.exec(line) ?? [];
    if (pts !== undefined) this.onTime(Number(stretch), Number(pts));
    const [, complaint] = /^(?:\[[^\]]*\] )?\[(?:error|fatal|panic)\] (.*)$/.exec(line) ?? [];
    if (complaint === undefined) return;
    this.complaints++;
    this.firstComplaint ??= complaint.slice(0, 200);
  }
}
