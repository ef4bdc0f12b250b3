/** Clips as requests carry them: chosen frames, decoded once for the questions of one clip, with what they are called. */

import { defined } from "../core/defined.js";
import { SampleFailure } from "../core/errors.js";
import type { EncodedImage } from "../core/image.js";
import type { FramesSeen, VideoRef } from "../core/video.js";
import { encodeFrame, type FrameEncoding } from "../images/frame.js";
import { BytesInFlight } from "./bytes-in-flight.js";
import { type Limits, usualLimits } from "./child.js";
import { countFrames, type Decoding, decodeFrames } from "./decode.js";
import { FileDigests } from "./file-digest.js";
import { type FrameCount, type FrameProfileName, frameProfiles, partOf } from "./frame-profiles.js";
import { probeVideo, type VideoFacts } from "./probe.js";
import { perSecond } from "./rate.js";

/** Which frames are sent, and as what: it stands in the run's identity. */
export interface FrameRule {
  readonly profile: FrameProfileName;
  readonly count: FrameCount;
}

/** The words of a rule: `32 by middles`, `1 a second, 64 at most, by llava-video`. */
export function ruleText({ profile, count }: FrameRule): string {
  const most = "frames" in count || count.most === undefined ? "" : `${count.most} at most, `;
  return `${"frames" in count ? `${count.frames} ` : `${count.fps} a second, ${most}`}by ${profile}`;
}

/** As the references decode and send: by decord, whose chroma is scaled so; VLMEvalKit by way of JPEG files. */
const ways: Readonly<Record<FrameProfileName, Decoding & { readonly encoding: FrameEncoding }>> = {
  middles: { scaler: "bicubic", encoding: "png" },
  "lmms-eval": { scaler: "bilinear", encoding: "png" },
  "llava-video": { scaler: "bilinear", encoding: "png" },
  vlmevalkit: { scaler: "bilinear", encoding: "jpeg" },
  qwen: { scaler: "bicubic", encoding: "png" },
  onevision: { scaler: "bilinear", encoding: "png" },
  longvideobench: { scaler: "bilinear", encoding: "png" },
};

export interface Clip {
  readonly frames: readonly EncodedImage[];
  /** Of the whole clip: its frames, and the average of them in a second. */
  readonly whole: { readonly total: number; readonly rate: number };
  /** What the profile tells the model about them. */
  readonly sentence?: string;
  readonly seen: FramesSeen;
  readonly warnings: readonly string[];
}

/** Frames of one clip, at most: as many as any endpoint takes. */
export const mostFramesSent = 2048;
/** Encoded frames that wait for the next question about their clip, in bytes; of the clip read last always, since its questions stand together. */
const keptBytes = 8 * 2 ** 20;
/** Of frames that requests hold until they have their answer. */
const inFlightBytes = 48 * 2 ** 20;
/** Each takes a core. */
const decodersAtOnce = 2;

export class ClipReader {
  private readonly digests = new FileDigests();
  /** The clips asked about last, oldest first. */
  private readonly kept = new Map<string, { readonly clip: Promise<Clip>; bytes: number }>();
  private hasWarned = false;
  private readonly inFlight: BytesInFlight;
  private decoding = 0;
  /** What the frames of a clip weigh, by the one decoded last: most clips of a task are alike. */
  private usualBytes = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(
    private readonly rule: FrameRule,
    private readonly options: {
      readonly warn?: (message: string) => void;
      readonly signal?: AbortSignal;
      readonly limits?: Limits;
      readonly inFlightBytes?: number;
      readonly keptBytes?: number;
      /** Told of each decoding: of its time the model gets none. */
      readonly decodings?: { begin(): void; end(): void };
    } = {},
  ) {
    this.inFlight = new BytesInFlight(this.mostInFlight);
  }

  /** How a profile's frames are decoded and sent. */
  static way(profile: FrameProfileName): string {
    const { scaler, encoding } = ways[profile];
    return `${scaler}, rotated as the file says, sent as ${encoding}`;
  }

  /** SHA-256 of the clip's file. */
  async digest(video: VideoRef): Promise<string> {
    return this.digests.of(await video.file());
  }

  /** @throws SampleFailure `data`  no clip, a damaged one, or fewer frames than were chosen */
  async read(video: VideoRef): Promise<Clip> {
    const content = video.identity ?? (await this.digest(video));
    const key = JSON.stringify([content, video.start ?? null, video.end ?? null]);
    const known = this.kept.get(key);
    if (known) {
      this.kept.delete(key);
      this.kept.set(key, known);
      return known.clip;
    }
    const clip = this.whenFree(() => this.decode(video));
    const entry = { clip, bytes: 0 };
    this.kept.set(key, entry);
    clip.then(
      ({ frames }) => {
        entry.bytes = distinctBytes(frames.map(({ bytes }) => bytes));
        this.usualBytes = entry.bytes;
        this.forget();
      },
      // A failure is forgotten: the clip may be there the next time.
      () => this.kept.delete(key),
    );
    return clip;
  }

