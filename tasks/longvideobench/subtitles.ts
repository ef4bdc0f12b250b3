/**
 * Where LongVideoBench puts subtitles between frames. Source: lmms-eval `longvideobench/utils.py`, by the author; VLMEvalKit's copy has
 * the same rule.
 */

import { SampleFailure } from "llava-eval";

/** One of two forms, depending on where the subtitles come from. */
export type LongVideoSubtitle =
  | { readonly timestamp: readonly [start: number, end: number | null]; readonly text: string }
  | { readonly start: string; readonly end: string; readonly line: string };

interface Span {
  readonly start: number;
  readonly end: number;
  readonly middle: number;
  readonly text: string;
}

export interface SubtitledClip {
  /** Seconds from the start of the file that the subtitles belong to. */
  readonly offset: number;
  readonly duration: number;
  readonly subtitles: readonly LongVideoSubtitle[];
}

/** "00:01:02.500" in seconds. */
function secondsOf(time: string): number {
  const [hours = "", minutes = "", seconds = ""] = time.split(":");
  return Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
}

/** One without an end that is a float lasts to the end of the video; one shorter than a second is widened to one around its middle. */
function spanOf(subtitle: LongVideoSubtitle, { offset, duration }: SubtitledClip): Span {
  const [from, to, text] =
    "timestamp" in subtitle
      ? [subtitle.timestamp[0], subtitle.timestamp[1] ?? duration, subtitle.text]
      : [secondsOf(subtitle.start), secondsOf(subtitle.end), subtitle.line];
  const [start, end] = [from - offset, to - offset];
  const middle = (start + end) / 2;
  return end - start < 1 ? { start: middle - 0.5, end: middle + 0.5, middle, text } : { start, end, middle, text };
}

/** A frame by its position, or the text of a subtitle. */
export type Placed = number | string;

/** A subtitle stands after all frames up to its middle, and only if a frame lies within it. */
export function placed(times: readonly number[], clip: SubtitledClip): readonly Placed[] {
  const out: Placed[] = [];
  let next = 0;
  for (const subtitle of clip.subtitles) {
    const { start, end, middle, text } = spanOf(subtitle, clip);
    while (next < times.length && (times[next] as number) <= middle) out.push(next++);
    if (times.some((time) => start < time && time < end)) out.push(text);
  }
  while (next < times.length) out.push(next++);
  return out;
}

/**
 * The times that lmms-eval gives to `count` frames. They are not those of the frames it takes, which are whole steps apart, and drift from
 * them.
 */
export function lmmsTimes(duration: number, count: number): readonly number[] {
  return duration > count
    ? Array.from({ length: count }, (_, i) => (duration / count) * i)
    : Array.from({ length: Math.trunc(duration) }, (_, i) => i);
}

/** As lmms-eval joins them: each frame and each subtitle on a line of its own, the question on the next. */
export function linesBetween(items: readonly Placed[]): readonly Placed[] {
  return items.flatMap((item): readonly Placed[] => (typeof item === "number" ? [item, "\n"] : [`${item}\n`]));
}

/** @throws SampleFailure `data`  there is no file, or it holds something else */
export function subtitlesIn(json: string | undefined, path: string): readonly LongVideoSubtitle[] {
  const refuse = (why: string, cause?: unknown): never => {
    throw new SampleFailure("data", `the subtitles ${JSON.stringify(path.slice(0, 200))}: ${why}`, { cause });
  };
  if (json === undefined) return refuse("there is no such file");
  let subtitles: unknown;
  try {
    subtitles = JSON.parse(json);
  } catch (error) {
    return refuse("no JSON", error);
  }
  if (!Array.isArray(subtitles)) return refuse("no list");
  const wrong = subtitles.findIndex((subtitle) => !isSubtitle(subtitle));
  return wrong < 0 ? (subtitles as LongVideoSubtitle[]) : refuse(`entry ${wrong + 1} is no subtitle`);
}

function isSubtitle(value: unknown): value is LongVideoSubtitle {
  const { timestamp, text, start, end, line } = (value ?? {}) as Record<string, unknown>;
  if (Array.isArray(timestamp)) return typeof timestamp[0] === "number" && typeof text === "string";
  return [start, end, line].every((cell) => typeof cell === "string");
}
