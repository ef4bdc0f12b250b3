/** The same questions with less to see. Words, options, references and scores stay as they are: only images and clips change. */
import { type BlindWay, isAboutFrames } from "../core/blind.js";
import type { Dataset, RowItem } from "../core/dataset.js";
import { defined } from "../core/defined.js";
import { SampleFailure } from "../core/errors.js";
import type { ImageRef } from "../core/image.js";
import { type Part, type Prompt, promptImages, videoParts } from "../core/prompt.js";
import type { Task } from "../core/task.js";
import type { VideoRef } from "../core/video.js";
import { seededRandom } from "../statistics/seeded-random.js";
import type { Media, ShownClip } from "./ask.js";

type Row = Record<string, unknown>;

export interface Blinded {
  readonly task: Task;
  /** The rows as the task must read them: it remembers which stand near which. */
  rowsOf(dataset: Dataset): Dataset;
}

/** A task that asks without what `way` takes away. @param seed  draws the other samples, and the order of frames */
export function blinded(task: Task, way: BlindWay, seed: number): Blinded {
  const near = new NearRows(task);
  const hidden = (row: Row, prompt: Prompt): Prompt => {
    switch (way) {
      case "none":
        return withoutImages(prompt);
      case "other":
        return withOthers(prompt, () => near.drawn(row, seed));
      case "first-frame":
        return withParts(prompt, firstFrames);
      case "shuffled-frames":
        return withParts(prompt, (parts) => shuffledFrames(parts, [seed, task.name, task.id(row)]));
    }
  };
  const { next, expand } = task;
  return {
    task: {
      ...task,
      prompt: (row, profile) => hidden(row, task.prompt(row, profile)),
      ...(next
        ? {
            next(row: Row, turns: Parameters<typeof next>[1]) {
              const prompt = next.call(task, row, turns);
              return prompt === "done" ? prompt : hidden(row, prompt);
            },
          }
        : {}),
      ...(expand ? { expand: (row: Row) => near.inherited(row, expand.call(task, row)) } : {}),
    },
    rowsOf: (dataset) => (way === "other" ? near.remembering(dataset) : dataset),
  };
}

const withParts = (prompt: Prompt, change: (parts: readonly Part[]) => readonly Part[]): Prompt => ({
  messages: prompt.messages.map((message) => ({ ...message, parts: change(message.parts) })),
});

function withoutImages(prompt: Prompt): Prompt {
  const { messages } = withParts(prompt, (parts) => parts.filter(({ type }) => type === "text"));
  const left = messages.filter(({ parts }) => parts.length > 0);
  if (left.some(({ role }) => role === "user")) return { messages: left };
  throw new SampleFailure("data", "without its images nothing is left of the question");
}

/** The places in the prompt stay, and what is drawn on them; what stands there is another row's. */
function withOthers(prompt: Prompt, drawn: () => readonly OtherRow[] | undefined): Prompt {
  const rows = drawn();
  if (rows === undefined) return prompt;
  const known = new Map<ImageRef | VideoRef, ImageRef | VideoRef>();
  let [images, videos] = [0, 0];
  const once = <Ref extends ImageRef | VideoRef>(own: Ref, make: () => Ref): Ref => {
    const other = (known.get(own) as Ref | undefined) ?? make();
    known.set(own, other);
    return other;
  };
  return withParts(prompt, (parts) =>
    parts.map((part) => {
      if (part.type === "image")
        return { ...part, image: once(part.image, () => otherImage(part.image, rows, images++)) };
      if (part.type === "video")
        return { ...part, video: once(part.video, () => otherVideo(part.video, rows, videos++)) };
      return part;
    }),
  );
}

/** What another row shows. */
interface OtherRow {
  readonly images: readonly ImageRef[];
  readonly videos: readonly VideoRef[];
}

const noOther = () => new SampleFailure("data", `none of the ${nearest} rows around it shows anything else`);

