/** What makes two runs the same, gathered from what would be sent: see record/identity.ts for what it is used for. */

import type { DatasetFacts } from "../core/dataset-facts.js";
import { defined } from "../core/defined.js";
import { digestOf } from "../core/digest.js";
import type { EncodedImage } from "../core/image.js";
import type { Json } from "../core/json.js";
import type { Prompt, RenderedPrompt, ShownPart } from "../core/prompt.js";
import type { GenerationOptions, Runner } from "../core/runner.js";
import type { Scoring } from "../core/score.js";
import { isFallback, judgeOf, type Split, type Task } from "../core/task.js";
import { type Identity, identityForm } from "../record/identity.js";
import type { Label } from "../record/keys.js";

/** One task as it is about to be asked. */
export interface TaskToAsk {
  readonly task: Task;
  readonly split: Split;
  readonly label: Label;
  readonly profile: string;
  readonly generation: GenerationOptions;
  readonly facts: DatasetFacts;
  /** The first row of the selection; absent when it cannot be read. */
  readonly row?: Record<string, unknown>;
  /** Of a task from outside the package: of its file and of what it imports from beside it. */
  readonly fileDigest?: string;
}

export interface RunToIdentify {
  readonly runner: Runner;
  readonly judge?: Runner;
  /** What the command line decides for all tasks: scoring, seed, repeats, offset. */
  readonly decided: Identity;
  readonly tasks: readonly TaskToAsk[];
}

export async function identityOf({ runner, judge, decided, tasks }: RunToIdentify): Promise<Identity> {
  const identity: Record<string, Json> = {
    form: identityForm,
    model: runner.name,
    fingerprint: runner.fingerprint,
    ...decided,
  };
  for (const asked of tasks) {
    const { task, split, label } = asked;
    identity[`task ${label}`] = await taskIdentity(runner, asked);
    // Apart, because a judge may be named later than the model was asked: not one that the rules have already done without.
    const asks = judgeOf(task, split, (decided.scoring as Scoring | undefined) ?? "official");
    if (asks && (judge || isFallback(task, asks))) {
      identity[`judge ${label}`] = {
        model: judge?.name ?? "none",
        ...defined({ fingerprint: judge?.fingerprint }),
        prompt: digestOf(asks.template, 16),
      };
    }
  }
  return identity;
}

async function taskIdentity(runner: Runner, asked: TaskToAsk): Promise<Json> {
  const { task, profile, generation, facts, fileDigest } = asked;
  const request = await renderedRequest(runner, asked);
  return {
    version: task.version,
    ...defined({ file: fileDigest }),
    profile,
    generation: { ...generation } as Json,
    data: facts.digest ?? "unknown",
    ...defined({ request }),
  };
}

/** The whole request for the first row as the runner would send it, with the row's own text and images taken out. */
async function renderedRequest(
  runner: Runner,
  { task, label, profile, generation, row }: TaskToAsk,
): Promise<Json | undefined> {
  if (!row || !runner.rendered) return undefined;
  const request = { id: label, prompt: emptied(task.prompt(row, profile)), seed: 0 };
  return task.choices
    ? await runner.rendered({ ...request, continuations: ["text"] })
    : await runner.rendered({ ...request, options: generation });
}

function emptied(prompt: Prompt): RenderedPrompt {
  return {
    messages: prompt.messages.map(({ role, parts }) => ({
      role,
      parts: parts.map((part): ShownPart<EncodedImage> => {
        if (part.type === "text") return { type: "text", text: "text" };
        if (part.type === "image") return { ...part, image };
        return { type: "image", image, clip: part.clip, frame: { number: 0, time: 0 } };
      }),
    })),
  };
}

/** One white pixel, for every image. */
const image: EncodedImage = {
  bytes: Buffer.from(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGP4DwABAQEAsTyZaQAAAABJRU5ErkJggg==",
    "base64",
  ),
  mediaType: "image/png",
  width: 1,
  height: 1,
  digest: "0".repeat(32),
};
