/**
 * Which clusters are worth asking first, by how earlier runs did on their items: where all were right, or all wrong, this run will be too.
 * Whether a cluster stands in the order at all, or behind it, is drawn before the first answer, with a chance that is known; what is asked
 * weighs by its inverse, so that the differences still are of items like these.
 */
import { numberOf } from "../core/digest.js";

/** What earlier runs say of one item. */
export interface Difficulty {
  /** Their mean score, from 0 to 1. */
  readonly difficulty: number;
  readonly runs: number;
}

/** Half: less would let one rare change weigh so much that large differences are found late. */
const leastChance = 0.5;

/** Of all ranks, which have 48 bits. */
const ranks = 2 ** 48;

export class InformativeOrder {
  /** @param items  by row */
  constructor(
    /** Of what the order was drawn from. */
    readonly digest: string,
    private readonly items: ReadonlyMap<number, Difficulty>,
  ) {}

  /** That a cluster of these rows is asked in its turn: the more surely, the less the runs agree on them. 1 where nobody knows. */
  chanceOf(rows: readonly number[]): number {
    let spread = 0;
    for (const row of rows) {
      const item = this.items.get(row);
      if (!item) return 1;
      // A half more: ten that agree say more than two.
      const share = (item.difficulty * item.runs + 0.5) / (item.runs + 1);
      spread += share * (1 - share);
    }
    return Math.max(leastChance, 2 * Math.sqrt(spread / rows.length));
  }

  /** Whether a cluster is asked only once all others have not decided. */
  isLater(seed: number, cluster: string, chance: number): boolean {
    return numberOf(`${seed} later ${cluster}`) >= chance * ranks;
  }
}
