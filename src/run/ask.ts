import { defined } from "../core/defined.js";
import { promptDigest, seedOf, textDigest } from "../core/digest.js";
import { SampleFailure } from "../core/errors.js";
import { WrongReturn } from "../core/guard-task.js";
import type { EncodedImage, ImageRef } from "../core/image.js";
import {
  type Prompt,
  type PromptProfile,
  promptText,
  type RenderedPrompt,
  type ShownPart,
  type VideoPart,
} from "../core/prompt.js";
import type { GenerationOptions, Output, Runner } from "../core/runner.js";
import type { Reading } from "../core/score.js";
import type { Task } from "../core/task.js";
import type { FramesSeen, ShownFrames, VideoRef } from "../core/video.js";
import { type Label, rowKey } from "../record/keys.js";
import type { AskedSample } from "../record/samples.js";
import { masksOf, type ReadMask } from "./masks.js";
import { visibleTurns } from "./score-sample.js";

/** Reads an image's bytes and looks at their header; throws `SampleFailure("data")` when they are no image. */
export type ReadImage = (ref: ImageRef) => Promise<EncodedImage>;

/** The frames of a clip that are shown, and what goes with them. */
export interface ShownClip {
  readonly frames: readonly EncodedImage[];
  /** Of the whole clip. */
  readonly whole: Pick<ShownFrames, "total" | "rate">;
  /** What is said after them. */
  readonly sentence?: string;
  readonly seen: FramesSeen;
  /** Where its subtitles take the frames to be, when these are shown in another order. */
  readonly placedAs?: Pick<FramesSeen, "frames" | "times">;
  readonly warnings: readonly string[];
}

/** Where images and clips come from. */
export interface Media {
  readonly readImage: ReadImage;
  /** Absent: no task has masks. */
  readonly readMask?: ReadMask;
  /** Absent: no task has clips. */
  readonly clips?: {
    /** @throws SampleFailure `data`  fewer frames than were asked for, or none */
    read(video: VideoRef): Promise<ShownClip>;
    /** SHA-256 of the clip's file. */
    digest(video: VideoRef): Promise<string>;
    /** Waits for room for these frames; they are in a request until what it returns is called. */
    hold(frames: readonly EncodedImage[]): Promise<() => void>;
  };
}

export interface AskContext {
  readonly label: Label;
  readonly runner: Runner;
  readonly media: Media;
  readonly profile: PromptProfile;
  readonly generation: GenerationOptions;
  readonly seed: number;
  readonly reading: Reading;
  readonly signal: AbortSignal;
  readonly drain?: AbortSignal;
  /** Told what is about to be asked: a failure is journalled with its question. */
  onAsked?(asked: Answer["asked"]): void;
}

export interface Answer {
  readonly output: Output;
  /** Every round's output; one element for single-round tasks. */
  readonly turns: readonly Output[];
  /** What of the question goes into the journal. */
  readonly asked: Pick<AskedSample, "prompt" | "promptDigest" | "images" | "sizes" | "masks" | "clips">;
  /** What was noticed of its clips. */
  readonly warnings: readonly string[];
}

/** Rounds that a multi-round task may take before it is cut off: a `next` that never says "done" must not ask for ever. */
const maxRounds = 100;

/** Renders a sample's prompt and gets its answer: one request, one comparison of continuations, or several rounds. */
export async function ask(
  task: Task,
  row: Record<string, unknown>,
  sample: AskedUnit,
  context: AskContext,
): Promise<Answer> {
  const held = new HeldFrames(context.media);
  try {
    return await askHolding(task, row, sample, { ...context, held });
  } finally {
    held.release();
  }
}

interface AskedUnit {
  readonly id: string;
  readonly nth: number;
  readonly repeat: number;
  readonly prefix?: { readonly key: string; readonly remaining: number };
}

/** The frames of the request that is being asked, as far as their memory is bounded. */
class HeldFrames {
  private done: (() => void) | undefined;

  constructor(private readonly media: Media) {}

  async hold(clips: readonly ShownClip[]): Promise<void> {
    if (clips.length === 0) return;
    this.done = await this.media.clips?.hold(clips.flatMap(({ frames }) => frames));
  }

  release(): void {
    this.done?.();
    this.done = undefined;
  }
}

async function askHolding(
  task: Task,
  row: Record<string, unknown>,
  sample: AskedUnit,
  context: AskContext & { readonly held: HeldFrames },
): Promise<Answer> {
  const { runner, signal, generation } = context;
  const known = new Map<ImageRef, Promise<EncodedImage>>();
  const warnings = new Set<string>();
  const first = questionFor(task, row, context.profile);
  // Before anything is asked: an answer that no mask can judge would be paid for in vain.
  const masks = (await masksOf(task, row, context.media.readMask))?.map(({ digest }) => digest);
  let asked: Answer["asked"] = {};
  const render = async (prompt: Prompt) => {
    // Nothing is held while the next one's clips are waited for.
    context.held.release();
    const shown = await showPrompt(prompt, context.media, known);
    await context.held.hold(shown.clips);
    for (const { warnings: said } of shown.clips) for (const warning of said) warnings.add(warning);
    asked = { ...askedWith(task, prompt, shown, first.digest), ...defined({ masks }) };
    context.onAsked?.(asked);
    return shown.rendered;
  };
  let prompt = await render(first.prompt);
  const request = {
    id: rowKey(context.label, sample.id, sample.nth, sample.repeat),
    // Nothing is drawn at temperature 0.
    seed: generation.temperature > 0 ? seedOf(context.seed, task.name, sample.id, sample.repeat) : 0,
    ...(sample.prefix ? { prefix: sample.prefix } : {}),
    ...(context.drain ? { drain: context.drain } : {}),
  };

  if (task.choices) {
    if (!runner.loglikelihood) {
      throw new SampleFailure(
        "transport",
        `${runner.name} cannot score continuations; use a runner with log-likelihoods`,
      );
    }
    const continuations = task.choices(row);
    const output = await runner.loglikelihood({ ...request, prompt, continuations }, signal);
    return { output, turns: [output], asked, warnings: [...warnings] };
  }

  const turns: Output[] = [await runner.generate({ ...request, prompt, options: generation }, signal)];
  for (
    let next = task.next?.(row, visibleTurns(turns, context)) ?? "done";
    next !== "done";
    next = task.next?.(row, visibleTurns(turns, context)) ?? "done"
  ) {
    if (turns.length >= maxRounds) throw new SampleFailure("data", `the task asked for more than ${maxRounds} rounds`);
    prompt = await render(next);
    turns.push(await runner.generate({ ...request, prompt, options: generation }, signal));
  }
  return { output: turns.at(-1) as Output, turns, asked, warnings: [...warnings] };
}

