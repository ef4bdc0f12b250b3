/** Both sides of a queue over BullMQ, whatever server it is on. */
import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import type { Job, Queue, Worker } from "bullmq";
import { messageOf } from "../core/errors.js";
import { Type, violationOf } from "../core/schema.js";
import { Dictionary } from "../core/schema-parts.js";
import { Block } from "../run/blocks.js";
import { type Membership, readMembership, type WorkerFacts } from "./announced.js";
import { type Patience, patienceMs } from "./patience.js";
import type { Completed, Lease, WorkQueue, WorkStore } from "./queue.js";
import { queueOf, runsTable, type Server, tableOf } from "./server.js";

/** Times that a block may come back before the queue itself gives it up; blame finds the sample long before. */
const mostDeliveries = 20;
/** Results that nobody has taken, above which workers wait: a dead coordinator must not fill the server's memory. */
const mostCompleted = 2000;
/** For how long a late result waits for a coordinator to take it. */
const lateSeconds = 3600;
/** BullMQ writes each result into its stream of events a second time, to which nobody here listens. */
const keptEvents = 10;
/** How often it is asked whether results pile up. */
const lookMs = 1000;
/** Blocks in one call. */
const addedAtOnce = 500;

export const queueOptions = {
  streams: { events: { maxLen: keptEvents } },
  defaultJobOptions: { removeOnComplete: false, removeOnFail: false, attempts: 1, stackTraceLimit: 1 },
};
export const workerOptions = (leaseMs: number) => ({
  ...{ autorun: false, drainDelay: 1 },
  ...{ lockDuration: leaseMs, stalledInterval: leaseMs / 2, maxStalledCount: mostDeliveries },
});
/** Of the blocks that are there. Those of a paused run are no jobs that wait, on some servers; their priority has them. */
export async function countsOf(queue: Queue) {
  const [waiting, others] = await Promise.all([
    queue.getCountsPerPriority([0]),
    queue.getJobCounts("active", "completed", "failed"),
  ]);
  const { active = 0, completed = 0, failed = 0 } = others;
  return { waiting: waiting[0] ?? 0, leased: active, completed, failed };
}

const Progress = Type.Object({
  asks: Type.Optional(Type.String({ maxLength: 40 })),
  blame: Dictionary(Type.Integer()),
});

export class BullStore implements WorkStore {
  constructor(
    private readonly server: Server,
    private readonly queue: Queue,
    private readonly run: string,
  ) {}

  async add(blocks: readonly Block[]): Promise<void> {
    for (let at = 0; at < blocks.length; at += addedAtOnce) {
      const some = blocks.slice(at, at + addedAtOnce);
      await this.queue.addBulk(some.map((block) => ({ name: "b", data: block, opts: { jobId: block.id } })));
    }
  }

  async completed(skip: number, most: number): Promise<readonly Completed[]> {
    const jobs = await this.queue.getJobs(["completed"], skip, skip + most - 1, true);
    return jobs.flatMap((job) => (job?.id === undefined ? [] : [{ id: job.id, result: String(job.returnvalue) }]));
  }

  async late(): Promise<readonly Completed[]> {
    const results = await this.server.read(tableOf(this.run, "late"));
    return Object.entries(results).map(([id, result]) => ({ id, result }));
  }

  async releaseLate(ids: readonly string[]): Promise<void> {
    await this.server.remove(tableOf(this.run, "late"), ids);
  }

  async failed(): Promise<readonly { readonly id: string; readonly why: string }[]> {
    const jobs = (await this.queue.getJobs(["failed"], 0, 15, true)) as (Job | undefined)[];
    return jobs.flatMap((job) => (job?.id === undefined ? [] : [{ id: job.id, why: job.failedReason }]));
  }

  async release(ids: readonly string[]): Promise<void> {
    await Promise.all(ids.map((id) => this.queue.remove(id)));
  }

  async held(): Promise<number> {
    const { waiting, leased, completed, failed } = await countsOf(this.queue);
    return waiting + leased + completed + failed;
  }

  async refuse(worker: string, why: string): Promise<void> {
    await this.server.write(tableOf(this.run, "refused"), keepable(worker), keepable(why));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.queue.close();
  }
}

interface QueueParts {
  readonly server: Server;
  readonly queue: Queue;
  readonly fetching: Worker;
  readonly run: string;
  readonly worker: string;
  readonly leaseMs: number;
  readonly patience: Patience;
}

export class BullQueue implements WorkQueue {
  /** One call at a time: BullMQ lets one wait, and answers the others at once. */
  private leasing: Promise<unknown> = Promise.resolve();
  private lookedAt = Number.NEGATIVE_INFINITY;

  constructor(private readonly parts: QueueParts) {
    void parts.fetching.startStalledCheckTimer();
  }

  async join(membership: Membership): Promise<Membership> {
    const { server, run } = this.parts;
    const text = await server.writeFirst(tableOf(run, "member"), "all", JSON.stringify(membership));
    return readMembership(text) ?? membership;
  }

  lease(): Promise<Lease | undefined> {
    const next = this.leasing.then(() => this.next());
    this.leasing = next.catch(() => {});
    return next;
  }

