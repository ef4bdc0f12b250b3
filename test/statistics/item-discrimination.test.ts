import { describe, expect, test } from "vitest";
import { discrimination, itemRest } from "../../src/statistics/item-discrimination.js";
import { isMislabelled, type Plant, plantedAnswers } from "../board/planted-items.js";

/** Of the ten wrong references: how many lie among the 15 lowest, by discrimination and by the item-rest correlation. */
function foundIn(plant: Plant): { readonly found: number; readonly byScoreAlone: number } {
  const { references, answers } = plantedAnswers(plant);
  const items = references.length;
  const scores = answers.map((given) => given.map((answer, i) => (answer === references[i] ? 1 : 0) as number));
  const totals = scores.map((row) => row.reduce((sum, score) => sum + score, 0));
  const measured = references.map((_, index) => {
    const own = scores.map((row) => row[index] as number);
    const others = totals.map((total, model) => total - (own[model] as number));
    const said = answers.map((row) => row[index]);
    return { index, value: discrimination(own, said, others)?.value, r: itemRest(own, others)?.r };
  });
  const among15 = (of: (item: (typeof measured)[number]) => number | undefined) =>
    measured
      .flatMap((item) => (of(item) === undefined ? [] : [{ index: item.index, at: of(item) as number }]))
      .sort((a, b) => a.at - b.at)
      .slice(0, 15)
      .filter(({ index }) => isMislabelled(index, items)).length;
  return { found: among15(({ value }) => value), byScoreAlone: among15(({ r }) => r) };
}

describe("ten wrong references among the 15 lowest discriminations of 40 models", () => {
  // Means of 100 seeds: 9.8 for the first, where the score alone has 9.3; then 10.0 and 8.1, 9.7 and 7.5, 9.9 and 8.0, 9.4 and 8.6.
  test.each([
    ["items as hard as the models are strong", {}, 9.5, 8],
    ["easy items", { level: 1.2 }, 9.8, 9],
    ["models that guess", { guessed: true }, 9.4, 8],
    ["one tempting option for each item", { tempting: 0.7 }, 9.5, 7],
    ["1,000 items", { items: 1000 }, 9, 7],
  ])("%s", (_, plant, mean, least) => {
    const rounds = Array.from({ length: 20 }, (__, i) => foundIn({ ...plant, models: 40, seed: i + 1 }));
    const average = (of: (round: (typeof rounds)[number]) => number) =>
      rounds.reduce((sum, round) => sum + of(round), 0) / rounds.length;
    expect(average(({ found }) => found)).toBeGreaterThanOrEqual(mean);
    expect(average(({ found }) => found)).toBeGreaterThan(average(({ byScoreAlone }) => byScoreAlone) + 0.2);
    expect(Math.min(...rounds.map(({ found }) => found))).toBeGreaterThanOrEqual(least);
  });
});

describe("the discrimination of an item", () => {
  const others = [0.1, 0.2, 0.3, 0.7, 0.8, 0.9];
  const at = (scores: readonly number[], answers: readonly string[]) => discrimination(scores, answers, others);

  test("is high where the strong are right, and low where they agree on another answer", () => {
    expect(at([0, 0, 0, 1, 1, 1], ["b", "c", "d", "a", "a", "a"])?.value).toBeGreaterThan(0.6);
    const low = at([1, 0, 0, 0, 0, 0], ["a", "c", "d", "b", "b", "b"]);
    expect(low).toMatchObject({ rival: "b" });
    expect(low?.value).toBeLessThan(-0.6);
    expect(low?.p).toBeLessThan(0.05);
    // The score alone says less: one weak run is right.
    expect(itemRest([1, 0, 0, 0, 0, 0], others)?.r).toBeGreaterThan(low?.value as number);
  });

  test("names no rival of which one run alone is sure, nor an answer that scores", () => {
    expect(at([1, 1, 0, 0, 0, 0], ["a", "a", "b", "c", "d", "e"])).not.toHaveProperty("rival");
    expect(at([1, 1, 1, 0.5, 0.5, 0.5], ["a", "a", "a", "b", "b", "b"])).not.toHaveProperty("rival");
  });

  test("is low where all give the same wrong answer, and has no p: nothing varies", () => {
    const same = at([0, 0, 0, 0, 0, 0], ["b", "b", "b", "b", "b", "b"]);
    expect(same?.value).toBeCloseTo(-0.15 / Math.sqrt(1 + 0.15 ** 2), 9);
    expect(same).not.toHaveProperty("p");
  });

  test("is none where all are right, all are wrong in their own way, or all are equally strong", () => {
    expect(at([1, 1, 1, 1, 1, 1], ["a", "a", "a", "a", "a", "a"])).toBeUndefined();
    expect(at([0, 0, 0, 0, 0, 0], ["a", "b", "c", "d", "e", "f"])).toBeUndefined();
    expect(discrimination([0, 1], ["b", "a"], [0.5, 0.5])).toBeUndefined();
  });
});
