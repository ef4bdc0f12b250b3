/** MME's scores (Fu et al. 2023): accuracy plus accuracy+ over pairs of questions about one image, in points. */

/** The sub-tasks whose sum is the perception score (0..2000); every other one is cognition (0..800). */
export const perceptionTasks: readonly string[] = [
  "existence",
  "count",
  "position",
  "color",
  "posters",
  "celebrity",
  "scene",
  "landmark",
  "artwork",
  "OCR",
];

export interface MmeAnswer {
  /** The image: its two questions share it. */
  readonly image: string;
  readonly category: string;
  readonly correct: boolean;
}

export interface MmeCategory {
  /** 100 * accuracy + 100 * share of images with both questions right, over complete pairs: 0..200. NaN without one. */
  readonly score: number;
  readonly pairs: number;
  /** Images with another number of answers than two; the reference refuses the whole run. */
  readonly incomplete: number;
}

/** Scores by category, in order of first appearance. */
export function mmeCategories(answers: Iterable<MmeAnswer>): Map<string, MmeCategory> {
  const categories = new Map<string, Map<string, { n: number; correct: number }>>();
  for (const { image, category, correct } of answers) {
    const images = categories.get(category) ?? new Map<string, { n: number; correct: number }>();
    categories.set(category, images);
    const pair = images.get(image) ?? { n: 0, correct: 0 };
    images.set(image, pair);
    pair.n++;
    if (correct) pair.correct++;
  }
  return new Map([...categories].map(([category, images]) => [category, scoreOf([...images.values()])]));
}

function scoreOf(images: readonly { readonly n: number; readonly correct: number }[]): MmeCategory {
  const pairs = images.filter(({ n }) => n === 2);
  const right = pairs.reduce((sum, { correct }) => sum + correct, 0);
  const bothRight = pairs.filter(({ correct }) => correct === 2).length;
  return {
    score: (100 * right) / (2 * pairs.length) + (100 * bothRight) / pairs.length,
    pairs: pairs.length,
    incomplete: images.length - pairs.length,
  };
}

/** Sum over the perception tasks, or over the others. */
export function mmeTotal(categories: ReadonlyMap<string, MmeCategory>, part: "perception" | "cognition"): number {
  let total = 0;
  for (const [category, { score }] of categories)
    if (perceptionTasks.includes(category) === (part === "perception")) total += score;
  return total;
}
