/** A decoder as a child process: in a group of its own, with limits on its time and its words, and gone when we are done with it. */

import { type ChildProcess, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { SampleFailure, UserError } from "../core/errors.js";
import { Lines } from "./lines.js";
import { tellOf } from "./survivors.js";

export interface Limits {
  /** Milliseconds in all. */
  readonly wholeMs: number;
  /** Milliseconds without a sign of life. */
  readonly silentMs: number;
}

/** An hour of 720p takes two minutes of one core to decode. */
export const usualLimits: Limits = { wholeMs: 60 * 60_000, silentMs: 120_000 };

export interface ChildRun {
  readonly program: "ffmpeg" | "ffprobe";
  readonly args: readonly string[];
  readonly limits: Limits;
  readonly signal?: AbortSignal | undefined;
  /** Pipes that it writes to, by `outputPipe`; absent: one, its standard output. */
  readonly outputs?: number;
  /** A piece of one of them; the child waits until it is dealt with. */
  onOutput(piece: Buffer, output: number): void | Promise<void>;
  /** A line of its standard error. */
  onLine?(line: string): void;
}

export interface ChildEnd {
  readonly code: number | null;
  /** The last lines of its standard error, as far as `onLine` is not asked. */
  readonly complaints: readonly string[];
}

/** The words by which ffmpeg writes to an output, or says how far it is. */
export const outputPipe = (output: number): string => `pipe:${output === 0 ? 1 : progressPipe + output}`;
export const progressPipe = 3;

const complaintsKept = 20;

/** Children that are alive: they are in groups of their own, which no Ctrl-C of the terminal reaches. */
const alive = new Set<ChildProcess>();
let watching = false;

/**
 * Runs it to its end.
 * @throws SampleFailure `data`  it took too long or hung; whatever `onOutput` throws ends it too
 * @throws UserError  it is not installed
 */
export async function runChild(run: ChildRun): Promise<ChildEnd> {
  const { program, args, limits, signal, outputs = 1 } = run;
  signal?.throwIfAborted();
  const child = spawn(program, args, {
    stdio: ["ignore", "pipe", "pipe", "pipe", ...Array.from({ length: outputs - 1 }, () => "pipe" as const)],
    // Its own group: what it may have started dies with it.
    detached: true,
    // Its messages are read, so they are in one language.
    env: { ...process.env, LC_ALL: "C", AV_LOG_FORCE_NOCOLOR: "1" },
  });
  watchExit();
  alive.add(child);
  if (child.pid !== undefined) tellOf("began", child.pid);
  let failure: unknown;
  const stop = (reason: unknown) => {
    failure ??= reason;
    killGroup(child);
  };
  const tooLong = (what: string) => stop(new SampleFailure("data", `${program} ${what}`));
  const whole = setTimeout(() => tooLong(`took longer than ${limits.wholeMs / 1000} s`), limits.wholeMs);
  const silent = setTimeout(() => tooLong(`hung: nothing came for ${limits.silentMs / 1000} s`), limits.silentMs);
  const aborted = () => stop(signal?.reason);
  signal?.addEventListener("abort", aborted, { once: true });
  const [output, errors, progress, ...more] = child.stdio.slice(1) as [Readable, Readable, Readable, ...Readable[]];
  progress.on("data", () => silent.refresh());
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", (error) => reject(notStarted(program, error)));
    child.once("close", (code) => resolve(code));
  });
  // Looked at after the pipes; a child that could not start must not be an unhandled rejection until then.
  ended.catch(() => {});
  const complaints: string[] = [];
  try {
    const lines = new Lines((line) => {
      if (run.onLine) run.onLine(line);
      else if (complaints.push(line) > complaintsKept) complaints.shift();
    });
    const each = async (stream: Readable, deal: (piece: Buffer) => void | Promise<void>) => {
      for await (const piece of stream) {
        silent.refresh();
        await deal(piece as Buffer);
        release(piece as Buffer);
      }
    };
    await Promise.all([
      ...[output, ...more].map((stream, i) => each(stream, (piece) => run.onOutput(piece, i))),
      each(errors, (piece) => lines.add(piece.toString("latin1"))),
    ]).catch(stop);
    lines.end();
    const code = await ended;
    if (failure !== undefined) throw failure;
    return { code, complaints };
  } finally {
    clearTimeout(whole);
    clearTimeout(silent);
    signal?.removeEventListener("abort", aborted);
    killGroup(child);
    alive.delete(child);
    if (child.pid !== undefined) tellOf("ended", child.pid);
  }
}

const nowhere = new MessageChannel().port1;
nowhere.close();

/** Gives the memory of a piece back at once: what is sent away is no longer ours. */
function release({ buffer, byteLength }: Buffer): void {
  if (buffer instanceof ArrayBuffer && byteLength === buffer.byteLength) nowhere.postMessage(null, [buffer]);
}

/** SIGKILL ends a stopped process too. */
function killGroup({ pid, exitCode, signalCode }: ChildProcess): void {
  if (pid === undefined || exitCode !== null || signalCode !== null) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

function watchExit(): void {
  if (watching) return;
  watching = true;
  process.on("exit", () => {
    for (const child of alive) killGroup(child);
  });
}

function notStarted(program: string, error: NodeJS.ErrnoException): unknown {
  if (error.code !== "ENOENT" && error.code !== "EACCES") return error;
  return new UserError(
    `${program} is not installed, and clips are decoded by it`,
    "PATH",
    "install it: apt-get install ffmpeg (Debian, Ubuntu), brew install ffmpeg (macOS)",
    { cause: error },
  );
}
