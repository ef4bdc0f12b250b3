/**
 * Intervals for a mean that hold at every look, by betting: whoever doubts the mean bets against it, and the capital of a fair bet
 * rarely multiplies, however often one looks. Waudby-Smith and Ramdas, Estimating means of bounded random variables by betting
 * (arXiv 2010.09686); drawn without replacement, their arXiv 2006.04347.
 *
 * The values are differences in [-1, 1] that come in clusters, and the bets are a mixture of fixed ones: no bet depends on what was
 * seen, so a run that goes on needs no state but its scores.
 */

/** The differences of one cluster: their sum, and how many there are. */
export interface ClusterSum {
  readonly sum: number;
  readonly size: number;
}

export interface BettingDesign {
  /** Size of the largest cluster there is, seen or not: known from the rows. */
  readonly largest: number;
  /** Clusters altogether, where these are drawn from them without replacement; absent: they are some of countless ones like them. */
  readonly population?: number;
  /** Shares of the capital that are at stake, each in (0, 1). */
  readonly bets?: readonly number[];
}

/** A large bet sees a large effect soon, a small one a small effect at last. */
export const mixtureBets: readonly number[] = Array.from({ length: 8 }, (_, j) => 0.9 * 2 ** -j);

/**
 * The logarithm of the capital won by betting that the mean over samples lies above `mean`, from 1 on. It falls as `mean` rises.
 * Infinity where so low a mean is impossible, whatever is still to come.
 *
 * A cluster's surprise is z = (sum - mean * size) / largest, which is 0 on average when `mean` is right, for clusters of any size, and
 * never below -(1 + mean): a bet wins bet * z / (1 + mean). Without replacement both are measured from the mean of what is left.
 */
export function logCapital(clusters: Iterable<ClusterSum & Repeated>, mean: number, design: BettingDesign): number {
  const { largest, population, bets = mixtureBets } = design;
  const logs = new Float64Array(bets.length);
  // Sixteen factors are far from what a number can hold, and one logarithm is cheaper than sixteen.
  const factors = new Float64Array(bets.length).fill(1);
  let [seen, sums, sizes, multiplied] = [0, 0, 0, 0];
  const takeLogs = () => {
    for (let j = 0; j < logs.length; j++) logs[j] = (logs[j] as number) + Math.log(factors[j] as number);
    factors.fill(1);
    multiplied = 0;
  };
  for (const { sum, size, times = 1 } of clusters) {
    const left = population === undefined ? 0 : (mean * sizes - sums) / (largest * (population - seen));
    const surprise = (sum - mean * size) / largest - left;
    const most = 1 + mean + left;
    if (most < 0) return Number.POSITIVE_INFINITY;
    for (let j = 0; j < logs.length; j++) {
      const factor = 1 + ((bets[j] as number) / most) * surprise;
      if (times === 1) factors[j] = (factors[j] as number) * factor;
      else logs[j] = (logs[j] as number) + times * Math.log(factor);
    }
    if (++multiplied === 16) takeLogs();
    seen += times;
    sums += times * sum;
    sizes += times * size;
  }
  takeLogs();
  const largestLog = Math.max(...logs);
  return largestLog + Math.log(logs.reduce((total, log) => total + Math.exp(log - largestLog), 0) / logs.length);
}

/** Equal clusters one after the other. */
interface Repeated {
  readonly times?: number;
}

export interface Look {
  /** Of the mean; every look's interval holds at once with the level asked for. */
  readonly interval: readonly [low: number, high: number];
  /** The largest logarithm of the capital, of either side and at any look, against a mean of 0. */
  readonly evidence: number;
}

/** An interval for the mean that may be looked at after any cluster: it covers at all looks together with probability 1 - alpha. */
export class BettingInterval {
  private readonly above: OneSide;
  private readonly below: OneSide;
  private readonly population: number;
  private seen = 0;
  private sums = 0;
  private sizes = 0;
  private evidence = Number.NEGATIVE_INFINITY;

  constructor(alpha: number, design: BettingDesign) {
    this.population = design.population ?? Number.POSITIVE_INFINITY;
    this.above = new OneSide(Math.log(2 / alpha), design);
    this.below = new OneSide(Math.log(2 / alpha), design);
  }

  /** Clusters come in an order that has nothing to do with their scores. */
  add({ sum, size }: ClusterSum): void {
    this.above.add({ sum, size });
    this.below.add({ sum: -sum, size });
    this.seen++;
    this.sums += sum;
    this.sizes += size;
  }

  look(): Look {
    this.evidence = Math.max(this.evidence, this.above.capital(0), this.below.capital(0));
    const { evidence } = this;
    if (this.seen === this.population) {
      const known = this.sums / this.sizes;
      return { interval: [known, known], evidence };
    }
    // Never -0.
    return { interval: [this.above.look(), 0 - this.below.look()], evidence };
  }
}

/** The largest mean that the capital still refutes; the other side is its mirror. */
class OneSide {
  private low = -1;
  private sums = 0;
  private sizes = 0;
  private readonly inOrder: ClusterSum[] = [];
  /** With replacement the order is indifferent, and equal clusters are counted. */
  private readonly tally = new Map<string, { sum: number; size: number; times: number }>();

  constructor(
    private readonly threshold: number,
    private readonly design: BettingDesign,
  ) {}

  add(cluster: ClusterSum): void {
    const { sum, size } = cluster;
    this.sums += sum;
    this.sizes += size;
    this.inOrder.push(cluster);
    if (this.design.population !== undefined) return;
    const known = this.tally.get(`${sum} ${size}`);
    if (known) known.times++;
    else this.tally.set(`${sum} ${size}`, { sum, size, times: 1 });
  }

  capital(mean: number): number {
    return logCapital(this.design.population === undefined ? this.tally.values() : this.inOrder, mean, this.design);
  }

  look(): number {
    this.low = Math.max(this.low, this.leastPossible());
    let low = this.low + resolution;
    if (low >= 1 || this.capital(low) < this.threshold) return this.low;
    // At 1 no cluster surprises: nothing is won.
    let high = 1;
    while (high - low > resolution) {
      const middle = (low + high) / 2;
      if (this.capital(middle) >= this.threshold) low = middle;
      else high = middle;
    }
    this.low = low;
    return low;
  }

  /** The mean if all that is left were lost. */
  private leastPossible(): number {
    const { population, largest } = this.design;
    if (population === undefined) return -1;
    const left = largest * (population - this.inOrder.length);
    return (this.sums - left) / (this.sizes + left);
  }
}

/** Bounds are searched to this, and end on the cautious side. */
const resolution = 1e-10;
