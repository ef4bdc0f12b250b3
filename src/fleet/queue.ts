/** What a queue does for a fleet. Blocks are delivered at least once: whoever takes results takes the first of each sample. */
import type { Block } from "../run/blocks.js";
import type { Membership, WorkerFacts } from "./announced.js";

/** A block in a worker's hands. */
export interface Lease {
  readonly block: Block;
  /** 1 = first delivery; each further one means that a worker died, or was not heard of, with the block in hand. */
  readonly delivery: number;
  /** Deliveries that ended so while this sample was being asked, by `index/repeat`; known from the second delivery on. */
  readonly blame: ReadonlyMap<string, number>;
  /** Aborted when somebody else may have the block now. */
  readonly lost: AbortSignal;
  /** Seconds since the server was last told that this worker has it. */
  readonly silence: number;
  /** What is about to be asked: should this process die of it, the next knows. */
  asks(place: string): Promise<void>;
  /** `late`: the lease was lost, and somebody else may have the block; the result is handed over all the same. */
  ack(result: string): Promise<"done" | "late">;
  /** The task itself is at fault: nobody else need try. */
  fail(why: string): Promise<void>;
  giveBack(): Promise<void>;
}

/** A worker's side of one run. */
export interface WorkQueue extends AsyncDisposable {
  /** The first worker's identity is the run's. @returns the run's */
  join(membership: Membership): Promise<Membership>;
  /** The next block; waits a second or two for one. */
  lease(): Promise<Lease | undefined>;
  /** Why this worker may not go on. */
  refusal(): Promise<string | undefined>;
  beat(facts: Omit<WorkerFacts, "at">): Promise<void>;
}

export interface Completed {
  readonly id: string;
  readonly result: string;
}

/** The coordinator's side of one run. */
export interface WorkStore extends AsyncDisposable {
  /** Adding what is there already does nothing. */
  add(blocks: readonly Block[]): Promise<void>;
  /** Results that were not released, oldest first. */
  completed(skip: number, most: number): Promise<readonly Completed[]>;
  /** Results of leases that were lost. */
  late(): Promise<readonly Completed[]>;
  /** Late results that are in the journal, or nobody's. */
  releaseLate(ids: readonly string[]): Promise<void>;
  failed(): Promise<readonly { readonly id: string; readonly why: string }[]>;
  /** After the journal is on the disk. What is in a worker's hands stays there. */
  release(ids: readonly string[]): Promise<void>;
  /** Blocks waiting, in hands, completed, failed. */
  held(): Promise<number>;
  /** The worker's results are not this run's. */
  refuse(worker: string, why: string): Promise<void>;
}
