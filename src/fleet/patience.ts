/** Calls of a server that is away, which wait until it is back. */
import { messageOf } from "../core/errors.js";
import { pause } from "../core/pause.js";
import type { Server } from "./server.js";

/** Between two tries. */
export const patienceMs = 500;
/** Nobody waits longer than that without saying why. */
const silentMs = 10_000;

export class Patience {
  private isTold = false;

  /** @param abort  aborted: nobody waits any longer */
  constructor(
    private readonly server: Pick<Server, "isAway" | "mend" | "outage">,
    private readonly abort: AbortSignal,
    private readonly say: (message: string) => void,
  ) {}

  /**
   * Calls again for as long as the server is away.
   * @throws UserError  it is back without what it had, which cannot be made again
   */
  async untilBack<T>(call: () => T | Promise<T>): Promise<T> {
    let last: unknown;
    let isLong = false;
    const timer = setTimeout(() => {
      const why = this.server.outage() ?? (last === undefined ? undefined : messageOf(last));
      isLong = why !== undefined;
      if (why !== undefined) this.tell(true, `the queue cannot be used (${why}): waiting until it is back`);
    }, silentMs);
    try {
      for (let tries = 0; ; tries++) {
        try {
          if (tries > 0) await this.server.mend(last, tries);
          const answer = await call();
          if (isLong) this.tell(false, "the queue is back");
          return answer;
        } catch (error) {
          this.abort.throwIfAborted();
          if (!this.server.isAway(error)) throw error;
          last = error;
          await pause(patienceMs, this.abort);
        }
      }
    } finally {
      clearTimeout(timer);
    }
  }

  /** The same object, whose calls wait for a server that is away. */
  around<T extends object>(of: T): T {
    return new Proxy(of, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== "function" || name === Symbol.asyncDispose) return value;
        return (...given: unknown[]) => this.untilBack(() => Reflect.apply(value, target, given) as unknown);
      },
    });
  }

  /** Once, however many calls wait. */
  private tell(isAway: boolean, message: string): void {
    if (this.isTold !== isAway) this.say(message);
    this.isTold = isAway;
  }
}
