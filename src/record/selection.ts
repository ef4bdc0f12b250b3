import { numberOf } from "../core/digest.js";
import type { Result } from "../core/result.js";

/** Which samples a Result counts. A journal may hold more, from an earlier run with a larger limit. */
export type Counted = Pick<Result, "limit" | "offset" | "limitByCluster" | "until">;

/**
 * One rule for whoever writes a Result and whoever reads it. Records are given in row order; the journal's offset is always
 * the Result's, since another offset is another run.
 */
export function selectionOf(
  counted: Counted,
): (record: { readonly index: number; readonly cluster: string; readonly later?: true }) => boolean {
  const { until } = counted;
  const isSelected = byPosition(counted);
  if (!until) return isSelected;
  return (record) => isSelected(record) && rankOf(until.seed, record.cluster, record.later) <= until.through;
}

/**
 * Where a cluster stands in the order of a run that stops when decided: drawn by the seed, so that every reader finds the same head.
 * @param later  an informative order has it behind all others
 */
export const rankOf = (seed: number, cluster: string, later = false): number =>
  numberOf(`${seed} ${cluster}`) + (later ? 2 ** 48 : 0);

function byPosition({
  limit,
  offset = 0,
  limitByCluster,
}: Counted): (record: { readonly index: number; readonly cluster: string }) => boolean {
  if (limitByCluster !== true) {
    const end = limit === undefined ? Number.POSITIVE_INFINITY : offset + limit;
    return ({ index }) => index >= offset && index < end;
  }
  if (limit === undefined) return () => true;
  const clusters = new ClusterSelection(0, limit);
  return ({ cluster }) => clusters.has(cluster);
}

/** Clusters number `offset` to `end - 1` in the order in which they first appear, whatever comes between their samples. */
export class ClusterSelection {
  private readonly positions = new Map<string, number>();

  constructor(
    private readonly offset: number,
    private readonly end: number,
  ) {}

  has(cluster: string): boolean {
    const position = this.positions.get(cluster) ?? this.positions.size;
    this.positions.set(cluster, position);
    return position >= this.offset && position < this.end;
  }
}
