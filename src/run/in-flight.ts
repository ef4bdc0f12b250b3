import pLimit from "p-limit";

/**
 * Runs at most `limit()` jobs at once. `start` waits for a free slot, so nothing is queued beyond its callers; the limit is
 * read again at every start, because a runner may adapt it.
 */
export class InFlight {
  private readonly slots = pLimit(1);
  private waiting: (() => void)[] = [];
  private failed = false;
  private failure: unknown;

  constructor(private readonly limit: () => number) {}

  /** @throws what an earlier job threw: nothing new is started after a defect or a `UserError`. */
  async start(job: () => Promise<void>): Promise<void> {
    for (;;) {
      this.throwFailure();
      this.slots.concurrency = Math.max(1, Math.floor(this.limit()));
      if (this.size < this.slots.concurrency) break;
      await this.oneEnded();
    }
    void this.slots(job)
      .catch((error) => {
        if (!this.failed) this.failure = error;
        this.failed = true;
      })
      .finally(() => this.wake());
  }

  /** Resolves when every started job has ended; rejects with the first failure. */
  async drained(): Promise<void> {
    while (this.size > 0) await this.oneEnded();
    this.throwFailure();
  }

  private get size(): number {
    return this.slots.activeCount + this.slots.pendingCount;
  }

  private oneEnded(): Promise<void> {
    return new Promise((resolve) => void this.waiting.push(resolve));
  }

  private wake(): void {
    const { waiting } = this;
    this.waiting = [];
    for (const resolve of waiting) resolve();
  }

  private throwFailure(): void {
    if (this.failed) throw this.failure;
  }
}
