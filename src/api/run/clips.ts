/** Clips of a run: which frames the settings ask for, and who reads them. */

import { setFlagsFromString } from "node:v8";
import { defined } from "../../core/defined.js";
import { UserError } from "../../core/errors.js";
import type { Json } from "../../core/json.js";
import type { Result } from "../../core/result.js";
import { hasClips } from "../../core/task.js";
import type { ClipReader, FrameRule } from "../../video/clip-reader.js";
import { type FrameCount, type FrameProfileName, serverProfile } from "../../video/frame-profiles.js";
import type { ServerRule, WholeClips } from "../../video/whole-clips.js";
import type { RunSettings } from "../settings.js";
import type { Choice } from "../tasks/catalogue.js";
import { type RunListener, warningsOf } from "./listener.js";

const usualFrames = 32;

const flags = ["frames", "fps", "max-frames", "frame-profile"] as const;

/**
 * Which frames are shown of clips; undefined where no task has any.
 * @throws UserError  the settings contradict each other, or there is nothing that they are about
 */
export function frameRuleOf(settings: RunSettings, choice: Choice): ClipRule | undefined {
  const given = flags.find((flag) => settings[flag] !== undefined);
  if (!choice.chosen.some(({ task }) => hasClips(task))) {
    if (given === undefined) return undefined;
    throw new UserError(`--${given} is about clips, and no task here has any`, `--${given}`, "leave it out");
  }
  if (settings["frame-profile"] === serverProfile) return serverRuleOf(settings);
  const profile = (settings["frame-profile"] ?? "middles") as FrameProfileName;
  return { profile, count: countOf(settings, profile) };
}

export type ClipRule = FrameRule | ServerRule;

function serverRuleOf({ frames, fps, "max-frames": most }: RunSettings): ServerRule {
  if (most !== undefined)
    throw new UserError(
      "--max-frames is not for servers that sample",
      "--max-frames",
      "give --frames or --fps, or none",
    );
  if (frames !== undefined && fps !== undefined)
    throw new UserError("--frames and --fps are two ways to say how many", "--frames", "give one of them");
  return { profile: serverProfile, sampling: defined({ frames, fps }) };
}

/**
 * @throws UserError  clips are to be sent whole, and this runner's API has no place for them
 */
export function requireTakesClips(rule: ClipRule | undefined, runner: string): void {
  if (rule?.profile !== serverProfile) return;
  if (!["openai", "gemini"].includes(runner))
    throw new UserError(
      `${runner} takes no whole clips`,
      "--frame-profile",
      "leave it out: frames are sent as images; whole clips go to openai: (video_url) and gemini: models",
    );
  if (runner === "gemini" && rule.sampling.frames !== undefined)
    throw new UserError("Gemini samples by the second, not by a number", "--frames", "give --fps, or none");
}

/** Bytes of the hub's clips that may lie on disk. @throws UserError  no task has clips */
export function clipBytesOf({ "clip-disk": gigabytes }: RunSettings, { chosen }: Choice): number | undefined {
  if (gigabytes === undefined) return undefined;
  if (chosen.some(({ task }) => hasClips(task))) return gigabytes * 1e9;
  throw new UserError("--clip-disk is about clips, and no task here has any", "--clip-disk", "leave it out");
}

function countOf({ frames, fps, "max-frames": most }: RunSettings, profile: FrameProfileName): FrameCount {
  if (fps === undefined) {
    if (most !== undefined)
      throw new UserError(
        "--max-frames bounds --fps, which is not given",
        "--max-frames",
        "give --frames, or --fps too",
      );
    return { frames: frames ?? usualFrames };
  }
  if (frames !== undefined)
    throw new UserError("--frames and --fps are two ways to say how many", "--frames", "give one of them");
  if (profile === "onevision" || profile === "longvideobench")
    throw new UserError(
      `the frame profile ${profile} has no frames by the second`,
      "--fps",
      "give --frames, or another --frame-profile",
    );
  return { fps, ...(most === undefined ? {} : { most }) };
}

/**
 * Frames lie outside V8's heap, and where that may grow to four times what lives (bin/llava-eval.js), as much of them lies dead: 20 clips of 32 frames of
 * 720p took 30 MB less so, at the same CPU time (16 collections more, 26 CPU s in all).
 */
const frameGarbage = "--heap-growing-percent=50";

export interface RunClips {
  readonly reader: ClipReader | WholeClips;
  readonly identity: Json;
  readonly facts: NonNullable<Result["frames"]>;
}

/**
 * @param listener  told of each decoding, and once of a request whose frames alone are more than a run holds at a time
 * @param signal  ends decoders: nothing has been asked yet for their clips
 * @throws UserError  clips are to be read, and ffmpeg is not installed
 */
export async function openClips(
  rule: ClipRule | undefined,
  listener: RunListener,
  signal: AbortSignal,
): Promise<RunClips | undefined> {
  if (rule === undefined) return undefined;
  if (rule.profile === serverProfile) {
    const { serverRuleText, WholeClips } = await import("../../video/whole-clips.js");
    return {
      reader: new WholeClips(rule),
      identity: { profile: rule.profile, ...rule.sampling },
      facts: { rule: serverRuleText(rule), decoder: "the server's, unknown here" },
    };
  }
  setFlagsFromString(frameGarbage);
  // Only here: most runs have no clips, and what encodes their frames is 110 CPU-ms of a start and 25 MB.
  const [{ ClipReader, ruleText }, { ffmpegVersion }] = await Promise.all([
    import("../../video/clip-reader.js"),
    import("../../video/version.js"),
  ]);
  const decoder = `${await ffmpegVersion()}, ${ClipReader.way(rule.profile)}`;
  return {
    reader: new ClipReader(rule, { warn: warningsOf(listener), signal, ...defined({ decodings: listener.decodings }) }),
    identity: { profile: rule.profile, ...rule.count },
    facts: { rule: ruleText(rule), decoder },
  };
}
