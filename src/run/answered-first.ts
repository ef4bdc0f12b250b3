import { SampleFailure } from "../core/errors.js";
import { type Prompt, type PromptProfile, promptImages, videoParts } from "../core/prompt.js";
import type { SampleJournal } from "../record/journal.js";
import type { ScoredSample } from "../record/samples.js";
import type { Answering, Reply } from "./answer.js";
import { questionFor } from "./ask.js";
import type { RowUnit } from "./plan.js";
import { outputsOf } from "./score-sample.js";

/** A run that asked the same rows by another prompt profile before. */
export interface AnsweredFirst {
  readonly samples: SampleJournal;
  readonly profile: PromptProfile;
}

/**
 * The answer of the first of them that has one, where both profiles say the same words about the same images and nothing is drawn: some are the same for some rows, or for all.
 * @returns undefined where the model has to be asked
 */
export async function answerOfFirst(
  unit: RowUnit,
  answering: Answering,
  before: readonly AnsweredFirst[],
): Promise<Reply | undefined> {
  if (answering.generation.temperature > 0) return undefined;
  for (const one of before) {
    const found = await answerIn(one, unit, answering);
    if (found) return found;
  }
  return undefined;
}

async function answerIn(
  { samples, profile: firstProfile }: AnsweredFirst,
  { row, index, repeat, id }: RowUnit,
  { task, profile }: Answering,
): Promise<Reply | undefined> {
  const state = samples.state(index, repeat);
  if (state === undefined || state === "failed") return undefined;
  try {
    const [then, now] = [firstProfile, profile].map((one) => questionFor(task, row, one)) as [Question, Question];
    if (then.digest !== now.digest || !showsTheSame(then.prompt, now.prompt)) return undefined;
    if (!samples.hasQuestion(index, repeat, id, now.digest)) return undefined;
  } catch (error) {
    // A cell that cannot be read is named where the sample is asked.
    if (error instanceof SampleFailure) return undefined;
    throw error;
  }
  const record = (await samples.read(index, repeat)) as ScoredSample;
  const { score: _, submission: __, ...answer } = record;
  return { record: { ...answer, state: "answered" }, turns: outputsOf(record) };
}

type Question = ReturnType<typeof questionFor>;

/** The very images and clips of the row, in the same order; subtitles are placed by each profile in its own way. */
function showsTheSame(a: Prompt, b: Prompt): boolean {
  const shown = (prompt: Prompt) => [...promptImages(prompt), ...videoParts(prompt).map(({ video }) => video)];
  const [ours, others] = [shown(a), shown(b)];
  const areSubtitled = [a, b].some((prompt) => videoParts(prompt).some(({ subtitles }) => subtitles !== undefined));
  return !areSubtitled && ours.length === others.length && ours.every((one, i) => one === others[i]);
}
