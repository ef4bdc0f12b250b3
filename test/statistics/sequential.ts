/** Nights that stop when decided, and labels that correct a judge: each function draws from a known truth. Seeded. */
import { InformativeOrder } from "../../src/run/informative-order.js";
import { clusteredMean } from "../../src/statistics/clustered-mean.js";
import { correctedShare } from "../../src/statistics/corrected-share.js";
import { holm } from "../../src/statistics/holm.js";
import { wilsonInterval } from "../../src/statistics/intervals.js";
import type { Pair } from "../../src/statistics/paired-comparison.js";
import { type JudgedMean, predictionPoweredMean } from "../../src/statistics/prediction-powered.js";
import { type SeededRandom, seededRandom } from "../../src/statistics/seeded-random.js";
import { SequentialComparison } from "../../src/statistics/sequential-comparison.js";

export interface NightDesign {
  readonly samples: number;
  /** Samples of each cluster; a list: in turn. */
  readonly clusterSize: number | readonly number[];
  /** Share of samples whose answer changes from right to wrong or back. */
  readonly changed: number;
  /** The true difference. */
  readonly effect: number;
}

export interface Nights {
  readonly worse: number;
  readonly better: number;
  readonly equal: number;
  /** Mean share of the samples that were asked. */
  readonly used: number;
}

/** How often nights end in each verdict, with a look after every block of 48 samples or more. */
export function nights(design: NightDesign, rounds: number, delta = 0.01): Nights {
  const random = seededRandom("nights", JSON.stringify(design));
  const counts = { worse: 0, better: 0, equal: 0, used: 0 };
  for (let seed = 0; seed < rounds; seed++) {
    const { verdict, used } = night(random, design, { alpha: 0.05, delta, seed });
    if (verdict) counts[verdict]++;
    counts.used += used;
  }
  return sharesOf(counts, rounds);
}

const sharesOf = ({ worse, better, equal, used }: Nights, rounds: number): Nights => ({
  ...{ worse: worse / rounds, better: better / rounds, equal: equal / rounds, used: used / rounds },
});

function night(
  random: SeededRandom,
  design: NightDesign,
  rules: { readonly alpha: number; readonly delta: number; readonly seed: number },
) {
  const sizes = typeof design.clusterSize === "number" ? [design.clusterSize] : design.clusterSize;
  const comparison = new SequentialComparison({ ...rules, largest: Math.max(...sizes) });
  let [asked, block] = [0, 0];
  let look = comparison.look();
  for (let k = 0; asked < design.samples && !look.verdict; k++) {
    const size = Math.min(sizes[k % sizes.length] as number, design.samples - asked);
    comparison.add(drawCluster(random, design, `c${k}`, size));
    asked += size;
    block += size;
    if (block < 48 && asked < design.samples) continue;
    block = 0;
    look = asked < design.samples ? comparison.look() : comparison.end();
  }
  return { verdict: look.verdict, used: asked / design.samples, p: comparison.p(asked === design.samples) };
}

export interface SeveralTasks {
  /** Nights with a wrong verdict of any task: a winner of two equal models, "equal" or "better" of one that is worse. */
  readonly wrong: number;
  /** Nights in which Holm over the tasks' p calls two equal models different. */
  readonly falseWinners: number;
  /** Of the tasks whose model is worse: called so by the looks, and by Holm. */
  readonly found: number;
  readonly foundByHolm: number;
}

/** A run over several tasks, each at its share of 5 %, and Holm over the p that their looks leave whenever they stopped. */
export function severalTasks(designs: readonly NightDesign[], rounds: number): SeveralTasks {
  const random = seededRandom("several tasks", JSON.stringify(designs));
  const counts = { wrong: 0, falseWinners: 0, found: 0, foundByHolm: 0 };
  const worse = designs.filter(({ effect }) => effect < 0).length;
  for (let seed = 0; seed < rounds; seed++) {
    const ended = designs.map((design) => ({
      ...{ isWorse: design.effect < 0 },
      ...night(random, design, { alpha: 0.05 / designs.length, delta: 0.01, seed }),
    }));
    const adjusted = holm(ended.map(({ p }) => p));
    const isCalled = (i: number) => (adjusted[i] as number) < 0.05;
    const isWrong = ({ isWorse, verdict }: (typeof ended)[number]) =>
      verdict !== undefined && verdict !== (isWorse ? "worse" : "equal");
    if (ended.some(isWrong)) counts.wrong++;
    if (ended.some(({ isWorse }, i) => !isWorse && isCalled(i))) counts.falseWinners++;
    counts.found += ended.filter(({ isWorse, verdict }) => isWorse && verdict === "worse").length / worse;
    counts.foundByHolm += ended.filter(({ isWorse }, i) => isWorse && isCalled(i)).length / worse;
  }
  const share = (count: number) => count / rounds;
  return {
    wrong: share(counts.wrong),
    falseWinners: share(counts.falseWinners),
    found: share(counts.found),
    foundByHolm: share(counts.foundByHolm),
  };
}

