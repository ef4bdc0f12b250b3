import { SampleFailure } from "../core/errors.js";
import type { VideoRef } from "../core/video.js";
import { countFrames } from "./decode.js";
import { FileDigests } from "./file-digest.js";
import { probeVideo } from "./probe.js";

/** Decodes whole clips to see whether all of each is there; each file once. */
export class ClipCheck {
  private readonly digests = new FileDigests();
  private readonly found = new Map<string, Promise<string | undefined>>();

  constructor(private readonly signal: AbortSignal) {}

  /** Different files so far. */
  get seen(): number {
    return this.found.size;
  }

  /** What is wrong with a clip: the first time that its file is seen. */
  async problemOf(video: VideoRef): Promise<string | undefined> {
    const named = (what: string) => `the clip ${JSON.stringify(video.path.slice(0, 200))}: ${what}`;
    try {
      const path = await video.file();
      try {
        const digest = await this.digests.of(path);
        if (this.found.has(digest)) return undefined;
        const found = this.check(path);
        this.found.set(digest, found);
        const problem = await found;
        return problem === undefined ? undefined : named(problem);
      } finally {
        await video.release?.();
      }
    } catch (error) {
      if (!(error instanceof SampleFailure)) throw error;
      return named(error.detail);
    }
  }

  private async check(path: string): Promise<string | undefined> {
    const facts = await probeVideo(path, undefined, this.signal);
    if (facts.endsEarly !== undefined) return `it ends early: ${facts.endsEarly}`;
    const { times, complaints, firstComplaint } = await countFrames({ facts, signal: this.signal });
    if (times.length === 0) return "no frame of it can be decoded";
    if (facts.times !== undefined && times.length < facts.times.length)
      return `${times.length} of ${facts.times.length} frames can be decoded`;
    return complaints === 0 ? undefined : `${complaints} complaints of the decoder, the first: ${firstComplaint}`;
  }
}
