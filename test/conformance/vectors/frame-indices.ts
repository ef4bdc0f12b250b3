/** Vector file of frame selection: the profiles that runs use, and the readers that are kept for comparison. */

import { defined } from "../../../src/core/defined.js";
import {
  framesAt,
  llavaVideoFrames,
  llavaVideoSentence,
  lmmsEval,
  longVideoBenchFrames,
  oneVision,
  partOf,
  qwen,
  qwenCount,
  vlmEvalKit,
} from "../../../src/video/frame-profiles.js";
import { evenIndices, fixed } from "../../../src/video/numbers.js";
import { parseRate, perSecond, type Rate } from "../../../src/video/rate.js";
import {
  type FrameSizeWish,
  glmIndices,
  longVideoBenchTimes,
  mvbenchIndices,
  packetIndices,
  qwen2Indices,
  qwen3Indices,
  qwenFrameSize,
  secondsText,
  segmentIndices,
  stepIndices,
  torchcodecIndices,
  vsiBenchIndices,
} from "../ported/frame-indices.js";
import type { VectorFile } from "../vector-file.js";

interface Clip {
  readonly total_frames: number;
  readonly rate: string;
}

const rateOf = (text: string): Rate => parseRate(text) as Rate;
const span = ({ total_frames: frames, rate }: Clip) => ({ first: 0, frames, rate: rateOf(rate) });

interface LlavaVideo extends Clip {
  readonly max_frames: number;
  readonly fps: number;
  readonly force_sample: boolean;
}

const llavaVideoOf = (input: LlavaVideo) =>
  llavaVideoFrames(span(input), { fps: input.fps, most: input.max_frames, forced: input.force_sample });

interface Wanted extends Clip {
  readonly n?: number;
  readonly num_frames?: number;
  readonly nframe?: number;
  readonly fps?: number | null;
}

/** -1 is how VLMEvalKit says "not by the second". */
const asked = ({ total_frames: frames, rate, n, num_frames, nframe, fps }: Wanted) => ({
  ...{ frames, rate: rateOf(rate), n: n ?? num_frames ?? nframe },
  fps: fps === null || fps === undefined || fps < 0 ? undefined : fps,
});

interface QwenRead extends Clip {
  readonly ele: {
    readonly nframes?: number;
    readonly fps?: number;
    readonly min_frames?: number;
    readonly max_frames?: number;
    readonly video_start?: number;
    readonly video_end?: number;
  };
}

function qwenRead({ ele, ...clip }: QwenRead) {
  const { nframes, fps, min_frames: least, max_frames: most, video_start: start, video_end: end } = ele;
  if (nframes !== undefined && fps !== undefined) throw new RangeError("either frames or frames a second");
  const part = partOf(span(clip), start, end);
  const frames = nframes ?? qwenCount(part, { fps: fps ?? 2, ...defined({ least, most }) });
  const { indices } = qwen(part, { frames });
  return {
    indices,
    sample_fps: (indices.length / part.frames) * perSecond(part.rate),
    total: part.frames,
  };
}

