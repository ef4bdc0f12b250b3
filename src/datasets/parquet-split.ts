import type { FileMetaData } from "hyparquet";
import { messageOf, SampleFailure, UserError } from "../core/errors.js";
import type { ImageReader, VideoReader } from "./columns.js";
import { openParquet, type ParquetFile } from "./parquet/file.js";
import { RowGroup } from "./parquet/row-group.js";
import type { OpenShard, RawItem, RowSource, Shard } from "./source.js";

/** A shard that is being read. */
interface ShardInHand {
  readonly shard: Shard;
  readonly opened: OpenShard;
  readonly parquet: ParquetFile;
  /** The split's rows before it. */
  readonly base: number;
}

export interface ParquetSplitOptions {
  /** Only some rows are wanted: read just their pages where the file says which, and do not count the rest of the split. */
  readonly partial: boolean;
  /** Read every footer at once, so that the number of rows is known from the start; default: the first one. */
  readonly countAll?: boolean;
  /** What an image column's cell means. */
  readonly image: ImageReader;
  /** What the cell of a column that names a clip means. */
  readonly video?: VideoReader;
  /** For messages: `lmms-lab/VQAv2 validation`. */
  readonly where: string;
}

/** The rows of a split's parquet files, one after the other. */
export async function openParquetSplit(shards: readonly Shard[], options: ParquetSplitOptions): Promise<RowSource> {
  const split = new ParquetSplit(shards, options);
  await split.count();
  return split;
}

/** Footers of a split on the hub are one small request each. */
const footersAtOnce = 8;

class ParquetSplit implements RowSource {
  readonly image: ImageReader;
  readonly video?: VideoReader;
  rows?: number;
  demo = false;
  /** Rows of the shards whose footers were read. The footers themselves are megabytes in a split of hundreds of shards. */
  private readonly rowsOf = new Map<string, number>();
  /** The footer read last: whoever counted the first shard goes on to read it. */
  private last: { readonly shard: Shard; readonly parquet: ParquetFile } | undefined;

  constructor(
    private readonly shards: readonly Shard[],
    private readonly options: ParquetSplitOptions,
  ) {
    this.image = options.image;
    if (options.video) this.video = options.video;
  }

  /** Sums the rows of the footers read: all of them, or the first alone when the rest may never be needed. */
  async count(): Promise<void> {
    const waiting = [...(this.options.countAll ? this.shards : this.shards.slice(0, 1))];
    const worker = async () => {
      for (let shard = waiting.shift(); shard; shard = waiting.shift()) {
        await using opened = await (shard.footer?.() ?? shard.open());
        await this.parse(shard, opened);
      }
    };
    await Promise.all(Array.from({ length: footersAtOnce }, worker));
    this.sum();
  }

  get fileRows(): readonly number[] | undefined {
    return this.rows === undefined ? undefined : this.shards.map(({ name }) => this.rowsOf.get(name) ?? 0);
  }

  async *read(
    offset: number,
    columns: readonly string[],
    signal: AbortSignal,
    end = Number.POSITIVE_INFINITY,
  ): AsyncIterable<readonly RawItem[]> {
    let base = 0;
    for (const shard of this.shards) {
      if (base >= end) return;
      const rows = this.rowsOf.get(shard.name);
      if (rows !== undefined && base + rows <= offset) {
        base += rows;
        continue;
      }
      await using opened = await shard.open(base + (rows ?? 0) < end);
      const parquet = await this.parse(shard, opened);
      this.sum();
      yield* this.readShard({ shard, opened, parquet, base }, { offset, columns }, signal);
      base += parquet.rows;
    }
  }

  private async *readShard(
    { shard, opened, parquet, base }: ShardInHand,
    { offset, columns }: { readonly offset: number; readonly columns: readonly string[] },
    signal: AbortSignal,
  ): AsyncIterable<readonly RawItem[]> {
    const present = columns.filter((column) => parquet.columns.includes(column));
    if (present.length === 0) {
      throw new UserError(
        `none of the columns ${columns.join(", ")} is in ${shard.name}; it has ${parquet.columns.join(", ")}`,
        this.options.where,
        "this is not the dataset that the task reads; check --data and the task's source",
      );
    }
    for (const [index, group] of parquet.groups.entries()) {
      const first = Math.max(group.start, offset - base);
      if (first >= group.end) continue;
      const step = this.options.partial ? partialBatch : batchRows(parquet.metadata, index, present);
      let reader: RowGroup | undefined;
      for (let from = first; from < group.end; from += step) {
        signal.throwIfAborted();
        const end = Math.min(from + step, group.end);
        try {
          if (opened.damage) throw new SampleFailure("data", opened.damage);
          reader ??= new RowGroup(opened.file, parquet.metadata, index, {
            columns: present,
            few: this.options.partial,
          });
          const cells = await reader.rows(from - group.start, end - group.start);
          yield cells.map((row, i) => ({ index: base + from + i, cells: row }));
        } catch (error) {
          if (signal.aborted || error instanceof UserError) throw error;
          const failure = asFailure(error, `${shard.name}, rows ${from} to ${end - 1}`);
          yield Array.from({ length: end - from }, (_, i) => ({ index: base + from + i, failure }));
        }
      }
    }
  }

  private async parse(shard: Shard, opened: OpenShard): Promise<ParquetFile> {
    if (this.last?.shard === shard) return this.last.parquet;
    try {
      const parquet = await openParquet(opened.file);
      this.rowsOf.set(shard.name, parquet.rows);
      this.demo ||= isDemo(parquet.metadata);
      this.last = { shard, parquet };
      return parquet;
    } catch (error) {
      if (error instanceof UserError || (error instanceof Error && error.name === "AbortError")) throw error;
      throw new UserError(
        `${shard.name} is no parquet file that can be read: ${opened.damage ?? messageOf(error)}`,
        this.options.where,
        "fetch the file again: without its footer nobody knows how many rows it holds",
        { cause: error },
      );
    }
  }

  private sum(): void {
    if (this.rowsOf.size !== this.shards.length) return;
    this.rows = [...this.rowsOf.values()].reduce((sum, rows) => sum + rows, 0);
  }

  identity(): readonly string[] {
    return this.shards.map(({ identity }) => identity);
  }

  async close(): Promise<void> {}
}

/** Rows at once when few are wanted: eight must not fetch a hundred images. */
const partialBatch = 16;
/** Rows and decompressed bytes of one batch, at most. Image datasets have row groups of 100 rows, text ones of any size. */
const mostRows = 1_000;
const mostBytes = 4 * 1024 * 1024;

function batchRows(metadata: FileMetaData, index: number, columns: readonly string[]): number {
  const group = metadata.row_groups[index];
  const bytes = (group?.columns ?? []).reduce(
    (sum, { meta_data: facts }) =>
      sum + (columns.includes(facts?.path_in_schema[0] ?? "") ? Number(facts?.total_uncompressed_size ?? 0) : 0),
    0,
  );
  const rows = Number(group?.num_rows ?? 1);
  return Math.max(1, Math.min(mostRows, Math.floor(rows / Math.max(1, Math.ceil(bytes / mostBytes)))));
}

/** What `demo-data` writes into its files: drawn rows stay drawn rows wherever they are copied. */
function isDemo({ key_value_metadata: pairs = [] }: FileMetaData): boolean {
  return pairs.some(({ key, value }) => key === "llava-eval" && value === "demo");
}

function asFailure(error: unknown, where: string): SampleFailure {
  if (error instanceof SampleFailure) return error;
  return new SampleFailure("data", `${where}: ${messageOf(error)}`, { cause: error });
}
