import type { SampleRecord } from "../record/samples.js";

/** What a Result says of answers by workers that are not set up as the run's. */
export class UnlikeNotes {
  private answers = 0;
  private readonly unlike = new Map<string, number>();

  add(sample: SampleRecord): void {
    if (sample.state === "failed") return;
    this.answers++;
    if (sample.unlike !== undefined) this.unlike.set(sample.unlike, (this.unlike.get(sample.unlike) ?? 0) + 1);
  }

  notes(): string[] {
    return [...this.unlike]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([how, n]) => `${n} of ${this.answers} answers are of workers that differ from the run: ${how}`);
  }
}
