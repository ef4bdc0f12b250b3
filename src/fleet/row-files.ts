/** What a row's questions show that lies in files of its own: clips and their subtitles, as a coordinator serves them and a worker asks for them. */
import { SampleFailure, type UnscoredReason, UserError } from "../core/errors.js";
import { type PromptProfile, type VideoPart, videoParts } from "../core/prompt.js";
import { type Static, Type } from "../core/schema.js";
import { hasClips, type Task } from "../core/task.js";
import type { TextFile, VideoRef } from "../core/video.js";
import { questionFor } from "../run/ask.js";

export type OwnFile = { readonly clip: VideoRef } | { readonly text: TextFile };

/**
 * Each file once. A task makes names of its clips from more than a cell (a folder, an ending, the subtitles beside it), so that only its questions
 * say which files are meant.
 */
export function filesOf(row: Record<string, unknown>, task: Task, profile: PromptProfile): readonly OwnFile[] {
  if (!hasClips(task)) return [];
  const files = new Map<string, OwnFile>();
  for (const { video, subtitles } of (task.expand?.(row) ?? [row]).flatMap((one) => partsOf(one, task, profile))) {
    files.set(`clip ${video.path}`, { clip: video });
    if (subtitles) files.set(`text ${subtitles.file.path}`, { text: subtitles.file });
  }
  return [...files.values()];
}

function partsOf(row: Record<string, unknown>, task: Task, profile: PromptProfile): readonly VideoPart[] {
  try {
    return videoParts(questionFor(task, row, profile).prompt);
  } catch (error) {
    // A cell that cannot be read: nothing of it is shown, and asking says so.
    if (error instanceof SampleFailure) return [];
    throw error;
  }
}

/** A file as its row names it: by its number among them it is asked for. */
export const NamedFile = Type.Object({
  kind: Type.Enum(["clip", "text"]),
  path: Type.String(),
  identity: Type.Optional(Type.String({ description: "names a clip's content: a commit and a path" })),
});
export type NamedFile = Static<typeof NamedFile>;

export function nameOf(file: OwnFile): NamedFile {
  if ("text" in file) return { kind: "text", path: file.text.path };
  const { path, identity } = file.clip;
  return { kind: "clip", path, ...(identity === undefined ? {} : { identity }) };
}

/** What the coordinator says of a file. */
export const FileAnswer = Type.Object({
  clip: Type.Optional(
    Type.Object({
      name: Type.String({ pattern: "^[0-9a-f]{64}$", description: "SHA-256 of its bytes" }),
      size: Type.Integer({ minimum: 0 }),
      ending: Type.String({ pattern: "^(\\.[a-z0-9]{1,5})?$" }),
    }),
  ),
  text: Type.Optional(Type.String({ description: "subtitles; absent: the clip has none" })),
  failure: Type.Optional(
    Type.Object({ reason: Type.Unsafe<UnscoredReason>({ type: "string" }), detail: Type.String() }),
  ),
});
export type FileAnswer = Static<typeof FileAnswer>;

/** A row's files as a worker has them. */
export interface FilesOfRow {
  readonly named: readonly NamedFile[];
  /** Tells clips apart that several rows name. */
  readonly label: string;
  /** Where the clip lies on this machine, until it is released. */
  hold(file: number): Promise<string>;
  release(file: number): Promise<void>;
  text(file: number): Promise<string | undefined>;
}

export function servedClip(path: string, files: FilesOfRow): VideoRef {
  const number = files.named.findIndex((one) => one.kind === "clip" && one.path === path);
  const { identity = `${files.label} ${path}` } = files.named[number] ?? {};
  let held = 0;
  return {
    ...{ path, identity },
    async file() {
      requireNamed(number, path);
      const where = await files.hold(number);
      held++;
      return where;
    },
    async release() {
      if (held === 0) return;
      held--;
      await files.release(number);
    },
    named: (name) => servedClip(name, files),
    beside: (text) => servedText(text, files),
  };
}

function servedText(path: string, files: FilesOfRow): TextFile {
  const number = files.named.findIndex((one) => one.kind === "text" && one.path === path);
  return {
    path,
    async read() {
      requireNamed(number, path);
      return await files.text(number);
    },
  };
}

function requireNamed(number: number, path: string): void {
  if (number >= 0) return;
  throw new UserError(
    `a question shows ${JSON.stringify(path.slice(0, 200))}, which its row does not name before it is asked`,
    "--data coordinator",
    "give the worker the data",
  );
}
