import type { TransportError } from "../../http/transport-error.js";
import { explain } from "./explain.js";

/** Shorter waits are nobody's business: those that a server asks for, and our own between attempts. */
const shortestAskedMs = 5_000;
const shortestOwnMs = 20_000;
const leastBetweenMs = 30_000;

/** Says aloud that a server asked to wait, once for all requests that wait together. */
export class Waits {
  private lastSaid = Number.NEGATIVE_INFINITY;
  private saidUntil = 0;

  constructor(
    private readonly warn: (message: string) => void,
    private readonly now: () => number = () => performance.now(),
  ) {}

  say(ms: number, failure: TransportError): void {
    const now = this.now();
    const isNews = now - this.lastSaid >= leastBetweenMs || now + ms > this.saidUntil + leastBetweenMs;
    if (ms < (failure.retryAfterMs === undefined ? shortestOwnMs : shortestAskedMs) || !isNews) return;
    this.lastSaid = now;
    this.saidUntil = now + ms;
    this.warn(`waiting ${inWords(ms)} before asking again: ${explain(failure)}`);
  }
}

/** `45 s`, `5 min`, `1 h`, `1.5 days`. */
export function inWords(ms: number): string {
  const seconds = ms / 1000;
  if (!Number.isFinite(seconds)) return "for ever";
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`;
  if (seconds < 36 * 3600) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86400)} days`;
}
