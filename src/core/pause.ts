import { setTimeout as wait } from "node:timers/promises";

/** Rejects with the signal's reason, as all that is interrupted does: Node's timer has an error of its own, which looks like a mistake. */
export async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await wait(ms, undefined, { signal }).catch((error: unknown) => {
    signal?.throwIfAborted();
    throw error;
  });
}