  /** Until what it returns is called, these frames are in a request: beyond the bound no clip is decoded. */
  hold(frames: readonly EncodedImage[]): Promise<() => void> {
    const bytes = frames.map((frame) => frame.bytes);
    this.warnOf(distinctBytes(bytes));
    return this.inFlight.hold(bytes);
  }

  /** It is asked all the same: nobody can say beforehand what a clip's frames weigh. */
  private warnOf(bytes: number): void {
    if (bytes <= this.mostInFlight || this.hasWarned) return;
    this.hasWarned = true;
    const megabytes = (n: number) => `${Math.ceil(n / 2 ** 20)} MB`;
    const shared = `more than the ${megabytes(this.mostInFlight)} that all requests together may hold`;
    this.options.warn?.(
      `the frames of one request are ${megabytes(bytes)}, ${shared}: it is sent, and memory goes beyond the bound; show fewer with --frames or --max-frames, or make the clips smaller`,
    );
  }

  private get mostInFlight(): number {
    return this.options.inFlightBytes ?? inFlightBytes;
  }

  /** @param next  what is about to be decoded weighs so much: the last one's questions have been asked */
  private forget(next = 0): void {
    const decoded = [...this.kept].filter(([, { bytes }]) => bytes > 0);
    let sum = decoded.reduce((total, [, { bytes }]) => total + bytes, next);
    for (const [key, { bytes }] of next > 0 ? decoded : decoded.slice(0, -1)) {
      if (sum <= (this.options.keptBytes ?? keptBytes)) return;
      this.kept.delete(key);
      sum -= bytes;
    }
  }

  private async whenFree<T>(work: () => Promise<T>): Promise<T> {
    if (this.decoding >= decodersAtOnce) await new Promise<void>((free) => this.waiting.push(free));
    this.decoding++;
    let decoded: (() => void) | undefined;
    try {
      decoded = await this.inFlight.room(this.usualBytes);
      this.options.signal?.throwIfAborted();
      this.forget(this.usualBytes);
      this.options.decodings?.begin();
      try {
        return await work();
      } finally {
        this.options.decodings?.end();
      }
    } finally {
      decoded?.();
      this.decoding--;
      this.waiting.shift()?.();
    }
  }

  private async decode(video: VideoRef): Promise<Clip> {
    const path = await video.file();
    try {
      return await this.decodeFile(path, video);
    } finally {
      await video.release?.();
    }
  }

  private async decodeFile(path: string, video: VideoRef): Promise<Clip> {
    const { limits = usualLimits, signal } = this.options;
    const file = await this.digests.of(path);
    const { encoding, ...decoding } = ways[this.rule.profile];
    const facts = await probeVideo(path, limits, signal);
    if (facts.endsEarly !== undefined) throw new SampleFailure("data", `the clip ends early: ${facts.endsEarly}`);
    const run = { facts, decoding, limits, signal };
    const times = facts.times?.map(({ pts }) => pts) ?? (await countFrames(run)).times;
    if (times.length === 0) throw new SampleFailure("data", "no frame of the clip can be decoded");
    const { indices, sentence } = this.choose(facts, times.length, video);
    const wanted = [...new Set(indices)].sort((a, b) => a - b);
    const frames = new Map<number, EncodedImage>();
    const { came, complaints, firstComplaint } = await decodeFrames(run, wanted, async (index, frame) => {
      frames.set(index, await encodeFrame(frame, encoding));
    });
    const damage = complaints === 0 ? "" : `${complaints} complaints of the decoder, the first: ${firstComplaint}`;
    if (came < wanted.length) {
      const why = damage === "" ? "" : ` (${damage})`;
      throw new SampleFailure("data", `${came} of ${wanted.length} frames of the clip came from the decoder${why}`);
    }
    return {
      frames: indices.map((index) => frames.get(index) as EncodedImage),
      whole: { total: times.length, rate: perSecond(facts.rate) },
      ...defined({ sentence }),
      seen: {
        file,
        stream: facts.stream,
        frames: indices,
        times: indices.map((index) => secondsAfterFirst(index, times, facts)),
      },
      warnings: damage === "" ? [] : [`clip ${file.slice(0, 8)}: ${damage}`],
    };
  }

  private choose({ rate }: VideoFacts, frames: number, { start, end }: VideoRef) {
    const { profile, count } = this.rule;
    try {
      const chosen = frameProfiles[profile](partOf({ first: 0, frames, rate }, start, end), count);
      if (chosen.indices.length > mostFramesSent)
        throw new RangeError(`${chosen.indices.length} frames; at most ${mostFramesSent} are sent`);
      return chosen;
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new SampleFailure("data", `no frames by ${profile} of a clip of ${frames}: ${error.message}`, {
        cause: error,
      });
    }
  }
}

const distinctBytes = (parts: readonly Uint8Array[]): number =>
  [...new Set(parts)].reduce((sum, { byteLength }) => sum + byteLength, 0);

/** To the millisecond: containers keep no better ones. */
function secondsAfterFirst(index: number, times: readonly number[], { timeBase: { num, den } }: VideoFacts): number {
  const ticks = (times[index] ?? 0) - (times[0] ?? 0);
  return Math.round((ticks * num * 1000) / den) / 1000;
}
