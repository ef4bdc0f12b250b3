/** Vector files of the statistics and of the references' generators. */

import {
  combinedStderr,
  mean,
  meanOfTasks,
  meanStderr,
  middleElement,
  perplexity,
  pooledStderr,
  populationDeviation,
  sampleDeviation,
  weightedMean,
} from "../../../src/statistics/descriptive.js";
import { clusteredStderr } from "../../../src/statistics/moments.js";
import {
  consensusAccuracy,
  consistencyRate,
  expectedAccuracy,
  internalVariance,
} from "../../../src/statistics/repeats.js";
import { levenshtein } from "../../../src/text/levenshtein.js";
import { roundHalfEven } from "../../../src/text/python-numbers.js";
import { referenceBootstrapChunk, referenceBootstrapStderr } from "../ported/bootstrap.js";
import { allRight, brierScore, f1, matthewsCorrelation } from "../ported/classification.js";
import { NumpyRandomState, PythonRandom } from "../ported/mersenne-twister.js";
import { detectableEffect, powerWith, samplesForPower } from "../ported/power-analysis.js";
import { pairedTTest } from "../ported/t-test.js";
import type { VectorFile } from "../vector-file.js";

const range = (n: number) => Array.from({ length: n }, (_, i) => i);

interface PythonRandomAnswer {
  readonly [draws: string]: readonly unknown[];
}

/** Each sequence starts from the seed again, as the reference made them. */
function pythonDraws({ seed }: { seed: string }): PythonRandomAnswer {
  const fresh = () => new PythonRandom(BigInt(seed));
  const draws = <T>(count: number, draw: (random: PythonRandom) => T) => {
    const random = fresh();
    return range(count).map(() => draw(random));
  };
  const shuffled = range(12);
  fresh().shuffle(shuffled);
  const sizes = fresh();
  const mixed = fresh();
  return {
    random: draws(5, (random) => random.random()),
    choice_ABCD: draws(12, (random) => random.choice(["A", "B", "C", "D"])),
    choice_n: [1, 2, 3, 5, 7, 10, 26, 1000, 100000].map((n) => [n, sizes.below(n)]),
    randint_0_4: draws(12, (random) => random.randint(0, 4)),
    choices_range10_k20: fresh().choices(range(10), 20),
    shuffle_range12: shuffled,
    sample_range30_k5: fresh().sample(range(30), 5),
    gauss_uniform: [mixed.uniform(-1, 1), mixed.gauss(0, 1)],
  };
}

function numpyDraws({ seed }: { seed: string }): PythonRandomAnswer {
  const draws = <T>(count: number, draw: (random: NumpyRandomState) => T) => {
    const random = new NumpyRandomState(Number(seed));
    return range(count).map(() => draw(random));
  };
  return {
    random_sample: draws(5, (random) => random.random()),
    randint_0_10: draws(12, (random) => random.below(10)),
    permutation_10: new NumpyRandomState(Number(seed)).permutation(10),
    choice_7: draws(10, (random) => random.choice(range(7))),
  };
}

const pyRandom: VectorFile = {
  part: "the references' generators; runs draw by row",
  functions: { "random.Random": pythonDraws, "numpy.random.RandomState": numpyDraws },
};

interface PowerInput {
  readonly effect_size?: number;
  readonly std_a?: number | null;
  readonly std_b?: number | null;
  readonly alpha?: number;
  readonly power?: number;
  readonly correlation?: number;
  readonly current_n?: number | null;
}

/** lmms-eval's defaults and rounding around our functions. */
function powerAnalysis(input: PowerInput) {
  const deviationA = input.std_a ?? input.std_b ?? 0.5;
  const deviationB = input.std_b ?? deviationA;
  const { effect_size: effect = 0.03, alpha = 0.05, power = 0.8, correlation = 0.5, current_n: n } = input;
  const question = { effect, deviationA, deviationB, alpha, power, correlation };
  const answer = {
    min_n: samplesForPower(question),
    effect_size: effect,
    std_a: deviationA,
    std_b: deviationB,
    alpha,
    power,
    correlation,
  };
  if (n === undefined || n === null) return answer;
  return {
    ...answer,
    current_n: n,
    current_power: roundHalfEven(powerWith(n, question), 4),
    min_detectable_effect: roundHalfEven(detectableEffect(n, question), 4),
  };
}

type LabelledItem = readonly [predicted: boolean, doc: { idx: { paragraph: number; question: number }; label: number }];

function accAll({ items }: { items: readonly LabelledItem[] }) {
  const right = ([predicted, { label }]: LabelledItem) => (label === 1) === predicted;
  const byQuestion = items.map((item): [string, boolean] => {
    const { paragraph, question } = item[1].idx;
    return [`${paragraph} ${question}`, right(item)];
  });
  // The reference's standard error forgets the paragraph.
  const byQuestionOnly = items.map((item): [string, boolean] => [String(item[1].idx.question), right(item)]);
  return { acc_all: mean(allRight(byQuestion)), acc_all_stderr: meanStderr(allRight(byQuestionOnly)) };
}

