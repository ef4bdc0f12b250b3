/** A server with the runs that are shared on it: which there are, who holds and who works on them, and their queues. */
import type { EventEmitter } from "node:events";
import type { Queue, Worker } from "bullmq";
import { defined } from "../core/defined.js";
import { usualBlock } from "../run/blocks.js";
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
import { BullQueue, BullStore, countsOf, queueOptions, workerOptions } from "./bullmq.js";
import { type FleetLimits, type FleetSettings, isPostgres, wayToQueue } from "./connect.js";
import { Fence, type Holder, readHolder } from "./fence.js";
import { type Patience, patient, untilBack } from "./patience.js";
import { openPostgres } from "./postgres.js";
import type { WorkQueue, WorkStore } from "./queue.js";
import { openRedis } from "./redis.js";
import { queueOf, runsTable, type Server, tableOf } from "./server.js";

const usualLeaseSeconds = 30;
/** For a last word to the server by whoever gives up. */
const partingMs = 1000;

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

export class Fleet implements AsyncDisposable {
  private hangUp: NodeJS.Timeout | undefined;
  private readonly giveUp = () => {
    this.hangUp = setTimeout(() => this.server.hangUp(), partingMs);
  };
  /** BullMQ's, of runs that are looked at. */
  private readonly queues = new Map<string, Queue>();

  private readonly patience: Patience;

  private constructor(
    private readonly server: Server,
    private readonly leaseMs: number,
    private readonly abort: AbortSignal,
  ) {
    this.patience = { server, abort };
    abort.addEventListener("abort", this.giveUp, { once: true });
  }

  /** @param abort  aborted: what is in hand is given back, and nobody waits any longer for a server that is away */
  static async open(settings: FleetSettings, abort: AbortSignal): Promise<Fleet> {
    const way = wayToQueue(settings);
    const lease = settings.leaseSeconds ?? usualLeaseSeconds;
    const server = await (isPostgres(way.url) ? openPostgres(way, lease / 3) : openRedis(way));
    return new Fleet(server, 1000 * lease, abort);
  }

  /** Runs that look for workers, as far as this version can read what they want. */
  async runs(): Promise<readonly Announced[]> {
    const texts = await this.untilBack(() => this.server.read(runsTable));
    return Object.values(texts).flatMap((text) => readAnnounced(text) ?? []);
  }

  /** The others. */
  async foreignRuns(): Promise<readonly Foreign[]> {
    const texts = await this.untilBack(() => this.server.read(runsTable));
    return Object.values(texts).flatMap((text) => (readAnnounced(text) ? [] : (readForeign(text) ?? [])));
  }

  async announce(run: Announced): Promise<void> {
    await this.untilBack(() => this.server.write(runsTable, run.id, JSON.stringify(run)));
  }

  async member(run: string): Promise<Membership | undefined> {
    const { all } = await this.untilBack(() => this.server.read(tableOf(run, "member")));
    return all === undefined ? undefined : readMembership(all);
  }

  /** Undefined: the next worker decides. */
  async setMember(run: string, member: Membership | undefined): Promise<void> {
    const table = tableOf(run, "member");
    await this.untilBack(() =>
      member === undefined ? this.server.drop(table) : this.server.write(table, "all", JSON.stringify(member)),
    );
  }

  /** Told again and again: a server may lose everything. */
  async limit(run: string, { blocks, rate }: FleetLimits): Promise<void> {
    const queue = await this.queue(run);
    await this.untilBack(async () => {
      await (blocks === undefined ? queue.removeGlobalConcurrency() : queue.setGlobalConcurrency(blocks));
      // One block after the other: many at once would be as many bursts.
      if (rate === undefined) await queue.removeGlobalRateLimit();
      else await queue.setGlobalRateLimit(1, Math.max(1, Math.round((1000 * usualBlock) / rate)));
    });
  }

  /** Nothing of the run is kept here any more. */
  async forget(run: string): Promise<void> {
    await this.untilBack(() => this.server.remove(runsTable, [run]));
    const queue = await this.queue(run);
    await this.untilBack(() => queue.obliterate({ force: true }));
    await this.untilBack(async () => {
      for (const what of ["member", "workers", "refused", "late"] as const) await this.server.drop(tableOf(run, what));
      await this.server.dropSettings(queueOf(run));
    });
  }

  /**
   * Held by the one coordinator of a run.
   * @throws UserError  another process holds it, and is alive
   */
  async fence(run: string, signal: AbortSignal): Promise<Fence> {
    return await Fence.take(this.server.lock(tableOf(run, "coordinator")), run, signal);
  }

  async store(run: string): Promise<WorkStore> {
    const { server } = this;
    // Only a coordinator's queue leaves a trace by being opened.
    const queue = await this.ready(() => server.queue(queueOf(run), queueOptions));
    return patient(new BullStore(server, queue, run), this.patience);
  }

  async work(run: string, worker: string): Promise<WorkQueue> {
    const { server, leaseMs, abort } = this;
    const fetching = await this.ready(() => server.worker(queueOf(run), workerOptions(leaseMs)));
    const queue = await this.queue(run);
    return patient(new BullQueue({ server, queue, fetching, run, worker, leaseMs, abort }), this.patience);
  }

  async status(run: Announced): Promise<RunStatus> {
    const { server } = this;
    const queue = await this.queue(run.id);
    const coordinator = readHolder(await server.lock(tableOf(run.id, "coordinator")).holder());
    const now = await server.now();
    const workers = Object.entries(await server.read(tableOf(run.id, "workers"))).flatMap(([name, text]) => {
      const facts = readFacts(text);
      return facts ? [{ name, ...facts, seenAgo: Math.round(now - facts.at) }] : [];
    });
    return {
      ...{ run, ...defined({ coordinator }) },
      ...(await countsOf(queue)),
      paused: await queue.isPaused(),
      ...{ workers, refused: await server.read(tableOf(run.id, "refused")) },
    };
  }

  async pause(run: string, on: boolean): Promise<void> {
    const queue = await this.queue(run);
    await (on ? queue.pause() : queue.resume());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.abort.removeEventListener("abort", this.giveUp);
    clearTimeout(this.hangUp);
    for (const queue of this.queues.values()) await queue.close();
    await this.server[Symbol.asyncDispose]();
  }

  private untilBack<T>(call: () => Promise<T>): Promise<T> {
    return untilBack(call, this.patience);
  }

  private async queue(run: string): Promise<Queue> {
    const known = this.queues.get(run);
    if (known) return known;
    const queue = await this.ready(() => this.server.queue(queueOf(run), { ...queueOptions, skipMetasUpdate: true }));
    this.queues.set(run, queue);
    return queue;
  }

  /** One that could not begin because the server was away would never do: it is made anew. */
  private ready<T extends Queue | Worker>(make: () => T): Promise<T> {
    return this.untilBack(async () => {
      const made = make();
      (made as EventEmitter).on("error", () => {}); // a server that is away: every call waits until it is back
      try {
        await made.waitUntilReady();
        return made;
      } catch (error) {
        await made.close();
        throw error;
      }
    });
  }
}
