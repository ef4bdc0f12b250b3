import type { Dataset, RowItem } from "../core/dataset.js";
import type { SampleFailure } from "../core/errors.js";
import type { Task } from "../core/task.js";
import { RowNames } from "../record/keys.js";
import { ClusterSelection } from "../record/selection.js";
import { type Shard, shardRule } from "./shard.js";

export interface Selection {
  /** First sample, 0-based, after expansion. */
  readonly offset: number;
  /** Samples at most. */
  readonly limit?: number;
  readonly repeats: number;
  /** Only this part of them. */
  readonly shard?: Shard;
  /** Of the selected samples only those with such rows; the others keep their places. Absent: all. */
  only?(row: Record<string, unknown>): boolean;
}

/** One sample to be asked, in dispatch order. */
export type Unit = RowUnit | FailedUnit;

export interface RowUnit extends Place {
  readonly row: Record<string, unknown>;
  readonly id: string;
  /** Which of the rows with this id it is, in row order: 1 unless ids are repeated in the split. */
  readonly nth: number;
  /** Its cluster as another run knows it, where the two are compared while this one goes on. */
  readonly cluster?: string;
  /** Samples that share this sample's image, and how many of them are still to come in this window. */
  readonly prefix?: { readonly key: string; readonly remaining: number };
}

/** Its row cannot be read. */
export interface FailedUnit extends Place {
  readonly failure: SampleFailure;
}

interface Place {
  readonly index: number;
  readonly repeat: number;
  readonly origin: Origin;
  /** An informative order has its cluster behind all others. */
  readonly later?: true;
}

/** The row of the file that a sample comes from: its number, the index of its first sample, and how many it has. */
export interface Origin {
  readonly row: number;
  readonly first: number;
  readonly samples: number;
}

export const isRow = (unit: Unit): unit is RowUnit => "row" in unit;

/**
 * The samples of a split in dispatch order: file order, except that within a batch of the dataset (a row group) the rows
 * of one image stand next to each other. While a batch is handed out the next one is read, so that nobody waits for rows;
 * nothing beyond these two is held, and nothing behind the selection is read.
 */
export async function* plan(
  task: Task,
  dataset: Dataset,
  selection: Selection,
  signal: AbortSignal,
): AsyncGenerator<Unit> {
  const { offset, limit, shard, only } = selection;
  const end = limit === undefined ? Number.POSITIVE_INFINITY : offset + limit;
  const clusters = task.limitByCluster ? new ClusterSelection(offset, end) : undefined;
  const part = shard && shardRule(shard, dataset, { offset, end, byPosition: isByPosition(task) });
  const skipInFile = part?.from ?? rowsSkipped(task, offset);
  const stop = part?.to ?? (clusters ? Number.POSITIVE_INFINITY : end);
  if (skipInFile >= stop) return;
  const rows = new RowCounter(task, skipInFile, skipInFile);
  const batches = dataset.batches(skipInFile, signal, part?.to)[Symbol.asyncIterator]();
  try {
    for (let batch = await batches.next(); !batch.done; ) {
      const selected = rows
        .units(batch.value)
        .filter(
          (unit) =>
            (clusters ? clusters.has(clusterOf(task, unit)) : unit.index >= offset && unit.index < end) &&
            (part === undefined || part.has(unit.index, clusterOf(task, unit))) &&
            (only === undefined || (isRow(unit) && only(unit.row))),
        );
      const following = rows.next < stop ? batches.next() : undefined;
      // Its failure is thrown below, when its turn comes.
      following?.catch(() => {});
      yield* withGroups(task, selected, selection.repeats);
      if (!following) return;
      batch = await following;
    }
  } finally {
    await batches.return?.();
  }
}

/** Counts samples as their rows come by, one after the other from a row of the file whose first sample's index is known. */
export class RowCounter {
  private readonly names = new RowNames();

  constructor(
    private readonly task: Task,
    private row: number,
    /** Index of the sample that comes next. */
    public next: number,
  ) {}

  units(items: readonly RowItem[]): Unit[] {
    const { task, names } = this;
    const units: Unit[] = [];
    for (const item of items) {
      const number = this.row++;
      const first = this.next;
      if ("failure" in item) {
        const origin = { row: number, first, samples: 1 };
        units.push({ index: this.next++, repeat: 0, origin, failure: item.failure });
        continue;
      }
      const rows = task.expand?.(item.row) ?? [item.row];
      const origin = { row: number, first, samples: rows.length };
      for (const row of rows) {
        const id = task.id(row);
        const index = this.next++;
        units.push({ index, repeat: 0, origin, row, id, nth: names.nth(id, index) });
      }
    }
    return units;
  }
}

/**
 * Rows of the file before the first that is read, for everybody who opens it. Positions count after expansion, and clusters from the
 * first row on, so a task that expands or is limited by clusters is read from the start.
 */
export function rowsSkipped(task: Task, offset: number): number {
  return isByPosition(task) ? offset : 0;
}

/** A sample's index is its row in the file. */
function isByPosition(task: Task): boolean {
  return !task.expand && !task.limitByCluster;
}

/** What a sample is asked with, as far as its row says so. */
export function clusterOf(task: Task, unit: Unit): string {
  if (!isRow(unit)) return `#${unit.index}`;
  return task.cluster?.(unit.row) ?? task.imageKey?.(unit.row) ?? unit.id;
}

/** The rows of one image next to each other, each as often as it is asked. */
export function* withGroups(task: Task, units: readonly Unit[], repeats: number): Generator<Unit> {
  const groups = new Map<string, Unit[]>();
  for (const unit of units) {
    // A key nobody else has keeps rows without an image key, and bad rows, where they stand.
    const key = isRow(unit) && task.imageKey ? `image ${task.imageKey(unit.row)}` : `row ${unit.index}`;
    const group = groups.get(key);
    if (group) group.push(unit);
    else groups.set(key, [unit]);
  }
  for (const [key, members] of groups) {
    let remaining = members.length * repeats;
    for (const unit of members) {
      for (let repeat = 0; repeat < repeats; repeat++) {
        remaining--;
        yield isRow(unit) && (task.imageKey || repeats > 1)
          ? { ...unit, repeat, prefix: { key: `${task.name} ${key}`, remaining } }
          : { ...unit, repeat };
      }
    }
  }
}

/** How many samples the selection has, when the dataset and the task can tell before reading. */
export function plannedCount(task: Task, dataset: Dataset, selection: Selection): number | undefined {
  const { rows } = dataset.facts;
  const byCluster = task.limitByCluster && (selection.limit !== undefined || selection.offset > 0);
  if (rows === undefined || task.expand || byCluster || selection.shard || selection.only) return undefined;
  const available = Math.max(0, rows - selection.offset);
  return Math.min(available, selection.limit ?? available) * selection.repeats;
}
