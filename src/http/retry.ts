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
  if (retryAfterMs === undefined) return jittered;
  // A little jitter on top of Retry-After: else all clients come back in the same millisecond.
  return Math.max(jittered, Math.min(maxRetryAfterMs, retryAfterMs) + random() * Math.min(250, ceiling));
}

/**
 * `retry-after-ms`, or `retry-after` as seconds or as a date, in milliseconds. LiteLLM passes its provider's headers on with
 * `llm_provider-` before their names, and has none of its own.
 */
export function retryAfterOf(headers: Readonly<Record<string, string>>, now = Date.now()): number | undefined {
  for (const prefix of ["", "llm_provider-"]) {
    const milliseconds = numberIn(headers[`${prefix}retry-after-ms`]);
    if (milliseconds !== undefined) return milliseconds;
    const value = headers[`${prefix}retry-after`]?.trim() ?? "";
    const seconds = numberIn(value);
    if (seconds !== undefined) return seconds * 1000;
    // "-5" would be a date to Date.parse.
    const date = httpDate.test(value) ? Date.parse(value) : Number.NaN;
    if (!Number.isNaN(date)) return Math.max(0, date - now);
  }
  return undefined;
}

const numberIn = (text = ""): number | undefined =>
  /^(\d+\.?\d*(e\+?\d+)?|infinity)$/i.test(text.trim()) ? Number(text.trim().replace(/^i/, "I")) : undefined;
/** `Wed, 21 Oct 2015 07:28:00 GMT` and the two older forms of RFC 9110 (5.6.7), or ISO 8601, which some send. */
const httpDate = /^((mon|tues?|wed(nes)?|thu(rs)?|fri|satu?r?|sun)(day)?,? |\d{4}-\d\d-\d\d)/i;

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