  async refusal(): Promise<string | undefined> {
    const { server, run, worker } = this.parts;
    return (await server.read(tableOf(run, "refused")))[worker];
  }

  async beat(facts: Omit<WorkerFacts, "at">): Promise<void> {
    const { server, run, worker } = this.parts;
    // By the server's clock: this machine's may be hours off.
    const at = await server.now();
    await server.write(tableOf(run, "workers"), worker, JSON.stringify({ ...facts, at }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { server, run, worker, fetching } = this.parts;
    try {
      await server.remove(tableOf(run, "workers"), [worker]);
    } finally {
      // A connection of its own, which would keep the process alive.
      await fetching.close(true);
    }
    // BullMQ notes a queue's settings whenever a script misses them: of a run that is over nothing is kept.
    if (!(run in (await server.read(runsTable)))) await server.dropSettings(queueOf(run));
  }

  private async next(): Promise<Lease | undefined> {
    const { fetching, queue } = this.parts;
    if (performance.now() - this.lookedAt > lookMs) {
      if ((await queue.getCompletedCount()) > mostCompleted) {
        await wait(lookMs);
        return undefined;
      }
      this.lookedAt = performance.now();
    }
    const token = randomUUID();
    const began = performance.now();
    const job = (await fetching.getNextJob(token, { block: true })) as Job | undefined;
    if (!job) {
      // Where the run has a rate BullMQ says at once that there is nothing yet.
      if (performance.now() - began < patienceMs) await wait(patienceMs / 5);
      return undefined;
    }
    // BullMQ notes that a job came back too often, and leaves it to whoever fetches jobs by hand to fail it.
    const why = job.deferredFailure ?? blockFault(job.data);
    if (why) {
      await job.moveToFailed(new Error(why), token, false);
      return undefined;
    }
    return this.parts.patience.around(new BullLease(this.parts, job, token));
  }
}

function blockFault(data: unknown): string | undefined {
  const violation = violationOf(Block, data);
  return violation ? `no block of this version: ${violation.pointer} ${violation.expected}` : undefined;
}

class BullLease implements Lease {
  readonly block: Block;
  readonly delivery: number;
  readonly blame: Map<string, number>;
  private readonly losing = new AbortController();
  private readonly beat: NodeJS.Timeout;
  private renewedAt = performance.now();

  constructor(
    private readonly parts: QueueParts,
    private readonly job: Job,
    private readonly token: string,
  ) {
    const { leaseMs } = parts;
    this.block = job.data as Block;
    this.delivery = (job.stalledCounter ?? 0) + 1;
    const progress: unknown = job.progress;
    const { asks, blame } = violationOf(Progress, progress)
      ? { asks: undefined, blame: {} }
      : (progress as { asks?: string; blame: Record<string, number> });
    this.blame = new Map(Object.entries(blame));
    if (asks !== undefined) this.blame.set(asks, (this.blame.get(asks) ?? 0) + 1);
    this.beat = setInterval(() => void this.renew(leaseMs), leaseMs / 3);
  }

  get lost(): AbortSignal {
    return this.losing.signal;
  }

  get silence(): number {
    return (performance.now() - this.renewedAt) / 1000;
  }

  async asks(place: string): Promise<void> {
    await this.job.updateProgress({ asks: place, blame: Object.fromEntries(this.blame) });
  }

  async ack(result: string): Promise<"done" | "late"> {
    if (await this.ended(() => this.job.moveToCompleted(result, this.token, false))) return "done";
    const { server, run } = this.parts;
    const late = tableOf(run, "late");
    await server.write(late, this.block.id, result);
    // The run may be over, or its server may have lost everything: that looks alike from here.
    await server.expire(late, lateSeconds);
    return "late";
  }

  async fail(why: string): Promise<void> {
    await this.ended(() => this.job.moveToFailed(new Error(keepable(why)), this.token, false));
  }

  async giveBack(): Promise<void> {
    await this.ended(() => this.job.moveToWait(this.token));
  }

  private async ended(move: () => Promise<unknown>): Promise<boolean> {
    clearInterval(this.beat);
    try {
      await move();
      return true;
    } catch (error) {
      if (!isLost(error)) throw error;
      return false;
    }
  }

  private async renew(leaseMs: number): Promise<void> {
    const sentAt = performance.now();
    try {
      if ((await this.job.extendLock(this.token, leaseMs)) === 1) {
        this.renewedAt = sentAt;
        return;
      }
    } catch (error) {
      // What else goes wrong is the server's, and the next renewal tells.
      if (!isLost(error)) return;
    }
    clearInterval(this.beat);
    this.losing.abort(new DOMException("the lease was lost", "AbortError"));
  }
}

/** What was said elsewhere may have a character 0, which not every server keeps. */
const keepable = (text: string) => text.replaceAll("\0", "\ufffd");

/** BullMQ's words for a job that is somebody else's now, or nobody's. */
const isLost = (error: unknown) =>
  /Missing lock|Lock mismatch|Missing key|not in the active state/.test(messageOf(error));
