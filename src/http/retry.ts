import { allowManyListeners } from "./many-listeners.js";

/** How long to wait before asking again. */

export interface BackoffOptions {
  /** Milliseconds before the second attempt, doubled for each further one. Default 500. */
  readonly firstMs?: number;
  /** Milliseconds, at most. Default 60 s. */
  readonly mostMs?: number;
}

/** A server may ask for an hour; waiting longer than this helps nobody, the sample is asked again by the next run. */
export const maxRetryAfterMs = 5 * 60_000;

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

/**
 * `retry-after-ms`, or `retry-after` as seconds or as a date, in milliseconds. LiteLLM passes its provider's headers on with
 * `llm_provider-` before their names, and has none of its own.
 */
export function retryAfterOf(headers: Readonly<Record<string, string>>, now = Date.now()): number | undefined {
  for (const prefix of ["", "llm_provider-"]) {
    const milliseconds = Number(headers[`${prefix}retry-after-ms`] || Number.NaN);
    if (milliseconds >= 0) return milliseconds;
    const value = headers[`${prefix}retry-after`];
    if (!value) continue;
    const seconds = Number(value);
    if (seconds >= 0) return seconds * 1000;
    const date = Date.parse(value);
    if (!Number.isNaN(date)) return Math.max(0, date - now);
  }
  return undefined;
}

/** Rejects with a signal's reason as soon as it is aborted. */
export function sleep(ms: number, ...signals: readonly (AbortSignal | undefined)[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const wakers = signals.filter((signal) => signal !== undefined);
    const aborted = wakers.find((signal) => signal.aborted);
    if (aborted) return reject(aborted.reason);
    const end = (settle: () => void) => {
      clearTimeout(timer);
      for (const [signal, onAbort] of listeners) signal.removeEventListener("abort", onAbort);
      settle();
    };
    const listeners = wakers.map((signal) => {
      allowManyListeners(signal);
      const onAbort = () => end(() => reject(signal.reason));
      signal.addEventListener("abort", onAbort, { once: true });
      return [signal, onAbort] as const;
    });
    const timer = setTimeout(() => end(resolve), ms);
  });
}
