/** What a clip is, without decoding it: its packets' times, its rate, how long its header says that it is. */

import { stat } from "node:fs/promises";
import { SampleFailure } from "../core/errors.js";
import { type ChildEnd, type Limits, runChild, usualLimits } from "./child.js";
import { Lines } from "./lines.js";
import { parseRate, type Rate } from "./rate.js";

/** One frame as the container has it, in presentation order. */
export interface FrameTime {
  /** In units of the time base. */
  readonly pts: number;
  readonly key: boolean;
}

export interface VideoFacts {
  readonly path: string;
  /** Index of the stream in the file: the first that moves, not a cover. */
  readonly stream: number;
  readonly codec: string;
  readonly container: string;
  readonly width: number;
  readonly height: number;
  readonly rate: Rate;
  readonly timeBase: Rate;
  /** By the packets; absent where these do not tell every frame and its time: then the frames are counted by decoding them. */
  readonly times?: readonly FrameTime[];
  /** Why the file has less than its header says. */
  readonly endsEarly?: string;
}

/** Demuxers that read one file and nothing that it names: a play list would make us open what its author likes. */
const demuxers = "mov,matroska,avi,mpegts,mpeg,flv,ogg,asf,gif,mpegvideo,h264,hevc,ivf";

/** Before `-i`. */
export const inputArgs = (path: string): readonly string[] => [
  ...["-protocol_whitelist", "file", "-format_whitelist", demuxers],
  // A name is never taken for an option or a protocol.
  ...["-i", `file:${path}`],
];

/** Containers whose packets have times, and codecs whose packets are frames: elsewhere only decoding tells. */
const timedContainers = ["mov", "matroska"];
const framePackets = ["h264", "hevc", "vp9", "av1", "mpeg4"];

/** Frames of a clip, at most: a day and a half at 30 a second. */
export const mostFrames = 4_000_000;
/** Pixels of a frame, at most: 8K is 33 million. */
export const mostPixels = 40_000_000;

const wanted = [
  "packet=pts,duration,flags",
  "stream=index,codec_name,width,height,avg_frame_rate,r_frame_rate,time_base,nb_frames,duration,start_pts",
  "stream_tags=DURATION",
  "format=format_name",
].join(":");

interface Packet extends FrameTime {
  readonly end: number;
}

/** @throws SampleFailure `data`  no clip, nothing that moves in it, or larger than any frame should be */
export async function probeVideo(
  path: string,
  limits: Limits = usualLimits,
  signal?: AbortSignal,
): Promise<VideoFacts> {
  const entry = await stat(path).catch((error: Error) => {
    throw new SampleFailure("data", `the clip cannot be read: ${error.message}`, { cause: error });
  });
  if (!entry.isFile()) throw new SampleFailure("data", "the clip is no regular file");
  if (entry.size === 0) throw new SampleFailure("data", "the clip is an empty file");
  const packets: Packet[] = [];
  let untimed = false;
  let read = 0;
  let stream: Record<string, string> | undefined;
  let container = "";
  const onLine = (line: string) => {
    const [section = "", ...fields] = line.split("|");
    const values = Object.fromEntries(fields.map((field) => field.split("=", 2) as [string, string]));
    if (section === "stream") stream ??= values;
    if (section === "format") container = values.format_name ?? "";
    if (section !== "packet") return;
    if (++read > mostFrames) throw new SampleFailure("data", `the clip has more than ${mostFrames} frames`);
    // An edit list hides them: they are decoded, never shown.
    if (values.flags?.includes("D")) return;
    const pts = Number(values.pts);
    if (Number.isNaN(pts)) untimed = true;
    else packets.push({ pts, key: values.flags?.startsWith("K") === true, end: pts + (Number(values.duration) || 0) });
  };
  const lines = new Lines(onLine);
  const end = await runChild({
    program: "ffprobe",
    args: ["-v", "error", "-select_streams", "V:0", "-of", "compact", "-show_entries", wanted, ...inputArgs(path)],
    limits,
    signal,
    onOutput: (piece) => lines.add(piece.toString("latin1")),
  });
  lines.end();
  if (stream === undefined) throw new SampleFailure("data", refusal(end));
  const shape = { ...shapeOf(stream), path, container };
  const timed = timedContainers.some((name) => container.split(",").includes(name));
  packets.sort((a, b) => a.pts - b.pts);
  const distinct = packets.every(({ pts }, i) => i === 0 || pts !== packets[i - 1]?.pts);
  if (untimed || !timed || !distinct || packets.length === 0 || !framePackets.includes(shape.codec)) return shape;
  const endsEarly = shortfall(stream, packets, read);
  return {
    ...shape,
    times: packets.map(({ pts, key }) => ({ pts, key })),
    ...(endsEarly === undefined ? {} : { endsEarly }),
  };
}

function refusal({ code, complaints }: ChildEnd): string {
  if (code === 0) return "the file has no video stream";
  const said = complaints.at(-1)?.replace(/^file:.*?: /, "") ?? "ffprobe says nothing of it";
  return `the file is no clip that ffmpeg reads: ${said}`;
}

function shapeOf(stream: Record<string, string>) {
  const [width, height] = [Number(stream.width), Number(stream.height)];
  if (!(width > 0 && height > 0)) throw new SampleFailure("data", "the clip does not say how large it is");
  if (width * height > mostPixels)
    throw new SampleFailure("data", `frames of ${width} x ${height} pixels; at most ${mostPixels} are decoded`);
  const rate = parseRate(stream.avg_frame_rate ?? "") ?? parseRate(stream.r_frame_rate ?? "");
  const timeBase = parseRate(stream.time_base ?? "");
  if (rate === undefined || timeBase === undefined) throw new SampleFailure("data", "the clip does not say its rate");
  return { stream: Number(stream.index), codec: stream.codec_name ?? "", width, height, rate, timeBase };
}

/** More than this is missing before a file is said to end early, in seconds: the last frame's duration is often left out. */
const missingSeconds = 0.5;

function shortfall(stream: Record<string, string>, packets: readonly Packet[], read: number): string | undefined {
  const declared = Number(stream.nb_frames);
  if (declared > read) return `${read} of ${declared} frames are there`;
  const { num, den } = parseRate(stream.time_base ?? "") as Rate;
  const seconds = ((packets.at(-1)?.end ?? 0) * num) / den;
  const lasts = Number(stream.duration) + (Number(stream.start_pts) * num) / den;
  const expected = Number.isNaN(lasts) ? clockSeconds(stream["tag:DURATION"] ?? "") : lasts;
  if (expected === undefined || expected - seconds < missingSeconds) return undefined;
  return `${seconds.toFixed(1)} of ${expected.toFixed(1)} seconds are there`;
}

/** `00:00:02.390000000` */
function clockSeconds(text: string): number | undefined {
  const [, hours, minutes, seconds] = /^(\d+):(\d+):(\d+(?:\.\d+)?)$/.exec(text) ?? [];
  return seconds === undefined ? undefined : Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
}
