import type { DatasetFacts } from "./dataset-facts.js";
import type { SampleFailure } from "./errors.js";

/** One row of the file, checked against the task's row schema; a bad row is that row's failure, not the end of the stream. */
export type RowItem =
  | { readonly index: number; readonly row: Record<string, unknown> }
  | { readonly index: number; readonly failure: SampleFailure };

/** Rows of one split, as a stream; images by reference. */
export interface Dataset extends AsyncDisposable {
  /** `rows` may be unknown until `batches` has ended. */
  readonly facts: DatasetFacts;
  /** Rows of each of its files, in order, where they are known before reading. */
  readonly fileRows?: readonly number[] | undefined;
  /** A few rows anywhere are read without those before them: whoever reads in pieces need keep nothing open between two. */
  readonly seeks?: true | undefined;
  /**
   * Row groups in file order from row `offset` on; nothing beyond the batch in hand is kept in memory. May be called again.
   * @param end  rows from here on are not wanted: no file is fetched for them. A batch may hold some all the same.
   */
  batches(offset: number, signal: AbortSignal, end?: number): AsyncIterable<readonly RowItem[]>;
}
