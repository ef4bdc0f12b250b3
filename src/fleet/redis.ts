/** Redis as a fleet's server. */
import type { Redis } from "ioredis";
import { defined } from "../core/defined.js";
import { messageOf, UserError } from "../core/errors.js";
import { noWayIn, type Way } from "./connect.js";
import { connectMs, holdMs, installed, type Lock, prefix, type Server, type Space, silenceMs } from "./server.js";

const packages = ["bullmq@6.7.0", "ioredis@5.11.1"];

/** Ours or nobody's: a server that lost everything gives the lock back to its holder. */
const renewLock = `local held = redis.call("GET", KEYS[1])
if held and held ~= ARGV[1] then return held end
redis.call("SET", KEYS[1], ARGV[1], "PX", ARGV[2])
return ARGV[1]`;
const takeLock = `local held = redis.call("GET", KEYS[1])
if held and held ~= ARGV[3] then return held end
redis.call("SET", KEYS[1], ARGV[1], "PX", ARGV[2])
return ARGV[1]`;
const releaseLock = `if redis.call("GET", KEYS[1]) == ARGV[1] then redis.call("DEL", KEYS[1]) end return 1`;

/**
 * Connects, and looks whether the server is one that loses nothing.
 * @throws UserError  it does not answer, does not let us in, is too old, or throws away what it should keep
 */
export async function openRedis({ url, where, ca }: Way): Promise<Server> {
  const [bullmq, { Redis }] = await installed(() => Promise.all([import("bullmq"), import("ioredis")]), packages);
  let wasReady = false;
  const redis = new Redis(url.href, {
    lazyConnect: true,
    // A blocking connection may not give up, and a cut is waited out; what never was there is told at once.
    maxRetriesPerRequest: null,
    retryStrategy: (attempt) => (wasReady ? Math.min(100 * 2 ** Math.min(attempt, 5), 2000) : null),
    ...{ socketTimeout: silenceMs, connectTimeout: connectMs, keepAlive: 5000, connectionName: "llava-eval" },
    ...(ca === undefined ? {} : { tls: { ca } }),
  });
  let last: unknown;
  redis.on("error", (error) => {
    last = error;
  });
  try {
    await redis.connect();
    wasReady = true;
    // A number that it does not have leaves a connection at its first.
    if (Number(url.pathname.slice(1)) > 0) await redis.select(Number(url.pathname.slice(1)));
    requireServer(await redis.info(), where);
    return new RedisServer(redis, bullmq, () => messageOf(last ?? "no answer"));
  } catch (error) {
    redis.disconnect();
    if (error instanceof UserError) throw error;
    throw noWayIn(messageOf(last ?? error), where);
  }
}

const fieldOf = (info: string, name: string) => new RegExp(`^${name}:(.*?)\\r?$`, "m").exec(info)?.[1];

function requireServer(info: string, where: string): void {
  const version = fieldOf(info, "redis_version");
  const [major = 0, minor = 0] = (version ?? "").split(".").map(Number);
  if (major < 6 || (major === 6 && minor < 2)) {
    throw new UserError(
      `the server is Redis ${version ?? "of an unknown version"}, and the queue needs 6.2 or newer`,
      where,
      "install a newer one (Debian 12 has 7.0)",
    );
  }
  const policy = fieldOf(info, "maxmemory_policy") ?? "noeviction";
  if (policy !== "noeviction") {
    throw new UserError(
      `the server throws keys away when its memory is full (maxmemory-policy ${policy})`,
      where,
      "start it with --maxmemory-policy noeviction: then work waits, and nothing is lost",
    );
  }
}

/** Tables are hashes. */
class RedisServer implements Server {
  constructor(
    private readonly redis: Redis,
    private readonly bullmq: typeof import("bullmq"),
    /** The last that was wrong with its connections. */
    private readonly lastError: () => string,
  ) {}

  queue: Server["queue"] = (name, options) =>
    new this.bullmq.Queue(name, { ...options, connection: this.redis, prefix });

  worker: Server["worker"] = (name, options) =>
    new this.bullmq.Worker(name, null, { ...options, connection: this.redis, prefix });

  async read(table: string): Promise<Readonly<Record<string, string>>> {
    return await this.redis.hgetall(keyOf(table));
  }

  async write(table: string, name: string, text: string): Promise<void> {
    await this.redis.hset(keyOf(table), name, text);
  }

  async writeFirst(table: string, name: string, text: string): Promise<string> {
    await this.redis.hsetnx(keyOf(table), name, text);
    return (await this.redis.hget(keyOf(table), name)) ?? text;
  }

  async remove(table: string, names: readonly string[]): Promise<void> {
    if (names.length > 0) await this.redis.hdel(keyOf(table), ...names);
  }

  async drop(table: string): Promise<void> {
    await this.redis.del(keyOf(table));
  }

  async expire(table: string, seconds: number): Promise<void> {
    await this.redis.expire(keyOf(table), seconds);
  }

  async dropSettings(queue: string): Promise<void> {
    await this.redis.del(keyOf(`${queue}:meta`));
  }

  async now(): Promise<number> {
    const [seconds] = await this.redis.time();
    return Number(seconds);
  }

  async space(): Promise<Space> {
    const info = await this.redis.info("memory");
    const most = Number(fieldOf(info, "maxmemory") ?? 0);
    return { used: Number(fieldOf(info, "used_memory") ?? 0), ...defined({ most: most > 0 ? most : undefined }) };
  }

  lock(name: string): Lock {
    const { redis } = this;
    const key = keyOf(name);
    return {
      take: async (mine, dead) => String(await redis.eval(takeLock, 1, key, mine, holdMs, dead)),
      renew: async (mine) => String(await redis.eval(renewLock, 1, key, mine, holdMs)),
      release: async (mine) => {
        await redis.eval(releaseLock, 1, key, mine);
      },
      holder: async () => (await redis.get(key)) ?? "",
      left: () => redis.pttl(key),
    };
  }

  isAway(error: unknown): boolean {
    return /^(OOM|LOADING|READONLY|MASTERDOWN|TRYAGAIN|BUSY)\b|OOM command not allowed|Connection is closed|ECONN|ETIMEDOUT|EPIPE|writeable/.test(
      messageOf(error),
    );
  }

  /** Its keys are made by whoever writes them. */
  async mend(): Promise<void> {}

  outage(): string | undefined {
    return this.redis.status === "ready" ? undefined : this.lastError();
  }

  hangUp(): void {
    this.redis.disconnect();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.redis.disconnect();
  }
}

const keyOf = (table: string) => `${prefix}:${table}`;
