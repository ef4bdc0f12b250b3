/**
 * Do our intervals cover, and does the gate keep its promise? Each function draws `rounds` data sets from a known truth and
 * returns a rate. Seeded: the same numbers everywhere. Printed in full by `npm run bench -- statistics`.
 */

import { verdictOf } from "../../src/board/compare/verdict.js";
import { bootstrap } from "../../src/statistics/bootstrap.js";
import { holm } from "../../src/statistics/holm.js";
import { intervalOf } from "../../src/statistics/intervals.js";
import { Moments } from "../../src/statistics/moments.js";
import { comparePairs, type Pair } from "../../src/statistics/paired-comparison.js";
import { samplesForDifference } from "../../src/statistics/paired-mcnemar-power.js";
import { compareWholeSplit } from "../../src/statistics/paired-resampling.js";
import { type SeededRandom, seededRandom } from "../../src/statistics/seeded-random.js";

const alpha = 0.05;

/** How often Wilson's interval holds the true proportion. */
export function wilsonCoverage(n: number, p: number, rounds: number): number {
  const random = seededRandom("wilson", n, p);
  return rate(rounds, () => {
    const moments = new Moments();
    for (let i = 0; i < n; i++) moments.add(random.next() < p ? 1 : 0);
    return covers(intervalOf(moments)?.interval, p);
  });
}

/** Proportions in clusters of 2 to 8 whose members agree more than strangers do (intraclass correlation `icc`). */
export function clusteredCoverage(clusters: number, p: number, icc: number, rounds: number): number {
  const random = seededRandom("clustered", clusters, p, icc);
  return rate(rounds, () => {
    const moments = new Moments();
    for (let g = 0; g < clusters; g++) {
      for (const value of cluster(random, p, icc)) moments.add(value, `g${g}`);
    }
    return covers(intervalOf(moments)?.interval, p);
  });
}

/** A mean of per-image values from a finite population (CIDEr with fixed document frequencies), by percentile bootstrap. */
export function bootstrapCoverage(population: readonly number[], n: number, rounds: number): number {
  const truth = mean(population);
  const random = seededRandom("bootstrap", n);
  return rate(rounds, (round) => {
    const sample = Array.from({ length: n }, () => random.pick(population));
    const measure = (drawn: Uint32Array) => sample.reduce((sum, value, i) => sum + value * (drawn[i] as number), 0) / n;
    return covers(bootstrap(n, measure, ["coverage", round], { iterations: 400 })?.interval, truth);
  });
}

/** The same with the t interval, which runs report for CIDEr. */
export function meanCoverage(population: readonly number[], n: number, rounds: number): number {
  const truth = mean(population);
  const random = seededRandom("mean", n);
  return rate(rounds, () => {
    const moments = new Moments();
    for (let i = 0; i < n; i++) moments.add(random.pick(population));
    return covers(intervalOf(moments)?.interval, truth);
  });
}

export interface PairDesign {
  readonly n: number;
  /** Share of samples that gain and that lose. */
  readonly gain: number;
  readonly loss: number;
  /** Samples of one cluster change together. Default 1. */
  readonly clusterSize?: number;
}

/** How often the interval of the difference holds gain - loss. */
export function differenceCoverage(design: PairDesign, rounds: number): number {
  const random = seededRandom("difference", JSON.stringify(design));
  return rate(rounds, (seed) =>
    covers(comparePairs(drawPairs(random, design), { alpha, seed }).interval, design.gain - design.loss),
  );
}

/** How often the gate calls a regression on any of `tasks` although the two systems are equally good. */
export function falseAlarms(design: PairDesign, tasks: number, rounds: number): number {
  const random = seededRandom("false alarms", JSON.stringify(design), tasks);
  return rate(rounds, (seed) =>
    anyRegression(Array.from({ length: tasks }, () => comparePairs(drawPairs(random, design), { alpha, seed }))),
  );
}