export const frameIndexVectors: Readonly<Record<string, VectorFile>> = {
  "video/frame_indices": {
    part: "frame selection: the profiles of `src/video`; readers that are no profile by code of the tests",
    // Names of files in VLMEvalKit's cache, which we have not.
    reference: (expected, fn) =>
      fn === "vlmevalkit.save_video_frames" ? ((expected as { indices?: unknown }).indices ?? expected) : expected,
    functions: {
      "lmms.load_video_decord": ({ total_frames: frames, n }: { total_frames: number; n: number }) =>
        oneVision({ first: 0, frames, rate: { num: 1, den: 1 } }, { frames: n }).indices,
      "lmms.load_video_stream": (input: Wanted & { header_frames: number; force_include_last_frame: boolean }) => {
        const { n = 0, fps, header_frames: header, force_include_last_frame: last } = input;
        const clip = { first: 0, frames: header, rate: rateOf(input.rate) };
        const { indices } = lmmsEval(clip, typeof fps === "number" ? { fps, most: n } : { frames: n });
        const there = indices.filter((index) => index < input.total_frames);
        return last && indices.length === 1 ? [header - 1] : there;
      },
      "lmms.load_video_packet": (input: Wanted) => {
        const { frames, rate, n, fps } = asked(input);
        return packetIndices({ frames, rate, n }, fps === undefined ? frames : framesAt(frames, rate, fps));
      },
      "lmms.torchcodec": (input: Wanted & { force_include_last_frame: boolean }) =>
        torchcodecIndices({ ...asked(input), withLast: input.force_include_last_frame }),
      "llava_video.load_video": (input: LlavaVideo) => {
        // One black image: a run asks for one frame at least.
        if (input.max_frames === 0) return { placeholder: [1, 336, 336, 3] };
        const { indices, seconds } = llavaVideoOf(input);
        return {
          indices,
          frame_time: seconds.map((time) => `${fixed(time, 2)}s`).join(","),
          video_time: input.total_frames / perSecond(rateOf(input.rate)),
          instruction: llavaVideoSentence(span(input), seconds),
        };
      },
      "vlmevalkit.llava_onevision_hf.load_video": (input: LlavaVideo) => {
        const { indices } = llavaVideoOf(input);
        const rate = perSecond(rateOf(input.rate));
        return {
          indices,
          frame_time: indices.map((index) => `${fixed(index / rate, 2)}s`).join(", "),
          video_time: input.total_frames / rate,
        };
      },
      "vlmevalkit.save_video_frames": (input: Wanted) => {
        const { n = 0, fps } = asked(input);
        // Where they save nothing, we have no frame for this clip.
        return orNone(
          () =>
            vlmEvalKit(span(input), fps === undefined ? { frames: n } : { fps, most: Number.POSITIVE_INFINITY })
              .indices,
        );
      },
      "vlmevalkit.vsibench.save_video_frames": (input: Wanted & { sample_strategy: string }) =>
        vsiBenchIndices(asked(input), input.sample_strategy),
      "segments.get_index": (input: {
        readonly rate: string;
        readonly max_frame: number;
        readonly bound: readonly [number, number] | null;
        readonly n: number;
        readonly first_idx: number;
      }) =>
        segmentIndices(perSecond(rateOf(input.rate)), input.max_frame, input.n, {
          bound: input.bound ?? undefined,
          first: input.first_idx,
        }),
      "vlmevalkit.mvbench_mp4.get_index": (input: Wanted) => mvbenchIndices(asked(input)),
      "lmms.longvideobench.load_video": (input: Clip & { duration: number; max_frames: number }) =>
        longVideoBenchFrames(asked(input), input.duration, input.max_frames),
      "lmms.longvideobench.compute_frame_timestamps": (input: { duration: number; max_frames: number }) =>
        longVideoBenchTimes(input.duration, input.max_frames),
      "qwen_vl_utils.read_video": qwenRead,
      "qwen_vl_utils.frame_size": (input: {
        readonly nframes: number;
        readonly height: number;
        readonly width: number;
        readonly image_patch_size: number;
        readonly ele: FrameSizeWish;
      }) => qwenFrameSize([input.height, input.width], input.nframes, 2 * input.image_patch_size, input.ele),
      "lmms.qwen3_vl.timestamps": ({ indices, rate }: { indices: readonly number[]; rate: string }) =>
        padded(indices).map((index) => secondsText(index / perSecond(rateOf(rate)))),
      "transformers.qwen3_vl.timestamps": ({ indices, rate }: { indices: readonly number[]; rate: string }) => {
        const seconds = padded(indices).map((index) => index / perSecond(rateOf(rate)));
        return seconds.flatMap((time, i) => (i % 2 === 0 ? [secondsText((time + (seconds[i + 1] ?? time)) / 2)] : []));
      },
      "transformers.qwen3_vl.sample_frames": (input: Wanted) => qwen3Indices(asked(input)),
      "transformers.qwen2_vl.sample_frames": (input: Wanted) => qwen2Indices(asked(input)),
      "transformers.internvl.sample_frames": (input: Wanted) => stepIndices(asked(input), true),
      "transformers.llava_onevision.sample_frames": (input: Wanted) => sampledByDefault(input),
      "transformers.llava_next_video.sample_frames": (input: Wanted) => sampledByDefault(input),
      "transformers.glm4v.sample_frames": (input: Wanted) => glmIndices(asked(input)),
    },
  },
};

/** Frames in pairs: a list of odd length repeats its last. */
const padded = (indices: readonly number[]): readonly number[] =>
  indices.length % 2 === 1 ? [...indices, indices.at(-1) as number] : indices;

function orNone(indices: () => readonly number[]): readonly number[] {
  try {
    return indices();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return [];
  }
}

/** Without either number: all frames. */
function sampledByDefault(input: Wanted): readonly number[] {
  const wanted = asked(input);
  if (wanted.n === undefined && wanted.fps === undefined) return evenIndices(wanted.frames - 1, wanted.frames);
  return stepIndices(wanted);
}
