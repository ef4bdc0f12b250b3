/** The hold on a run that its one coordinator has: kept on the server, renewed as long as the process lives. */
import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import type { Redis } from "ioredis";
import { UserError } from "../core/errors.js";
import { pause } from "../core/pause.js";
import { type Static, Type } from "../core/schema.js";
import { readAs } from "./announced.js";

/** A coordinator that has not been heard of for so long is gone. */
const fenceMs = 30_000;
/** Between two looks at a holder on another host. */
const lookMs = 500;

/** Ours or nobody's: a server that lost everything gives the fence back to its holder. */
const renewFence = `local held = redis.call("GET", KEYS[1])
if held and held ~= ARGV[1] then return held end
redis.call("SET", KEYS[1], ARGV[1], "PX", ARGV[2])
return ARGV[1]`;
const takeFence = `local held = redis.call("GET", KEYS[1])
if held and held ~= ARGV[3] then return held end
redis.call("SET", KEYS[1], ARGV[1], "PX", ARGV[2])
return ARGV[1]`;
const releaseFence = `if redis.call("GET", KEYS[1]) == ARGV[1] then redis.call("DEL", KEYS[1]) end return 1`;

const Holder = Type.Object({
  host: Type.String({ maxLength: 300 }),
  pid: Type.Integer({ minimum: 1 }),
  id: Type.String({ maxLength: 100, description: "two processes of one host may have one pid, one after the other" }),
});
export type Holder = Static<typeof Holder>;

/** Undefined: nobody, or another version's. */
export const readHolder = (text: string): Holder | undefined => readAs(Holder, text);

export class Fence implements AsyncDisposable {
  private readonly beat: NodeJS.Timeout;
  private holder: string;

  private constructor(
    private readonly redis: Redis,
    private readonly key: string,
    private readonly mine: string,
  ) {
    this.holder = mine;
    this.beat = setInterval(() => void this.renew().catch(() => {}), fenceMs / 3);
  }

  /**
   * Held by the one coordinator of a run. A holder that died on this host is followed at once, one on another when it has not renewed.
   * @throws UserError  another process holds it, and is alive
   */
  static async take(redis: Redis, key: string, signal: AbortSignal): Promise<Fence> {
    const mine = JSON.stringify({ host: hostname(), pid: process.pid, id: randomUUID() } satisfies Holder);
    let dead = "";
    let left = fenceMs + 1;
    for (;;) {
      signal.throwIfAborted();
      const held = String(await redis.eval(takeFence, 1, key, mine, fenceMs, dead));
      if (held === mine) return new Fence(redis, key, mine);
      const holder = readHolder(held);
      const isHere = holder?.host === hostname();
      if (isHere && !isAlive(holder.pid)) {
        dead = held;
        continue;
      }
      // On another host only its heartbeat says whether it lives.
      const now = await redis.pttl(key);
      if (isHere || now > left) {
        throw new UserError(
          `another process coordinates this run already (${describeHolder(holder)})`,
          key,
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
    await this.redis.eval(releaseFence, 1, this.key, this.mine);
  }

  private async renew(): Promise<void> {
    this.holder = String(await this.redis.eval(renewFence, 1, this.key, this.mine, fenceMs));
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
