/** The first Ctrl-C drains: what is in flight is finished and kept. The second gives it up. */
export class Interrupt {
  private readonly draining = new AbortController();
  private readonly aborting = new AbortController();
  private readonly listener = () => this.signalled();

  constructor(private readonly say: (message: string) => void) {
    process.on("SIGINT", this.listener);
    process.on("SIGTERM", this.listener);
  }

  get drain(): AbortSignal {
    return this.draining.signal;
  }

  get abort(): AbortSignal {
    return this.aborting.signal;
  }

  /** Whether `error` is what an interruption ended with, not a mistake. */
  isReason(error: unknown): boolean {
    return this.aborting.signal.aborted || (this.draining.signal.aborted && error === this.draining.signal.reason);
  }

  stop(): void {
    process.off("SIGINT", this.listener);
    process.off("SIGTERM", this.listener);
  }

  private signalled(): void {
    if (this.draining.signal.aborted) {
      this.aborting.abort(new Error("interrupted"));
      return;
    }
    this.say("interrupted: finishing what is in flight; once more to give it up");
    this.draining.abort();
  }
}
