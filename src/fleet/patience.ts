/** Calls of a server that is away, which wait until it is back. */
import { pause } from "../core/pause.js";
import type { Server } from "./server.js";

/** Between two tries. */
export const patienceMs = 500;

export interface Patience {
  readonly server: Pick<Server, "isAway">;
  /** Aborted: nobody waits any longer. */
  readonly abort: AbortSignal;
}

/** Calls again for as long as the server is away. */
export async function untilBack<T>(call: () => T | Promise<T>, { server, abort }: Patience): Promise<T> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      abort.throwIfAborted();
      if (!server.isAway(error)) throw error;
      await pause(patienceMs, abort);
    }
  }
}

/** The same object, whose calls wait for a server that is away. */
export function patient<T extends object>(of: T, patience: Patience): T {
  return new Proxy(of, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== "function" || name === Symbol.asyncDispose) return value;
      return (...given: unknown[]) => untilBack(() => Reflect.apply(value, target, given) as unknown, patience);
    },
  });
}
