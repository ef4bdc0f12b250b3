/** What a fleet needs of the server that its queue is on, whichever kind that is: a queue of blocks, some named texts, a clock and a lock. */
import type { Queue, QueueOptions, Worker, WorkerOptions } from "bullmq";
import { UserError } from "../core/errors.js";

export interface Server extends AsyncDisposable {
  /** BullMQ's queue of that name. */
  queue(name: string, options: Omit<QueueOptions, "connection">): Queue;
  /** BullMQ's worker, which fetches blocks when it is told to. */
  worker(name: string, options: Omit<WorkerOptions, "connection">): Worker;
  /** The texts of a table, by name. */
  read(table: string): Promise<Readonly<Record<string, string>>>;
  write(table: string, name: string, text: string): Promise<void>;
  /** Does nothing where there is a text of that name. @returns the one that is there now */
  writeFirst(table: string, name: string, text: string): Promise<string>;
  remove(table: string, names: readonly string[]): Promise<void>;
  drop(table: string): Promise<void>;
  /** The table is dropped so many seconds from now. */
  expire(table: string, seconds: number): Promise<void>;
  /** What BullMQ notes of a queue beside its jobs. */
  dropSettings(queue: string): Promise<void>;
  /** Seconds, by the server's clock. */
  now(): Promise<number>;
  space(): Promise<Space>;
  lock(name: string): Lock;
  /** Whether the server could not serve a call, and may serve it later: it is full, on its way up, or away. */
  isAway(error: unknown): boolean;
  /**
   * Between two tries of a call: tables that the server has lost are made again.
   * @param tries  that ended in such an error
   * @throws UserError  they cannot be
   */
  mend(error: unknown, tries: number): Promise<void>;
  /** Why calls wait, where they wait for a connection without an error; undefined: there is one. */
  outage(): string | undefined;
  /** Whoever still waits for an answer gets an error. */
  hangUp(): void;
}

/** Bytes. */
export interface Space {
  /** What the server has in hand. */
  readonly used: number;
  /** What it may have, where it has a limit. */
  readonly most?: number;
}

/** Who holds what only one process may hold; holders are known by a text. */
export interface Lock {
  /** Where somebody has it already, that one keeps it. @param dead  a holder that has died @returns who has it now */
  take(mine: string, dead: string): Promise<string>;
  /** Its holder is alive. @returns who has it now */
  renew(mine: string): Promise<string>;
  release(mine: string): Promise<void>;
  /** Empty: nobody. */
  holder(): Promise<string>;
  /** For how long the holder has it without renewing, in ms; infinite: the server sees for itself whether it is alive. */
  left(): Promise<number>;
}

/** A holder that has not been heard of for so long is gone. */
export const holdMs = 30_000;
/** A question without an answer for so long: the way is gone, and another is tried. Longer than any call waits for a block. */
export const silenceMs = 10_000;
export const connectMs = 5000;
/** Before what is kept for fleets, where others keep something too. */
export const prefix = "le";

/** Of the runs that look for workers. */
export const runsTable = "runs";
/** Of what is kept for one run. Braces keep it together in a cluster of Redis. */
export const tableOf = (run: string, what: "coordinator" | "member" | "workers" | "refused" | "late" | "progress") =>
  `{${run}}:${what}`;
export const queueOf = (run: string) => `{${run}}`;

/** What only fleets need, and users install. @throws UserError  they have not */
export async function installed<T>(load: () => Promise<T>, packages: readonly string[]): Promise<T> {
  try {
    return await load();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw error;
    throw new UserError(
      "the packages that speak to the queue are not installed",
      packages.map((name) => name.slice(0, name.lastIndexOf("@"))).join(", "),
      `npm install ${packages.join(" ")}`,
    );
  }
}
