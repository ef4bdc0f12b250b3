/** Which samples a person is asked about: a drawn part of each verdict's, so that the labels say something of all. */
import type { MetricResult } from "../../core/metric-result.js";
import type { Result } from "../../core/result.js";
import { rangeOf, valueUnder } from "../../record/outcome.js";
import type { Run } from "../../record/read.js";
import type { ScoredSample } from "../../record/samples.js";
import { seededRandom } from "../../statistics/seeded-random.js";

/** A sample that was scored, and what its judges said. */
export interface Judged {
  readonly index: number;
  readonly id: string;
  readonly cluster: string;
  /** By the main metric. */
  readonly value: number;
  /** Absent: there was one judge. */
  readonly judgesDisagree?: boolean;
}

export interface JudgedTask {
  readonly main: MetricResult;
  /** The lowest and the highest score of one sample. */
  readonly range: readonly [low: number, high: number];
  /** What a right sample scores, and a wrong one. */
  readonly right: number;
  readonly wrong: number;
  /** Every verdict is one of the two ends. */
  readonly isRightOrWrong: boolean;
  readonly samples: readonly Judged[];
}

/** Undefined where samples have no score of their own. Of repeats the first. */
export async function judgedTask(run: Run, result: Result): Promise<JudgedTask | undefined> {
  const main = result.metrics.find(({ direction }) => direction !== "neither");
  const range = main && rangeOf(main);
  if (!main || !range) return undefined;
  const disagreement = await disagreements(run, result.task);
  const samples: Judged[] = [];
  for await (const record of run.counted(result)) {
    if (record.state !== "scored" || record.repeat) continue;
    const value = valueUnder(record.score, main.of ?? main.name);
    if (value !== undefined) samples.push(judged(record, value, disagreement));
  }
  if (samples.length === 0) return undefined;
  const isRightOrWrong = samples.every(({ value }) => value === range[0] || value === range[1]);
  const [wrong, right] = main.direction === "lower" ? [range[1], range[0]] : range;
  return { main, range, right, wrong, isRightOrWrong, samples };
}

function judged({ index, id, cluster }: ScoredSample, value: number, disagree: ReadonlyMap<number, boolean>): Judged {
  const known = disagree.get(index);
  return { ...{ index, id, cluster, value }, ...(known === undefined ? {} : { judgesDisagree: known }) };
}

/** By sample, whether the last verdicts of the two judges differ. */
async function disagreements(run: Run, label: string): Promise<ReadonlyMap<number, boolean>> {
  const last = async (which: "first" | "second") => {
    const verdicts = new Map<number, string>();
    for await (const { index, repeat, verdict } of run.judgements(label, which))
      if (!repeat && verdict !== undefined) verdicts.set(index, JSON.stringify(verdict));
    return verdicts;
  };
  const [first, second] = [await last("first"), await last("second")];
  return new Map(
    [...second].flatMap(([index, verdict]) => (first.has(index) ? [[index, first.get(index) !== verdict]] : [])),
  );
}

/** Samples of one verdict, apart where the judges disagree; graded verdicts are one stratum. */
export function strataOf({ samples, isRightOrWrong }: JudgedTask): readonly (readonly Judged[])[] {
  const strata = new Map<string, Judged[]>();
  for (const sample of samples) {
    const key = isRightOrWrong ? `${sample.value} ${sample.judgesDisagree === true}` : "";
    const known = strata.get(key) ?? [];
    strata.set(key, known);
    known.push(sample);
  }
  return [...strata].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, of]) => of);
}

/**
 * The order in which people are asked: strata take turns, each in a drawn order, so that whoever stops anywhere has labelled a drawn part of
 * each, and about as many of every verdict.
 */
export function labelOrder(task: JudgedTask, seed: number): readonly Judged[] {
  const waiting = strataOf(task).map((stratum, i) => shuffled(stratum, seed, i));
  const order: Judged[] = [];
  while (waiting.some((stratum) => stratum.length > 0))
    for (const stratum of waiting) order.push(...stratum.splice(0, 1));
  return order;
}

function shuffled(stratum: readonly Judged[], seed: number, number: number): Judged[] {
  const random = seededRandom(seed, "labels", number);
  const left = [...stratum];
  return stratum.map(() => left.splice(random.below(left.length), 1)[0] as Judged);
}
