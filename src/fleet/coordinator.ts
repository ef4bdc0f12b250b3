import { UserError } from "../core/errors.js";
import { pause } from "../core/pause.js";
import { placeKey } from "../record/keys.js";
import type { SampleRecord } from "../record/samples.js";
import { type Block, BlockCutter, type CutBlock } from "../run/blocks.js";
import { isRow, plan } from "../run/plan.js";
import type { TaskEnd, TaskRun } from "../run/run-task.js";
import { hasOwnFiles } from "../run/same-question.js";
import { outputsOf, referenceFailure } from "../run/score-sample.js";
import { take } from "../run/take.js";
import type { WorkStore } from "./queue.js";
import { askedBy, type Expected, expectedOf, placeOf, readResult, restOf, wantedOf } from "./result.js";

export interface Sharing {
  readonly store: WorkStore;
  /** The run's name on the server. */
  readonly run: string;
  /** Samples in a block. */
  readonly blockSize?: number;
  /** Blocks on the server at once: what a run of any size costs there is bounded. */
  readonly mostOutstanding?: number;
  /** Answers of workers that differ from the run, and say so, are taken. */
  readonly admits: boolean;
  /** Blocks of tasks before this one that were taken late: workers may have begun them again, and what these answer is nobody's by now. */
  readonly leftBehind: Set<string>;
  /** Looked at now and then. @throws whatever makes it of no use to go on */
  check(): Promise<void>;
  /** A sample that workers are not asked about: it is answered, or cannot be asked. */
  onNotAsked(): void;
  onTaken(record: SampleRecord): void;
  /** A sample was answered again, with the same words. */
  onRepeated(): void;
  /** With other words; the first stay. */
  onChanged(place: string, worker: string): void;
  say(message: string): void;
}

const usualOutstanding = 20_000;
/** Results taken between two writes to the disk. */
const takenAtOnce = 64;
const pollMs = 50;
/** How often it is asked whether the server still has what it was given, and whether it is of use to go on. */
const checkMs = 1000;
/** How often results of lost leases are looked for. */
const lateMs = 1000;
/** First blocks do not wait until many are there: workers do. */
const addEveryMs = 200;

/**
 * Has workers ask what a task's journal lacks, and takes what they answer. Returns when all of it is in the journal, or when `drain` is
 * aborted; what is in workers' hands then stays on the server.
 * @returns how the task ended; undefined where something is left for whoever has the rows: samples to judge, to look at, or to leave out
 */
export async function share(task: TaskRun, sharing: Sharing): Promise<TaskEnd | undefined> {
  const { samples, label, selection, drain } = task;
  const shared = new SharedTask(task, sharing);
  const cutter = new BlockCutter({ run: sharing.run, label, repeats: selection.repeats }, sharing.blockSize);
  let total = 0;
  let isAllAsked = true;
  try {
    for await (const unit of plan(task.task, task.dataset, selection, drain)) {
      if (drain.aborted) return undefined;
      total++;
      const state = samples.state(unit.index, unit.repeat);
      const isMissing = state === undefined || state === "failed";
      const isAsked = isRow(unit) && isMissing && !referenceFailure(task.task, task.split, unit.row);
      isAllAsked &&= isAsked;
      if (!isAsked) sharing.onNotAsked();
      if (!isRow(unit)) continue;
      const cut = cutter.add(unit, isAsked);
      if (cut) await shared.add(cut);
    }
    const last = cutter.end();
    if (last) await shared.add(last);
    await shared.drained();
    return isAllAsked && !shared.hasMoreToSee ? { how: "complete", total } : undefined;
  } catch (error) {
    if (!drain.aborted || error !== drain.reason) throw error;
    return undefined;
  } finally {
    await samples.sync();
  }
}

/** The blocks of one task that are on the server. */
class SharedTask {
  /** Of what was answered something must be seen beside its row: it has no score yet, or no question, or files of its own were shown. */
  hasMoreToSee = false;
  private readonly outstanding = new Map<string, Expected>();
  /** Taken late, while somebody else has them, or may: what these answer is compared. */
  private readonly twice = new Map<string, Expected>();
  /** Handed out by this process, and not by one before it that wanted more or less of them: a result of theirs was released. */
  private readonly again = new Set<string>();
  private waiting: Block[] = [];
  private addedAt = performance.now();
  private checkedAt = performance.now();
  private lateAt = performance.now();
  /** Fewer blocks on the server than were given to it, at the last look: twice running, they are lost. */
  private lacked = false;
  /** Results of blocks that are not cut yet: a coordinator before this one had added them. */
  private unknown = 0;

  constructor(
    private readonly task: TaskRun,
    private readonly sharing: Sharing,
  ) {}

  async add({ block, units, all }: CutBlock): Promise<void> {
    const { task, profile } = this.task;
    this.outstanding.set(block.id, expectedOf(block, all, this.task));
    this.hasMoreToSee ||= units.some(({ row }) => hasOwnFiles(task, row, profile));
    this.waiting.push(block);
    const { mostOutstanding = usualOutstanding } = this.sharing;
    const isFull = this.outstanding.size >= mostOutstanding;
    if (this.waiting.length < 500 && !isFull && performance.now() - this.addedAt < addEveryMs) return;
    await this.flush();
    await this.takeSome();
    while (this.outstanding.size >= mostOutstanding) await this.next();
  }

  async drained(): Promise<void> {
    await this.flush();
    while (this.outstanding.size > 0) await this.next();
    for (const id of this.twice.keys()) this.sharing.leftBehind.add(id);
  }

