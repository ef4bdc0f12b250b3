/** What llava-eval makes of an endpoint: the built program, run as a user runs it. */

import { spawn } from "node:child_process";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { root } from "./programs.js";

export interface Question {
  readonly name: string;
  /** A model file's content, or what stands behind `--model`. */
  readonly model: object | string;
  readonly tasks: readonly string[];
  readonly limit: number;
  readonly args?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

export interface Answered {
  readonly exitCode: number | null;
  readonly stderr: string;
  /** By `task id`. */
  readonly samples: ReadonlyMap<string, Sample>;
  readonly promptTokens: number;
  readonly completionTokens: number;
}

export interface Sample {
  readonly prompt?: string;
  /** Digests. */
  readonly images?: readonly string[];
  readonly text?: string;
  readonly finish?: string;
  readonly reasoning?: string;
  readonly score: {
    readonly status: string;
    readonly value?: unknown;
    readonly remark?: string;
    readonly reason?: string;
    readonly detail?: string;
  };
}

/** Runs on demo rows, in a folder of its own below `work`, without the user's settings. */
export async function ask(work: string, question: Question): Promise<Answered> {
  const folder = join(work, "runs", question.name);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  let model = question.model;
  if (typeof model !== "string") {
    // YAML reads JSON.
    await writeFile(join(folder, "model.yaml"), JSON.stringify(model));
    model = join(folder, "model.yaml");
  }
  const out = join(folder, "out");
  const args = ["run", "--tasks", question.tasks.join(","), "--data", "demo", "--limit", String(question.limit)];
  args.push("--model", model, "--out", out, ...(question.args ?? []));
  const { PATH = "" } = process.env;
  const child = spawn(process.execPath, [join(root, "bin/llava-eval.js"), ...args], {
    cwd: folder,
    env: { PATH, HOME: folder, NO_COLOR: "1", ...question.environment },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const exitCode = await new Promise<number | null>((resolve) => child.on("close", resolve));
  const samples = new Map<string, Sample>();
  for (const task of question.tasks) {
    for (const line of await linesOf<Sample & { id: string }>(join(out, `${task}.samples.jsonl`)))
      samples.set(`${task} ${line.id}`, line);
  }
  const timings = await linesOf<{ promptTokens?: number; completionTokens?: number }>(join(out, "timings.jsonl"));
  const sum = (name: "promptTokens" | "completionTokens") =>
    timings.reduce((total, timing) => total + (timing[name] ?? 0), 0);
  return {
    exitCode,
    stderr,
    samples,
    promptTokens: sum("promptTokens"),
    completionTokens: sum("completionTokens"),
  };
}

/** Nothing where the run ended before its first sample. */
async function linesOf<T>(path: string): Promise<T[]> {
  try {
    const text = await readFile(path, "utf8");
    return text
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line) as T);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return [];
  }
}

/** `scored 3: "yes"`, `refused 3`, `failed 3`, `stopped`: what happened, without the words that differ between servers. */
export function kindOf({ exitCode, samples }: Answered): string {
  if (samples.size === 0) return `stopped (exit ${exitCode})`;
  const counts = new Map<string, number>();
  for (const { text, reasoning, score } of samples.values()) {
    const remark = score.remark === undefined ? "" : `, ${score.remark}`;
    const thought = reasoning === undefined ? "" : " + thoughts";
    const kind =
      score.status === "scored"
        ? `scored ${JSON.stringify(text)}${thought}${remark}`
        : score.reason === "refused"
          ? "refused"
          : "failed";
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return [...counts].map(([kind, n]) => `${n} ${kind}`).join("; ");
}

/** The words a user reads: of the error that ended the run, or of the first sample that failed. */
export function wordsOf({ stderr, samples }: Answered): string {
  const unscored = [...samples.values()].find(({ score }) => score.status === "unscored");
  const error = /^error: (.*)\n(?: +at: +.*\n)? +fix: +(.*)/m.exec(stderr);
  if (error && samples.size === 0) return `${error[1]} — fix: ${error[2]}`;
  return unscored?.score.detail ?? "";
}

/** Text in a cell of a table. */
export const cell = (text: string, most = 220) => {
  const line = text.replace(/\s+/g, " ").replaceAll("|", "\\|").trim();
  return line.length > most ? `${line.slice(0, most - 3)}...` : line;
};

/** One part of the report. */
export interface Section {
  readonly title: string;
  /** What was asked, in which versions. */
  readonly versions: string;
  readonly lines: readonly string[];
  /** What is neither as expected nor explained. */
  readonly faults: readonly string[];
}

/** Files that a run left and that hold one of these words. */
export async function filesHolding(work: string, name: string, words: readonly string[]): Promise<string[]> {
  const folder = join(work, "runs", name);
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const holding: string[] = [];
  for (const entry of entries.filter((one) => one.isFile())) {
    const path = join(entry.parentPath, entry.name);
    const content = await readFile(path, "latin1");
    if (words.some((word) => content.includes(word))) holding.push(relative(folder, path));
  }
  return holding;
}
