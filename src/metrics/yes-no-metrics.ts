/** POPE's and MME's measures as metrics of a task: with a bootstrap over images. */

import type { FoldContext, Metric, MetricValue, Sample } from "../core/metric.js";
import { type BootstrapResult, bootstrap } from "../statistics/bootstrap.js";
import { folded, type ScoredSample, type Tally } from "./folded.js";
import { type MmeAnswer, mmeCategories, mmeTotal, perceptionTasks } from "./mme.js";
import { countYesNo, noYesNoCounts, type YesNoCounts, yesNoMeasures } from "./pope.js";

/** What a yes/no scorer leaves in `score.data`. */
export interface YesNoData {
  /** "yes", "no", or anything else for no answer. */
  readonly said: string;
  readonly truth: string;
}

type Measure = "precision" | "recall" | "f1" | "yesRatio";

/**
 * One of POPE's measures. Undefined denominators give null; lmms-eval's scoring gives 0 there, and the share of yes among
 * the *truths* as the yes ratio.
 *
 * @param meanOf a group of the task: the unweighted mean of the measure over its values
 */
export function yesNoMetric(name: string, measure: Measure, meanOf?: string): Metric {
  return {
    name,
    unit: "fraction",
    direction: measure === "yesRatio" ? "neither" : "higher",
    ...(meanOf === undefined ? {} : { perGroup: false }),
    start: (context) => folded(new YesNoTally(context, measure, meanOf), context),
  };
}

/** The counts of one image within one value of the group. */
interface Unit {
  readonly part: number;
  readonly counts: YesNoCounts;
}

class YesNoTally implements Tally {
  private readonly images = new Map<string, Unit[]>();
  /** The group's values, in order of appearance; a single one without a group. */
  private readonly parts: string[] = [];
  private n = 0;
  /** Unscored samples of each part; `undefined` where nobody knows which part they are of. */
  private readonly missing = new Map<number | undefined, number>();
  private readonly of: (counts: YesNoCounts) => number;

  constructor(
    private readonly context: FoldContext,
    measure: Measure,
    private readonly meanOf: string | undefined,
  ) {
    const lmms = context.scoring === "lmms-eval";
    const key = measure === "yesRatio" && lmms ? "truthYesRatio" : measure;
    this.of = (counts) => {
      const value = yesNoMeasures(counts)[key];
      return lmms && Number.isNaN(value) ? 0 : value;
    };
  }

  scored(sample: ScoredSample): void {
    const { said, truth } = sample.score.data as unknown as YesNoData;
    this.n++;
    const part = this.partOf(sample.groups);
    const units = this.images.get(sample.cluster) ?? [];
    this.images.set(sample.cluster, units);
    let unit = units.find((known) => known.part === part);
    if (unit === undefined) {
      unit = { part, counts: noYesNoCounts() };
      units.push(unit);
    }
    countYesNo(unit.counts, said, truth);
  }

  unscored({ groups }: Sample): void {
    const known = this.meanOf === undefined || groups[this.meanOf] !== undefined;
    const part = known ? this.partOf(groups) : undefined;
    this.missing.set(part, (this.missing.get(part) ?? 0) + 1);
  }

  value(): MetricValue {
    const { n, context } = this;
    if (n === 0) return { value: null, n };
    const images = [...this.images.values()];
    const value = this.measured(images);
    if (Number.isNaN(value)) return { value: null, n, note: "undefined: its denominator is 0" };
    if (context.valueOnly) return { value, n };
    const spread = bootstrap(images.length, (drawn) => this.measured(images, drawn), [context.seed]);
    if (spread === undefined) return { value, n };
    return { value, n, stderr: spread.stderr, interval: spread.interval, method: "bootstrap" };
  }

  /** Each measure is lowest and highest when all missing samples fall into one of the four cells. */
  bounds(): readonly [low: number, high: number] | undefined {
    if (this.missing.has(undefined)) return undefined;
    const ends = this.parts.map((_, part) => {
      const values = cells.map((cell) => {
        const counts = this.totals([...this.images.values()])[part] ?? noYesNoCounts();
        counts[cell] += this.missing.get(part) ?? 0;
        return this.of(counts) || 0; // undefined where nothing is right: as good as 0
      });
      return [Math.min(...values), Math.max(...values)] as const;
    });
    const meanOf = (end: 0 | 1) => ends.reduce((sum, both) => sum + both[end], 0) / ends.length;
    return ends.length === 0 ? undefined : [meanOf(0), meanOf(1)];
  }

  /** The measure of each part's total, averaged; images count as often as they were drawn. */
  private measured(images: readonly (readonly Unit[])[], drawn?: Uint32Array): number {
    let sum = 0;
    let parts = 0;
    for (const total of this.totals(images, drawn)) {
      if (total === undefined) continue; // not drawn this time
      sum += this.of(total);
      parts++;
    }
    return sum / parts;
  }

  /** By part; undefined for one without a sample. */
  private totals(images: readonly (readonly Unit[])[], drawn?: Uint32Array): (YesNoCounts | undefined)[] {
    const totals: (YesNoCounts | undefined)[] = this.parts.map(() => undefined);
    for (let i = 0; i < images.length; i++) {
      const times = drawn === undefined ? 1 : (drawn[i] as number);
      if (times === 0) continue;
      for (const { part, counts } of images[i] as readonly Unit[]) {
        let total = totals[part];
        if (total === undefined) {
          total = noYesNoCounts();
          totals[part] = total;
        }
        addCounts(total, counts, times);
      }
    }
    return totals;
  }