/** Which image it is turns out when it is read: two rows may hold one image under two names. */
function otherImage(own: ImageRef, rows: readonly OtherRow[], position: number): ImageRef {
  const { marks, ownFile } = own;
  return {
    ...defined({ marks, ownFile }),
    async bytes() {
      const mine = Buffer.from(await own.bytes());
      for (const { images } of rows) {
        const bytes = await readable(images[position % Math.max(1, images.length)]);
        if (bytes && !mine.equals(bytes)) return bytes;
      }
      throw noOther();
    },
  };
}

/** Undefined where the row has no image, or one that cannot be read: the next row has one. */
async function readable(image: ImageRef | undefined): Promise<Uint8Array | undefined> {
  try {
    return await image?.bytes();
  } catch (error) {
    if (!(error instanceof SampleFailure)) throw error;
    return undefined;
  }
}

function otherVideo(own: VideoRef, rows: readonly OtherRow[], position: number): VideoRef {
  for (const { videos } of rows) {
    const video = videos[position % Math.max(1, videos.length)];
    if (video && video.path !== own.path) return video;
  }
  throw noOther();
}

/** So many rows are remembered, each with another image; a row's image stays in memory as long as it is. */
const nearest = 16;

/**
 * For every row the rows before it whose images it may be shown; for the first ones those that come first. They follow from the
 * order of the rows alone, so a run that goes on, or a larger limit, draws the same.
 */
class NearRows {
  private readonly before = new WeakMap<Row, readonly Row[]>();

  constructor(private readonly task: Task) {}

  remembering(dataset: Dataset): Dataset {
    const remember = (batches: AsyncIterable<readonly RowItem[]>) => this.remember(batches);
    return {
      get facts() {
        return dataset.facts;
      },
      ...defined({ fileRows: dataset.fileRows, seeks: dataset.seeks }),
      batches: (...given) => remember(dataset.batches(...given)),
      [Symbol.asyncDispose]: () => dataset[Symbol.asyncDispose](),
    };
  }

  /** The rows made from one row of the file stand where it stands. */
  inherited(row: Row, made: readonly Row[]): readonly Row[] {
    const rows = this.before.get(row);
    if (rows) for (const one of made) this.before.set(one, rows);
    return made;
  }

  /** What the rows around it show, in an order that is drawn for it; undefined for a row that came by another way. */
  drawn(row: Row, seed: number): readonly OtherRow[] | undefined {
    const rows = this.before.get(row);
    if (!rows) return undefined;
    const order = shuffled([...rows.keys()], [seed, this.task.name, "other image", this.task.id(row)]);
    return order.flatMap((i) => this.shownBy(rows[i] as Row));
  }

  private shownBy(row: Row): readonly OtherRow[] {
    const [first] = this.made(row);
    if (!first) return [];
    try {
      const prompt = this.task.prompt(first, this.task.profiles?.[0] ?? "default");
      return [{ images: promptImages(prompt), videos: videoParts(prompt).map(({ video }) => video) }];
    } catch (error) {
      // A cell that cannot be read.
      if (!(error instanceof SampleFailure)) throw error;
      return [];
    }
  }

  private async *remember(batches: AsyncIterable<readonly RowItem[]>): AsyncGenerator<readonly RowItem[]> {
    const window = new Window();
    // Rows that came before there were enough to draw from, and the batches that they stand in.
    const early: Row[] = [];
    const held: (readonly RowItem[])[] = [];
    const settle = () => {
      for (const row of early.splice(0)) this.before.set(row, window.rows);
    };
    for await (const batch of batches) {
      for (const item of batch) {
        if (!("row" in item)) continue;
        const wasFull = window.isFull;
        if (wasFull) this.before.set(item.row, window.rows);
        else early.push(item.row);
        window.add(item.row, this.keyOf(item.row));
        if (!wasFull && window.isFull) settle();
      }
      if (early.length > 0) held.push(batch);
      else {
        yield* held.splice(0);
        yield batch;
      }
    }
    settle();
    yield* held;
  }

