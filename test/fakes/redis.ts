/** A Redis server of a test's own, on loopback, that keeps what it has when it is killed. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createConnection, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { QueueServer } from "./queue-server.js";

/** Why there can be none. */
export const noRedis: string | undefined =
  spawnSync("which", ["redis-server"]).status === 0 ? undefined : "no redis-server: apt-get install redis-server";

const contentsScript = `local k = KEYS[1]
local t = redis.call("TYPE", k).ok
if t == "hash" then return redis.call("HGETALL", k) end
if t == "list" then return redis.call("LRANGE", k, 0, -1) end
if t == "zset" then return redis.call("ZRANGE", k, 0, -1) end
if t == "set" then return redis.call("SMEMBERS", k) end
if t == "string" then return redis.call("GET", k) end
return cjson.encode(redis.call("XRANGE", k, "-", "+"))`;

const flushScript = `local blocks = 0
for _, key in ipairs(redis.call("KEYS", "le:*:active")) do blocks = blocks + redis.call("LLEN", key) end
for _, key in ipairs(redis.call("KEYS", "le:*:completed")) do blocks = blocks + redis.call("ZCARD", key) end
redis.call("FLUSHALL")
return blocks`;

export class TestRedis implements QueueServer {
  private server: ChildProcess | undefined;

  private constructor(
    private readonly folder: string,
    readonly port: number,
    private readonly more: readonly string[],
    private readonly namespace?: string,
  ) {}

  static async start(...more: readonly string[]): Promise<TestRedis> {
    const redis = new TestRedis(await mkdtemp(join(tmpdir(), "llava-eval-redis-")), await freePort(), more);
    await redis.up();
    return redis;
  }

  /** In a network namespace of this machine. */
  static async startIn(namespace: string, ...more: readonly string[]): Promise<TestRedis> {
    const folder = await mkdtemp(join(tmpdir(), "llava-eval-redis-"));
    const redis = new TestRedis(folder, 6390, more, namespace);
    await redis.up();
    return redis;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  async up(): Promise<void> {
    const { folder, port, more } = this;
    const durable = ["--appendonly", "yes", "--appendfsync", "everysec", "--save", "", "--loglevel", "warning"];
    const where = ["--bind", "127.0.0.1", "--port", String(port), "--dir", folder];
    const { namespace } = this;
    const command = ["redis-server", ...where, ...durable, ...more];
    const [program = "", ...words] = namespace === undefined ? command : ["ip", "netns", "exec", namespace, ...command];
    this.server = spawn(program, words, { stdio: "ignore" });
    const hasBegun = () => (namespace === undefined ? this.answers() : this.answersIn(namespace));
    while (!(await hasBegun())) await wait(20);
  }

  async kill(): Promise<void> {
    const { server } = this;
    if (!server || server.exitCode !== null || server.signalCode !== null) return;
    server.kill("SIGKILL");
    await once(server, "exit");
  }

  stop(on: boolean): void {
    this.server?.kill(on ? "SIGSTOP" : "SIGCONT");
  }

  fill(on: boolean): void {
    this.command("CONFIG", "SET", "maxmemory", on ? "1" : "0");
  }

  keys(): string {
    return this.command("KEYS", "le:*");
  }

  contents(): ReadonlyMap<string, string> {
    const keys = this.keys().split("\n").filter(Boolean);
    return new Map(keys.map((key) => [key, this.command("EVAL", contentsScript, "1", key)]));
  }

  flush(): number {
    return Number(this.command("EVAL", flushScript, "0"));
  }

  loseLease(run: string, block: string): void {
    this.command("DEL", `le:{${run}}:${block}:lock`);
  }

  comeBack(run: string, block: string, times: number): void {
    this.command("HSET", `le:{${run}}:${block}`, "stc", String(times));
  }

  pileUp(run: string, results: number): void {
    const completed = `le:{${run}}:completed`;
    this.command("DEL", completed);
    const names = Array.from({ length: results }, (_, n) => [String(n), `r${n}`]);
    if (results > 0) this.command("ZADD", completed, ...names.flat());
  }

  limits(run: string): string {
    return this.command("HMGET", `le:{${run}}:meta`, "concurrency", "max", "duration");
  }

  cpuSeconds(): number {
    const info = this.command("INFO", "cpu");
    const seconds = (name: string) => Number(new RegExp(`^${name}:([\\d.]+)`, "m").exec(info)?.[1]);
    return ["used_cpu_sys", "used_cpu_user", "used_cpu_sys_children", "used_cpu_user_children"]
      .map(seconds)
      .reduce((sum, one) => sum + one, 0);
  }

  command(...words: readonly string[]): string {
    return execFileSync("redis-cli", ["-p", String(this.port), "--raw", ...words], { encoding: "utf8" });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await rm(this.folder, { recursive: true, force: true });
  }

  private async answersIn(namespace: string): Promise<boolean> {
    const command = ["netns", "exec", namespace, "redis-cli", "-p", String(this.port), "PING"];
    return spawnSync("ip", command, { encoding: "utf8" }).stdout.trim() === "PONG";
  }

  private answers(): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = createConnection(this.port, "127.0.0.1");
      socket.on("connect", () => socket.write("PING\r\n"));
      // LOADING while it reads what it had.
      socket.on("data", (data) => {
        resolve(!data.includes("LOADING"));
        socket.destroy();
      });
      socket.on("error", () => resolve(false));
    });
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}
