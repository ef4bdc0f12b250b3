/**
 * Other intervals that hold at every look, for comparison only: runs stop by `src/statistics/betting.ts`. Differences in [-1, 1] are
 * x = (1 + d) / 2 in [0, 1]. Formulas: Waudby-Smith and Ramdas, arXiv 2010.09686; without replacement arXiv 2006.04347.
 */

interface Sample {
  /** In [0, 1]. */
  readonly x: readonly number[];
  /** How many there are altogether; undefined: countless. */
  readonly population?: number;
}

const unit = (differences: readonly number[]) => differences.map((difference) => (1 + difference) / 2);

/** The plug-in bet before each value: large while little varied, falling like 1 / sqrt(t log t). */
function plugInBets(x: readonly number[], alpha: number): number[] {
  let [sum, squares, variance] = [0, 1 / 4, 1 / 4];
  return x.map((value, i) => {
    const t = i + 1;
    const bet = Math.sqrt((2 * Math.log(1 / alpha)) / (t * Math.log(1 + t) * variance));
    sum += value;
    squares += (value - Math.min(1, (1 / 2 + sum) / (t + 1))) ** 2;
    variance = squares / (t + 1);
    return bet;
  });
}

/** The mean of what is still to come before each value, if the mean of all is `mean`. */
function conditionalMeans({ x, population }: Sample, mean: number): number[] {
  let before = 0;
  return x.map((value, t) => {
    const left = population === undefined ? mean : (population * mean - before) / (population - t);
    before += value;
    return left;
  });
}

/** Log of the capital after each value of a plug-in better on "above", at most half of it at stake; Infinity: so low a mean is impossible. */
function hedgedCapital(sample: Sample, mean: number, alpha: number): number[] {
  const bets = plugInBets(sample.x, alpha);
  const means = conditionalMeans(sample, mean);
  let log = 0;
  return sample.x.map((value, i) => {
    const centre = means[i] as number;
    if (centre < 0) return Number.POSITIVE_INFINITY;
    log += Math.log1p(Math.min(bets[i] as number, 0.5 / centre) * (value - centre));
    return log;
  });
}

export interface OneSided {
  readonly differences: readonly number[];
  readonly mean: number;
  readonly population: number | null;
  readonly side: "above" | "below";
  readonly t: readonly number[];
}

/** Infinity, too, for a mean that is impossible because it is too high. */
export function hedgedLogCapital({ differences, mean, population, side, t }: OneSided): number[] {
  const sign = side === "above" ? 1 : -1;
  const capital = (turn: number) => {
    const x = unit(differences.map((difference) => turn * difference));
    return hedgedCapital({ x, ...(population === null ? {} : { population }) }, (1 + turn * mean) / 2, hedgedAlpha);
  };
  const [own, other] = [capital(sign), capital(-sign)];
  return t.map((at) =>
    other[at - 1] === Number.POSITIVE_INFINITY ? Number.POSITIVE_INFINITY : (own[at - 1] as number),
  );
}

/** Half of 5 %: what the vectors' bets were made for. */
const hedgedAlpha = 0.025;

export interface Sequence {
  readonly differences: readonly number[];
  readonly population: number | null;
  readonly alpha: number;
  readonly t: readonly number[];
}

interface Bounds {
  readonly low: readonly number[];
  readonly high: readonly number[];
}

/** Both sides of a one-sided lower bound, which are cut at the ends, run together and shown at the times asked for. */
function bothSides(
  { differences, population, t }: Sequence,
  lowerBounds: (sample: Sample) => readonly number[],
): Bounds {
  const sample = (sign: number): Sample => ({
    x: unit(differences.map((difference) => sign * difference)),
    ...(population === null ? {} : { population }),
  });
  const running = (sign: number) => {
    let best = 0;
    const bounds = lowerBounds(sample(sign)).map((bound) => {
      best = Math.max(best, bound);
      return best;
    });
    return t.map((at) => 2 * (bounds[at - 1] as number) - 1);
  };
  return { low: running(1), high: running(-1).map((low) => -low) };
}

export function empiricalBernstein(sequence: Sequence): Bounds {
  const { alpha } = sequence;
  return bothSides(sequence, ({ x, population }) => {
    const bets = plugInBets(x, alpha / 2).map((bet) => Math.min(bet, 0.5));
    let [sum, guess, margin, weighted, weights] = [0, 0, Math.log(2 / alpha), 0, 0];
    return x.map((value, i) => {
      const bet = bets[i] as number;
      const left = population === undefined ? 0 : 1 / (population - i);
      weighted += bet * (value + sum * left);
      weights += bet * (1 + i * left);
      margin += (value - guess) ** 2 * (-Math.log1p(-bet) - bet);
      sum += value;
      guess = sum / (i + 1);
      return (weighted - margin) / weights;
    });
  });
}

/** By bisection, where the reference searches a grid. */
export function hedgedBounds(sequence: Sequence): Bounds {
  const { alpha } = sequence;
  const threshold = Math.log(2 / alpha);
  return bothSides(sequence, (sample) => {
    const capital = (mean: number) => hedgedCapital(sample, mean, alpha / 2);
    let [best, sum] = [0, 0];
    let logs = capital(best + 1e-9);
    return sample.x.map((value, i) => {
      sum += value;
      if (sample.population !== undefined) best = Math.max(best, sum / sample.population);
      if ((logs[i] as number) < threshold) return best;
      let [low, high] = [best, 1];
      while (high - low > 1e-6) {
        const middle = (low + high) / 2;
        if ((capital(middle)[i] as number) >= threshold) low = middle;
        else high = middle;
      }
      best = low;
      logs = capital(best + 1e-6);
      return best;
    });
  });
}