  private async flush(): Promise<void> {
    await this.sharing.store.add(this.waiting);
    this.waiting = [];
    this.addedAt = performance.now();
  }

  private async next(): Promise<void> {
    if ((await this.takeSome()) === 0) await pause(pollMs, this.task.drain);
    if (performance.now() - this.checkedAt < checkMs) return;
    this.checkedAt = performance.now();
    await this.lookAfter();
  }

  /** An empty server is not a finished run: what it lost is given to it again. */
  private async lookAfter(): Promise<void> {
    const { store, check, say, leftBehind } = this.sharing;
    await check();
    for (const { id, why } of await store.failed()) {
      if (this.outstanding.has(id))
        throw new UserError(why, `block ${id}`, "correct the task, and run the same command again");
      await store.release([id]);
    }
    // Whoever had begun one of them again may have died since.
    await store.release([...this.twice.keys(), ...leftBehind]);
    const lacks = (await store.held()) < this.outstanding.size;
    if (lacks && this.lacked) {
      say(`the queue has lost blocks: ${this.outstanding.size} are given to it again`);
      await store.add([...this.outstanding.values()].map(({ block }) => block));
    }
    this.lacked = lacks && !this.lacked;
  }

  /** What workers answered under leases that they had lost; blocks that nobody has begun again meanwhile need not be asked. */
  private async takeLate(): Promise<void> {
    if (performance.now() - this.lateAt < lateMs) return;
    this.lateAt = performance.now();
    const { store, leftBehind } = this.sharing;
    const taken: string[] = [];
    for (const { id, result } of await store.late()) {
      const expected = this.outstanding.get(id) ?? this.twice.get(id);
      if (!expected && leftBehind.has(id)) taken.push(id);
      // Not cut yet: a coordinator before this one had added it.
      if (!expected) continue;
      taken.push(id);
      if (!(await this.takeResult(result, expected))) this.twice.set(id, expected);
    }
    if (taken.length === 0) return;
    await this.task.samples.sync();
    await store.release(taken.filter((id) => this.twice.has(id)));
    await store.releaseLate(taken);
    for (const id of taken) if (this.twice.has(id)) this.outstanding.delete(id);
  }

  /** @returns how many blocks were taken */
  private async takeSome(): Promise<number> {
    const taken = await this.takeCompleted();
    await this.takeLate();
    return taken;
  }

  private async takeCompleted(): Promise<number> {
    const { store, leftBehind } = this.sharing;
    const completed = await store.completed(this.unknown, takenAtOnce);
    const done: string[] = [];
    const left: Expected[] = [];
    for (const { id, result } of completed) {
      const expected = this.outstanding.get(id) ?? this.twice.get(id);
      if (!expected && leftBehind.has(id)) {
        await store.release([id]);
      } else if (!expected) {
        this.unknown++;
      } else {
        const block = await this.takeResult(result, expected, this.again.has(id));
        if (!block) done.push(id);
        else if (this.outstanding.has(id)) left.push({ ...expected, block });
        else await store.release([id]);
      }
    }
    if (left.length > 0) await this.handOutAgain(left);
    if (done.length === 0) {
      if (completed.length === 0) this.unknown = 0;
      return 0;
    }
    // On the disk first: what is released nobody else has.
    await this.task.samples.sync();
    await store.release(done);
    for (const id of done) {
      this.outstanding.delete(id);
      this.twice.delete(id);
    }
    return done.length;
  }

  /** Blocks of which there is a result that was refused, or was of fewer samples: what was taken of it is on the disk before it is released. */
  private async handOutAgain(left: readonly Expected[]): Promise<void> {
    await this.task.samples.sync();
    await this.sharing.store.release(left.map(({ block }) => block.id));
    for (const expected of left) {
      this.outstanding.set(expected.block.id, expected);
      this.again.add(expected.block.id);
    }
    await this.sharing.store.add(left.map(({ block }) => block));
  }

  /** @returns the block of what is still to be asked: all of it where the result is refused; undefined: nothing */
  private async takeResult(text: string, expected: Expected, isWhole = false): Promise<Block | undefined> {
    const { task, label, samples, onTiming } = this.task;
    const { store, say, admits, onRepeated, onChanged } = this.sharing;
    try {
      const { worker, records, timings } = readResult(text, expected, { metrics: task.metrics, admits, isWhole });
      const wanted = wantedOf(expected);
      for (const record of records) {
        const taken = await take(samples, record);
        // What is not wanted was taken from this result before, by a coordinator that was killed in the middle of it.
        if (taken === "repeated" && wanted.has(placeOf(record))) onRepeated();
        if (taken === "changed") onChanged(placeKey(label, record.index, record.repeat), worker);
        if (taken === "taken") {
          this.sharing.onTaken(record);
          this.tell(record);
        }
        this.hasMoreToSee ||= record.state === "answered" || askedBy(record).length === 0;
      }
      for (const timing of timings) onTiming({ ...timing, worker });
      return restOf(expected, records);
    } catch (error) {
      if (!(error instanceof UserError) || !error.where.startsWith("worker ")) throw error;
      const worker = error.where.slice("worker ".length);
      say(`warning: ${error.where} is refused: ${error.message}`);
      await store.refuse(worker, error.message);
      return expected.block;
    }
  }

  /** An answer that is still to be judged is told when it is. */
  private tell(record: SampleRecord): void {
    if (record.state === "failed") this.task.onSample(record);
    else if (record.score) this.task.onSample(record, outputsOf(record).at(-1));
  }
}
