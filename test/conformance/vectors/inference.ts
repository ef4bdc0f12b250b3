/** Vector files of the statistics that decide early, correct judges and look at items. */
import { betaQuantile } from "../../../src/statistics/beta.js";
import { BettingInterval, type ClusterSum, logCapital } from "../../../src/statistics/betting.js";
import { clusteredMean } from "../../../src/statistics/clustered-mean.js";
import { correctedShare, roganGladen } from "../../../src/statistics/corrected-share.js";
import { mean, populationDeviation } from "../../../src/statistics/descriptive.js";
import { wilsonInterval } from "../../../src/statistics/intervals.js";
import { itemRest } from "../../../src/statistics/item-discrimination.js";
import { normalQuantile } from "../../../src/statistics/normal.js";
import { type JudgedMean, predictionPoweredMean } from "../../../src/statistics/prediction-powered.js";
import {
  empiricalBernstein,
  hedgedBounds,
  hedgedLogCapital,
  type OneSided,
  type Sequence,
} from "../ported/confidence-sequences.js";
import type { VectorFile } from "../vector-file.js";

const nineDigits = { tolerance: { absolute: 1e-9, relative: 1e-9 } };

const ends = ([low, high]: readonly [number, number]) => ({ low, high });

const single = (difference: number): ClusterSum => ({ sum: difference, size: 1 });

/** What is won on `side` by the first clusters, at several times. */
function capitalAt(
  clusters: readonly ClusterSum[],
  { mean, side, t, population, bets }: OneSided & { readonly bets: readonly number[] },
): { logCapital: number[] } {
  const sign = side === "above" ? 1 : -1;
  const largest = Math.max(...clusters.map(({ size }) => size));
  const design = { largest, bets, ...(population === null ? {} : { population }) };
  const capital = (turn: number, at: number) =>
    logCapital(
      clusters.slice(0, at).map(({ sum, size }) => ({ sum: turn * sum, size })),
      turn * mean,
      design,
    );
  // The reference refutes an impossible mean from both sides, we from its own.
  const impossible = (at: number) => capital(-sign, at) === Number.POSITIVE_INFINITY;
  return { logCapital: t.map((at) => (impossible(at) ? Number.POSITIVE_INFINITY : capital(sign, at))) };
}

const capital: VectorFile = {
  part: "the betting that decides early; of two ways to bet, runs use the mixture",
  functions: {
    "confseq.diversified_betting_mart": (input: OneSided & { readonly bets: readonly number[] }) =>
      capitalAt(input.differences.map(single), input),
    "confseq.betting_mart(lambda_predmix_eb, alpha/2)": (input: OneSided) => ({ logCapital: hedgedLogCapital(input) }),
  },
  compare: nineDigits,
};

interface ClusteredInput extends Omit<OneSided, "differences" | "population"> {
  readonly sums: readonly number[];
  readonly sizes: readonly number[];
  readonly populationClusters: number | null;
  readonly bets: readonly number[];
}

const clusterCapital: VectorFile = {
  part: "the betting that decides early, over clusters",
  functions: {
    "confseq.diversified_betting_mart on cluster sums": ({
      sums,
      sizes,
      populationClusters,
      ...rest
    }: ClusteredInput) =>
      capitalAt(
        sums.map((sum, i) => ({ sum, size: sizes[i] as number })),
        { ...rest, differences: [], population: populationClusters },
      ),
  },
  compare: nineDigits,
};

const bounds: VectorFile = {
  part: "intervals that hold at every look; of two ways to bet, runs use the mixture",
  functions: {
    "confseq.betting_cs(mixture)": ({
      differences,
      population,
      alpha,
      t,
      bets,
    }: Sequence & { readonly bets: readonly number[] }) => {
      const interval = new BettingInterval(alpha, { largest: 1, bets, ...(population === null ? {} : { population }) });
      const looks = differences.map((difference) => {
        interval.add(single(difference));
        return interval.look().interval;
      });
      const at = (end: 0 | 1) => t.map((time) => looks[time - 1]?.[end]);
      return { low: at(0), high: at(1) };
    },
    "confseq.hedged_cs": hedgedBounds,
  },
  // The reference's bounds lie on a grid of 1,000 steps and are widened by one.
  compare: { tolerance: { absolute: 0.0045 } },
};

const bernstein: VectorFile = {
  part: "an interval that holds at every look, for comparison: runs have a shorter one",
  functions: { "confseq.predmix_empbern_twosided_cs": empiricalBernstein },
  compare: nineDigits,
};

interface PpiInput extends JudgedMean {
  readonly lambda: number | null;
  readonly alpha: number;
}

const predictionPowered = ({ lambda, alpha, ...judged }: PpiInput) => {
  const { estimate, interval } = predictionPoweredMean(judged, {
    level: 1 - alpha,
    ...(lambda === null ? {} : { trust: lambda }),
  });
  return { estimate, ...ends(interval) };
};

const labelsAlone = ({ labels, alpha }: Pick<PpiInput, "labels" | "alpha">) => {
  const half = (normalQuantile(1 - alpha / 2) * populationDeviation(labels)) / Math.sqrt(labels.length);
  return { low: mean(labels) - half, high: mean(labels) + half };
};

