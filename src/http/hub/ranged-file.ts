import { backoffMs, sleep } from "../retry.js";
import { TransportError } from "../transport-error.js";
import type { HubRequests } from "./requests.js";

/** One range, at most: a column chunk of images. */
const maxRangeBytes = 2 ** 31 - 1;
const attempts = 5;

/** A file behind HTTP, read piece by piece; a piece whose transfer breaks off is continued, not begun again. */
export interface RangedFile {
  readonly byteLength: number;
  slice(start: number, end?: number): Promise<ArrayBuffer>;
}

/** @throws UserError from `slice` when the hub stops answering */
export function rangedFile(hub: HubRequests, url: string, size: number, signal: AbortSignal): RangedFile {
  return {
    byteLength: size,
    async slice(start, end = size) {
      const length = Math.max(0, Math.min(end, size) - start);
      if (length > maxRangeBytes)
        throw new Error(`a range of ${length} bytes is asked for; at most ${maxRangeBytes} are read`);
      const bytes = new Uint8Array(length);
      for (let at = 0, failures = 0; at < length; ) {
        const before = at;
        let failure = new TransportError("reset", "the reply ended early");
        try {
          for await (const chunk of await hub.range(url, start + at, start + length, signal)) {
            bytes.set(chunk, at);
            at += chunk.length;
          }
        } catch (error) {
          if (!(error instanceof TransportError)) throw error;
          failure = error;
        }
        if (at >= length) break;
        failures = at > before ? 1 : failures + 1;
        if (!failure.passing || failures >= attempts) throw hub.unreachable(url, failure);
        await sleep(backoffMs(failures, failure.retryAfterMs), signal);
      }
      return bytes.buffer;
    },
  };
}