type Pairs = readonly (readonly [number, number])[];

/**
 * lmms-eval follows Miller 2024, equation 4: the ordinary variance plus the cross products within clusters, without K / (K - 1). From our
 * error, which has the factor: both hold the same sum of squares between clusters.
 */
function equation4(scores: readonly number[], clusterIds: readonly string[]): number {
  const clusters = new Set(clusterIds).size;
  const ours = clusters < 2 ? 0 : clusteredStderr(scores, clusterIds) ** 2 * (1 - 1 / clusters);
  return Math.sqrt(ours + meanStderr(scores) ** 2 / scores.length);
}

const stats: VectorFile = {
  part: "statistics; half of them lmms-eval's own, which runs do not use",
  functions: {
    scalar_stats: ({ arr }: { arr: readonly number[] }) => ({
      mean: mean(arr),
      median: middleElement(arr),
      pop_stddev: populationDeviation(arr),
      sample_stddev: sampleDeviation(arr),
      mean_stderr: meanStderr(arr),
      perplexity: perplexity(arr),
    }),
    weighted: ({ items }: { items: Pairs }) => ({
      weighted_mean: weightedMean(items),
      weighted_perplexity: Math.exp(-weightedMean(items)),
      bits_per_byte: -weightedMean(items) / Math.log(2),
    }),
    groups: (input: { stderrs: readonly number[]; sizes: readonly number[]; metrics: readonly number[] }) => ({
      pooled_sample_stderr: pooledStderr(input.stderrs, input.sizes),
      combined_sample_stderr: combinedStderr(input.stderrs, input.sizes, input.metrics),
      aggregate_subtask_metrics: meanOfTasks(input.metrics, input.sizes),
      aggregate_unweighted: meanOfTasks(input.metrics, input.sizes, false),
    }),
    multi_sample: ({ sample_scores: scores }: { sample_scores: readonly (readonly number[])[] }) => ({
      expected_accuracy: expectedAccuracy(scores),
      consensus_accuracy: consensusAccuracy(scores),
      internal_variance: internalVariance(scores),
      consistency_rate: consistencyRate(scores),
    }),
    clustered_stderr: (input: { scores: readonly number[]; cluster_ids: readonly string[] }) =>
      equation4(input.scores, input.cluster_ids),
    paired_ttest: (input: { current: readonly number[]; baseline: readonly number[] }) => {
      const { difference, stderr, interval, t, p, n } = pairedTTest(input.current, input.baseline);
      return {
        mean_diff: difference,
        se_diff: stderr,
        ci_lower: interval[0],
        ci_upper: interval[1],
        t_stat: t,
        p_value: p,
        n,
      };
    },
    power_analysis: powerAnalysis,
    classification: ({ items }: { items: Pairs }) => {
      const binary = items.every((pair) => pair.every((label) => label === 0 || label === 1));
      return { matthews_corrcoef: matthewsCorrelation(items), ...(binary ? { f1: f1(items) } : {}) };
    },
    brier_score: ({ items }: { items: readonly (readonly [number, readonly number[]])[] }) => brierScore(items),
    acc_all: accAll,
    levenshtein: ({ a, b }: { a: string; b: string }) => levenshtein(a, b),
  },
  // The reference gives no F1 where its library refuses the labels.
  compare: { tolerance: { absolute: 1e-9, relative: 1e-9 }, extraKeys: true },
};

type Measure = (items: readonly never[]) => number;
const measures: Readonly<Record<string, Measure>> = {
  mean,
  perplexity,
  median: (items: readonly number[]) => middleElement(items) ?? Number.NaN,
  matthews_corrcoef: matthewsCorrelation,
  f1_score: f1,
};

const bootstrapVectors: VectorFile = {
  part: "lmms-eval's bootstrap; runs have their own",
  functions: {
    chunk_means: ({ xs, chunk_index, n }: { xs: readonly number[]; chunk_index: number; n: number }) =>
      referenceBootstrapChunk(mean, xs, chunk_index, n),
    bootstrap_stderr: ({ metric, xs, iters }: { metric: string; xs: readonly never[]; iters: number }) => {
      const measure = measures[metric];
      if (measure === undefined) throw new Error(`no measure "${metric}"`);
      return referenceBootstrapStderr(measure, xs, iters);
    },
  },
};

export const statisticsVectors: Readonly<Record<string, VectorFile>> = {
  py_random: pyRandom,
  stats,
  bootstrap: bootstrapVectors,
};