const ppi: VectorFile = {
  part: "graded scores of a judge, corrected by labels",
  functions: {
    "ppi_py.ppi_mean": predictionPowered,
    "ppi_py.ppi_mean weighted": predictionPowered,
    "ppi_py.classical_mean_ci": labelsAlone,
  },
  // It divides 0 by 0 where the judge says the same of all: what is left then are the labels.
  reference: (expected, _, input: PpiInput) => {
    const { low } = expected as { low: unknown };
    return typeof low === "number" ? expected : { estimate: mean(input.labels), ...labelsAlone(input) };
  },
  compare: nineDigits,
};

interface ProportionInput {
  readonly successes: number;
  readonly n: number;
  readonly alpha: number;
}

const proportion: VectorFile = {
  part: "intervals of a share; runs print Wilson's",
  functions: {
    "statsmodels.proportion_confint wilson": ({ successes, n, alpha }: ProportionInput) =>
      ends(wilsonInterval(successes, n, 1 - alpha)),
    "statsmodels.proportion_confint jeffreys": ({ successes, n, alpha }: ProportionInput) => ({
      low: betaQuantile(alpha / 2, successes + 0.5, n - successes + 0.5),
      high: betaQuantile(1 - alpha / 2, successes + 0.5, n - successes + 0.5),
    }),
    // Clopper and Pearson's.
    "statsmodels.proportion_confint beta": ({ successes, n, alpha }: ProportionInput) => ({
      low: successes === 0 ? 0 : betaQuantile(alpha / 2, successes, n - successes + 1),
      high: successes === n ? 1 : betaQuantile(1 - alpha / 2, successes + 1, n - successes),
    }),
  },
  compare: nineDigits,
};

interface RoganGladenInput {
  readonly n: number;
  readonly judgedRight: number;
  readonly positive: number;
  readonly truePositive: number;
  readonly negative: number;
  readonly trueNegative: number;
  readonly alpha: number;
}

interface MoverInput {
  readonly judgedRight: number;
  readonly judgedWrong: number;
  /** People's "right", and labels. */
  readonly labelledRight: readonly [right: number, labelled: number];
  readonly labelledWrong: readonly [right: number, labelled: number];
  readonly alpha: number;
}

const judgeFormulas: VectorFile = {
  part: "right and wrong verdicts of a judge, corrected by labels",
  functions: {
    roganGladen: ({ n, judgedRight, alpha, ...calibration }: RoganGladenInput) => {
      const corrected = roganGladen({ n, right: judgedRight }, calibration, 1 - alpha);
      if (corrected === undefined) return undefined;
      const { interval, ...rest } = corrected;
      return { ...rest, ...ends(interval) };
    },
    stratifiedMover: ({ judgedRight, judgedWrong, labelledRight, labelledWrong, alpha }: MoverInput) =>
      correctedShare(
        [
          { judged: judgedRight, right: labelledRight[0], labelled: labelledRight[1] },
          { judged: judgedWrong, right: labelledWrong[0], labelled: labelledWrong[1] },
        ],
        { level: 1 - alpha },
      ),
  },
  compare: nineDigits,
};

const items: VectorFile = {
  part: "difficulty and discrimination of items",
  functions: {
    "scipy.stats.pointbiserialr": ({ item, totals }: { item: readonly number[]; totals: readonly number[] }) => {
      const rest = itemRest(
        item,
        totals.map((total, i) => total - (item[i] as number)),
      );
      return {
        difficulty: mean(item),
        itemRest: rest?.r,
        itemTotal: itemRest(item, totals)?.r,
        p: rest?.p,
        pNegative: rest?.pNegative,
      };
    },
  },
  compare: nineDigits,
};

interface PairedInput {
  readonly with: readonly number[];
  readonly without: readonly number[];
  readonly cluster: readonly number[];
}

const pairedClustered: VectorFile = {
  part: "a difference over clusters, with the correction for their number",
  functions: {
    "statsmodels.OLS cluster": (input: PairedInput) => {
      const found = clusteredMean(
        input.with.map((score, i) => ({
          value: score - (input.without[i] as number),
          cluster: String(input.cluster[i]),
        })),
      );
      if (found === undefined) return undefined;
      const { mean, stderr, interval, p, clusters } = found;
      return { mean, corrected: { stderr, ...ends(interval), p, df: clusters - 1 } };
    },
  },
  // Without the correction intervals are too short: we do not offer that.
  reference: (expected) => {
    const { plain: _, ...rest } = expected as Record<string, unknown>;
    return rest;
  },
  compare: nineDigits,
};

export const inferenceVectors: Readonly<Record<string, VectorFile>> = {
  "statistics/capital": capital,
  "statistics/cluster_capital": clusterCapital,
  "statistics/confseq_bounds": bounds,
  "statistics/empirical_bernstein": bernstein,
  "statistics/ppi": ppi,
  "statistics/proportion": proportion,
  "statistics/judge_formulas": judgeFormulas,
  "statistics/items": items,
  "statistics/paired_clustered": pairedClustered,
};
