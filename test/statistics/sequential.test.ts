import { describe, expect, test } from "vitest";
import { BettingInterval, logCapital } from "../../src/statistics/betting.js";
import { SequentialComparison } from "../../src/statistics/sequential-comparison.js";
import { correctedCoverage, gainCoverage, gradedCoverage, nights, nightsByItems, severalTasks } from "./sequential.js";
import { simulationError } from "./simulation.js";

/** The soak draws 2,000, which know a rate of 95 % to 1.5 points. */
const rounds = Number(process.env.LLAVA_EVAL_TEST_NIGHTS ?? 200);
const isWhole = rounds >= 2000;

function compared(losses: number, gains: number, same = 0, delta = 0.01): SequentialComparison {
  const comparison = new SequentialComparison({ alpha: 0.05, delta, largest: 1, seed: 0 });
  const add = (count: number, a: number, b: number) => {
    for (let i = 0; i < count; i++) comparison.add([{ a, b, cluster: `${a}${b}${i}` }]);
  };
  add(gains, 0, 1);
  add(losses, 1, 0);
  add(same, 1, 1);
  return comparison;
}

describe("a comparison that may be looked at whenever one likes", () => {
  test.each([
    [10, 0],
    [13, 1],
    [16, 2],
    [24, 5],
  ])(
    "is decided by %i losses and %i gains, not by one loss less, however many samples stay the same",
    (losses, gains) => {
      for (const same of [0, 400]) {
        expect(compared(losses, gains, same).look().verdict).toBe("worse");
        expect(compared(losses - 1, gains, same).look().verdict).toBeUndefined();
        expect(compared(gains, losses, same).look().verdict).toBe("better");
      }
    },
  );

  test.each([
    [0.01, 654],
    [0.02, 325],
    [0.005, 1311],
  ])("calls identical answers equal within %f after %i samples", (delta, samples) => {
    expect(compared(0, 0, samples, delta).look().verdict).toBe("equal");
    expect(compared(0, 0, samples - 1, delta).look().verdict).toBeUndefined();
  });

  test("keeps the narrowest bounds it has seen", () => {
    const comparison = compared(10, 0);
    const [, high] = comparison.look().interval;
    for (let i = 0; i < 10; i++) comparison.add([{ a: 0, b: 1, cluster: `back${i}` }]);
    expect(comparison.look().interval[1]).toBe(high);
    expect(comparison.p(false)).toBeLessThan(0.05);
  });

  test("has a p below alpha when, and only when, it says worse or better", () => {
    for (const losses of [9, 10, 14]) {
      const comparison = compared(losses, 0, 30);
      const { verdict } = comparison.look();
      expect([verdict, comparison.p(false) < 0.05]).toEqual(losses < 10 ? [undefined, false] : ["worse", true]);
    }
  });

  test("asks once more at the end, as two whole runs are compared, and takes no variance for no proof", () => {
    const comparison = compared(9, 0, 200);
    expect(comparison.look().verdict).toBeUndefined();
    expect(comparison.end().verdict).toBe("worse");
    expect(comparison.p(true)).toBeLessThan(0.05);
    const same = new SequentialComparison({ alpha: 0.05, delta: 0.01, largest: 2, seed: 0 });
    for (let k = 0; k < 100; k++) {
      same.add([0, 1].map(() => ({ a: 1, b: 1, cluster: `c${k}` })));
    }
    expect(same.end().verdict).toBeUndefined();
    expect(same.end().n).toBe(200);
  });
});

test("the order of clusters does not move an interval for samples like these, and the mirrored scores mirror it", () => {
  const clusters = [2, -1, 0, 3, -2, 0, 1].map((sum, i) => ({ sum, size: 3 + (i % 2) }));
  const at = (list: typeof clusters) => {
    const interval = new BettingInterval(0.05, { largest: 4 });
    for (const cluster of list) interval.add(cluster);
    return interval.look().interval;
  };
  const [low, high] = at(clusters);
  const [lowAgain, highAgain] = at([...clusters].reverse());
  expect([lowAgain, highAgain].map((x) => x.toFixed(9))).toEqual([low, high].map((x) => x.toFixed(9)));
  expect(at(clusters.map(({ sum, size }) => ({ sum: -sum, size }))).map((x) => x.toFixed(9))).toEqual(
    [-high, -low].map((x) => x.toFixed(9)),
  );
});

