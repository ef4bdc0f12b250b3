/**
 * Vector file of decoding: whole clips by five decoders, and what real loaders take of them. Our decoder is ffmpeg as torchcodec uses it; for
 * loaders by decord, whose scaler is bilinear, it is set so. The clips lie in `videos/` beside the file.
 */

import { createHash } from "node:crypto";
import { join } from "node:path";
import { SampleFailure } from "../../../src/core/errors.js";
import { countFrames, type Decoding, decodeFrames } from "../../../src/video/decode.js";
import {
  llavaVideo,
  lmmsEval,
  longVideoBenchFrames,
  oneVision,
  partOf,
  qwen,
  type Span,
  vlmEvalKit,
} from "../../../src/video/frame-profiles.js";
import { probeVideo, type VideoFacts } from "../../../src/video/probe.js";
import { torchcodecIndices } from "../ported/frame-indices.js";
import type { VectorFile } from "../vector-file.js";

interface Clip {
  readonly video: string;
}

interface Whole {
  readonly facts: VideoFacts;
  /** In units of the time base. */
  readonly times: readonly number[];
  /** SHA-256 of each frame's pixels, 16 digits. */
  readonly digests: readonly string[];
  readonly shape: readonly [height: number, width: number, channels: 3];
}

const decoded = new Map<string, Promise<Whole>>();

/** Every frame of a clip; each clip is decoded once with each scaler. */
function whole(folder: string, video: string, scaler: Decoding["scaler"]): Promise<Whole> {
  const path = join(folder, "videos", video);
  const key = `${scaler} ${path}`;
  const known = decoded.get(key) ?? decodeWhole(path, { scaler });
  decoded.set(key, known);
  return known;
}

async function decodeWhole(path: string, decoding: Decoding): Promise<Whole> {
  try {
    const facts = await probeVideo(path);
    const { times } = await countFrames({ facts });
    const digests: string[] = [];
    let shape: Whole["shape"] = [0, 0, 3];
    await decodeFrames({ facts, decoding }, [...times.keys()], (index, { width, height, rgb }) => {
      shape = [height, width, 3];
      digests[index] = createHash("sha256").update(rgb).digest("hex").slice(0, 16);
    });
    return { facts, times, digests, shape };
  } catch (error) {
    // How the references refuse a file.
    if (error instanceof SampleFailure) throw new RangeError(error.detail, { cause: error });
    throw error;
  }
}

/** Where torchcodec ends with an error and ffmpeg goes on. */
const torchcodecStops: Readonly<Record<string, number>> = {
  "corrupt_middle.mp4": 61,
  "mpeg4.avi": 77,
  "mpegts.ts": 0,
  "trunc_faststart.mp4": 75,
  "wrongcount.avi": 115,
};

const secondsOf = ({ facts: { timeBase }, times }: Whole): number[] =>
  times.map((pts) => (pts * timeBase.num) / timeBase.den);

type Choose = (span: Span) => readonly number[];

async function taken(
  { video }: Clip,
  folder: string,
  scaler: Decoding["scaler"],
  choose: Choose,
): Promise<readonly string[]> {
  const { facts, digests } = await whole(folder, video, scaler);
  return choose({ first: 0, frames: digests.length, rate: facts.rate }).map((index) => digests[index] ?? "none");
}

const byDecord =
  <Input extends Clip>(choose: (span: Span, input: Input) => readonly number[]) =>
  (input: Input, folder: string) =>
    taken(input, folder, "bilinear", (span) => choose(span, input));

const byTorchcodec =
  <Input extends Clip>(choose: (span: Span, input: Input) => readonly number[]) =>
  (input: Input, folder: string) =>
    taken(input, folder, "bicubic", (span) => choose(span, input));

/**
 * What the loaders' decoders give of these files is not what the files present: not imitated.
 */
const deviations: readonly { readonly of: readonly string[]; readonly files: RegExp; readonly why: string }[] = [
  {
    of: [
      ...[
        "lmms.load_video_decord",
        "lmms.llava_onevision.load_video",
        "llava_video.load_video",
        "qwen_vl_utils.decord",
      ],
      ...["vlmevalkit.llava_onevision_hf.load_video", "vlmevalkit.save_video_frames"],
    ],
    files:
      /^(corrupt_middle|editlist|fps12_5_opengop|hevc|hevc10|mpeg4|rotate90|rotate270|trunc|trunc_faststart|wrongcount)\.(mp4|avi)$|\.(ts|gif)$/,
    why: "decord refuses the file, or gives other frames of it than it presents (open GOP, edit list, rotation, the end of HEVC)",
  },
  {
    of: ["lmms.longvideobench.load_video"],
    files: /^(corrupt_middle|editlist|fps12_5_opengop|mpeg4|trunc_faststart|wrongcount)\./,
    why: "decord gives other frames of the file than it presents",
  },
  {
    of: ["lmms.read_video.pyav"],
    files: /\.(mkv|webm|ts)$|^frames\d/,
    why: "lmms-eval's reader by PyAV takes every frame of this file, whatever number is asked for",
  },
  {
    of: ["lmms.read_video.pyav"],
    files: /^(editlist\.mp4|wrongcount\.avi)$/,
    why: "PyAV counts by the header",
  },
  {
    of: ["lmms.read_video.pyav", "decode.pyav"],
    files: /^(rotate\d+|odd_vp9|hevc10|corrupt_middle|trunc_faststart)\.(mp4|webm)$/,
    why: "PyAV does not rotate, scales chroma otherwise, stops at damage",
  },
  {
    of: ["lmms.read_video.torchcodec", "qwen_vl_utils.torchcodec"],
    files:
      /^(corrupt_middle\.mp4|trunc_faststart\.mp4|fps12_5_opengop\.mp4|mpeg4\.avi|mpegts\.ts|wrongcount\.avi|vfr\.webm)$/,
    why: "torchcodec stops at damage or the end of open GOPs, and takes the rate from the times",
  },
];

