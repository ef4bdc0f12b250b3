/** Both sides of a queue over BullMQ on Redis, and what a fleet keeps there besides: which runs there are, who holds and who works on them. */
import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import type { Job, Queue, Worker } from "bullmq";
import type { Redis } from "ioredis";
import { defined } from "../core/defined.js";
import { messageOf } from "../core/errors.js";
import { pause } from "../core/pause.js";
import { Type, violationOf } from "../core/schema.js";
import { Block, usualBlock } from "../run/blocks.js";
import {
  type Announced,
  type Foreign,
  type Membership,
  readAnnounced,
  readFacts,
  readForeign,
  readMembership,
  type WorkerFacts,
} from "./announced.js";
import { connect, type FleetLimits, type FleetSettings, packages } from "./connect.js";
import { Fence, type Holder, readHolder } from "./fence.js";
import type { Completed, Lease, WorkQueue, WorkStore } from "./queue.js";

const prefix = "le";
const usualLeaseSeconds = 30;
/** Times that a block may come back before the queue itself gives it up; blame finds the sample long before. */
const mostDeliveries = 20;
/** Results that nobody has taken, above which workers wait: a dead coordinator must not fill the server's memory. */
const mostCompleted = 2000;
/** For how long a late result waits for a coordinator to take it. */
const lateSeconds = 3600;
/** Between two tries of a call that the server cannot serve now: it is full, or on its way up. */
const patienceMs = 500;
/** BullMQ writes each result into its stream of events a second time, to which nobody here listens. */
const keptEvents = 10;
/** How often it is asked whether results pile up. */
const lookMs = 1000;
/** For a last word to the server by whoever gives up. */
const partingMs = 1000;
/** Blocks in one call. */
const addedAtOnce = 500;

const runsKey = `${prefix}:runs`;
const queueOf = (run: string) => `{${run}}`;
const keyOf = (run: string, what: "coordinator" | "member" | "workers" | "refused" | "late" | "meta") =>
  `${prefix}:{${run}}:${what}`;

const Progress = Type.Object({
  asks: Type.Optional(Type.String({ maxLength: 40 })),
  blame: Type.Unsafe<Readonly<Record<string, number>>>({
    type: "object",
    additionalProperties: { type: "integer" },
  }),
});

export interface WorkerStatus extends Omit<WorkerFacts, "at"> {
  readonly name: string;
  /** Seconds, by the server's clock. */
  readonly seenAgo: number;
}

export interface RunStatus {
  readonly run: Announced;
  readonly coordinator?: Holder;
  readonly waiting: number;
  readonly leased: number;
  readonly completed: number;
  readonly failed: number;
  readonly paused: boolean;
  readonly workers: readonly WorkerStatus[];
  readonly refused: Readonly<Record<string, string>>;
}

/** A server with the runs that are shared on it. */
export class Fleet implements AsyncDisposable {
  private hangUp: NodeJS.Timeout | undefined;
  private readonly giveUp = () => {
    this.hangUp = setTimeout(() => this.redis.disconnect(), partingMs);
  };

  private constructor(
    private readonly redis: Redis,
    private readonly bullmq: Awaited<ReturnType<typeof packages>>,
    private readonly leaseMs: number,
    private readonly abort: AbortSignal,
  ) {
    abort.addEventListener("abort", this.giveUp, { once: true });
  }

  /** @param abort  aborted: what is in hand is given back, and nobody waits any longer for a server that is away */
  static async open(settings: FleetSettings, abort: AbortSignal): Promise<Fleet> {
    const redis = await connect(settings);
    return new Fleet(redis, await packages(), 1000 * (settings.leaseSeconds ?? usualLeaseSeconds), abort);
  }

  /** Runs that look for workers, as far as this version can read what they want. */
  async runs(): Promise<readonly Announced[]> {
    const texts = await this.untilBack(() => this.redis.hgetall(runsKey));
    return Object.values(texts).flatMap((text) => readAnnounced(text) ?? []);
  }

  /** The others. */
  async foreignRuns(): Promise<readonly Foreign[]> {
    const texts = await this.untilBack(() => this.redis.hgetall(runsKey));
    return Object.values(texts).flatMap((text) => (readAnnounced(text) ? [] : (readForeign(text) ?? [])));
  }

  async announce(run: Announced): Promise<void> {
    await this.untilBack(() => this.redis.hset(runsKey, run.id, JSON.stringify(run)));
  }

  async member(run: string): Promise<Membership | undefined> {
    const text = await this.untilBack(() => this.redis.get(keyOf(run, "member")));
    return text === null ? undefined : readMembership(text);
  }

  /** Undefined: the next worker decides. */
  async setMember(run: string, member: Membership | undefined): Promise<void> {
    const key = keyOf(run, "member");
    if (member === undefined) await this.untilBack(() => this.redis.del(key));
    else await this.untilBack(() => this.redis.set(key, JSON.stringify(member)));
  }