test("drawn without replacement, what is left bounds the mean, and nothing is left to doubt at the end", () => {
  const interval = new BettingInterval(0.05, { largest: 2, population: 4 });
  const sums = [2, -1, 2, 2];
  const looks = sums.map((sum) => {
    interval.add({ sum, size: 2 });
    return interval.look().interval;
  });
  expect(looks[2]?.[0]).toBeCloseTo((3 - 2) / 8, 9);
  expect(looks[2]?.[1]).toBeCloseTo((3 + 2) / 8, 9);
  expect(looks[3]).toEqual([5 / 8, 5 / 8]);
  expect(
    logCapital(
      [
        { sum: 1, size: 1 },
        { sum: 1, size: 1 },
        { sum: 1, size: 1 },
      ],
      -0.9,
      { largest: 1, population: 4 },
    ),
  ).toBe(Number.POSITIVE_INFINITY);
});

describe("by simulation", () => {
  test.each([
    { samples: 500, clusterSize: 1, changed: 0.05 },
    { samples: 2000, clusterSize: 1, changed: 0.3 },
    { samples: 2000, clusterSize: [1, 2, 18, 5], changed: 0.3 },
  ])("nights of two equal models call a winner in less than alpha of them: %o", (design) => {
    const { worse, better } = nights({ ...design, effect: 0 }, rounds);
    expect(worse + better).toBeLessThan(0.05);
  });

  test("over four tasks any wrong verdict is rarer than alpha, and so is a false winner by Holm, which finds more", () => {
    const task = { samples: 500, clusterSize: 1, changed: 0.1 };
    const equal = { ...task, effect: 0 };
    const worse = { ...task, effect: -0.06 };
    const mixed = severalTasks([worse, equal, worse, worse], rounds);
    const alike = severalTasks([equal, equal, equal, equal], rounds);
    for (const { wrong, falseWinners } of [mixed, alike]) {
      expect(wrong).toBeLessThan(0.05 + (isWhole ? 0 : simulationError(rounds, 0.05)));
      expect(falseWinners).toBeLessThan(0.05 + (isWhole ? 0 : simulationError(rounds, 0.05)));
    }
    expect(mixed.foundByHolm).toBeGreaterThanOrEqual(mixed.found);
    expect(mixed.found).toBeGreaterThan(0.5);
  });

  test("a loss of one point is called equal or better in less than alpha of the nights", () => {
    const { better, equal } = nights({ samples: 2000, clusterSize: 1, changed: 0.05, effect: -0.01 }, rounds);
    expect(better + equal).toBeLessThan(0.05);
  });

  test("losses are found early: 8 points in a sixth of 2,000 samples, 3 points in a third", () => {
    const large = nights({ samples: 2000, clusterSize: 1, changed: 0.15, effect: -0.08 }, rounds / 2);
    expect(large.worse).toBe(1);
    expect(large.used).toBeLessThan(0.2);
    const small = nights({ samples: 2000, clusterSize: 1, changed: 0.05, effect: -0.03 }, rounds / 2);
    expect(small.worse).toBeGreaterThan(0.97);
    expect(small.used).toBeLessThan(0.4);
  });

  const items = { share: 0.7, alike: 0.5, earlierRuns: 8 };

  test.each([
    { samples: 500, spread: 2 },
    { samples: 1000, spread: 4 },
  ])("in the order of difficulties two equal models have a winner in less than alpha of the nights: %o", (design) => {
    const { worse, better } = nightsByItems({ ...items, ...design, effect: 0 }, rounds, "ordered");
    expect(worse + better).toBeLessThan(0.05);
  });

  test("in the order of difficulties a loss of one point is called equal or better in less than alpha of the nights", () => {
    const design = { ...items, samples: 1000, spread: 4, alike: 0.8, effect: -0.01 };
    const { equal, better } = nightsByItems(design, rounds, "ordered");
    expect(equal + better).toBeLessThan(0.05);
  });

  test("the order of difficulties saves samples where many items are solved by all or none, and costs some where answers are spoiled", () => {
    const design = { ...items, samples: 4000, spread: 4, effect: -0.03 };
    const at = (of: typeof design & { isSpoiled?: boolean }, way: "drawn" | "ordered") =>
      nightsByItems(of, Math.min(rounds, 400) / 4, way);
    const ordered = at(design, "ordered");
    expect(ordered.worse).toBeGreaterThan(0.95);
    expect(ordered.used).toBeLessThan(0.9 * at(design, "drawn").used);
    const spoiled = { ...design, samples: 2000, effect: -0.08, isSpoiled: true };
    const [late, early] = [at(spoiled, "ordered"), at(spoiled, "drawn")];
    expect([late.worse, early.worse]).toEqual([1, 1]);
    expect(late.used).toBeGreaterThan(early.used);
    expect(late.used).toBeLessThan(0.15);
  });

  /** What 95 % intervals may cover, and how far off so few rounds can be. */
  function expectCoverage(rate: number): void {
    const error = isWhole ? 0 : simulationError(rounds);
    expect(rate).toBeGreaterThanOrEqual(0.935 - error);
    expect(rate).toBeLessThanOrEqual(0.965 + error);
  }

  test.each([
    [20, [5]],
    [30, [18]],
    [200, [1, 2, 18, 5]],
  ])("the interval of a gain covers it over %i clusters of %o samples", (clusters, sizes) => {
    expectCoverage(gainCoverage(clusters, sizes, rounds));
  });

  test.each([
    { samples: 1000, labels: 100, share: 0.6, sensitivity: 0.95, specificity: 0.85 },
    { samples: 1000, labels: 200, share: 0.6, sensitivity: 0.95, specificity: 0.85 },
    { samples: 300, labels: 100, share: 0.6, sensitivity: 0.95, specificity: 0.85 },
    { samples: 1000, labels: 100, share: 0.6, sensitivity: 0.7, specificity: 0.6 },
    { samples: 5000, labels: 200, share: 0.3, sensitivity: 0.9, specificity: 0.97 },
  ])("a judge corrected by labels covers: %o", (design) => {
    const { population, benchmark } = correctedCoverage(design, rounds);
    expectCoverage(population);
    expectCoverage(benchmark);
  });

  // Taken for independent the first covers 87 %, the third 60 %: images, not samples, are drawn.
  test.each([
    { samples: 1000, labels: 200, share: 0.6, sensitivity: 0.95, specificity: 0.85, perImage: 5, alike: 0.5 },
    { samples: 1000, labels: 200, share: 0.6, sensitivity: 0.7, specificity: 0.6, perImage: 20, alike: 0.3 },
    { samples: 1008, labels: 400, share: 0.8, sensitivity: 0.9, specificity: 0.9, perImage: 18, alike: 0.4 },
  ])("a judge corrected by labels covers where several questions are about one image: %o", (design) => {
    const { population, benchmark } = correctedCoverage(design, rounds);
    expectCoverage(population);
    expectCoverage(benchmark);
  });

  test("a good judge's 1,000 verdicts and 100 labels say more than the labels alone: 13.4 points against 18.8", () => {
    const design = { samples: 1000, labels: 100, share: 0.6, sensitivity: 0.95, specificity: 0.85 };
    const { width, labelsAlone } = correctedCoverage(design, rounds);
    expect(Math.abs(width - 0.134)).toBeLessThan(0.003);
    expect(Math.abs(labelsAlone - 0.188)).toBeLessThan(0.003);
  });

  test("graded scores corrected by 200 labels cover", () => {
    expectCoverage(gradedCoverage(1000, 200, 0.3, rounds));
  });
});
