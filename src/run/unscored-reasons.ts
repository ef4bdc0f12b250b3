import type { UnscoredReason } from "../core/errors.js";
import type { Score } from "../core/score.js";

export interface CountedReason {
  readonly reason: UnscoredReason;
  readonly detail: string;
  readonly n: number;
}

/** Kept apart at most; a run whose every failure has its own words is told by the commonest. */
const mostKept = 1000;
const mostShown = 5;

/** Why samples are unscored, in the words of whoever failed, commonest first. */
export class UnscoredReasons {
  private readonly counts = new Map<string, { reason: UnscoredReason; detail: string; n: number }>();

  add(score: Score): void {
    if (score.status === "scored") return;
    // How often it was tried, and numbers of this one sample, make no other reason.
    const detail = score.detail.replace(/ \(after \d+ attempts: [^)]*\)$/, "");
    const key = `${score.reason} ${detail.replace(/\d+/g, "#")}`;
    const known = this.counts.get(key);
    if (known) known.n++;
    else if (this.counts.size < mostKept) this.counts.set(key, { reason: score.reason, detail, n: 1 });
  }

  commonest(): readonly CountedReason[] {
    return [...this.counts.values()].sort((a, b) => b.n - a.n).slice(0, mostShown);
  }
}
