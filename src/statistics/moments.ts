/** Running mean and standard error of scores, independent or in clusters, without keeping them. */

export class Moments {
  private count = 0;
  /** All sums are of distances to the first score: large constant scores lose no digits. */
  private origin = 0;
  /** Mean of the distances. */
  private centre = 0;
  private deviations = 0;
  private readonly clusters = new Map<string, { sum: number; count: number }>();
  private binary = true;

  /** @param cluster questions about one image, copies of one question, ...: not independent of each other */
  add(value: number, cluster?: string): void {
    if (this.count === 0) this.origin = value;
    this.count++;
    const distance = value - this.origin;
    const step = distance - this.centre;
    this.centre += step / this.count;
    this.deviations += step * (distance - this.centre); // Welford
    if (value !== 0 && value !== 1) this.binary = false;
    if (cluster === undefined) return;
    const known = this.clusters.get(cluster);
    if (known === undefined) this.clusters.set(cluster, { sum: distance, count: 1 });
    else {
      known.sum += distance;
      known.count++;
    }
  }

  get n(): number {
    return this.count;
  }

  /** NaN without values. */
  get mean(): number {
    return this.count === 0 ? Number.NaN : this.origin + this.centre;
  }

  /** How many values are 1, when all are 0 or 1. */
  get successes(): number {
    return Math.round(this.mean * this.count);
  }

  /** Every value so far is 0 or 1: the mean is a proportion. */
  get isProportion(): boolean {
    return this.binary;
  }

  /** Distinct clusters; 0 when none was named. */
  get clusterCount(): number {
    return this.clusters.size;
  }

  /** Some cluster has several members. */
  get isClustered(): boolean {
    return this.clusters.size > 0 && this.clusters.size < this.count;
  }

  /** Of independent values, deviations divided by n - 1; NaN below two. */
  get stderr(): number {
    return this.count < 2 ? Number.NaN : Math.sqrt(this.deviations / (this.count - 1) / this.count);
  }

  /** As `clusteredError` has it; NaN below two clusters. */
  get clusteredStderr(): number {
    const clusters = [...this.clusters.values()].map(({ sum, count }) => sum - count * this.centre);
    return clusteredError(clusters, this.count);
  }
}

/**
 * The standard error of a mean whose values come in clusters: the variance between clusters (Liang and Zeger 1986) times K / (K - 1), as
 * statsmodels and Stata have it for a mean (Cameron and Miller 2015, J. Human Resources 50(2), on finite samples). Where every value is a
 * cluster of its own it is the ordinary one. Miller 2024 ("Adding error bars to evals", equation 4) has the same sum without the factor:
 * with few clusters its intervals are too short.
 *
 * @param deviations  of each cluster: the sum of its values' distances to the mean of all
 * @param n  values altogether
 */
export function clusteredError(deviations: readonly number[], n: number): number {
  const clusters = deviations.length;
  if (clusters < 2) return Number.NaN;
  const squares = deviations.reduce((total, sum) => total + sum * sum, 0);
  return Math.sqrt((squares * clusters) / (clusters - 1)) / n;
}

/** As `Moments.clusteredStderr`, of two lists; RangeError when their lengths differ. */
export function clusteredStderr(scores: readonly number[], clusterIds: readonly string[]): number {
  if (scores.length !== clusterIds.length) throw new RangeError("scores and cluster ids differ in number");
  const moments = new Moments();
  scores.forEach((score, i) => {
    moments.add(score, clusterIds[i]);
  });
  return moments.clusteredStderr;
}
