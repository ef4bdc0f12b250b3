import { betaCdf, tTwoSided } from "./beta.js";
import { mean, populationDeviation } from "./descriptive.js";

export interface Correlation {
  /** Pearson's (point-biserial for right and wrong). */
  readonly r: number;
  /** Two-sided, of no correlation. */
  readonly p: number;
  /** One-sided: the chance of so low an r, or a lower one, without any correlation. */
  readonly pNegative: number;
}

/**
 * An item's score with the score on the other items, over runs: classical item-rest correlation. The total itself would be in favour of
 * every item, which is a part of it.
 *
 * @param item   the item's score in each run @param others the runs' scores on what it is compared with
 * @returns undefined where one of the two is the same for all runs, or below two runs
 */
export function itemRest(item: readonly number[], others: readonly number[]): Correlation | undefined {
  const n = item.length;
  if (n < 2 || isConstant(item) || isConstant(others)) return undefined;
  const [x, y] = [deviations(item), deviations(others)];
  const r = Math.max(-1, Math.min(1, product(x, y) / Math.sqrt(product(x, x) * product(y, y))));
  // Two points always lie on a line.
  if (n === 2) return { r, p: 1, pNegative: r < 0 ? 0.5 : 1 };
  if (Math.abs(r) === 1) return { r, p: 0, pNegative: r < 0 ? 0 : 1 };
  const p = tTwoSided(r * Math.sqrt((n - 2) / ((1 - r) * (1 + r))), n - 2);
  return { r, p, pNegative: betaCdf((1 + r) / 2, n / 2 - 1, n / 2 - 1) };
}

export interface Discrimination {
  /** From -1, only weak runs are right and the strong ones give the rival, to 1. */
  readonly value: number;
  /** The answer without any score that strong runs give most, of those given more than once. */
  readonly rival?: string;
  /** The chance of so low a connection with strength without any, whichever rival was taken; absent where nothing varies. */
  readonly p?: number;
}

/**
 * How well an item tells strong runs from weak ones, its reference held against the other answers: the runs vote, each as much as it is
 * stronger than the average on the other items, for the reference if they are right and against it if they give the rival. Of all rivals
 * that counts which leaves least. Right and wrong alone know little of a wrong reference: the few who hit it are those who do not know.
 *
 * @param scores  of the item in each run, from 0 to 1 @param answers  what these runs said @param others  their scores on the other items
 * @returns undefined where all runs score alike and no two of them give one answer without a score, or all are equally strong
 */
export function discrimination(
  scores: readonly number[],
  answers: readonly (string | undefined)[],
  others: readonly number[],
): Discrimination | undefined {
  if (scores.length < 2 || isConstant(others)) return undefined;
  const given = new Map<string, number>();
  for (const [i, answer] of answers.entries()) {
    if (answer !== undefined && scores[i] === 0) given.set(answer, (given.get(answer) ?? 0) + 1);
  }
  const rivals = [...given].flatMap(([answer, times]) => (times > 1 ? [answer] : []));
  if (rivals.length === 0 && isConstant(scores)) return undefined;
  const deviation = populationDeviation(others);
  const votes = deviations(others).map((value) => value / deviation + everyVote);
  const against = (rival: string) => scores.map((score, i) => (score === 0 && answers[i] === rival ? -1 : score));
  const contrasts = [{ rival: undefined, of: scores }, ...rivals.map((rival) => ({ rival, of: against(rival) }))];
  const [lowest] = contrasts
    .map(({ rival, of }) => ({ rival, of, value: cosine(of, votes) }))
    .sort((a, b) => a.value - b.value);
  if (!lowest) return undefined;
  const { rival, of, value } = lowest;
  const connection = itemRest(of, others);
  return {
    value,
    ...(rival === undefined ? {} : { rival }),
    ...(connection ? { p: Math.min(1, contrasts.length * connection.pNegative) } : {}),
  };
}

/**
 * What a run of average strength counts, in standard deviations: an answer that nearly all give has no connection with strength, and is
 * the right one all the same. More would take hard items with one tempting answer for wrong references.
 */
const everyVote = 0.15;

function cosine(x: readonly number[], y: readonly number[]): number {
  const length = Math.sqrt(product(x, x) * product(y, y));
  return length === 0 ? 0 : product(x, y) / length;
}

const isConstant = (values: readonly number[]) => values.every((value) => value === values[0]);

function deviations(values: readonly number[]): number[] {
  const centre = mean(values);
  return values.map((value) => value - centre);
}

const product = (x: readonly number[], y: readonly number[]) =>
  x.reduce((sum, value, i) => sum + value * (y[i] as number), 0);
