import type { Dataset, RowItem } from "../core/dataset.js";

/** A piece that begins so many rows behind the one before is read on to; farther away, or before it, the file is opened anew. */
const near = 200;

/**
 * A dataset that is read in pieces, one block's after another's: blocks come in the file's order, so the next piece is mostly where the last
 * one ended. What reads a few rows anywhere as cheaply is left to it.
 * @param signal  for as long as the dataset is used: a block that is given up ends no other's reading
 */
export function inPieces(dataset: Dataset, signal: AbortSignal): Dataset {
  if (dataset.seeks) return dataset;
  const hand = new RowsInHand(dataset, signal);
  return {
    get facts() {
      return dataset.facts;
    },
    async *batches(offset, _, end = Number.POSITIVE_INFINITY) {
      yield await hand.read(offset, end);
    },
    async [Symbol.asyncDispose]() {
      await hand.close();
      await dataset[Symbol.asyncDispose]();
    },
  };
}

class RowsInHand {
  private reading: Promise<unknown> = Promise.resolve();
  private batch: readonly RowItem[] = [];
  /** The row that `batch` begins with. */
  private first = 0;
  private rest: AsyncIterator<readonly RowItem[]> | undefined;

  constructor(
    private readonly dataset: Dataset,
    private readonly signal: AbortSignal,
  ) {}

  /** One after the other, whoever asks. */
  read(from: number, to: number): Promise<readonly RowItem[]> {
    const rows = this.reading.then(() => this.piece(from, to));
    this.reading = rows.catch(() => {});
    return rows;
  }

  async close(): Promise<void> {
    await this.reading;
    await this.rest?.return?.();
    this.rest = undefined;
  }

  private async piece(from: number, to: number): Promise<readonly RowItem[]> {
    const end = this.first + this.batch.length;
    if (!this.rest || from < this.first || from > end + near) await this.open(from);
    const rows: RowItem[] = [];
    for (;;) {
      const at = from + rows.length;
      rows.push(...this.batch.slice(Math.max(0, at - this.first), Math.max(0, to - this.first)));
      if (from + rows.length >= to) return rows;
      const next = await (this.rest as AsyncIterator<readonly RowItem[]>).next();
      if (next.done) return rows;
      this.first += this.batch.length;
      this.batch = next.value;
    }
  }

  private async open(from: number): Promise<void> {
    await this.rest?.return?.();
    this.rest = this.dataset.batches(from, this.signal)[Symbol.asyncIterator]();
    this.first = from;
    this.batch = [];
  }
}
