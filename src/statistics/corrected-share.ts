/**
 * A share of right answers by a judge that is sometimes wrong, corrected by people's labels of some of its verdicts: intervals that are
 * honest about both, and narrower than the labels' own.
 */

import { tQuantile } from "./beta.js";
import { wilsonInterval } from "./intervals.js";
import { normalQuantile } from "./normal.js";

/** Samples with one verdict, and what people said of those that they labelled. */
export interface LabelledVerdict {
  /** Samples that the judge gave this verdict. */
  readonly judged: number;
  readonly labelled: number;
  /** Labelled samples that people call right. */
  readonly right: number;
}

/** Samples of one image, and how many of them the judge calls right. */
export interface JudgedCluster {
  readonly samples: number;
  readonly right: number;
}

export interface CorrectedShare {
  readonly estimate: number;
  /** Of the share of these samples if people labelled all of them. */
  readonly benchmark: readonly [low: number, high: number];
  /** Of the share in samples like these: what every other interval here means. */
  readonly population: readonly [low: number, high: number];
}

/**
 * Shares right within each verdict, weighted by how often the judge gave it; limits joined from each verdict's Wilson limits (MOVER, Zou
 * and Donner 2008), so that a verdict without a disagreement among its labels still counts as uncertain. Labels are a random part of each
 * verdict's samples; a verdict that nobody got needs none.
 *
 * @param clusters  of all samples, where several are about one image: samples like these are then other images, and vary more
 * @returns undefined where a verdict has no label
 */
export function correctedShare(
  verdicts: readonly (LabelledVerdict & { readonly isRight?: boolean })[],
  { clusters = [], level = 0.95 }: { readonly clusters?: readonly JudgedCluster[]; readonly level?: number } = {},
): CorrectedShare | undefined {
  const given = verdicts.filter(({ judged }) => judged > 0);
  const n = given.reduce((sum, { judged }) => sum + judged, 0);
  if (n === 0 || given.some(({ labelled }) => labelled === 0)) return undefined;
  let [estimate, below, above, both] = [0, 0, 0, 0];
  for (const { judged, labelled, right, isRight = false } of given) {
    const weight = judged / n;
    const share = right / labelled;
    const [low, high] = wilsonInterval(right, labelled, level);
    const unlabelled = 1 - labelled / judged;
    estimate += weight * share;
    if (isRight) both += weight * share;
    below += (weight * (share - low)) ** 2 * unlabelled;
    above += (weight * (high - share)) ** 2 * unlabelled;
  }
  const spread = estimate * (1 - estimate);
  const alike = spread === 0 ? 0 : shared(clusters, { estimate, both });
  // Labels are drawn sample by sample: how far they say what these samples are does not depend on images that some share.
  const z = alike === 0 ? normalQuantile(0.5 + level / 2) : tQuantile(0.5 + level / 2, clusters.length - 1);
  const drawn = z * z * (spread / n + alike);
  const limits = (variance: number) =>
    [estimate - Math.sqrt(below + variance), estimate + Math.sqrt(above + variance)] as const;
  return { estimate, benchmark: limits(0), population: limits(drawn) };
}

/**
 * What is added to the variance of the share in samples like these because samples of one image are right or wrong together: as far as the
 * judge's verdicts are, divided by what his errors take from that (they blur a truth that images share), and at most as if all samples of an
 * image were alike.
 */
function shared(
  clusters: readonly JudgedCluster[],
  { estimate, both }: { readonly estimate: number; readonly both: number },
): number {
  const n = clusters.reduce((sum, { samples }) => sum + samples, 0);
  const k = clusters.length;
  if (k < 2 || k === n) return 0;
  const judged = clusters.reduce((sum, { right }) => sum + right, 0) / n;
  const spread = estimate * (1 - estimate);
  const most = (spread * clusters.reduce((sum, { samples }) => sum + samples * (samples - 1), 0)) / n ** 2;
  const together = clusters.reduce((sum, { samples, right }) => sum + (right - samples * judged) ** 2, 0);
  const apart = n * judged * (1 - judged);
  const found = Math.max(0, (together * k) / (k - 1) - apart) / n ** 2;
  // How much likelier the judge calls right what is right: sensitivity + specificity - 1.
  const information = (both - estimate * judged) / spread;
  return information > leastInformation ? Math.min(most, found / information ** 2) : most;
}

