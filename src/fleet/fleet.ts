/** A server with the runs that are shared on it: which there are, who holds and who works on them, and their queues. */
import type { EventEmitter } from "node:events";
import type { Queue, Worker } from "bullmq";
import { defined } from "../core/defined.js";
import { usualBlock } from "../run/blocks.js";
import {
  type Announced,
  type ForeignRun,
  isRunId,
  type Membership,
  type RunProgress,
  readAnnounced,
  readFacts,
  readForeign,
  readMembership,
  readProgress,
  type WorkerFacts,
  type WorkerStatus,
} from "./announced.js";
import { BullQueue, BullStore, countsOf, queueOptions, workerOptions } from "./bullmq.js";
import { type FleetLimits, type FleetSettings, isPostgres, wayToQueue } from "./connect.js";
import { Fence, type Holder, readHolder } from "./fence.js";
import { Patience } from "./patience.js";
import { openPostgres } from "./postgres.js";
import type { WorkQueue, WorkStore } from "./queue.js";
import { openRedis } from "./redis.js";
import { queueOf, runsTable, type Server, type Space, tableOf } from "./server.js";

const usualLeaseSeconds = 30;
/** For a last word to the server by whoever gives up. */
const partingMs = 1000;

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
  /** The coordinator's, which says it every second. */
  readonly progress?: Omit<RunProgress, "at"> & { readonly seenAgo: number };
  /** What the server has in hand, of all runs and whatever else it is used for. */
  readonly space: Space;
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
    say: (message: string) => void,
  ) {
    this.patience = new Patience(server, abort, say);
    abort.addEventListener("abort", this.giveUp, { once: true });
  }

  /**
   * @param abort  aborted: what is in hand is given back, and nobody waits any longer for a server that is away
   * @param say  told when that takes long
   */
  static async open(
    settings: FleetSettings,
    abort: AbortSignal,
    say: (message: string) => void = () => {},
  ): Promise<Fleet> {
    const way = wayToQueue(settings);
    const lease = settings.leaseSeconds ?? usualLeaseSeconds;
    const server = await (isPostgres(way.url) ? openPostgres(way, lease / 3) : openRedis(way));
    return new Fleet(server, 1000 * lease, abort, say);
  }

  /** Runs that look for workers, as far as this version can read what they want. */
  async runs(): Promise<readonly Announced[]> {
    const texts = await this.untilBack(() => this.server.read(runsTable));
    return Object.values(texts).flatMap((text) => readAnnounced(text) ?? []);
  }

  /** The others. */
  async foreignRuns(): Promise<readonly ForeignRun[]> {
    const texts = await this.untilBack(() => this.server.read(runsTable));
    return Object.entries(texts).flatMap(([place, text]) =>
      readAnnounced(text)?.id === place ? [] : [{ place, ...defined({ said: readForeign(text) }) }],
    );
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
    if (!isRunId(run)) return;
    const queue = await this.queue(run);
    await this.untilBack(() => queue.obliterate({ force: true }));
    await this.untilBack(async () => {
      for (const what of ["member", "workers", "refused", "late", "progress"] as const)
        await this.server.drop(tableOf(run, what));
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
    return this.patience.around(new BullStore(server, queue, run));
  }

  async work(run: string, worker: string): Promise<WorkQueue> {
    const { server, leaseMs, patience } = this;
    const fetching = await this.ready(() => server.worker(queueOf(run), workerOptions(leaseMs)));
    const queue = await this.queue(run);
    return patience.around(new BullQueue({ server, queue, fetching, run, worker, leaseMs, patience }));
  }

  async status(run: Announced): Promise<RunStatus> {
    const { server } = this;
    const queue = await this.queue(run.id);
    const coordinator = readHolder(await server.lock(tableOf(run.id, "coordinator")).holder());
    const { all } = await server.read(tableOf(run.id, "progress"));
    const { at = 0, ...progress } = (all === undefined ? undefined : readProgress(all)) ?? {};
    const seenAgo = Math.round((await server.now()) - at);
    return {
      ...{
        run,
        ...defined({ coordinator }),
        ...(at > 0 ? { progress: { ...(progress as RunProgress), seenAgo } } : {}),
      },
      ...(await countsOf(queue)),
      paused: await queue.isPaused(),
      workers: await this.workers(run.id),
      refused: await server.read(tableOf(run.id, "refused")),
      space: await server.space(),
    };
  }

  /** As they say of themselves every few seconds. */
  async workers(run: string): Promise<readonly WorkerStatus[]> {
    const texts = await this.untilBack(() => this.server.read(tableOf(run, "workers")));
    const now = await this.untilBack(() => this.server.now());
    return Object.entries(texts).flatMap(([name, text]) => {
      const { at, ...facts } = readFacts(text) ?? {};
      return at === undefined ? [] : [{ name, ...(facts as WorkerFacts), seenAgo: Math.round(now - at) }];
    });
  }

  async setProgress(run: string, progress: Omit<RunProgress, "at">): Promise<void> {
    await this.untilBack(async () => {
      const said = { ...progress, at: await this.server.now() } satisfies RunProgress;
      await this.server.write(tableOf(run, "progress"), "all", JSON.stringify(said));
    });
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
    return this.patience.untilBack(call);
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