const setAside = ({ video }: Clip, fn: string): string | undefined =>
  deviations.find(({ of, files }) => of.includes(fn) && files.test(video))?.why;

interface Stream extends Clip {
  readonly n: number;
  readonly fps?: number;
}

interface LlavaVideo extends Clip {
  readonly max_frames: number;
  readonly force_sample?: boolean;
}

interface Qwen extends Clip {
  readonly ele: {
    readonly nframes?: number;
    readonly fps?: number;
    readonly max_frames?: number;
    readonly video_start?: number;
    readonly video_end?: number;
  };
}

const stream = (span: Span, { n, fps }: Stream) =>
  lmmsEval(span, fps === undefined ? { frames: n } : { fps, most: n }).indices;

const llava = (span: Span, { max_frames: most, force_sample: forced }: LlavaVideo) =>
  llavaVideo(span, forced === true ? { frames: most } : { fps: 1, most }).indices;

function qwenTaken(span: Span, { ele: { nframes, fps = 2, max_frames: most, video_start, video_end } }: Qwen) {
  const part = partOf(span, video_start, video_end);
  return qwen(part, nframes === undefined ? { fps, ...(most === undefined ? {} : { most }) } : { frames: nframes })
    .indices;
}

export const frameVectors: Readonly<Record<string, VectorFile>> = {
  "video/frames": {
    part: "decoding: `src/video` over ffmpeg",
    setAside,
    compare: { tolerance: { absolute: 1e-6 } },
    functions: {
      "decode.torchcodec": async ({ video }: Clip, folder: string) => {
        const clip = await whole(folder, video, "bicubic");
        const stops = torchcodecStops[video] ?? clip.times.length;
        const cut = { timestamps: secondsOf(clip).slice(0, stops), sha256_16: clip.digests.slice(0, stops) };
        return stops === 0 ? cut : { ...cut, shape: clip.shape };
      },
      "decode.pyav": async ({ video }: Clip, folder: string) => {
        const { digests, shape } = await whole(folder, video, "bicubic");
        return { sha256_16: digests, shape };
      },
      "lmms.load_video_decord": byDecord((span, { n }: Stream) => oneVision(span, { frames: n }).indices),
      "lmms.llava_onevision.load_video": byDecord((span, { n }: Stream) => oneVision(span, { frames: n }).indices),
      "lmms.read_video.pyav": byTorchcodec(stream),
      "lmms.read_video.torchcodec": byTorchcodec(({ frames, rate }, { n, fps }: Stream) =>
        torchcodecIndices({ frames, rate, n, fps, withLast: false }),
      ),
      "llava_video.load_video": byDecord(llava),
      "vlmevalkit.llava_onevision_hf.load_video": byDecord(llava),
      "vlmevalkit.save_video_frames": byDecord(
        (span, { nframe, fps }: Clip & { nframe: number; fps: number }) =>
          vlmEvalKit(span, fps > 0 ? { fps } : { frames: nframe }).indices,
      ),
      "lmms.longvideobench.load_video": byDecord(
        ({ frames, rate }, { duration, max_frames }: Clip & { duration: number; max_frames: number }) =>
          longVideoBenchFrames({ frames, rate }, duration, max_frames),
      ),
      "qwen_vl_utils.decord": byDecord(qwenTaken),
      "qwen_vl_utils.torchcodec": byTorchcodec(qwenTaken),
    },
    reference: (expected, fn) => {
      const { sha256_16, timestamps, shape } = expected as { [key: string]: unknown };
      if (sha256_16 === undefined) return expected;
      if (fn === "decode.torchcodec") return { sha256_16, timestamps, ...(shape === undefined ? {} : { shape }) };
      if (fn === "decode.pyav") return { sha256_16, shape };
      return sha256_16;
    },
    unsupported: {
      "decode.decord": "decoded by decord: ours is compared with torchcodec",
      "decode.opencv": "decoded by OpenCV: ours is compared with torchcodec",
      "decode.torchcodec_approx": "decoded by torchcodec from the header alone: ours is compared with its exact mode",
    },
  },
};