  /** The number of the group's value. */
  private partOf(groups: Sample["groups"]): number {
    const name = this.meanOf === undefined ? "" : (groups[this.meanOf] ?? "");
    const known = this.parts.indexOf(name);
    return known >= 0 ? known : this.parts.push(name) - 1;
  }
}

const cells = ["tp", "fp", "tn", "fn"] as const;

function addCounts(total: YesNoCounts, counts: YesNoCounts, times: number): void {
  total.tp += times * counts.tp;
  total.fp += times * counts.fp;
  total.tn += times * counts.tn;
  total.fn += times * counts.fn;
  total.otherYes += times * counts.otherYes;
  total.otherNo += times * counts.otherNo;
}

/**
 * MME's sum over its perception or its cognition tasks, in points. Needs the group `category`; the cluster is the image.
 * Images with one answer only are left out and reported (lmms-eval refuses the run).
 */
export function mmeMetric(name: string, part: "perception" | "cognition"): Metric {
  return {
    ...{ name, ...points, perGroup: false },
    start: (context) => folded(new MmeTally(context, part), context),
  };
}

/** MME's score of one category, 0..200 points: for the task's groups. Over the whole split it is the sum of all. */
export function mmeScore(name: string): Metric {
  return {
    ...{ name, ...points },
    start: (context) => folded(new MmeTally(context), context),
  };
}

/** One answer is right or wrong. */
const points = { unit: "points", direction: "higher", range: [0, 1] } as const;

type Part = "perception" | "cognition";
const bothParts: readonly Part[] = ["perception", "cognition"];

/** `correct` is undefined for an unscored answer. */
type MaybeAnswer = Omit<MmeAnswer, "correct"> & { readonly correct: boolean | undefined };

class MmeTally implements Tally {
  private readonly images = new Map<string, MaybeAnswer[]>();
  /** Samples that were never asked: nobody knows of which category. */
  private unknown = 0;

  constructor(
    private readonly context: FoldContext,
    private readonly part?: Part,
  ) {}

  scored({ score, cluster, groups }: ScoredSample): void {
    this.add({ image: cluster, category: groups.category ?? "", correct: score.value === 1 });
  }

  unscored({ cluster, groups: { category } }: Sample): void {
    if (category === undefined) this.unknown++;
    else this.add({ image: cluster, category, correct: undefined });
  }

  private add(answer: MaybeAnswer): void {
    // A pair is two questions of one category: two of different ones are two images with one answer each.
    const pair = `${answer.category}\u0000${answer.image}`;
    const known = this.images.get(pair);
    if (known === undefined) this.images.set(pair, [answer]);
    else known.push(answer);
  }

  value(): MetricValue {
    const pairs = this.pairs(undefined);
    const left = [...this.images.values()].filter((answers) => this.counts(answers)).length - pairs.length;
    const n = 2 * pairs.length;
    if (n === 0) return { value: null, n, note: "no image has two answers" };
    const value = this.points(pairs);
    if (this.context.valueOnly) return { value, n };
    const spread = spreadOf(pairs, this.context.seed);
    const notes = [
      ...(left > 0 ? [`${left} images without exactly two answers are left out`] : []),
      ...(spread === undefined ? ["no interval: a category has a single image"] : []),
    ];
    return {
      ...{ value, n },
      ...(spread && { stderr: spread.stderr, interval: spread.interval, method: "bootstrap" as const }),
      ...(notes.length > 0 ? { note: notes.join("; ") } : {}),
    };
  }

  bounds(): readonly [low: number, high: number] | undefined {
    if (this.unknown > 0) return undefined;
    return [this.points(this.pairs(false)), this.points(this.pairs(true))];
  }

  private points(pairs: readonly (readonly MmeAnswer[])[]): number {
    const categories = mmeCategories(pairs.flat());
    const parts = this.part === undefined ? bothParts : [this.part];
    return parts.reduce((sum, part) => sum + mmeTotal(categories, part), 0);
  }

  /** Images of this metric's categories with two answers; an unscored one is as given, or spoils its image. */
  private pairs(unscored: boolean | undefined): readonly (readonly MmeAnswer[])[] {
    return [...this.images.values()].flatMap((answers) => {
      const known = answers.flatMap(({ correct = unscored, ...answer }) =>
        correct === undefined ? [] : [{ ...answer, correct }],
      );
      return known.length === 2 && known.length === answers.length && this.counts(answers) ? [known] : [];
    });
  }

  private counts([answer]: readonly MaybeAnswer[]): boolean {
    if (this.part === undefined) return true;
    return perceptionTasks.includes(answer?.category ?? "") === (this.part === "perception");
  }
}

/** The categories are fixed, their images are drawn: undefined when one has fewer than two. */
function spreadOf(pairs: readonly (readonly MmeAnswer[])[], seed: number): BootstrapResult | undefined {
  const byCategory = new Map<string, number[]>();
  for (const answers of pairs) {
    const category = answers[0]?.category ?? "";
    const rights = byCategory.get(category) ?? [];
    byCategory.set(category, rights);
    rights.push(answers.filter(({ correct }) => correct).length);
  }
  const right = [...byCategory.values()].flat();
  const sizes = [...byCategory.values()].map(({ length }) => length);
  const sumOfScores = (drawn: Uint32Array) => {
    let sum = 0;
    let next = 0;
    for (const size of sizes) {
      let points = 0;
      // 100 for the accuracy of both questions, 100 more for having both right.
      for (const end = next + size; next < end; next++)
        points += (drawn[next] as number) * (50 * (right[next] as number) + (right[next] === 2 ? 100 : 0));
      sum += points / size;
    }
    return sum;
  };
  return bootstrap(sizes, sumOfScores, [seed]);
}