  /** Told again and again: a server may lose everything. */
  async limit(run: string, { blocks, rate }: FleetLimits): Promise<void> {
    const queue = this.queue(run);
    try {
      await this.untilBack(async () => {
        await (blocks === undefined ? queue.removeGlobalConcurrency() : queue.setGlobalConcurrency(blocks));
        // One block after the other: many at once would be as many bursts.
        if (rate === undefined) await queue.removeGlobalRateLimit();
        else await queue.setGlobalRateLimit(1, Math.max(1, Math.round((1000 * usualBlock) / rate)));
      });
    } finally {
      await queue.close();
    }
  }

  /** Nothing of the run is kept here any more. */
  async forget(run: string): Promise<void> {
    await this.redis.hdel(runsKey, run);
    const queue = this.queue(run);
    try {
      await this.untilBack(() => queue.obliterate({ force: true }));
    } finally {
      await queue.close();
    }
    const own = (["member", "workers", "refused", "late", "meta"] as const).map((what) => keyOf(run, what));
    await this.redis.del(...own);
  }

  /**
   * Held by the one coordinator of a run.
   * @throws UserError  another process holds it, and is alive
   */
  async fence(run: string, signal: AbortSignal): Promise<Fence> {
    return await Fence.take(this.redis, keyOf(run, "coordinator"), signal);
  }

  store(run: string): WorkStore {
    const store = new BullStore(this.redis, this.queue(run, "coordinator"), run);
    return patient(store, this.abort);
  }

  work(run: string, worker: string): WorkQueue {
    const { Worker } = this.bullmq;
    const fetching = new Worker(queueOf(run), null, {
      ...{ connection: this.redis, prefix, autorun: false, drainDelay: 1 },
      ...{ lockDuration: this.leaseMs, stalledInterval: this.leaseMs / 2, maxStalledCount: mostDeliveries },
    });
    fetching.on("error", () => {}); // a server that is away: every call waits until it is back
    const queue = this.queue(run);
    const { redis, leaseMs, abort } = this;
    return patient(new BullQueue({ redis, queue, fetching, run, worker, leaseMs, abort }), abort);
  }

  async status(run: Announced): Promise<RunStatus> {
    const queue = this.queue(run.id);
    try {
      const counts = await queue.getJobCounts("wait", "active", "completed", "failed");
      const coordinator = readHolder((await this.redis.get(keyOf(run.id, "coordinator"))) ?? "");
      const [seconds] = await this.redis.time();
      const workers = Object.entries(await this.redis.hgetall(keyOf(run.id, "workers"))).flatMap(([name, text]) => {
        const facts = readFacts(text);
        return facts ? [{ name, ...facts, seenAgo: Number(seconds) - facts.at }] : [];
      });
      return {
        run,
        ...defined({ coordinator }),
        waiting: counts.wait ?? 0,
        leased: counts.active ?? 0,
        completed: counts.completed ?? 0,
        failed: counts.failed ?? 0,
        paused: await queue.isPaused(),
        workers,
        refused: await this.redis.hgetall(keyOf(run.id, "refused")),
      };
    } finally {
      await queue.close();
    }
  }

  async pause(run: string, on: boolean): Promise<void> {
    const queue = this.queue(run);
    try {
      await (on ? queue.pause() : queue.resume());
    } finally {
      await queue.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.abort.removeEventListener("abort", this.giveUp);
    clearTimeout(this.hangUp);
    this.redis.disconnect();
  }

  private untilBack<T>(call: () => Promise<T>): Promise<T> {
    return untilBack(call, this.abort);
  }

  /** Only a coordinator's leaves a trace by being opened. */
  private queue(run: string, whose: "coordinator" | "anybody" = "anybody"): Queue {
    const queue = new this.bullmq.Queue(queueOf(run), {
      skipMetasUpdate: whose === "anybody",
      ...{ connection: this.redis, prefix, streams: { events: { maxLen: keptEvents } } },
      defaultJobOptions: { removeOnComplete: false, removeOnFail: false, attempts: 1, stackTraceLimit: 1 },
    });
    queue.on("error", () => {}); // as above
    return queue;
  }
}

class BullStore implements WorkStore {
  constructor(
    private readonly redis: Redis,
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
    const results = await this.redis.hgetall(keyOf(this.run, "late"));
    return Object.entries(results).map(([id, result]) => ({ id, result }));
  }

  async releaseLate(ids: readonly string[]): Promise<void> {
    if (ids.length > 0) await this.redis.hdel(keyOf(this.run, "late"), ...ids);
  }

  async failed(): Promise<readonly { readonly id: string; readonly why: string }[]> {
    const jobs = (await this.queue.getJobs(["failed"], 0, 15, true)) as (Job | undefined)[];
    return jobs.flatMap((job) => (job?.id === undefined ? [] : [{ id: job.id, why: job.failedReason }]));
  }

