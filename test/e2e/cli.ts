import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Result } from "../../src/core/result.js";
import type { AnsweredSample, SampleRecord, ScoredSample } from "../../src/record/samples.js";

export const root = fileURLToPath(new URL("../..", import.meta.url));
const program = join(root, "bin", "llava-eval.js");

export interface Ended {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A line of a journal, for tests that know what should be there. */
export type SampleLine = Pick<SampleRecord, "index" | "id" | "repeat" | "state" | "cluster" | "groups" | "score"> &
  Partial<Omit<AnsweredSample, "state" | "score">> &
  Pick<Partial<ScoredSample>, "submission">;

/** A folder of its own for one test, away from the repository, where the program runs as a user would run it. */
export class Workplace implements AsyncDisposable {
  private readonly children: ReturnType<Workplace["start"]>[] = [];

  private constructor(
    readonly path: string,
    private readonly environment: Readonly<Record<string, string>>,
  ) {}

  static async make(environment: Readonly<Record<string, string>> = {}): Promise<Workplace> {
    return new Workplace(await mkdtemp(join(tmpdir(), "llava-eval-test-")), environment);
  }

  start(...args: readonly string[]): ChildProcess & { readonly ended: Promise<Ended> } {
    return this.spawned(process.execPath, [program, ...args]);
  }

  /** As `start`, with more in its environment. */
  startWith(environment: Readonly<Record<string, string>>, ...args: readonly string[]): ReturnType<Workplace["start"]> {
    return this.ours(this.spawned(process.execPath, [program, ...args], environment));
  }

  /** As `startWith`, in a network namespace of this machine. */
  startIn(
    namespace: string,
    environment: Readonly<Record<string, string>>,
    ...args: readonly string[]
  ): ReturnType<Workplace["start"]> {
    return this.ours(this.spawned("ip", ["netns", "exec", namespace, process.execPath, program, ...args], environment));
  }

  /** It ends with this place at the latest: a worker that nobody stops looks for runs for ever. */
  private ours(child: ReturnType<Workplace["start"]>): ReturnType<Workplace["start"]> {
    this.children.push(child);
    return child;
  }

  /** As `start`, in a shell that has set a limit before: `ulimit -f 16`. */
  startLimited(limit: string, ...args: readonly string[]): ChildProcess & { readonly ended: Promise<Ended> } {
    const script = `${limit} && exec "$0" "$@"`;
    return this.spawned("bash", ["-c", script, process.execPath, program, ...args]);
  }

  runLimited(limit: string, ...args: readonly string[]): Promise<Ended> {
    return this.startLimited(limit, ...args).ended;
  }

  private spawned(
    command: string,
    args: readonly string[],
    more: Readonly<Record<string, string>> = {},
  ): ChildProcess & { readonly ended: Promise<Ended> } {
    // Nothing of the developer's own settings, keys or caches reaches a test.
    const { PATH = "" } = process.env;
    const env = {
      PATH,
      HOME: this.path,
      XDG_CACHE_HOME: join(this.path, ".cache"),
      NO_COLOR: "1",
      ...this.environment,
      ...more,
    };
    const child = spawn(command, args, { cwd: this.path, env });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    const ended = new Promise<Ended>((resolve) => {
      child.on("close", (exitCode, signal) => resolve({ exitCode, signal, stdout, stderr }));
    });
    return Object.assign(child, { ended });
  }

  run(...args: readonly string[]): Promise<Ended> {
    return this.start(...args).ended;
  }

  file(...parts: readonly string[]): string {
    return join(this.path, ...parts);
  }

  read(...parts: readonly string[]): Promise<string> {
    return readFile(this.file(...parts), "utf8");
  }

  async result(folder: string, task: string): Promise<Result> {
    return JSON.parse(await this.read(folder, `${task}.json`)) as Result;
  }

  async samples(folder: string, task: string): Promise<SampleLine[]> {
    const text = await this.read(folder, `${task}.samples.jsonl`);
    return text
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line) as SampleLine);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.children) child.kill("SIGKILL");
    await Promise.all(this.children.map(({ ended }) => ended));
    await rm(this.path, { recursive: true, force: true });
  }
}
