/** POPE's and MME's measures as metrics of a task: sums over samples, with a bootstrap over images. */

import type { Fold, FoldContext, Metric, MetricValue, Sample } from "../core/metric.js";
import { bootstrap } from "../statistics/bootstrap.js";
import { type MmeAnswer, mmeCategories, mmeTotal, perceptionTasks } from "./mme.js";
import { countYesNo, noYesNoCounts, type YesNoCounts, yesNoMeasures } from "./pope.js";

/** What a yes/no scorer leaves in `score.data`. */
export interface YesNoData {
  /** "yes", "no", or anything else for no answer. */
  readonly said: string;
  readonly truth: string;
}

function yesNoData(sample: Sample): YesNoData | undefined {
  return sample.score.status === "scored" ? (sample.score.data as YesNoData | undefined) : undefined;
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
    start: (context) => new YesNoFold(context, measure, meanOf),
  };
}

/** The counts of one image within one value of the group. */
interface Unit {
  readonly part: number;
  readonly counts: YesNoCounts;
}

class YesNoFold implements Fold {
  private readonly images = new Map<string, Unit[]>();
  /** The group's values, in order of appearance; a single one without a group. */
  private readonly parts: string[] = [];
  private n = 0;
  private unscored = 0;
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

  add(sample: Sample): void {
    const data = yesNoData(sample);
    if (data === undefined) {
      if (sample.score.status === "unscored") this.unscored++;
      return;
    }
    this.n++;
    const part = this.partOf(sample);
    const units = this.images.get(sample.cluster) ?? [];
    this.images.set(sample.cluster, units);
    let unit = units.find((known) => known.part === part);
    if (unit === undefined) {
      unit = { part, counts: noYesNoCounts() };
      units.push(unit);
    }
    countYesNo(unit.counts, data.said, data.truth);
  }

  finish(): MetricValue {
    const { n, context } = this;
    if (n === 0) return { value: null, n, note: "no sample was scored" };
    const images = [...this.images.values()];
    const value = this.measured(images);
    const left = this.unscored > 0 ? { note: `${this.unscored} samples without a score are left out` } : {};
    if (Number.isNaN(value)) return { value: null, n, note: "undefined: its denominator is 0" };
    if (context.valueOnly) return { value, n, ...left };
    const spread = bootstrap(images.length, (drawn) => this.measured(images, drawn), [context.seed]);
    if (spread === undefined) return { value, n, ...left };
    return { value, n, stderr: spread.stderr, interval: spread.interval, method: "bootstrap", ...left };
  }

  /** The measure of each part's total, averaged; images count as often as they were drawn. */
  private measured(images: readonly (readonly Unit[])[], drawn?: Uint32Array): number {
    const totals = this.parts.map(() => noYesNoCounts());
    const seen = this.parts.map(() => false);
    for (let i = 0; i < images.length; i++) {
      const times = drawn === undefined ? 1 : (drawn[i] as number);
      if (times === 0) continue;
      for (const { part, counts } of images[i] as readonly Unit[]) {
        seen[part] = true;
        addCounts(totals[part] as YesNoCounts, counts, times);
      }
    }
    let sum = 0;
    let parts = 0;
    totals.forEach((total, part) => {
      if (!seen[part]) return; // not drawn this time
      sum += this.of(total);
      parts++;
    });
    return sum / parts;
  }

  /** The number of the group's value. */
  private partOf(sample: Sample): number {
    const name = this.meanOf === undefined ? "" : (sample.groups[this.meanOf] ?? "");
    const known = this.parts.indexOf(name);
    return known >= 0 ? known : this.parts.push(name) - 1;
  }
}

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
  return { name, ...points, perGroup: false, start: (context) => new MmeFold(context, part) };
}

/** MME's score of one category, 0..200 points: for the task's groups. Over the whole split it is the sum of all. */
export function mmeScore(name: string): Metric {
  return { name, ...points, start: (context) => new MmeFold(context) };
}

/** One answer is right or wrong. */
const points = { unit: "points", direction: "higher", range: [0, 1] } as const;

type Part = "perception" | "cognition";
const bothParts: readonly Part[] = ["perception", "cognition"];

class MmeFold implements Fold {
  private readonly images = new Map<string, MmeAnswer[]>();
  private unscored = 0;

  constructor(
    private readonly context: FoldContext,
    private readonly part?: Part,
  ) {}

  add({ score, cluster, groups }: Sample): void {
    if (score.status === "unscored") {
      this.unscored++;
      return;
    }
    const answer = { image: cluster, category: groups.category ?? "", correct: score.value === 1 };
    const known = this.images.get(cluster);
    if (known === undefined) this.images.set(cluster, [answer]);
    else known.push(answer);
  }

  finish(): MetricValue {
    const complete = [...this.images.values()].filter((answers) => answers.length === 2);
    const left = this.images.size - complete.length;
    const mine = complete.filter(([answer]) => this.counts(answer as MmeAnswer));
    const n = 2 * mine.length;
    const note =
      left > 0 || this.unscored > 0
        ? {
            note: `${left} images without exactly two answers and ${this.unscored} samples without a score are left out`,
          }
        : {};
    if (n === 0) return { value: null, n, note: "no image has two answers" };
    const categories = mmeCategories(mine.flat());
    const parts = this.part === undefined ? bothParts : [this.part];
    const value = parts.reduce((sum, part) => sum + mmeTotal(categories, part), 0);
    const spread = bootstrap(mine.length, resampled(mine, [...categories.keys()]), [this.context.seed]);
    if (spread === undefined) return { value, n, ...note };
    return { value, n, stderr: spread.stderr, interval: spread.interval, method: "bootstrap", ...note };
  }

  private counts({ category }: MmeAnswer): boolean {
    return this.part === undefined || perceptionTasks.includes(category) === (this.part === "perception");
  }
}

/** The sum of the categories' scores for images as often as they were drawn; a category that was not drawn adds nothing. */
function resampled(
  images: readonly (readonly MmeAnswer[])[],
  categories: readonly string[],
): (drawn: Uint32Array) => number {
  const category = Int32Array.from(images, ([answer]) => categories.indexOf(answer?.category ?? ""));
  const right = Int32Array.from(images, (answers) => answers.filter(({ correct }) => correct).length);
  return (drawn) => {
    const pairs = new Float64Array(categories.length);
    const points = new Float64Array(categories.length);
    for (let i = 0; i < drawn.length; i++) {
      const times = drawn[i] as number;
      const at = category[i] as number;
      // 100 for the accuracy of both questions, 100 more for having both right.
      pairs[at] = (pairs[at] as number) + times;
      points[at] = (points[at] as number) + times * (50 * (right[i] as number) + (right[i] === 2 ? 100 : 0));
    }
    let sum = 0;
    for (let at = 0; at < pairs.length; at++) if (pairs[at]) sum += (points[at] as number) / (pairs[at] as number);
    return sum;
  };
}