  /** Rows with one image have one key, as far as the task knows. */
  private keyOf(row: Row): string {
    const [first] = this.made(row);
    if (!first) return "";
    return this.task.imageKey?.(first) ?? this.task.cluster?.(first) ?? this.task.id(first);
  }

  private made(row: Row): readonly Row[] {
    return this.task.expand?.(row) ?? [row];
  }
}

/** The last rows that came by, one for each image. */
class Window {
  private kept: readonly { readonly row: Row; readonly key: string }[] = [];
  rows: readonly Row[] = [];

  get isFull(): boolean {
    return this.kept.length >= nearest;
  }

  add(row: Row, key: string): void {
    if (this.kept.some((one) => one.key === key)) return;
    this.kept = [...this.kept, { row, key }].slice(-nearest);
    this.rows = this.kept.map((one) => one.row);
  }
}

/** Fisher and Yates. */
function shuffled<T>(items: readonly T[], words: readonly (string | number)[]): T[] {
  const random = seededRandom(...words);
  const left = [...items];
  return items.map(() => left.splice(random.below(left.length), 1)[0] as T);
}

/** A drawn order of so many things that is not the one they have. */
function otherOrder(n: number, words: readonly (string | number)[]): readonly number[] {
  const inOrder = Array.from({ length: n }, (_, i) => i);
  const order = shuffled(inOrder, words);
  return order.every((from, i) => from === i) ? [...inOrder.slice(1), ...inOrder.slice(0, 1)] : order;
}

/** A frame that the task names itself, where a benchmark keeps its clips as images. */
const isFrame = (part: Part | undefined) => part?.type === "image" && part.clip !== undefined;
const clipOf = (part: Part | undefined) => (part?.type === "image" ? part.clip : undefined);

function firstFrames(parts: readonly Part[]): readonly Part[] {
  const clips = new Set<number | undefined>();
  return parts.filter((part) => {
    if (!isFrame(part)) return true;
    const isFirst = !clips.has(clipOf(part));
    clips.add(clipOf(part));
    return isFirst;
  });
}

function shuffledFrames(parts: readonly Part[], words: readonly (string | number)[]): readonly Part[] {
  const clips = new Set(parts.filter(isFrame).map(clipOf));
  const shown = [...parts];
  for (const clip of clips) {
    const places = [...parts.keys()].filter((i) => isFrame(parts[i]) && clipOf(parts[i]) === clip);
    const order = otherOrder(places.length, [...words, "frames", clip ?? 0]);
    for (const [i, place] of places.entries()) shown[place] = parts[places[order[i] as number] as number] as Part;
  }
  return shown;
}

/** Clips as a way of asking shows them. */
export function blindMedia(media: Media, way: BlindWay, seed: number): Media {
  const { clips } = media;
  if (!clips || !isAboutFrames(way)) return media;
  const changed = way === "first-frame" ? firstFrame : (clip: ShownClip) => shuffledClip(clip, seed);
  return {
    ...media,
    clips: {
      read: async (video) => changed(await clips.read(video)),
      digest: (video) => clips.digest(video),
      hold: (frames) => clips.hold(frames),
    },
  };
}

/** Without the sentence about its frames, which would speak of those that are not there. */
function firstFrame({ sentence: _, frames, seen, ...clip }: ShownClip): ShownClip {
  return {
    ...clip,
    frames: frames.slice(0, 1),
    seen: { ...seen, frames: seen.frames.slice(0, 1), times: seen.times.slice(0, 1) },
  };
}

/** One order for all questions about a clip. What is said of the frames, and where subtitles stand among them, stays in its place. */
function shuffledClip(clip: ShownClip, seed: number): ShownClip {
  const { frames, seen } = clip;
  const order = otherOrder(frames.length, [seed, "frames", seen.file, ...seen.frames]);
  const inOrder = <T>(of: readonly T[]) => order.map((i) => of[i] as T);
  return {
    ...clip,
    frames: inOrder(frames),
    seen: { ...seen, frames: inOrder(seen.frames), times: inOrder(seen.times) },
    placedAs: { frames: seen.frames, times: seen.times },
  };
}