/** How often the gate sees a loss of `delta` with the number of samples that `power` asks for. */
export function powerReached(delta: number, discordance: number, rounds: number): number {
  const n = samplesForDifference(delta, { discordance, alpha, power: 0.8 });
  const design = { n, gain: (discordance - delta) / 2, loss: (discordance + delta) / 2 };
  const random = seededRandom("power", delta, discordance);
  return rate(rounds, (seed) => anyRegression([comparePairs(drawPairs(random, design), { alpha, seed })]));
}

/** F1 over clusters, compared through its fold: coverage of the half-sample interval and false alarms of the swap test. */
export async function wholeSplitRates(
  clusters: number,
  rounds: number,
): Promise<{ coverage: number; falseAlarms: number }> {
  const random = seededRandom("whole split", clusters);
  let covered = 0;
  let alarms = 0;
  for (let seed = 0; seed < rounds; seed++) {
    const answers = Array.from({ length: clusters }, () => {
      const truth = random.next() < 0.5;
      const hard = random.next() < 0.3 ? 0.5 : 0.9;
      return { truth, a: random.next() < hard ? truth : !truth, b: random.next() < hard ? truth : !truth };
    });
    const evaluate = async (include: Uint8Array, swap: Uint8Array) => ({
      a: f1(answers, include, (one, i) => (swap[i] ? one.b : one.a)),
      b: f1(answers, include, (one, i) => (swap[i] ? one.a : one.b)),
    });
    const result = await compareWholeSplit({ clusters, evaluate }, { alpha, seed, replicates: 200 });
    if (!result) continue;
    if (covers(result.interval, 0)) covered++;
    if (anyRegression([result])) alarms++;
  }
  return { coverage: covered / rounds, falseAlarms: alarms / rounds };
}

/** One standard error of a rate of 95 % after `rounds` draws, times 3: what the simulation itself can be off by. */
export const simulationError = (rounds: number, rate = 0.95) => 3 * Math.sqrt((rate * (1 - rate)) / rounds);

function anyRegression(
  comparisons: readonly { delta: number; interval: readonly [number, number]; p: number }[],
): boolean {
  const adjusted = holm(comparisons.map(({ p }) => p));
  return comparisons.some(({ delta, interval }, i) => {
    // Without a minimal effect: the strictest reading of a false alarm.
    const evidence = { gain: delta, interval, p: adjusted[i] as number, identical: false };
    return verdictOf(evidence, alpha, 0) === "regression";
  });
}

function drawPairs(random: SeededRandom, { n, gain, loss, clusterSize = 1 }: PairDesign): Pair[] {
  return Array.from({ length: n / clusterSize }, (_, g) => {
    const draw = random.next();
    const change = draw < gain ? 1 : draw < gain + loss ? -1 : 0;
    return Array.from({ length: clusterSize }, (): Pair => {
      const a = change > 0 ? 0 : change < 0 ? 1 : random.below(2);
      return { a, b: a + change, cluster: `g${g}` };
    });
  }).flat();
}

/** Members of a cluster copy its own coin with probability sqrt(icc), else toss another. */
function cluster(random: SeededRandom, p: number, icc: number): number[] {
  const shared = random.next() < p ? 1 : 0;
  const size = 2 + random.below(7);
  return Array.from({ length: size }, () => (random.next() < Math.sqrt(icc) ? shared : random.next() < p ? 1 : 0));
}

interface YesNo {
  readonly truth: boolean;
  readonly a: boolean;
  readonly b: boolean;
}

function f1(answers: readonly YesNo[], include: Uint8Array, said: (one: YesNo, i: number) => boolean): number {
  let [hit, wrong, missed] = [0, 0, 0];
  answers.forEach((one, i) => {
    if (!include[i]) return;
    const yes = said(one, i);
    if (yes && one.truth) hit++;
    else if (yes) wrong++;
    else if (one.truth) missed++;
  });
  return (2 * hit) / (2 * hit + wrong + missed);
}

function covers(interval: readonly [number, number] | undefined, truth: number): boolean {
  return interval !== undefined && interval[0] <= truth && truth <= interval[1];
}

function rate(rounds: number, happens: (round: number) => boolean): number {
  let count = 0;
  for (let round = 0; round < rounds; round++) if (happens(round)) count++;
  return count / rounds;
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
