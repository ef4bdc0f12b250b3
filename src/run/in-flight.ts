import pLimit from "p-limit";

/**
 * Runs at most `limit()` jobs at once. `start` resolves when its job has begun, so nothing waits but what its callers hold;
 * the limit is read again whenever a job begins or ends, because a runner may adapt it.
 */
export class InFlight {
  private readonly slots = pLimit(1);
  private readonly underWay = new Set<Promise<void>>();
  private failed = false;
  private failure: unknown;

  constructor(private readonly limit: () => number) {}

  /** @throws what an earlier job threw: nothing new is started after a defect or a `UserError`. */
  async start(job: () => Promise<void>): Promise<void> {
    this.throwFailure();
    this.adapt();
    await new Promise<void>((begun) => {
      const done = this.slots(() => {
        begun();
        return this.failed ? undefined : this.keepFailure(job);
      }).finally(() => {
        this.underWay.delete(done);
        this.adapt();
      });
      this.underWay.add(done);
    });
    this.throwFailure();
  }

  /** Resolves when every started job has ended; rejects with the first failure. */
  async drained(): Promise<void> {
    while (this.underWay.size > 0) await Promise.all(this.underWay);
    this.throwFailure();
  }

  /** Before the slot is free again: whoever waits for it must not begin. */
  private async keepFailure(job: () => Promise<void>): Promise<void> {
    try {
      await job();
    } catch (error) {
      if (!this.failed) this.failure = error;
      this.failed = true;
    }
  }

  private adapt(): void {
    const limit = Math.max(1, Math.floor(this.limit()));
    if (limit !== this.slots.concurrency) this.slots.concurrency = limit;
  }

  private throwFailure(): void {
    if (this.failed) throw this.failure;
  }
}