/** Members of a cluster copy its own draw with probability sqrt(0.1): an intraclass correlation of 0.1. */
function drawCluster(random: SeededRandom, { changed, effect }: NightDesign, cluster: string, size: number): Pair[] {
  const draw = () => {
    const chance = random.next();
    return chance < (changed + effect) / 2 ? 1 : chance < changed ? -1 : 0;
  };
  const shared = draw();
  return Array.from({ length: size }, (): Pair => {
    const change = size > 1 && random.next() < Math.sqrt(0.1) ? shared : draw();
    const a = change > 0 ? 0 : change < 0 ? 1 : random.below(2);
    return { a, b: a + change, cluster };
  });
}

/** How often the interval of a mean gain over clusters of these sizes, in turn, holds the true gain of 0.1. */
export function gainCoverage(clusters: number, sizes: readonly number[], rounds: number): number {
  const random = seededRandom("gain", clusters, sizes.join());
  let covered = 0;
  for (let round = 0; round < rounds; round++) {
    const values = Array.from({ length: clusters }, (_, k) =>
      drawCluster(random, { ...gain, samples: 0, clusterSize: 1 }, `c${k}`, sizes[k % sizes.length] as number),
    ).flat();
    const found = clusteredMean(values.map(({ a, b, cluster }) => ({ value: b - a, cluster })));
    if (found && found.interval[0] <= gain.effect && gain.effect <= found.interval[1]) covered++;
  }
  return covered / rounds;
}

const gain = { changed: 0.4, effect: 0.1 };

export interface JudgeDesign {
  readonly samples: number;
  /** Half of them for each verdict, all where there are fewer. */
  readonly labels: number;
  /** Of right answers, in truth. */
  readonly share: number;
  readonly sensitivity: number;
  readonly specificity: number;
  /** Samples about one image, and how much alike their truths are (the correlation of two of them). Default: each has its own. */
  readonly perImage?: number;
  readonly alike?: number;
}

export interface Corrected {
  /** How often the interval for samples like these holds the true share, and that for these samples theirs. */
  readonly population: number;
  readonly benchmark: number;
  /** Mean widths of the interval for samples like these, and of Wilson's from as many labels alone. */
  readonly width: number;
  readonly labelsAlone: number;
}

function shuffle(labels: boolean[], random: ReturnType<typeof seededRandom>): void {
  for (const i of labels.keys()) {
    const other = i + random.below(labels.length - i);
    [labels[i], labels[other]] = [labels[other] as boolean, labels[i] as boolean];
  }
}

export function correctedCoverage(design: JudgeDesign, rounds: number): Corrected {
  const { perImage = 1, alike = 0 } = design;
  const random = seededRandom("judge", JSON.stringify(design));
  const totals = { population: 0, benchmark: 0, width: 0, labelsAlone: 0 };
  for (let round = 0; round < rounds; round++) {
    // People's labels by the judge's verdict; the order is random, so the first are a random part.
    const strata: [boolean[], boolean[]] = [[], []];
    const clusters: { samples: number; right: number }[] = [];
    let ofImage = false;
    for (let i = 0; i < design.samples; i++) {
      if (perImage > 1 && i % perImage === 0) ofImage = random.next() < design.share;
      if (i % perImage === 0) clusters.push({ samples: 0, right: 0 });
      const right = perImage > 1 && random.next() < Math.sqrt(alike) ? ofImage : random.next() < design.share;
      const saysRight = random.next() < (right ? design.sensitivity : 1 - design.specificity);
      strata[saysRight ? 0 : 1].push(right);
      const cluster = clusters.at(-1) as (typeof clusters)[number];
      cluster.samples++;
      cluster.right += Number(saysRight);
    }
    if (perImage > 1) for (const labels of strata) shuffle(labels, random);
    const count = (labels: readonly boolean[]) => labels.filter(Boolean).length;
    const half = Math.floor(design.labels / 2);
    const found = correctedShare(
      strata.map((labels, i) => {
        const labelled = Math.min(half, labels.length);
        return { judged: labels.length, labelled, right: count(labels.slice(0, labelled)), isRight: i === 0 };
      }),
      { clusters },
    );
    if (!found) continue;
    const truth = (count(strata[0]) + count(strata[1])) / design.samples;
    const covers = ([low, high]: readonly [number, number], value: number) => (low <= value && value <= high ? 1 : 0);
    totals.population += covers(found.population, design.share);
    totals.benchmark += covers(found.benchmark, truth);
    totals.width += found.population[1] - found.population[0];
    const rightAlone = Array.from({ length: design.labels }, () => random.next() < design.share);
    const alone = wilsonInterval(count(rightAlone), design.labels);
    totals.labelsAlone += alone[1] - alone[0];
  }
  return {
    population: totals.population / rounds,
    benchmark: totals.benchmark / rounds,
    width: totals.width / rounds,
    labelsAlone: totals.labelsAlone / rounds,
  };
}

