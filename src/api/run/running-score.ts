import type { SampleRecord } from "../../record/samples.js";
import { intervalOf, within } from "../../statistics/intervals.js";
import { Moments } from "../../statistics/moments.js";

/** The mean of the samples so far, while a run goes on: of those that have a single number. */
export class RunningScore {
  private readonly moments = new Moments();
  private isShare = true;

  add({ score, cluster }: SampleRecord): void {
    if (score?.status !== "scored" || typeof score.value !== "number") return;
    if (score.value < 0 || score.value > 1) this.isShare = false;
    this.moments.add(score.value, cluster);
  }

  /** `mean so far 84.4 [73.6, 91.3]`, a share as per cent; undefined before there are two. */
  text(): string | undefined {
    const spread = intervalOf(this.moments);
    const found = this.isShare ? within(spread, [0, 1]) : spread;
    if (!found) return undefined;
    const shown = (value: number) => (this.isShare ? 100 * value : value).toFixed(1);
    return `mean so far ${shown(this.moments.mean)} [${found.interval.map(shown).join(", ")}]`;
  }
}
