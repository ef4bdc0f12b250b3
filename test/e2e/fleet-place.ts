/** A run that workers answer, its server, its model and its workers, in one place, with what may happen to them. */
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { expect } from "vitest";
import { evaluate } from "../../src/api/evaluate.js";
import { type Asked, type FakeEndpoint, startEndpoint } from "../fakes/endpoint.js";
import { TestRedis } from "../fakes/redis.js";
import { Wire } from "../fakes/wire.js";
import { Workplace } from "./cli.js";

/** Samples of a block: whole images. */
const blockSize = 48;
/** A block ends with an image. */
export const largestBlock = blockSize + 12;
/** One that a busy machine does not lose of itself: what is asked twice is counted. */
export const leaseSeconds = 6;
export const modelKey = "sk-key-of-the-model";

export const answerTo = ({ text }: Pick<Asked, "text">) => ["yes", "no", "A", "B", "2", "red"][text.length % 6] ?? "";
export const questionsIn = ({ asked }: FakeEndpoint) => asked.filter(({ text }) => !text.startsWith("Say ok")).length;

/** What a run says, byte for byte: its samples and its Results, and nothing that has a time in it. */
export async function numbersOf(folder: string): Promise<Record<string, string>> {
  const names = (await readdir(folder)).filter((name) => /^(?!run|leaderboard|timings|judge).*\.jsonl?$/.test(name));
  const texts = await Promise.all(names.sort().map(async (name) => [name, await readFile(join(folder, name), "utf8")]));
  return Object.fromEntries(texts) as Record<string, string>;
}

const contentsScript = `local k = KEYS[1]
local t = redis.call("TYPE", k).ok
if t == "hash" then return redis.call("HGETALL", k) end
if t == "list" then return redis.call("LRANGE", k, 0, -1) end
if t == "zset" then return redis.call("ZRANGE", k, 0, -1) end
if t == "set" then return redis.call("SMEMBERS", k) end
if t == "string" then return redis.call("GET", k) end
return cjson.encode(redis.call("XRANGE", k, "-", "+"))`;

/** How many blocks are in workers' hands, or answered and not taken, at the moment at which everything is lost. */
const flushScript = `local blocks = 0
for _, key in ipairs(redis.call("KEYS", "le:*:active")) do blocks = blocks + redis.call("LLEN", key) end
for _, key in ipairs(redis.call("KEYS", "le:*:completed")) do blocks = blocks + redis.call("ZCARD", key) end
redis.call("FLUSHALL")
return blocks`;

export type Started = ReturnType<Workplace["start"]>;

interface What {
  readonly tasks: string;
  readonly data: string;
  readonly repeats?: number;
  readonly temperature?: number;
}

export class Fleet implements AsyncDisposable {
  private readonly started: Started[] = [];
  private way: Promise<Wire> | undefined;

  private constructor(
    readonly place: Workplace,
    readonly redis: TestRedis,
    readonly endpoint: FakeEndpoint,
    private readonly what: What,
  ) {}

  /** @param latencyMs  of each answer of the model */
  static async make(what: What = { tasks: "vqav2", data: "demo" }, latencyMs = 20): Promise<Fleet> {
    const redis = await TestRedis.start();
    const place = await Workplace.make({ LLAVA_EVAL_FLEET: redis.url, MODEL_KEY: modelKey });
    const endpoint = await startEndpoint({ answer: answerTo, latencyMs });
    const model = ["runner: openai", "model: fake", `urls: [${endpoint.url}]`, "apiKey: env:MODEL_KEY"];
    await writeFile(place.file("model.yaml"), `${model.join("\n")}\n`);
    return new Fleet(place, redis, endpoint, what);
  }

  get model(): string {
    return `openai:fake@${this.endpoint.url}`;
  }

  /** What one process makes of it, and how often it asks. */
  async whole(): Promise<{ readonly numbers: Record<string, string>; readonly asked: number }> {
    const out = this.place.file("whole");
    await evaluate({ ...this.what, model: this.model, name: "m", out });
    const asked = questionsIn(this.endpoint);
    this.endpoint.asked.length = 0;
    return { numbers: await numbersOf(out), asked };
  }

  coordinator(...more: readonly string[]): Started {
    const { tasks, data, repeats = 1, temperature = 0 } = this.what;
    const sampling = temperature > 0 ? ["--repeats", String(repeats), "--temperature", String(temperature)] : [];
    return this.kept(
      this.place.start("run", "--tasks", tasks, "--data", data, "--fleet", "--name", "m", ...sampling, ...more),
    );
  }

  worker(...more: readonly string[]): Started {
    return this.workerWith({}, ...more);
  }

  /** @param environment  what is in its environment besides */
  workerWith(environment: Readonly<Record<string, string>>, ...more: readonly string[]): Started {
    const how = [
      "--model",
      this.place.file("model.yaml"),
      "--name",
      "m",
      "--data",
      this.what.data,
      "--concurrency",
      "4",
      "--lease",
      String(leaseSeconds),
      // A worker's own copy of a task that is a file.
      ...(this.what.tasks.endsWith(".ts") ? ["--task-file", this.what.tasks] : []),
    ];
    return this.kept(this.place.startWith(environment, "worker", ...how, ...more));
  }

  /** A way to the server that can be cut. */
  wire(): Promise<Wire> {
    this.way ??= Wire.to(this.redis.port);
    return this.way;
  }

  /** Resolves when so many questions were asked. */
  async asked(count: number): Promise<void> {
    await this.until(() => questionsIn(this.endpoint) >= count);
  }

  /** A key of the run is on the server. */
  async has(key: RegExp): Promise<void> {
    await this.until(() => key.test(this.redis.command("KEYS", "le:*")));
  }

  /** @throws when a process has failed meanwhile */
  private async until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      const ended = this.started.find(({ exitCode }) => ![null, 0, 130].includes(exitCode));
      if (ended) throw new Error((await ended.ended).stderr);
      await wait(50);
    }
  }

  /** A run with one worker, paused before it asks anything. */
  async paused(...more: readonly string[]): Promise<{ readonly run: Started; readonly worker: Started }> {
    const run = this.coordinator(...more);
    await this.has(/^le:runs$/m);
    expect(await this.place.run("fleet", "pause")).toMatchObject({ exitCode: 0 });
    const worker = this.worker();
    await this.has(/:[0-9a-f]{32}$/m);
    return { run, worker };
  }

  /**
   * Redis loses everything.
   * @returns samples that may be asked twice: what workers have in hand by leases that nobody knows any more, and what was answered and lay
   * there for the coordinator to take. Nothing else was asked and is not in the journal.
   */
  flushed(): number {
    return Number(this.redis.command("EVAL", flushScript, "0")) * largestBlock;
  }

  /** All that is on the server, by key. */
  async contents(): Promise<ReadonlyMap<string, string>> {
    const script = this.place.file("contents.lua");
    await writeFile(script, contentsScript);
    const keys = this.redis.command("KEYS", "le:*").split("\n").filter(Boolean);
    return new Map(keys.map((key) => [key, this.redis.command("--eval", script, key)]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const process of this.started) process.kill("SIGKILL");
    await Promise.all(this.started.map(({ ended }) => ended));
    await (await this.way)?.[Symbol.asyncDispose]();
    await this.endpoint[Symbol.asyncDispose]();
    await this.redis[Symbol.asyncDispose]();
    await this.place[Symbol.asyncDispose]();
  }

  private kept(process: Started): Started {
    this.started.push(process);
    return process;
  }
}