/** What a row asks first, and its digest: of a journalled sample it must still be the same. */
export function questionFor(
  task: Task,
  row: Record<string, unknown>,
  profile: PromptProfile,
): { readonly prompt: Prompt; readonly digest: string } {
  const prompt = task.prompt(row, profile);
  return { prompt, digest: promptDigest(prompt, task.choices?.(row)) };
}

/** A prompt as it is sent, and the clips in it, in order. */
interface ShownPrompt {
  readonly rendered: RenderedPrompt;
  readonly clips: readonly ShownClip[];
}

/** A prompt without clips (a judge's) with its images read. */
export const renderPrompt = async (prompt: Prompt, readImage: ReadImage): Promise<RenderedPrompt> =>
  (await showPrompt(prompt, { readImage }, new Map())).rendered;

/** Reads the images and clips of a prompt; an image that stands in it twice is read once. */
async function showPrompt(
  prompt: Prompt,
  { readImage, clips }: Media,
  known: Map<ImageRef, Promise<EncodedImage>>,
): Promise<ShownPrompt> {
  const read = (ref: ImageRef) => {
    const image = known.get(ref) ?? readImage(ref);
    known.set(ref, image);
    return image;
  };
  const shown: ShownClip[] = [];
  const messages = [];
  for (const { role, parts } of prompt.messages) {
    // Pages are read at once, clips one after the other: their frames are held together.
    const images = parts.map((part) => (part.type === "image" ? read(part.image) : undefined));
    for (const image of images) image?.catch(() => {});
    const rendered: ShownPart<EncodedImage>[] = [];
    for (const [i, part] of parts.entries()) {
      if (part.type === "text") rendered.push(part);
      else if (part.type === "image") rendered.push({ ...part, image: (await images[i]) as EncodedImage });
      else {
        if (!clips) throw new SampleFailure("data", "a clip where none is read: the task names no column of clips");
        const { clip, parts: frames } = await showClip(part, await clips.read(part.video));
        shown.push(clip);
        rendered.push(...frames);
      }
    }
    messages.push({ role, parts: rendered });
  }
  return { rendered: { messages }, clips: shown };
}

/** A clip's frames, the sentence about them after the last, and its subtitles where they belong. */
async function showClip(
  { clip: number, subtitles }: VideoPart,
  clip: ShownClip,
): Promise<{ readonly clip: ShownClip; readonly parts: readonly ShownPart<EncodedImage>[] }> {
  const { frames, sentence, seen, whole } = clip;
  if (subtitles && seen.sampledBy !== undefined)
    throw new SampleFailure("data", "its subtitles are placed by its frames, which only the server will choose");
  const text = await subtitles?.file.read();
  const { frames: indices, times } = clip.placedAs ?? seen;
  const placed = subtitles?.place(text, { indices, times, ...whole }) ?? [...frames.keys()];
  const order = placed.filter((item) => typeof item === "number");
  if (order.length !== frames.length || order.some((item, i) => item !== i))
    throw new WrongReturn("the `place` of its subtitles left out a frame, or changed their order");
  const parts = placed.flatMap((item): readonly ShownPart<EncodedImage>[] => {
    if (typeof item === "string") return [{ type: "text", text: item }];
    const image = frames[item] as EncodedImage;
    const [index, time] = [seen.frames[item], seen.times[item]];
    const place = index === undefined || time === undefined ? {} : { frame: { number: index, time } };
    const frame = { type: "image", image, ...(subtitles?.between ? {} : { clip: number, ...place }) } as const;
    const isLast = item === frames.length - 1;
    return isLast && sentence !== undefined ? [frame, { type: "text", text: `${sentence}\n` }] : [frame];
  });
  if (!subtitles) return { clip, parts };
  const none = text === undefined ? ["its clip has no subtitles: asked without"] : [];
  const named = { ...seen, subtitles: text === undefined ? null : textDigest(text) };
  return { clip: { ...clip, seen: named, warnings: [...clip.warnings, ...none] }, parts };
}

function askedWith(task: Task, prompt: Prompt, { rendered, clips }: ShownPrompt, digest: string): Answer["asked"] {
  const encoded = rendered.messages.flatMap(({ parts }) =>
    parts.flatMap((part) => (part.type === "image" ? [part.image] : [])),
  );
  const images = encoded.map(({ digest }) => digest);
  const sizes = encoded.map(({ width, height }) => [width, height] as const);
  return {
    prompt: promptText(prompt),
    promptDigest: digest,
    ...(images.length > 0 ? { images } : {}),
    ...(task.imageSizes === true ? { sizes } : {}),
    ...(clips.length > 0 ? { clips: clips.map(({ seen }) => seen) } : {}),
  };
}
