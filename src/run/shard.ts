/** One of several parts of a split, for machines that share the work: `run --shard 3/16`, then `merge`. */
import type { Dataset } from "../core/dataset.js";
import { numberOf } from "../core/digest.js";

/** Part `index` (from 0) of `count`. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

/** As it stands in folders, Results and identities: `3/16`. */
export const shardName = ({ index, count }: Shard): string => `${index}/${count}`;

/** `3/16` of a Result; what stands there was written by us. */
export function shardNamed(name: string): Shard {
  const [index = 0, count = 1] = name.split("/").map(Number);
  return { index, count };
}

/** Which samples are this shard's, asked in row order; clusters (the samples of one image) stay whole. */
export interface ShardRule {
  /** File rows [from, to) that are read to know; `to` undefined: to the end. */
  readonly from: number;
  readonly to?: number;
  has(index: number, cluster: string): boolean;
}

/**
 * Where the rows of the split are known and count as they stand in the file, a shard is a piece of the file, so that it fetches no more than
 * its own files; else each cluster goes where its digest sends it, and every row is read.
 * @param end  of the selection, exclusive; `offset` is its beginning
 * @param byPosition  a sample's index is its row in the file
 */
export function shardRule(
  { index, count }: Shard,
  { facts, fileRows }: Pick<Dataset, "facts" | "fileRows">,
  { offset, end, byPosition }: { readonly offset: number; readonly end: number; readonly byPosition: boolean },
): ShardRule {
  if (!byPosition || facts.rows === undefined) {
    return { from: byPosition ? offset : 0, has: (_, cluster) => numberOf(cluster) % count === index };
  }
  const rows = Math.max(0, Math.min(facts.rows, end) - offset);
  const cut = (part: number) => offset + Math.floor((rows * part) / count);
  return new Piece(cut(index), cut(index + 1), { offset, end: Math.min(facts.rows, end), starts: startsOf(fileRows) });
}

/** The first row of each file. */
function startsOf(fileRows: readonly number[] = []): readonly number[] {
  let next = 0;
  return fileRows.map((rows) => {
    next += rows;
    return next - rows;
  });
}

/**
 * Rows [from, to), moved to where a cluster ends: what begins in the shard before is that shard's. A cluster ends with its file, so that
 * nobody reads two files for it.
 */
class Piece implements ShardRule {
  readonly from: number;
  readonly to: number;
  private readonly starts: ReadonlySet<number>;
  /** The cluster that the shard before goes on with. */
  private theirs: string | undefined;
  /** The cluster in hand. */
  private ours: string | undefined;

  constructor(
    private readonly first: number,
    private readonly last: number,
    { offset, end, starts }: { readonly offset: number; readonly end: number; readonly starts: readonly number[] },
  ) {
    this.starts = new Set(starts);
    this.from = first === offset || this.starts.has(first) ? first : first - 1;
    this.to = first >= last ? this.from : (starts.find((start) => start >= last) ?? end);
  }

  has(index: number, cluster: string): boolean {
    if (this.starts.has(index)) this.theirs = undefined;
    if (index < this.first) {
      this.theirs = cluster;
      return false;
    }
    if (cluster === this.theirs) return false;
    this.theirs = undefined;
    const isOurs = index < this.last || cluster === this.ours;
    this.ours = isOurs ? cluster : undefined;
    return isOurs;
  }
}
