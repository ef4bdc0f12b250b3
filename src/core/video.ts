/** A clip of a row, not yet looked at: its frames are chosen and decoded when its request is rendered. */
export interface VideoRef {
  /** The name inside the dataset: for messages and as a key; may be hostile, never a path to open. */
  readonly path: string;
  /** Where its file lies on this machine. Throws `SampleFailure("data")` when it is absent. */
  file(): Promise<string>;
  /** The clip of another name in the same place: for rows that hold a part of the name. */
  named(path: string): VideoRef;
  /** Seconds of the clip that are asked about; absent: from its first frame, to its last. */
  readonly start?: number;
  readonly end?: number;
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
}
