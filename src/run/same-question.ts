import { textDigest } from "../core/digest.js";
import { SampleFailure, UserError } from "../core/errors.js";
import { type Prompt, type PromptProfile, promptImages, promptText, videoParts } from "../core/prompt.js";
import type { Task } from "../core/task.js";
import type { SampleJournal } from "../record/journal.js";
import type { AnsweredSample, ScoredSample } from "../record/samples.js";
import { type Media, questionFor } from "./ask.js";

export interface JournalledUnit {
  readonly index: number;
  readonly repeat: number;
  readonly id: string;
  readonly row: Record<string, unknown>;
}

export interface SameQuestion {
  readonly task: Task;
  readonly profile: PromptProfile;
  readonly samples: SampleJournal;
  readonly media: Media;
}

/**
 * A journalled answer counts only for the question that it answered: the row at its place must ask the same words, and show the
 * same images where they are files of their own (of all others the data's digest speaks).
 * @throws UserError  with the sample's name
 */
export async function requireSameQuestion(run: SameQuestion, unit: JournalledUnit): Promise<void> {
  const { task, profile, samples, media } = run;
  const { prompt, digest } = questionFor(task, unit.row, profile);
  const read = () => samples.read(unit.index, unit.repeat) as Promise<AnsweredSample | ScoredSample>;
  if (!samples.hasQuestion(unit.index, unit.repeat, unit.id, digest)) {
    const { id, prompt: then = "" } = await read();
    throw changed(
      unit,
      await samples.where(unit.index, unit.repeat),
      id === unit.id
        ? `was asked ${shown(then)} and would be asked ${shown(promptText(prompt))} now`
        : `stands where the line's /id is ${JSON.stringify(id)}`,
    );
  }
  if (!showsOwnFiles(prompt)) return;
  const refs = promptImages(prompt);
  const videos = videoParts(prompt);
  const { images, turns, clips } = await read();
  // Of several rounds the journal has the last one's images.
  if (images === undefined || turns !== undefined) return;
  for (const [i, { video, subtitles }] of videos.entries()) {
    // Of the hub's the commit speaks.
    if (video.identity !== undefined) continue;
    const now = await orMissing(media.clips?.digest(video));
    if (now !== clips?.[i]?.file) throw changed(unit, samples.path, `has another clip now: ${video.path}`);
    const text = await orMissing(subtitles?.file.read());
    const said = text === undefined ? undefined : textDigest(text);
    if (said !== (clips?.[i]?.subtitles ?? undefined))
      throw changed(unit, samples.path, `has other subtitles now: ${subtitles?.file.path}`);
  }
  // Of clips the file's digest speaks.
  if (videos.length > 0) return;
  for (const [i, ref] of refs.entries()) {
    const now = await orMissing(media.readImage(ref));
    if (now?.digest !== images[i]) throw changed(unit, samples.path, `has another image now: ${ref.path ?? i + 1}`);
  }
}

/** A row shows files of which the data's digest says nothing. */
export function hasOwnFiles(task: Task, row: Record<string, unknown>, profile: PromptProfile): boolean {
  try {
    return showsOwnFiles(task.prompt(row, profile));
  } catch (error) {
    // A cell that cannot be read: nothing of it is shown.
    if (error instanceof SampleFailure) return false;
    throw error;
  }
}

const showsOwnFiles = (prompt: Prompt): boolean =>
  videoParts(prompt).length > 0 || promptImages(prompt).some(({ ownFile }) => ownFile);

/** Undefined where it cannot be read. */
async function orMissing<T>(value: Promise<T> | undefined): Promise<T | undefined> {
  return value?.catch((error: unknown) => {
    if (error instanceof SampleFailure) return undefined;
    throw error;
  });
}

function changed({ id }: JournalledUnit, path: string, what: string): UserError {
  return new UserError(
    `sample "${id}" ${what}`,
    path,
    "bring back the rows, images and prompt of the run, start over with --fresh (the old folder is moved aside), or write elsewhere with --out",
  );
}

const shown = (text: string) => JSON.stringify(text.length > 200 ? `${text.slice(0, 197)}...` : text);
