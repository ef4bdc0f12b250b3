/**
 * Two systems compared while the second is still answering: after any look the verdict may be taken, and wrong ones stay below alpha
 * over all looks together. Differences are B - A, between -1 and 1; samples of one image are one cluster.
 */
import { BettingInterval } from "./betting.js";
import { clusteredMean } from "./clustered-mean.js";
import { comparePairs, type Pair } from "./paired-comparison.js";

export interface SequentialDesign {
  /** Chance of any wrong verdict: four fifths of it at the looks, one fifth for a last test once all samples are in. */
  readonly alpha: number;
  /** Less than this either way is equal. */
  readonly delta: number;
  /** Samples of the largest cluster of the split, each times its weight. */
  readonly largest: number;
  /** Of the last test's permutations. */
  readonly seed: number;
}

export type SequentialVerdict = "better" | "worse" | "equal";

export interface SequentialLook {
  readonly n: number;
  readonly clusters: number;
  /** Of B - A in samples like these; right at every look at once. */
  readonly interval: readonly [low: number, high: number];
  readonly verdict: SequentialVerdict | undefined;
}

export class SequentialComparison {
  private readonly betting: BettingInterval;
  private readonly pairs: Pair[] = [];
  private clusters = 0;
  private evidence = 0;

  constructor(private readonly design: SequentialDesign) {
    this.betting = new BettingInterval(atLooks * design.alpha, { largest: design.largest });
  }

  /**
   * The next cluster of an order that was drawn before any answer: the samples that both sides have a score for, perhaps none.
   * @param weight  the inverse of the chance with which it was drawn; 0: it was not, and only the end counts it
   */
  add(pairs: readonly Pair[], weight = 1): void {
    if (pairs.length === 0) return;
    this.clusters++;
    this.pairs.push(...pairs);
    if (weight === 0) return;
    const sum = pairs.reduce((total, { a, b }) => total + b - a, 0);
    this.betting.add({ sum: weight * sum, size: weight * pairs.length });
  }

  look(): SequentialLook {
    const { interval, evidence } = this.betting.look();
    this.evidence = evidence;
    return this.seen(interval, verdictOf(interval, this.design.delta));
  }

  /**
   * Once every cluster is in and no look has decided: the interval that two whole runs are compared by, at the level that was kept for it.
   * It calls nothing equal because nothing varied: how many samples prove that, the looks know.
   */
  end(): SequentialLook {
    const looked = this.look();
    if (looked.verdict || this.clusters < 2) return looked;
    const { interval, stderr } = this.atEnd();
    const verdict = verdictOf(interval, this.design.delta);
    return verdict === undefined || (verdict === "equal" && stderr === 0) ? looked : this.seen(interval, verdict);
  }

  /**
   * Of no difference, from the looks taken; valid whenever the run stops, so that several tasks may be corrected by Holm.
   * @param isWhole  every cluster is in
   */
  p(isWhole: boolean): number {
    const looked = (2 * Math.exp(-this.evidence)) / atLooks;
    const atEnd = isWhole && this.clusters >= 2 ? this.compared().p / (1 - atLooks) : 1;
    return Math.min(1, looked, atEnd);
  }

  private atEnd() {
    const { pairs } = this;
    const isSingle = this.clusters === pairs.length;
    if (isSingle && pairs.every(({ a, b }) => isRightOrWrong(a) && isRightOrWrong(b))) return this.compared();
    const differences = pairs.map(({ a, b, cluster }) => ({ value: b - a, cluster }));
    return clusteredMean(differences, 1 - this.alphaAtEnd) ?? this.compared();
  }

  private compared() {
    return comparePairs(this.pairs, { alpha: this.alphaAtEnd, seed: this.design.seed });
  }

  private get alphaAtEnd(): number {
    return (1 - atLooks) * this.design.alpha;
  }

  private seen(interval: readonly [low: number, high: number], verdict: SequentialVerdict | undefined): SequentialLook {
    return { n: this.pairs.length, clusters: this.clusters, interval, verdict };
  }
}

/** Share of alpha that is spent at the looks. */
const atLooks = 0.8;

const isRightOrWrong = (score: number) => score === 0 || score === 1;

function verdictOf([low, high]: readonly [low: number, high: number], delta: number): SequentialVerdict | undefined {
  if (high < 0) return "worse";
  if (low > 0) return "better";
  return low > -delta && high < delta ? "equal" : undefined;
}
