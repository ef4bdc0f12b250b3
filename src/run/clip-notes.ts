import type { SampleRecord } from "../record/samples.js";

/** What a Result says about the clips that were shown as a whole. */
export class ClipNotes {
  /** By the SHA-256 of their files. */
  private readonly wanted = new Set<string>();
  private readonly without = new Set<string>();

  add({ clips }: SampleRecord): void {
    for (const { file, subtitles } of clips ?? []) {
      if (subtitles === undefined) continue;
      this.wanted.add(file);
      if (subtitles === null) this.without.add(file);
    }
  }

  notes(): string[] {
    if (this.without.size === 0) return [];
    return [`${this.without.size} of ${this.wanted.size} clips have no subtitles: asked without`];
  }
}
