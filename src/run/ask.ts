import { promptDigest, seedOf } from "../core/digest.js";
import { SampleFailure } from "../core/errors.js";
import type { EncodedImage, ImageRef } from "../core/image.js";
import { type Prompt, type PromptProfile, promptImages, promptText, type RenderedPrompt } from "../core/prompt.js";
import type { GenerationOptions, Output, Runner } from "../core/runner.js";
import type { Reading } from "../core/score.js";
import type { Task } from "../core/task.js";
import { type Label, rowKey } from "../record/keys.js";
import type { AskedSample } from "../record/samples.js";
import { visibleTurns } from "./score-sample.js";

/** Reads an image's bytes and looks at their header; throws `SampleFailure("data")` when they are no image. */
export type ReadImage = (ref: ImageRef) => Promise<EncodedImage>;

export interface AskContext {
  readonly label: Label;
  readonly runner: Runner;
  readonly readImage: ReadImage;
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
  readonly asked: Pick<AskedSample, "prompt" | "promptDigest" | "images" | "sizes">;
}

/** Rounds that a multi-round task may take before it is cut off: a `next` that never says "done" must not ask for ever. */
const maxRounds = 100;

/** Renders a sample's prompt and gets its answer: one request, one comparison of continuations, or several rounds. */
export async function ask(
  task: Task,
  row: Record<string, unknown>,
  sample: { id: string; nth: number; repeat: number; prefix?: { key: string; remaining: number } },
  context: AskContext,
): Promise<Answer> {
  const { runner, signal, generation } = context;
  const images = new Map<ImageRef, Promise<EncodedImage>>();
  const first = questionFor(task, row, context.profile);
  let asked: Answer["asked"] = {};
  const render = async (prompt: Prompt) => {
    const rendered = await renderPrompt(prompt, context.readImage, images);
    asked = askedWith(task, prompt, rendered, first.digest);
    context.onAsked?.(asked);
    return rendered;
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
    return { output, turns: [output], asked };
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
  return { output: turns.at(-1) as Output, turns, asked };
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

/** Reads the images of a prompt; an image that stands in it twice is read once. */
export async function renderPrompt(
  prompt: Prompt,
  readImage: ReadImage,
  known: Map<ImageRef, Promise<EncodedImage>> = new Map(),
): Promise<RenderedPrompt> {
  const read = (ref: ImageRef) => {
    let image = known.get(ref);
    if (!image) {
      image = readImage(ref);
      known.set(ref, image);
    }
    return image;
  };
  const messages = await Promise.all(
    prompt.messages.map(async (message) => ({
      role: message.role,
      parts: await Promise.all(
        message.parts.map(async (part) => (part.type === "text" ? part : { ...part, image: await read(part.image) })),
      ),
    })),
  );
  return { messages };
}

function askedWith(task: Task, prompt: Prompt, rendered: RenderedPrompt, digest: string): Answer["asked"] {
  const encoded = promptImages(rendered);
  const images = encoded.map(({ digest }) => digest);
  const sizes = encoded.map(({ width, height }) => [width, height] as const);
  return {
    prompt: promptText(prompt),
    promptDigest: digest,
    ...(images.length > 0 ? { images } : {}),
    ...(task.imageSizes === true ? { sizes } : {}),
  };
}
