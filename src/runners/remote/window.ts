import { allowManyListeners } from "../../http/many-listeners.js";
import { maxRetryAfterMs } from "../../http/retry.js";
import type { TransportError } from "../../http/transport-error.js";

/** In flight before anything is known of the endpoint. */
const startWindow = 32;

/**
 * How many requests an endpoint takes at once, found as TCP finds a path's capacity: doubled per round trip until the first
 * sign of congestion (429, 5xx, a timeout), then one more per round trip, and cut at each further sign. `Retry-After` stops
 * everybody. Waiting requests are served in order.
 */
export class Window {
  private allowed: number;
  private slowStart = true;
  private inFlight = 0;
  private pausedUntil = 0;
  private lastCut = 0;
  private timer: NodeJS.Timeout | undefined;
  private readonly queue: (() => void)[] = [];

  constructor(readonly most: number) {
    this.allowed = Math.min(most, startWindow);
  }

  get size(): number {
    return Math.max(1, Math.floor(this.allowed));
  }

  /** Resolves when a request may be sent; rejects with the reason of the signal that is aborted. Every `enter` needs a `leave`. */
  async enter(...given: readonly (AbortSignal | undefined)[]): Promise<void> {
    const signals = given.filter((signal) => signal !== undefined);
    for (const signal of signals) signal.throwIfAborted();
    if (this.mayGo && this.queue.length === 0) {
      this.inFlight += 1;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const stop = () => {
        for (const [signal, onAbort] of listeners) signal.removeEventListener("abort", onAbort);
      };
      const go = () => {
        stop();
        resolve();
      };
      const listeners = signals.map((signal) => {
        allowManyListeners(signal);
        const onAbort = () => {
          stop();
          this.queue.splice(this.queue.indexOf(go), 1);
          reject(signal.reason);
        };
        signal.addEventListener("abort", onAbort, { once: true });
        return [signal, onAbort] as const;
      });
      this.queue.push(go);
      this.wakeWhenPauseEnds();
    });
  }

  leave(): void {
    this.inFlight -= 1;
    this.admit();
  }

  /**
   * Told while the request is still in flight. What is half empty proves nothing about more (RFC 7661); full it need not be, since some
   * that are counted against it read an image or write to the journal.
   */
  succeeded(): void {
    if (2 * this.inFlight < this.size) return;
    this.allowed = Math.min(this.most, this.allowed + (this.slowStart ? 1 : 1 / this.allowed));
  }

  /** @param sentAt  when the attempt began: what was sent before the last cut says nothing new */
  congested(error: TransportError, sentAt: number): void {
    const { retryAfterMs, status } = error;
    // Beyond the bound nobody waits: those in the queue learn it at once.
    if (retryAfterMs !== undefined && status === 429 && retryAfterMs <= maxRetryAfterMs) {
      this.pausedUntil = Math.max(this.pausedUntil, performance.now() + Math.min(retryAfterMs, 60_000));
    }
    const full = error.fault === "timeout" || error.status === 429 || error.status === 503 || error.status === 529;
    if (!full && !(error.status !== undefined && error.status >= 500)) return;
    if (sentAt < this.lastCut) return;
    this.lastCut = performance.now();
    this.slowStart = false;
    // A 500 is more often a defect of one request than a full server: a smaller step.
    this.allowed = Math.max(1, this.allowed * (full ? 0.5 : 0.9));
  }

  private get mayGo(): boolean {
    return this.inFlight < this.size && performance.now() >= this.pausedUntil;
  }

  private admit(): void {
    while (this.queue.length > 0 && this.mayGo) {
      this.inFlight += 1;
      this.queue.shift()?.();
    }
    this.wakeWhenPauseEnds();
  }

  /**
   * Whoever is in flight wakes the queue when it leaves; with none in flight only a timer does. Also for a pause that has ended since the
   * queue was looked at: a microsecond, and everybody would wait for nobody.
   */
  private wakeWhenPauseEnds(): void {
    if (this.queue.length === 0 || this.inFlight >= this.size || this.timer) return;
    this.timer = setTimeout(
      () => {
        this.timer = undefined;
        this.admit();
      },
      Math.max(0, this.pausedUntil - performance.now()),
    );
  }
}
