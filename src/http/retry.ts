import { allowManyListeners } from "./many-listeners.js";

/** How long to wait before asking again. */

export interface BackoffOptions {
  /** Milliseconds before the second attempt, doubled for each further one. Default 500. */
  readonly firstMs?: number;
  /** Milliseconds, at most. Default 60 s. */
  readonly mostMs?: number;
}

/** A server may ask for an hour; waiting longer than this helps nobody, the sample is asked again by the next run. */
const maxRetryAfterMs = 5 * 60_000;

/**
 * Exponential backoff with full jitter, and never less than the server asked for.
 * @param failures  attempts that have failed so far, 1 or more
 */
export function backoffMs(
  failures: number,
  retryAfterMs?: number,
  options: BackoffOptions = {},
  random = Math.random,
): number {
  const { firstMs = 500, mostMs = 60_000 } = options;
  const ceiling = Math.min(mostMs, firstMs * 2 ** (failures - 1));
  const jittered = ceiling * (0.5 + random() / 2);
  // A little jitter on top of Retry-After: else all clients come back in the same millisecond.
  return retryAfterMs === undefined
    ? jittered
    : Math.min(maxRetryAfterMs, retryAfterMs) + random() * Math.min(250, ceiling);
}

/** `retry-after-ms`, or `retry-after` as seconds or as a date, in milliseconds. */
export function retryAfterOf(headers: Readonly<Record<string, string>>, now = Date.now()): number | undefined {
  const milliseconds = Number(headers["retry-after-ms"] || Number.NaN);
  if (milliseconds >= 0) return milliseconds;
  const value = headers["retry-after"];
  if (!value) return undefined;
  const seconds = Number(value);
  if (seconds >= 0) return seconds * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** Rejects with the signal's reason as soon as it is aborted. */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    allowManyListeners(signal);
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", onAbort);
      resolve();
    }, ms);
    signal.addEventListener("abort", onAbort, { once: true });
  });
}
