/** Evaluates each complete checkpoint that a trainer saves in a folder; what is on the curve already is not done again. */
import { stat, writeFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { untilLinesOf } from "../../board/compare/until-words.js";
import { openMlflow } from "../../board/trackers/mlflow.js";
import type { Tracker } from "../../board/trackers/scalars.js";
import { openTensorBoard } from "../../board/trackers/tensorboard.js";
import { type Checkpoint, findCheckpoints, isComplete } from "../../board/watch/checkpoints.js";
import { curveTable, type Point, readCurve, runFolderOf, writeCurve } from "../../board/watch/curve.js";
import { decide, type StopDecision } from "../../board/watch/early-stop.js";
import { messageOf, UserError } from "../../core/errors.js";
import { looksSecret } from "../../core/secrets.js";
import { makeFolder } from "../../files/make-folder.js";
import { Transport } from "../../http/transport.js";
import { metricsOf } from "./metrics-of.js";

export interface WatchOptions {
  /** The trainer's output folder. */
  readonly dir: string;
  /** Folder of the runs and the curve. */
  readonly out: string;
  /** Milliseconds between looks. */
  readonly everyMs: number;
  /** Milliseconds without a change before a checkpoint counts. */
  readonly quietMs: number;
  /** Evaluate what is there, then end. */
  readonly once: boolean;
  /** End when a task has stopped getting better. */
  readonly stop?: { readonly task: string; readonly patience: number; readonly minEffect: number };
  /** Also write event files into this folder. */
  readonly tensorboard?: string;
  readonly mlflow?: { readonly url: string; readonly experiment: string };
  /** Evaluates a checkpoint into a run folder. `failed`: it is left out; `end`: the watch ends. */
  evaluate(checkpoint: string, step: number, folder: string, signal: AbortSignal): Promise<"done" | "failed" | "end">;
  readonly onWarning: (message: string) => void;
}

/** The curve after one more checkpoint. */
export interface CurveStep {
  readonly step: number;
  readonly table: string;
  /** How the step compares with the run that it was asked against (`--until decided`): a line for each thing to say. */
  readonly compared: readonly string[];
  /** Set when the watched task has stopped getting better; the watch ends with it. */
  readonly stopped?: StopDecision;
}

/**
 * Yields after each checkpoint that was evaluated, and with `once` the curve as it is where there was none; ends by itself with
 * `once` or `stop`, or when `signal` is aborted.
 * @throws UserError  there is no such folder, with `once`
 */
export async function* watchCheckpoints(options: WatchOptions, signal: AbortSignal): AsyncGenerator<CurveStep> {
  const dir = resolve(options.dir);
  const { out, once, everyMs, quietMs, onWarning } = options;
  const exists = async () => (await stat(dir).catch(() => undefined))?.isDirectory() ?? false;
  if (!(await exists())) {
    if (once)
      throw new UserError(
        "no such folder",
        options.dir,
        "name the folder that the trainer writes its checkpoints into",
      );
    // A watch may be started before the training.
    onWarning(`there is no folder ${dir} yet; waiting for it`);
    while (!signal.aborted && !(await exists())) await untilAborted(everyMs, signal);
  }
  await makeFolder(out);
  await using trackers = new Trackers(options);
  const given = new Set<number>();
  while (!signal.aborted) {
    const done = new Set((await readCurve(out)).map(({ step }) => step));
    const next = await nextCheckpoint(dir, (step) => done.has(step) || given.has(step), quietMs);
    if (next) {
      given.add(next.step);
      const ended = await options.evaluate(next.dir, next.step, runFolderOf(out, next.step), signal);
      if (ended === "end") return;
      if (ended === "failed") continue;
      const step = await curveStep(await readCurve(out), next.step, options, trackers);
      yield step;
      if (step.stopped) return;
    } else if (once) {
      if (given.size === 0) yield* knownCurve(out, trackers);
      return;
    } else await untilAborted(everyMs, signal);
  }
}

/** What was evaluated before, shown and handed to the trackers again: a curve can be asked for at any time. */
async function* knownCurve(out: string, trackers: Trackers): AsyncGenerator<CurveStep> {
  const points = await readCurve(out);
  const last = points.at(-1);
  if (!last) return;
  await writeCurve(out, points);
  for (const point of points) await trackers.log(point);
  yield { step: last.step, table: curveTable(points), compared: comparedAt(last) };
}

async function untilAborted(ms: number, signal: AbortSignal): Promise<void> {
  await wait(ms, undefined, { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}

/** The earliest complete checkpoint that has not been evaluated. */
async function nextCheckpoint(
  dir: string,
  isKnown: (step: number) => boolean,
  quietMs: number,
): Promise<Checkpoint | undefined> {
  for (const checkpoint of await findCheckpoints(dir)) {
    if (!isKnown(checkpoint.step) && (await isComplete(checkpoint, quietMs))) return checkpoint;
  }
  return undefined;
}

async function curveStep(
  points: readonly Point[],
  step: number,
  { out, stop }: WatchOptions,
  trackers: Trackers,
): Promise<CurveStep> {
  await writeCurve(out, points);
  const latest = points.find((point) => point.step === step);
  if (latest) await trackers.log(latest);
  const decision = stop && (await decideStop(points, stop));
  const shown = { step, table: curveTable(points), compared: latest ? comparedAt(latest) : [] };
  if (!decision?.stop) return shown;
  await writeFile(join(out, "early-stop.json"), `${JSON.stringify(decision, null, 2)}\n`);
  return { ...shown, stopped: decision };
}

/** `pope: decided after 480 of 9,000 (10 looks): worse by 3.1 [1.2, 5.0] ...` */
const comparedAt = ({ run }: Point): string[] =>
  [...run.results].flatMap(([task, result]) => untilLinesOf(result).map((line) => `${task}: ${line}`));

function decideStop(points: readonly Point[], { task, patience, minEffect }: NonNullable<WatchOptions["stop"]>) {
  const options = { alpha: 0.05, minEffect, seed: 0, replicates: 1000, force: false, flips: 0, metricsOf };
  return decide(points, { task, patience }, options);
}

/** The trackers that were asked for; with none nothing is opened. A tracker that fails is a warning: the curve goes on. */
class Trackers implements AsyncDisposable {
  private readonly trackers: Tracker[] = [];
  private readonly transport: Transport | undefined;
  private readonly onWarning: (message: string) => void;

  constructor({ out, tensorboard, mlflow, onWarning }: WatchOptions) {
    this.onWarning = onWarning;
    if (tensorboard !== undefined) this.trackers.push(openTensorBoard(resolve(tensorboard)));
    if (mlflow === undefined) return;
    // It stands in messages, and what a server says may repeat it.
    if (looksSecret(mlflow.url)) {
      throw new UserError(
        "the URL holds a password or a key, which would be printed",
        "--mlflow",
        "write it without; put a proxy that adds the key before the server",
      );
    }
    const transport = new Transport();
    this.transport = transport;
    this.trackers.push(
      openMlflow({
        ...mlflow,
        runName: basename(out),
        stateFile: join(out, "mlflow.json"),
        send: (method, url, body) => sendJson(transport, method, url, body),
      }),
    );
  }

  async log({ run, step }: Point): Promise<void> {
    const time = Date.parse(run.manifest.finishedAt ?? "") || Date.now();
    for (const tracker of this.trackers) await this.attempt(() => tracker.log(run, step, time));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const tracker of this.trackers) await this.attempt(() => tracker[Symbol.asyncDispose]());
    await this.transport?.[Symbol.asyncDispose]();
  }

  private async attempt(work: () => PromiseLike<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.onWarning(`tracker: ${messageOf(error)}`);
    }
  }
}

async function sendJson(transport: Transport, method: "GET" | "POST", url: string, body?: string) {
  const response = await transport.request({
    method,
    url,
    headers: { "content-type": "application/json" },
    ...(body === undefined ? {} : { body: Buffer.from(body) }),
    timeoutMs: 30_000,
    signal: new AbortController().signal,
  });
  return { status: response.status, body: response.body.toString("utf8") };
}
