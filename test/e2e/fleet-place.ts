/** A run that workers answer, its server, its model and its workers, in one place, with what may happen to them. */
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { expect } from "vitest";
import { evaluate } from "../../src/api/run/evaluate.js";
import { type Asked, type FakeEndpoint, startEndpoint } from "../fakes/endpoint.js";
import { noPostgres, TestPostgres } from "../fakes/postgres.js";
import type { QueueServer } from "../fakes/queue-server.js";
import { noRedis, TestRedis } from "../fakes/redis.js";
import { Wire } from "../fakes/wire.js";
import { root, Workplace } from "./cli.js";

/** The soak has all that is held here on PostgreSQL, too. */
const isPostgres = process.env.LLAVA_EVAL_TEST_QUEUE === "postgres";
/** Why there can be no server. */
export const noServer = isPostgres ? noPostgres : noRedis;
export const serverName = isPostgres ? "PostgreSQL" : "Redis";

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

/** A command, or a file, of the manual, for this host. */
export async function documented(begins: string): Promise<string> {
  const text = await readFile(join(root, "docs/fleet.md"), "utf8");
  const line = text
    .replaceAll("\\\n", " ")
    .split("\n")
    .find((one) => one.startsWith(`    ${begins}`));
  if (line === undefined) throw new Error(`docs/fleet.md has no line that begins with ${begins}`);
  return line.trim().replaceAll("=queue", "=localhost").replaceAll("DNS:queue", "DNS:localhost");
}

/** A module that sets a process's clock. */
export const clockOff = (hours: number) => `const Right = Date;
globalThis.Date = class extends Right {
  constructor(...given) { super(...(given.length > 0 ? given : [Right.now() + ${hours * 3_600_000}])); }
  static now() { return Right.now() + ${hours * 3_600_000}; }
};`;

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
  private said = "";

  private constructor(
    readonly place: Workplace,
    readonly server: QueueServer,
    readonly endpoint: FakeEndpoint,
    private readonly what: What,
  ) {}

  /** @param latencyMs  of each answer of the model */
  static async make(what: What = { tasks: "vqav2", data: "demo" }, latencyMs = 20): Promise<Fleet> {
    const server = await (isPostgres ? TestPostgres : TestRedis).start();
    const place = await Workplace.make({ LLAVA_EVAL_FLEET: server.url, MODEL_KEY: modelKey });
    const endpoint = await startEndpoint({ answer: answerTo, latencyMs });
    const model = ["runner: openai", "model: fake", `urls: [${endpoint.url}]`, "apiKey: env:MODEL_KEY"];
    await writeFile(place.file("model.yaml"), `${model.join("\n")}\n`);
    return new Fleet(place, server, endpoint, what);
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
    return this.coordinatorWith({}, ...more);
  }

  /** @param environment  what is in its environment besides */
  coordinatorWith(environment: Readonly<Record<string, string>>, ...more: readonly string[]): Started {
    const { tasks, data, repeats = 1, temperature = 0 } = this.what;
    const sampling = temperature > 0 ? ["--repeats", String(repeats), "--temperature", String(temperature)] : [];
    const what = ["--tasks", tasks, "--data", data, "--name", "m", ...sampling];
    return this.kept(this.place.startWith(environment, "run", "--fleet", ...what, ...more));
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
    this.way ??= Wire.to(this.server.port);
    return this.way;
  }

  async wiredUrl(): Promise<string> {
    return this.server.url.replace(`:${this.server.port}`, `:${(await this.wire()).port}`);
  }

  /** Resolves when so many questions were asked. */
  async asked(count: number): Promise<void> {
    await this.until(() => questionsIn(this.endpoint) >= count);
  }

  /** A key of the run is on the server. */
  async has(key: RegExp): Promise<void> {
    await this.until(() => key.test(this.server.keys()));
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
   * The server loses everything.
   * @returns samples that may be asked twice: what workers have in hand by leases that nobody knows any more, and what was answered and lay
   * there for the coordinator to take. Nothing else was asked and is not in the journal.
   */
  flushed(): number {
    return this.server.flush() * largestBlock;
  }

  /** The same, by whoever looks after a PostgreSQL. */
  dropped(what: "schemas" | "database"): number {
    const lost = (this.server as TestPostgres).drop(what);
    // What workers take and hand over between the count and the drop.
    return (lost + (what === "database" ? 4 : 0)) * largestBlock;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const process of this.started) process.kill("SIGKILL");
    await Promise.all(this.started.map(({ ended }) => ended));
    await (await this.way)?.[Symbol.asyncDispose]();
    await this.endpoint[Symbol.asyncDispose]();
    await this.server[Symbol.asyncDispose]();
    await this.place[Symbol.asyncDispose]();
  }

  /** What workers said of leases that they lost: the cause of a question that was asked twice. */
  get lostLeases(): readonly string[] {
    return this.said.match(/the lease of .*$/gm) ?? [];
  }

  private kept(process: Started): Started {
    this.started.push(process);
    process.stderr?.on("data", (text: string) => {
      this.said += text;
    });
    return process;
  }
}