  async release(ids: readonly string[]): Promise<void> {
    await Promise.all(ids.map((id) => this.queue.remove(id)));
  }

  async held(): Promise<number> {
    const counts = await this.queue.getJobCounts("wait", "active", "completed", "failed");
    return Object.values(counts).reduce((sum, count) => sum + count, 0);
  }

  async refuse(worker: string, why: string): Promise<void> {
    await this.redis.hset(keyOf(this.run, "refused"), worker, why);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.queue.close();
  }
}

interface QueueParts {
  readonly redis: Redis;
  readonly queue: Queue;
  readonly fetching: Worker;
  readonly run: string;
  readonly worker: string;
  readonly leaseMs: number;
  readonly abort: AbortSignal;
}

class BullQueue implements WorkQueue {
  /** One call at a time: BullMQ lets one wait, and answers the others at once. */
  private leasing: Promise<unknown> = Promise.resolve();
  private lookedAt = Number.NEGATIVE_INFINITY;

  constructor(private readonly parts: QueueParts) {
    void parts.fetching.startStalledCheckTimer();
  }

  async join(membership: Membership): Promise<Membership> {
    const { redis, run } = this.parts;
    const key = keyOf(run, "member");
    await redis.set(key, JSON.stringify(membership), "NX");
    return readMembership((await redis.get(key)) ?? "") ?? membership;
  }

  lease(): Promise<Lease | undefined> {
    const next = this.leasing.then(() => this.next());
    this.leasing = next.catch(() => {});
    return next;
  }

  async refusal(): Promise<string | undefined> {
    const { redis, run, worker } = this.parts;
    return (await redis.hget(keyOf(run, "refused"), worker)) ?? undefined;
  }

  async beat(facts: Omit<WorkerFacts, "at">): Promise<void> {
    const { redis, run, worker } = this.parts;
    // By the server's clock: this machine's may be hours off.
    const [seconds] = await redis.time();
    await redis.hset(keyOf(run, "workers"), worker, JSON.stringify({ ...facts, at: Number(seconds) }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { redis, run, worker, fetching, queue } = this.parts;
    try {
      await redis.hdel(keyOf(run, "workers"), worker);
    } finally {
      // A connection of its own, which would keep the process alive.
      await fetching.close(true);
      await queue.close();
    }
    // BullMQ notes a queue's settings whenever a script misses them: of a run that is over nothing is kept.
    if (!(await redis.hexists(runsKey, run))) await redis.del(keyOf(run, "meta"));
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
    return patient(new BullLease(this.parts, job, token), this.parts.abort);
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

  async asks(place: string): Promise<void> {
    await this.job.updateProgress({ asks: place, blame: Object.fromEntries(this.blame) });
  }

  async ack(result: string): Promise<"done" | "late"> {
    if (await this.ended(() => this.job.moveToCompleted(result, this.token, false))) return "done";
    const { redis, run } = this.parts;
    const late = keyOf(run, "late");
    await redis.hset(late, this.block.id, result);
    // The run may be over, or its server may have lost everything: that looks alike from here.
    await redis.expire(late, lateSeconds);
    return "late";
  }

  async fail(why: string): Promise<void> {
    await this.ended(() => this.job.moveToFailed(new Error(why), this.token, false));
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
    try {
      if ((await this.job.extendLock(this.token, leaseMs)) === 1) return;
    } catch (error) {
      // What else goes wrong is the server's, and the next renewal tells.
      if (!isLost(error)) return;
    }
    clearInterval(this.beat);
    this.losing.abort(new DOMException("the lease was lost", "AbortError"));
  }
}

/** What the server says when it is full, on its way up, or away. */
const isAway = (error: unknown) =>
  /^(OOM|LOADING|READONLY|MASTERDOWN|TRYAGAIN|BUSY)\b|OOM command not allowed|Connection is closed|ECONN|ETIMEDOUT|EPIPE|writeable/.test(
    messageOf(error),
  );

/** Calls again for as long as the server is away. */
async function untilBack<T>(call: () => T | Promise<T>, abort: AbortSignal): Promise<T> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      abort.throwIfAborted();
      if (!isAway(error)) throw error;
      await pause(patienceMs, abort);
    }
  }
}

/** The same object, whose calls wait for a server that is away. */
function patient<T extends object>(of: T, abort: AbortSignal): T {
  return new Proxy(of, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== "function" || name === Symbol.asyncDispose) return value;
      return (...given: unknown[]) => untilBack(() => Reflect.apply(value, target, given) as unknown, abort);
    },
  });
}

/** BullMQ's words for a job that is somebody else's now, or nobody's. */
const isLost = (error: unknown) => /lock|Missing key|not in the active state/i.test(messageOf(error));
