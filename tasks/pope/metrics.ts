/** POPE's and MME's measures as metrics of a task: with a bootstrap over images. */

import { bootstrap, folded, type Metric, type MetricValue, type Sample } from "llava-eval";
import { countYesNo, noYesNoCounts, type YesNoCounts, yesNoMeasures } from "./measures.js";

type Tally = Parameters<typeof folded>[0];

/** What a yes/no scorer leaves in `score.data`. */
export interface YesNoData {
  /** "yes", "no", or anything else for no answer. */
  readonly said: string;
  readonly truth: string;
}

type Measure = "precision" | "recall" | "f1" | "yesRatio";

/**
 * One of POPE's measures. Undefined denominators give null; lmms-eval's and VLMEvalKit's scoring give 0 there, lmms-eval's the share of yes
 * among the *truths* as the yes ratio.
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
    private readonly context: Parameters<typeof folded>[1],
    measure: Measure,
    private readonly meanOf: string | undefined,
  ) {
    const lmms = context.scoring === "lmms-eval";
    const key = measure === "yesRatio" && lmms ? "truthYesRatio" : measure;
    // VLMEvalKit takes what is neither for a no, but for the accuracy.
    const isNo = context.scoring === "vlmevalkit";
    this.of = (counts) => {
      const value = yesNoMeasures(isNo ? otherIsNo(counts) : counts)[key];
      return (lmms || isNo) && Number.isNaN(value) ? 0 : value;
    };
  }

  scored(sample: Parameters<Tally["scored"]>[0]): void {
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

const otherIsNo = ({ otherYes, otherNo, ...counts }: YesNoCounts): YesNoCounts => ({
  ...{ ...counts, fn: counts.fn + otherYes, tn: counts.tn + otherNo },
  ...{ otherYes: 0, otherNo: 0 },
});

const cells = ["tp", "fp", "tn", "fn"] as const;

function addCounts(total: YesNoCounts, counts: YesNoCounts, times: number): void {
  total.tp += times * counts.tp;
  total.fp += times * counts.fp;
  total.tn += times * counts.tn;
  total.fn += times * counts.fn;
  total.otherYes += times * counts.otherYes;
  total.otherNo += times * counts.otherNo;
}
