/**
 * Subtitles of Video-MME (.srt) as lmms-eval puts them into the prompt, with its oddities: published numbers with subtitles depend on
 * them. Source: lmms-eval `videomme/utils.py`.
 */

import { roundHalfEven, SampleFailure, strip } from "llava-eval";

interface Subtitle {
  /** Seconds. */
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** What is known of the video file: the rate and number of frames in its header. */
export interface ClipHeader {
  readonly fps: number;
  readonly frames: number;
}

/** "00:01:02,500" in seconds. */
function secondsOf(time: string): number {
  const [hours = "", minutes = "", rest = ""] = time.split(":");
  const [seconds = "", milliseconds = ""] = rest.split(",");
  return Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds) + Number(milliseconds) / 1000;
}

/** Sections between empty lines: number, times, text. Of two with the same times the later one stays, in the earlier one's place. */
function subtitlesIn(srt: string): readonly Subtitle[] {
  const byTime = new Map<string, Subtitle>();
  for (const section of srt.replaceAll("\r\n", "\n").split("\n\n")) {
    const lines = section.split("\n");
    if (strip(section) === "" || lines.length < 3) continue;
    const [start = Number.NaN, end = Number.NaN] = (lines[1] ?? "").split(" --> ").map(secondsOf);
    byTime.set(`${start} ${end}`, { start, end, text: lines.slice(2).join(" ") });
  }
  const subtitles = [...byTime.values()];
  if (subtitles.some(({ start, end }) => start <= end)) return subtitles;
  throw new SampleFailure("data", "the subtitles have no section with its times");
}

const marked = /<font color="white" size=".72c">([^\n]*?)<\/font>/;

/** numpy's `linspace(0, frames - 1, count, dtype=int)`. */
function evenFrames(frames: number, count: number): readonly number[] {
  const step = (frames - 1) / (count - 1);
  const places = Array.from({ length: count }, (_, i) => (i === count - 1 && count > 1 ? frames - 1 : i * step));
  return count === 1 ? [0] : places.map((place) => Math.trunc(place));
}

/**
 * Small integers in the order in which CPython's set has them: by their hash in a table whose size is a power of two, so ascending only
 * while the largest is smaller than the table.
 */
export function pythonSetOrder(numbers: readonly number[]): readonly number[] {
  let table = new Array<number | undefined>(8).fill(undefined);
  let used = 0;
  const insert = (into: (number | undefined)[], value: number): boolean => {
    const mask = into.length - 1;
    let perturb = value;
    let at = value & mask;
    for (;;) {
      // A probe looks at up to nine neighbours that lie within the table before it jumps.
      const reach = at + 9 <= mask ? 9 : 0;
      for (let place = at; place <= at + reach; place++) {
        if (into[place] === undefined) {
          into[place] = value;
          return true;
        }
        if (into[place] === value) return false;
      }
      perturb >>>= 5;
      at = (at * 5 + 1 + perturb) & mask;
    }
  };
  for (const number of numbers) {
    if (!insert(table, number)) continue;
    used++;
    if (used * 5 < (table.length - 1) * 3) continue;
    const wanted = used > 50_000 ? used * 2 : used * 4;
    let size = 8;
    while (size <= wanted) size *= 2;
    const grown = new Array<number | undefined>(size).fill(undefined);
    for (const value of table) if (value !== undefined) insert(grown, value);
    table = grown;
  }
  return table.filter((value) => value !== undefined);
}

/**
 * The subtitles that are shown while one of `count` evenly spread frames is, each once; only text in the mark of the benchmark's files,
 * so other .srt files give nothing. These frames are not those that the model gets.
 */
export function subtitlesOfFrames(srt: string, { fps, frames }: ClipHeader, count: number): string {
  const subtitles = subtitlesIn(srt).map(({ start, end, text }) => ({
    ...{ first: Math.trunc(start * fps), end: Math.trunc(end * fps), text },
  }));
  const shown = evenFrames(frames, count === -1 ? frames : count).flatMap((frame) =>
    subtitles.flatMap(({ first, end }, i) => (first <= frame && frame < end ? [i] : [])),
  );
  return pythonSetOrder(shown)
    .flatMap((i) => marked.exec(subtitles[i]?.text ?? "")?.[1] ?? [])
    .join("\n");
}

