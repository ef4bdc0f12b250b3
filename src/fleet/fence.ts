/** The hold on a run that its one coordinator has: kept on the server, renewed as long as the process lives. */
import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { UserError } from "../core/errors.js";
import { pause } from "../core/pause.js";
import { type Static, Type } from "../core/schema.js";
import { pidSpace } from "../files/pid-space.js";
import { readAs } from "./announced.js";
import { holdMs, type Lock } from "./server.js";

/** Between two looks at a holder on another host. */
const lookMs = 500;

const Holder = Type.Object({
  host: Type.String({ maxLength: 300 }),
  pid: Type.Integer({ minimum: 1 }),
  id: Type.String({ maxLength: 100, description: "two processes of one host may have one pid, one after the other" }),
  space: Type.Optional(Type.String({ maxLength: 300, description: "where that pid is that process" })),
});
export type Holder = Static<typeof Holder>;

/** Undefined: nobody, or another version's. */
export const readHolder = (text: string): Holder | undefined => readAs(Holder, text);

export class Fence implements AsyncDisposable {
  private readonly beat: NodeJS.Timeout;
  private holder: string;

  private constructor(
    private readonly lock: Lock,
    private readonly mine: string,
  ) {
    this.holder = mine;
    this.beat = setInterval(() => void this.renew().catch(() => {}), holdMs / 10);
  }

  /**
   * Held by the one coordinator of a run. A holder that died on this host is followed at once, one on another, or in another container, when it has not renewed.
   * @throws UserError  another process holds it, and is alive
   */
  static async take(lock: Lock, run: string, signal: AbortSignal): Promise<Fence> {
    const me = { host: hostname(), pid: process.pid, id: randomUUID(), space: pidSpace };
    const mine = JSON.stringify(me satisfies Holder);
    let dead = "";
    let left = holdMs + 1;
    for (;;) {
      signal.throwIfAborted();
      const held = await lock.take(mine, dead);
      if (held === mine) return new Fence(lock, mine);
      const holder = readHolder(held);
      const isHere = holder?.space === pidSpace;
      if (held === "" || (isHere && !isAlive(holder.pid))) {
        // A server that sees for itself who died needs a moment for it, as one who has just taken it needs to say its name.
        if (held === "" || dead === held) await pause(lookMs, signal);
        dead = held;
        continue;
      }
      // On another host only its heartbeat says whether it lives.
      const now = await lock.left();
      if (isHere || now > left) {
        throw new UserError(
          `another process coordinates this run already (${describeHolder(holder)})`,
          `run ${run}`,
          "wait for it, or stop it: one coordinator is enough, and more workers can join at any time",
        );
      }
      left = now;
      await pause(lookMs, signal);
    }
  }

  /** @throws UserError  another process holds it now */
  require(): void {
    if (this.holder === this.mine) return;
    throw new UserError(
      "another process took this run over: this one had not been heard of for too long",
      `held by ${describeHolder(readHolder(this.holder))}`,
      "leave it to that process; what it has not asked yet, it asks",
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.beat);
    await this.lock.release(this.mine);
  }

  private async renew(): Promise<void> {
    this.holder = await this.lock.renew(this.mine);
  }
}

const describeHolder = (holder: Holder | undefined) =>
  holder === undefined ? "of another version" : `pid ${holder.pid} on ${holder.host}`;

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
