/** What many runs of one task say about its items. */

/** One item of a benchmark. The members are those of a line of `items --format jsonl`. */
export interface Item {
  readonly task: string;
  readonly index: number;
  readonly id: string;
  /** Runs that have a score for it. */
  readonly runs: number;
  /** Their mean score, from 0 (nobody has any of it right) to 1; undefined where no run has one. */
  readonly difficulty?: number;
  /** How well it tells strong runs from weak ones, its reference held against its rival; undefined where all runs do alike. */
  readonly discrimination?: number;
  /** The wrong answer that strong runs give most; absent where its score alone says less for the item. */
  readonly rival?: string;
  /** Correlation of its score with the runs' scores on the other items; undefined where all runs score alike. */
  readonly itemRest?: number;
  /** The chance of so low a connection with strength, or a lower one, without any; and corrected for all items. */
  readonly p?: number;
  readonly q?: number;
  /**
   * Strong runs speak against its reference, and most of the stronger half give one other answer: it may be wrong. Absent where so
   * few models cannot know.
   */
  readonly suspect?: boolean;
  /** Everybody has the best score that it gives, or nobody any. */
  readonly solvedBy?: "all" | "none";
  readonly targets?: readonly string[];
  /** What the stronger half of the runs answers most. */
  readonly answer?: {
    readonly text: string;
    /** Of the stronger half. */
    readonly share: number;
    /** It gets the best score. */
    readonly isRight: boolean;
  };
  /** Items that ask the same about the same images. */
  readonly sameAs?: readonly string[];
  /** Digests of its images. */
  readonly images: readonly string[];
}

export interface ItemsReport {
  readonly task: string;
  readonly metric: string;
  readonly runs: readonly {
    readonly name: string;
    readonly model: string;
    /** On the items that all have a score for. */
    readonly score: number;
  }[];
  readonly models: number;
  /** Items that every run has a score for. */
  readonly shared: number;
  /** In row order. */
  readonly items: readonly Item[];
  /** Groups of items that ask the same, by id; `isContradiction`: with different references. */
  readonly same: readonly { readonly ids: readonly string[]; readonly isContradiction: boolean }[];
  /** Enough different models to say which references may be wrong. */
  readonly isEnough: boolean;
}

/**
 * Fewer models know nothing of wrong references. Of 10 wrong among 300 items of four options, answered by models spread over a logit, the
 * 15 lowest discriminations held 6.0 with 12 models, 8.4 with 20, 9.8 with 40; the suspects were 4.7 of them and 2.8 others with 12, 5.7
 * and 0.7 with 20, 6.3 and none with 40 (means of 100 simulations).
 */
export const enoughModels = 20;

/** The lowest discriminations first; those without one are left out. */
export const lowestFirst = (items: readonly Item[]): Item[] =>
  items
    .filter(({ discrimination }) => discrimination !== undefined)
    .sort((a, b) => (a.discrimination as number) - (b.discrimination as number) || a.index - b.index);