/**
 * The subtitles that are shown while one of the frames is that the model gets, each once and in the file's order, without their marks:
 * what the authors' README asks for.
 */
export function subtitlesAt(srt: string, seconds: readonly number[]): string {
  return subtitlesIn(srt)
    .filter(({ start, end }) => seconds.some((second) => start <= second && second < end))
    .map(({ text }) => strip(text.replaceAll(/<[^<>]*>/g, "")))
    .filter((text) => text !== "")
    .join("\n");
}

/** Every line in the mark, in the file's order: lmms-eval's for Gemini. */
export function allSubtitles(srt: string): string {
  return srt
    .split("\n")
    .flatMap((line) => marked.exec(line)?.[1] ?? [])
    .join("\n");
}

export const NO_SUBTITLES = "No subtitles available";

/** A word of Video-MME-v2's subtitles, with its times in seconds. */
export interface SubtitleWord {
  readonly text: string;
  readonly start_time: number;
  readonly end_time: number;
}

/** Video-MME-v2's files: a word a line. @throws SampleFailure `data`  a line is no word with its times */
export function wordsIn(jsonl: string): readonly SubtitleWord[] {
  return jsonl
    .split("\n")
    .filter((line) => strip(line) !== "")
    .map((line, i) => {
      const word = parsed(line);
      if (isWord(word)) return word;
      throw new SampleFailure("data", `line ${i + 1} of the subtitles is no word with its times`);
    });
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isWord(value: unknown): value is SubtitleWord {
  const { text, start_time, end_time } = (value ?? {}) as Record<string, unknown>;
  return typeof text === "string" && typeof start_time === "number" && typeof end_time === "number";
}

const sentenceEnd = /[.!?]$/;

/** Words into segments: a new one after half a second of silence, or after a sentence and a tenth. Source: the authors' `group_subtitle_segments`. */
export function segmentsOf(words: readonly SubtitleWord[]): readonly SubtitleWord[] {
  const segments: SubtitleWord[][] = [];
  let previous: SubtitleWord | undefined;
  for (const word of words) {
    const gap = previous === undefined ? Number.POSITIVE_INFINITY : word.start_time - previous.end_time;
    const ended = previous !== undefined && sentenceEnd.test(previous.text.trimEnd());
    if (gap > 0.5 || (ended && gap > 0.1)) segments.push([word]);
    else segments.at(-1)?.push(word);
    previous = word;
  }
  return segments.map((segment) => ({
    text: segment.map(({ text }) => text).join(" "),
    start_time: (segment[0] as SubtitleWord).start_time,
    end_time: (segment.at(-1) as SubtitleWord).end_time,
  }));
}

/**
 * The frames, and behind each what is heard until the next one, or the clip's end: what lasts longer stands behind several. Source: the authors'
 * `segments_between_timestamps`, with their times of frames (number / rate).
 */
export function segmentsBetween(
  segments: readonly SubtitleWord[],
  { indices, total, rate }: { readonly indices: readonly number[]; readonly total: number; readonly rate: number },
): readonly (number | string)[] {
  const seconds = [...indices, total].map((frame) => frame / rate);
  return indices.flatMap((_, i) => {
    const [from, to] = seconds.slice(i) as [number, number];
    const heard = segments.filter(({ start_time, end_time }) => end_time >= from && start_time < to);
    return [i, ...heard.map(subtitleLine)];
  });
}

const toHundredths = (seconds: number): string => `${roundHalfEven(seconds, 2).toFixed(2)}s`;
const subtitleLine = ({ start_time, end_time, text }: SubtitleWord): string =>
  `[Subtitle ${toHundredths(start_time)} - ${toHundredths(end_time)}]: ${text}`;
