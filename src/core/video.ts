/** A clip of a row, not yet looked at: its frames are chosen and decoded when its request is rendered. */
export interface VideoRef {
  /** The name inside the dataset: for messages and as a key; may be hostile, never a path to open. */
  readonly path: string;
  /** Names its content without its bytes: a commit and a path. Absent: the file is here, and its digest says. */
  readonly identity?: string;
  /** Where its file lies on this machine. Throws `SampleFailure("data")` when it is absent. */
  file(): Promise<string>;
  /** Its file is not needed any more, for now: what was fetched may be removed. */
  release?(): Promise<void>;
  /** The clip of another name in the same place: for rows that hold a part of the name. */
  named(path: string): VideoRef;
  /** A text that goes with the clip, looked for in the same places: `subtitle/001.srt`. */
  beside(path: string): TextFile;
  /** Seconds of the clip that are asked about; absent: from its first frame, to its last. */
  readonly start?: number;
  readonly end?: number;
}

/** A text that goes with a clip: its subtitles. */
export interface TextFile {
  /** The name inside the dataset; hostile as a clip's. */
  readonly path: string;
  /**
   * Undefined: the clip has none, but others have theirs in the same folder. Throws `SampleFailure("data")` when the folder is absent,
   * too (nobody fetched the subtitles), or the file is no text.
   */
  read(): Promise<string | undefined>;
}

/** The frames of a clip that are shown, as far as a task may know them. */
export interface ShownFrames {
  /** Their places in the clip. */
  readonly indices: readonly number[];
  /** Seconds after the clip's first frame. */
  readonly times: readonly number[];
  /** Of the whole clip: its frames, and the container's average of them in a second. */
  readonly total: number;
  readonly rate: number;
}

/** What is said beside or between the frames of a clip, known only when these are: subtitles. */
export interface Subtitles {
  readonly file: TextFile;
  /** What `place` goes by; it stands in the prompt's digest. Change it when the words of `place` change. */
  readonly rule: string;
  /** Frames between texts are no clip any more: they are sent as images. */
  readonly between?: boolean;
  /** Every shown frame once, by its number among them and in their order, and what is said where. */
  place(text: string | undefined, frames: ShownFrames): readonly (number | string)[];
}

/** A frame that a model saw: one of `FramesSeen`, and its bytes. */
export interface SeenFrame {
  /** SHA-256 of the clip's file. */
  readonly file: string;
  readonly stream: number;
  readonly frame: number;
  /** Seconds after the clip's first frame. */
  readonly time: number;
  /** Digest of the image that was sent. */
  readonly image: string;
}

/** Which frames of a clip a model saw: named so that anybody can find them again. */
export interface FramesSeen {
  /** SHA-256 of the clip's file. */
  readonly file: string;
  /** Of the file's streams. */
  readonly stream: number;
  /** In presentation order, as the container presents them. */
  readonly frames: readonly number[];
  /** Seconds after the clip's first frame. */
  readonly times: readonly number[];
  /** SHA-256 of the text of its subtitles; null: it has none. Absent: nobody asked for them. */
  readonly subtitles?: string | null;
  /** The clip was sent whole: which frames the model saw is not known, and `frames` and `times` are empty. */
  readonly sampledBy?: "server";
}
