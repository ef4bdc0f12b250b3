/** The clips of a run that is read back: the frames that its model saw, decoded again by the rule in its manifest. */

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ShownSample } from "../../board/samples/shown-sample.js";
import { SampleFailure, UserError } from "../../core/errors.js";
import { videoParts } from "../../core/prompt.js";
import type { SeenFrame } from "../../core/video.js";
import { diskError } from "../../files/disk-error.js";
import { makeFolder } from "../../files/make-folder.js";
import type { Run } from "../../record/read.js";
import { plan } from "../../run/plan.js";
import type { Clip, ClipReader } from "../../video/clip-reader.js";
import { type FrameCount, type FrameProfileName, frameProfiles, serverProfile } from "../../video/frame-profiles.js";
import { openRunDataset, tasksOfRun } from "./dataset.js";

/** Decodes as the run did; undefined for a run without clips, or whose server sampled them. @throws UserError  a manifest of a rule that nobody knows here */
export async function clipsOfRun({ dir, manifest }: Run, signal: AbortSignal): Promise<ClipReader | undefined> {
  const { frames } = manifest.identity as { frames?: FrameCount & { readonly profile: string } };
  if (frames === undefined || frames.profile === serverProfile) return undefined;
  const { profile, ...count } = frames;
  if (!(profile in frameProfiles))
    throw new UserError(`no frame profile "${profile}"`, dir, `there are ${Object.keys(frameProfiles).join(", ")}`);
  // Only here: most runs have no clips, and what encodes their frames is slow to load.
  const { ClipReader } = await import("../../video/clip-reader.js");
  return new ClipReader({ profile: profile as FrameProfileName, count }, { signal });
}

export interface FramesWritten {
  readonly written: number;
  /** Frames of the samples that could not be had, each with the reason said before. */
  readonly missing: number;
}

interface WriteOptions {
  readonly signal: AbortSignal;
  /** Task files of the user's: a run from elsewhere loads none that it names itself. */
  readonly files?: readonly string[];
  onWarning(message: string): void;
}

/**
 * Writes the frames that samples showed, each once, as `CLIP-FRAME-SECONDS.png`: the clip by the beginning of its file's digest. The bytes are
 * those that were sent, or the frame is left out.
 * @throws UserError  no sample has frames; their task is not known here; the folder cannot be written
 */
export async function writeFrames(
  run: Run,
  samples: readonly ShownSample[],
  folder: string,
  { signal, files, onWarning }: WriteOptions,
): Promise<FramesWritten> {
  const wanted = new Map<string, SeenFrame>();
  for (const { frames = [] } of samples) for (const frame of frames) wanted.set(nameOf(frame), frame);
  const reader = await clipsOfRun(run, signal);
  if (wanted.size === 0 || reader === undefined)
    throw new UserError("none of these samples shows frames of a clip", "--frames", "leave it out");
  const all = wanted.size;
  await makeFolder(folder);
  const { known, problem } = await tasksOfRun(run, { named: files });
  if (problem && samples.some(({ label }) => !known.has(label))) throw problem;
  for (const chosen of known.values()) {
    const left = new Set(samples.flatMap(({ label, index }) => (label === chosen.label ? [index] : [])));
    const result = run.results.get(chosen.label);
    const profile = result?.promptProfile ?? chosen.task.profiles?.[0] ?? "default";
    await using dataset = await openRunDataset(run, chosen, onWarning);
    const selection = { offset: result?.offset ?? 0, repeats: 1, ...(result?.limit ? { limit: result.limit } : {}) };
    for await (const unit of plan(chosen.task, dataset, selection, signal)) {
      if (left.size === 0) break;
      if (!left.delete(unit.index) || !("row" in unit)) continue;
      for (const { video } of videoParts(chosen.task.prompt(unit.row, profile))) {
        try {
          await writeClip(await reader.read(video), folder, wanted);
        } catch (error) {
          if (!(error instanceof SampleFailure)) throw error;
          onWarning(`no frames of ${JSON.stringify(video.path.slice(0, 200))}: ${error.detail}`);
        }
      }
    }
  }
  if (wanted.size > 0)
    onWarning(
      `${wanted.size} of ${all} frames are not there any more as they were sent: other clips, or another decoder`,
    );
  return { written: all - wanted.size, missing: wanted.size };
}

/** Of a clip's frames those that are wanted and have the bytes that were sent. */
async function writeClip({ frames, seen }: Clip, folder: string, wanted: Map<string, SeenFrame>): Promise<void> {
  for (const [i, image] of frames.entries()) {
    const frame = { file: seen.file, frame: seen.frames[i] as number, time: seen.times[i] as number };
    const name = nameOf(frame);
    if (wanted.get(name)?.image !== image.digest) continue;
    try {
      await writeFile(join(folder, `${name}.${image.mediaType === "image/jpeg" ? "jpg" : "png"}`), image.bytes);
    } catch (error) {
      throw diskError(error, "the frame", join(folder, name));
    }
    wanted.delete(name);
  }
}

const nameOf = ({ file, frame, time }: Pick<SeenFrame, "file" | "frame" | "time">) =>
  `${file.slice(0, 16)}-${String(frame).padStart(7, "0")}-${time.toFixed(3)}s`;
