/** MME's scores as metrics of a task, with a bootstrap over images within categories. */

import { bootstrap, folded, type Metric, type MetricValue, type Sample } from "llava-eval";
import { type MmeAnswer, mmeCategories, mmeTotal, perceptionTasks } from "./scores.js";

type Tally = Parameters<typeof folded>[0];

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
    private readonly context: Parameters<typeof folded>[1],
    private readonly part?: Part,
  ) {}

  scored({ score, cluster, groups }: Parameters<Tally["scored"]>[0]): void {
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
function spreadOf(pairs: readonly (readonly MmeAnswer[])[], seed: number): ReturnType<typeof bootstrap> {
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
