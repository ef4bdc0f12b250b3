/** POPE's and MME's measures as metrics of a task: sums over samples, with a bootstrap over images. */

import type { Fold, FoldContext, Metric, MetricValue, Sample } from "../core/metric.js";
import { bootstrap } from "../statistics/bootstrap.js";
import { type MmeAnswer, mmeCategories, mmeTotal } from "./mme.js";
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
  readonly part: string;
  readonly counts: YesNoCounts;
}

class YesNoFold implements Fold {
  private readonly images = new Map<string, Unit[]>();
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
    const part = this.meanOf === undefined ? "" : (sample.groups[this.meanOf] ?? "");
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

  private measured(images: readonly (readonly Unit[])[], drawn?: Uint32Array): number {
    const parts = new Map<string, YesNoCounts>();
    images.forEach((units, i) => {
      const times = drawn?.[i] ?? 1;
      if (times === 0) return;
      for (const { part, counts } of units) {
        const total = parts.get(part) ?? noYesNoCounts();
        parts.set(part, total);
        addCounts(total, counts, times);
      }
    });
    let sum = 0;
    for (const counts of parts.values()) sum += this.of(counts);
    return sum / parts.size;
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
  return {
    name,
    unit: "points",
    direction: "higher",
    perGroup: false,
    start: (context) => new MmeFold(context, (answers) => mmeTotal(mmeCategories(answers), part), part),
  };
}

/** MME's score of one category, 0..200 points: for the task's groups. Over the whole split it is the sum of all. */
export function mmeScore(name: string): Metric {
  const total = (answers: Iterable<MmeAnswer>) => {
    const categories = mmeCategories(answers);
    return mmeTotal(categories, "perception") + mmeTotal(categories, "cognition");
  };
  return { name, unit: "points", direction: "higher", start: (context) => new MmeFold(context, total) };
}

class MmeFold implements Fold {
  private readonly images = new Map<string, MmeAnswer[]>();
  private unscored = 0;

  constructor(
    private readonly context: FoldContext,
    private readonly measure: (answers: Iterable<MmeAnswer>) => number,
    private readonly part?: "perception" | "cognition",
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
    const mine = complete.filter((answers) => this.counts(answers[0] as MmeAnswer));
    const n = 2 * mine.length;
    const note =
      left > 0 || this.unscored > 0
        ? {
            note: `${left} images without exactly two answers and ${this.unscored} samples without a score are left out`,
          }
        : {};
    if (n === 0) return { value: null, n, note: "no image has two answers" };
    const value = this.measure(mine.flat());
    if (this.context.valueOnly) return { value, n, ...note };
    const spread = bootstrap(mine.length, (drawn) => this.measure(repeated(mine, drawn)), [this.context.seed]);
    if (spread === undefined) return { value, n, ...note };
    return { value, n, stderr: spread.stderr, interval: spread.interval, method: "bootstrap", ...note };
  }

  private counts({ category }: MmeAnswer): boolean {
    const value =
      this.part === undefined ? 1 : mmeTotal(new Map([[category, { score: 1, pairs: 1, incomplete: 0 }]]), this.part);
    return value > 0;
  }
}

/** The images as often as they were drawn, each copy an image of its own. */
function* repeated(images: readonly (readonly MmeAnswer[])[], drawn: Uint32Array): Iterable<MmeAnswer> {
  for (let i = 0; i < images.length; i++)
    for (let copy = 0; copy < (drawn[i] as number); copy++)
      for (const answer of images[i] as readonly MmeAnswer[]) yield { ...answer, image: `${copy} ${answer.image}` };
}
