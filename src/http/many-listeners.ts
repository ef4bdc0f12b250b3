import { setMaxListeners } from "node:events";

const told = new WeakSet<AbortSignal>();

/** One signal for a whole run has a listener per request in flight: Node need not warn of a leak. */
export function allowManyListeners(signal: AbortSignal): void {
  if (told.has(signal)) return;
  told.add(signal);
  setMaxListeners(0, signal);
}