/** Graded scores from 0 to 1 in quarters, and a judge who is off by a quarter in `noise` of them: coverage of the true mean, 0.5. */
export function gradedCoverage(samples: number, labels: number, noise: number, rounds: number): number {
  const random = seededRandom("graded", samples, labels, noise);
  let covered = 0;
  for (let round = 0; round < rounds; round++) {
    const people = Array.from({ length: samples }, () => random.below(5) / 4);
    const judge = people.map((score) =>
      random.next() < noise ? Math.min(1, Math.max(0, score + (random.below(2) - 0.5) / 2)) : score,
    );
    const judged: JudgedMean = {
      labels: people.slice(0, labels),
      verdicts: judge.slice(0, labels),
      otherVerdicts: judge.slice(labels),
    };
    const [low, high] = predictionPoweredMean(judged).interval;
    if (low <= 0.5 && 0.5 <= high) covered++;
  }
  return covered / rounds;
}

export interface ItemNightDesign {
  readonly samples: number;
  /** Mean score of the run that is compared with. */
  readonly share: number;
  readonly effect: number;
  /** Standard deviation of the items' difficulties in logits: the larger, the more of them all runs solve, or none. */
  readonly spread: number;
  /** Share of answers that are the other run's whatever it knows: checkpoints of one model are alike. */
  readonly alike: number;
  readonly earlierRuns: number;
  readonly delta?: number;
  /** Not another model: the other run's answers, some of the right ones spoiled whatever their difficulty. */
  readonly isSpoiled?: boolean;
}

/** The same nights for both: asked as drawn, or in the order that difficulties of earlier runs give. */
export function nightsByItems(design: ItemNightDesign, rounds: number, way: "drawn" | "ordered"): Nights {
  const random = seededRandom("nights by items", JSON.stringify(design));
  const { spread, share, effect, alike, isSpoiled = false } = design;
  const there = abilityOf(share, spread);
  // A share that is alike has no effect.
  const here = isSpoiled ? there : abilityOf(share + effect / (1 - alike), spread);
  const night = (seed: number): (Pair & { readonly index: number; readonly solved: number })[] => {
    const earlier = Array.from({ length: design.earlierRuns }, () => there + 0.7 * normalOf(random));
    return Array.from({ length: design.samples }, (_, index) => {
      const difficulty = spread * normalOf(random);
      const isRight = (ability: number) => Number(random.next() < 1 / (1 + Math.exp(difficulty - ability)));
      const a = isRight(there);
      const solved = earlier.reduce((sum, ability) => sum + isRight(ability), a);
      const spoiled = a === 1 && random.next() < -effect / share ? 0 : a;
      const b = isSpoiled ? spoiled : random.next() < alike ? a : isRight(here);
      return { a, b, cluster: `c${seed} ${index}`, index, solved };
    });
  };
  const counts = { worse: 0, better: 0, equal: 0, used: 0 };
  for (let seed = 0; seed < rounds; seed++) {
    const rows = night(seed);
    const runs = design.earlierRuns + 1;
    const items = new Map(rows.map(({ index, solved }) => [index, { difficulty: solved / runs, runs }]));
    const rules = { alpha: 0.05, delta: design.delta ?? 0.01, seed };
    const order = way === "ordered" ? new InformativeOrder("", items) : undefined;
    const { verdict, used } = nightOfItems(rows, rules, order);
    if (verdict) counts[verdict]++;
    counts.used += used;
  }
  return sharesOf(counts, rounds);
}

const normalOf = (random: SeededRandom) =>
  Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());

/** Of a model that has this share of items right whose difficulties spread so. */
function abilityOf(share: number, spread: number): number {
  let [low, high] = [-20, 20];
  while (high - low > 1e-9) {
    const middle = (low + high) / 2;
    let [right, weights] = [0, 0];
    for (let z = -5; z <= 5; z += 0.05) {
      const weight = Math.exp((-z * z) / 2);
      right += weight / (1 + Math.exp(spread * z - middle));
      weights += weight;
    }
    if (right / weights < share) low = middle;
    else high = middle;
  }
  return low;
}

function nightOfItems(
  rows: readonly (Pair & { readonly index: number })[],
  rules: { readonly alpha: number; readonly delta: number; readonly seed: number },
  order: InformativeOrder | undefined,
) {
  const placed = rows.map((row) => {
    const chance = order?.chanceOf([row.index]) ?? 1;
    return { row, chance, isLater: order?.isLater(rules.seed, row.cluster, chance) ?? false };
  });
  const drawn = placed.filter(({ isLater }) => !isLater);
  const largest = Math.max(...placed.map(({ chance }) => 1 / chance));
  const comparison = new SequentialComparison({ ...rules, largest });
  for (const [i, { row, chance }] of drawn.entries()) {
    comparison.add([row], 1 / chance);
    if ((i + 1) % 48 !== 0 && i + 1 < drawn.length) continue;
    const { verdict } = comparison.look();
    if (verdict) return { verdict, used: (i + 1) / rows.length };
  }
  for (const { row, isLater } of placed) if (isLater) comparison.add([row], 0);
  return { verdict: comparison.end().verdict, used: 1 };
}
