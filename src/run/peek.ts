import type { Dataset, RowItem } from "../core/dataset.js";
import type { DatasetFacts } from "../core/dataset-facts.js";
import { UserError } from "../core/errors.js";
import type { Task } from "../core/task.js";
import type { EvaluatedTask } from "./evaluate.js";
import { rowsSkipped } from "./plan.js";
import { referenceFailure } from "./score-sample.js";

/** Datasets that were opened to see whether their first row is there and well formed, and what it asks. */
export interface First {
  readonly facts: DatasetFacts;
  /** Absent when it cannot be read. */
  readonly row?: Record<string, unknown>;
}

export interface Peeked extends AsyncDisposable {
  /** The first task's dataset, its first batch still in hand; undefined for the others, which are opened again when their turn comes. */
  take(label: string): Dataset | undefined;
  /** What each task's data is, and the first row that will be asked. */
  readonly firsts: ReadonlyMap<string, First>;
}

export interface PeekOptions {
  open(task: EvaluatedTask): Promise<Dataset>;
  readonly offset: number;
  readonly signal: AbortSignal;
}

/**
 * Opens every task's dataset and reads its first rows: a wrong name, an unreachable hub, a mistyped column or rows without
 * their answers end the run here, before any request is paid for.
 */
export async function peek(tasks: readonly EvaluatedTask[], { open, offset, signal }: PeekOptions): Promise<Peeked> {
  const firsts = new Map<string, First>();
  const held = new Map<string, Dataset>();
  for (const [i, task] of tasks.entries()) {
    const dataset = await open(task);
    const batches = dataset.batches(rowsSkipped(task.task, offset), signal)[Symbol.asyncIterator]();
    const first = await batches.next();
    const row = firstRow(task.task, first.value ?? []);
    firsts.set(task.label, { facts: dataset.facts, ...(row ? { row } : {}) });
    if (!first.done) checkReference(task, dataset, first.value);
    if (i === 0) {
      held.set(task.label, resumed(dataset, first, batches));
    } else {
      await batches.return?.();
      await dataset[Symbol.asyncDispose]();
    }
  }
  return {
    firsts,
    take(label) {
      const dataset = held.get(label);
      held.delete(label);
      return dataset;
    },
    async [Symbol.asyncDispose]() {
      for (const dataset of held.values()) await dataset[Symbol.asyncDispose]();
    },
  };
}

/** The first that asks something: a task may leave rows out. */
function firstRow(task: Task, batch: readonly RowItem[]): Record<string, unknown> | undefined {
  for (const item of batch) {
    if (!("row" in item)) continue;
    const [row] = task.expand ? task.expand(item.row) : [item.row];
    if (row) return row;
  }
  return undefined;
}

/** Rows of a test split evaluated as if they were public: the first row tells. */
function checkReference({ task, split, label }: EvaluatedTask, dataset: Dataset, rows: readonly RowItem[]): void {
  const [first] = rows.flatMap((item) => ("row" in item ? (task.expand?.(item.row) ?? [item.row]) : []));
  const unusable = first && referenceFailure(task, split, first);
  if (!unusable) return;
  throw new UserError(
    `${label}: the first row cannot be scored: ${unusable.detail}`,
    dataset.facts.source,
    "name data with public answers (test splits often come without), or a split whose answers are secret, for a submission file",
  );
}

/** The dataset whose first reading goes on behind the batch that was already read. */
function resumed(
  dataset: Dataset,
  first: IteratorResult<readonly RowItem[]>,
  rest: AsyncIterator<readonly RowItem[]>,
): Dataset {
  let unread = true;
  return {
    get facts() {
      return dataset.facts;
    },
    batches(offset, signal) {
      if (!unread) return dataset.batches(offset, signal);
      unread = false;
      return continued(first, rest);
    },
    async [Symbol.asyncDispose]() {
      // Nobody went on with it: its file is still open.
      if (unread) await rest.return?.();
      await dataset[Symbol.asyncDispose]();
    },
  };
}

async function* continued(
  first: IteratorResult<readonly RowItem[]>,
  rest: AsyncIterator<readonly RowItem[]>,
): AsyncGenerator<readonly RowItem[]> {
  try {
    for (let next = first; !next.done; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}
