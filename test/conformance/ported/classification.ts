/** Measures of (gold, predicted) labels. */

import { mean } from "../../../src/statistics/descriptive.js";

type Pairs = readonly (readonly [gold: number, predicted: number])[];

/** Matthews correlation for any number of classes (Gorodkin 2004); 0 when one side is constant. */
export function matthewsCorrelation(pairs: Pairs): number {
  const gold = new Map<number, number>();
  const predicted = new Map<number, number>();
  let correct = 0;
  for (const [truth, guess] of pairs) {
    gold.set(truth, (gold.get(truth) ?? 0) + 1);
    predicted.set(guess, (predicted.get(guess) ?? 0) + 1);
    if (truth === guess) correct++;
  }
  const n = pairs.length;
  let cross = 0;
  for (const [label, count] of gold) cross += count * (predicted.get(label) ?? 0);
  const spread = (counts: Map<number, number>) => n * n - [...counts.values()].reduce((total, c) => total + c * c, 0);
  const scale = Math.sqrt(spread(gold) * spread(predicted));
  return scale === 0 ? 0 : (correct * n - cross) / scale;
}

/** F1 of class 1; 0 when it is never predicted or never true. */
export function f1(pairs: Pairs): number {
  let hits = 0;
  let misses = 0;
  for (const [gold, predicted] of pairs) {
    if (gold === 1 && predicted === 1) hits++;
    else if (gold === 1 || predicted === 1) misses++;
  }
  return hits === 0 ? 0 : (2 * hits) / (2 * hits + misses);
}

/** Brier score of class probabilities: mean squared distance to the one-hot truth, 0..2. */
export function brierScore(items: readonly (readonly [gold: number, probabilities: readonly number[]])[]): number {
  return mean(
    items.map(([gold, probabilities]) =>
      probabilities.reduce((total, p, label) => total + (p - (label === gold ? 1 : 0)) ** 2, 0),
    ),
  );
}

/** 1 for each group all of whose items are right, else 0, in order of first appearance. */
export function allRight(items: readonly (readonly [group: string, right: boolean])[]): number[] {
  const groups = new Map<string, boolean>();
  for (const [group, right] of items) groups.set(group, (groups.get(group) ?? true) && right);
  return [...groups.values()].map((right) => (right ? 1 : 0));
}