/**
 * Labels, all in all, until the interval of the share in samples like these is so wide to each side, from what the labels so far say and
 * drawn as the verdicts and their errors ask for.
 * @returns undefined where no number of labels is enough: the samples themselves are too few
 */
export function labelsNeeded(
  verdicts: readonly (LabelledVerdict & { readonly isRight?: boolean })[],
  halfWidth: number,
  { clusters = [], level = 0.95 }: { readonly clusters?: readonly JudgedCluster[]; readonly level?: number } = {},
): number | undefined {
  const given = verdicts.filter(({ judged }) => judged > 0);
  const n = given.reduce((sum, { judged }) => sum + judged, 0);
  const z = normalQuantile(0.5 + level / 2);
  const strata = given.map(({ judged, labelled, right, isRight = false }) => {
    const share = (right + 1) / (labelled + 2);
    return { weight: judged / n, share, isRight, deviation: Math.sqrt(share * (1 - share)) };
  });
  const estimate = strata.reduce((sum, { weight, share }) => sum + weight * share, 0);
  const both = strata.reduce((sum, { weight, share, isRight }) => sum + (isRight ? weight * share : 0), 0);
  const left = (halfWidth / z) ** 2 - (estimate * (1 - estimate)) / n - shared(clusters, { estimate, both });
  if (!(left > 0)) return undefined;
  const spread = strata.reduce((sum, { weight, deviation }) => sum + weight * deviation, 0);
  const whole = strata.reduce((sum, { weight, deviation }) => sum + (weight * deviation ** 2) / n, 0);
  return Math.min(n, Math.ceil(spread ** 2 / (left + whole)));
}

/** How a judge did on samples, not these, that people labelled all of. */
export interface Calibration {
  /** Samples that people call right, and how many of them the judge called right. */
  readonly positive: number;
  readonly truePositive: number;
  /** Samples that people call wrong, and how many of them the judge called wrong. */
  readonly negative: number;
  readonly trueNegative: number;
}

export interface RoganGladen {
  readonly sensitivity: number;
  readonly specificity: number;
  readonly estimate: number;
  readonly stderr: number;
  /** Not cut at 0 and 1. */
  readonly interval: readonly [low: number, high: number];
}

/** A judge whose sensitivity and specificity together come no further above 1 than this says next to nothing. */
const leastInformation = 0.05;

/**
 * The share right from a judge whose sensitivity and specificity were measured on other samples (Rogan and Gladen 1978), if it judges these
 * as it judged those. Wide for weak judges.
 *
 * @returns undefined where the judge is hardly better than a coin, or a class was not labelled
 */
export function roganGladen(
  judged: { readonly n: number; readonly right: number },
  { positive, truePositive, negative, trueNegative }: Calibration,
  level = 0.95,
): RoganGladen | undefined {
  const [q, sensitivity, specificity] = [judged.right / judged.n, truePositive / positive, trueNegative / negative];
  const information = sensitivity + specificity - 1;
  if (!(information > leastInformation)) return undefined;
  const estimate = (q + specificity - 1) / information;
  const variance =
    (q * (1 - q)) / judged.n +
    (estimate ** 2 * sensitivity * (1 - sensitivity)) / positive +
    ((1 - estimate) ** 2 * specificity * (1 - specificity)) / negative;
  const stderr = Math.sqrt(variance) / information;
  const half = normalQuantile(0.5 + level / 2) * stderr;
  return { sensitivity, specificity, estimate, stderr, interval: [estimate - half, estimate + half] };
}
