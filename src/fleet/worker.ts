import { hostname } from "node:os";
import type { Dataset } from "../core/dataset.js";
import { defined } from "../core/defined.js";
import { messageOf, SampleFailure, UserError } from "../core/errors.js";
import type { Runner } from "../core/runner.js";
import { judgeUnder } from "../core/task.js";
import type { SampleRecord } from "../record/samples.js";
import { type Answering, answer, describe, failedSample, type Reply, scored } from "../run/answer.js";
import { unitsOfBlock, usualBlock } from "../run/blocks.js";
import { EndpointHealth } from "../run/endpoint-health.js";
import { InFlight } from "../run/in-flight.js";
import type { RowUnit } from "../run/plan.js";
import { timingOf } from "../run/run-task.js";
import type { Answered, BlockAnswers, KeptAnswers } from "./kept-answers.js";
import type { Lease, WorkQueue } from "./queue.js";
import { placeOf, questionDigest, resultText, rowsDigest } from "./result.js";

/** One task of the run, as this machine has it. */
export interface WorkTask {
  readonly answering: Omit<Answering, "drain">;
  readonly dataset: Dataset;
  readonly repeats: number;
}

export interface Work {
  readonly queue: WorkQueue;
  readonly kept: KeptAnswers;
  /** What others call this worker. */
  readonly name: string;
  /** In what it differs from the run, which admits it all the same: each of its answers says so. */
  readonly unlike?: string;
  readonly runner: Runner;
  /** Requests at once; the runner's own limit also holds. */
  readonly concurrency?: number;
  /** Aborted by the first Ctrl-C: nothing new is leased, what is in hand is finished. */
  readonly drain: AbortSignal;
  /** Aborted by the second: what is in hand is given back. */
  readonly abort: AbortSignal;
  task(label: string): Promise<WorkTask | undefined>;
  onBlock(): void;
  /** A lease was lost: what it was of, and seconds since it was last renewed. */
  onLost(what: string, silence: number): void;
  /** Nothing is there to do: whether to leave. */
  isOver(): Promise<boolean>;
}

/** Deliveries that a sample may end before it is left out: with the first, of which nobody knows, three deaths. */
const mostBlame = 2;
const beatMs = 5000;
/** How often a worker asks whether its results are refused. */
const lookMs = 1000;
const never = new AbortController().signal;

/** Leases blocks and answers them until there is nothing more to do, or this worker is of no more use. @returns samples answered */
export async function work(doing: Work): Promise<number> {
  const { runner, concurrency = Number.POSITIVE_INFINITY } = doing;
  const limit = () => Math.min(concurrency, runner.concurrency);
  const working = new Working(doing, new InFlight(limit), new EndpointHealth(limit));
  const beat = setInterval(() => void working.beat().catch(() => {}), beatMs);
  try {
    await working.beat();
    // The next block begins while the last samples of this one are asked.
    const loops = 1 + Math.min(64, Math.ceil(limit() / usualBlock));
    // Where one ends in an error, the others give back what they have before the way to the server is closed.
    const ends = await Promise.allSettled(Array.from({ length: loops }, () => working.loop()));
    for (const end of ends) if (end.status === "rejected") throw end.reason;
    return working.done;
  } finally {
    clearInterval(beat);
  }
}

class Working {
  done = 0;
  private failed = 0;
  private retries = 0;
  private hand: string | undefined;
  private readonly cpu = process.cpuUsage();
  private readonly began = performance.now();
  private isOver = false;
  /** Aborted by the first loop that ends in an error. */
  private readonly broken = new AbortController();
  private lookedAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly doing: Work,
    private readonly asking: InFlight,
    private readonly health: EndpointHealth,
  ) {}

  beat(): Promise<void> {
    const { done, failed, retries, hand } = this;
    const perSecond = (1000 * done) / Math.max(1, performance.now() - this.began);
    const { user, system } = process.cpuUsage(this.cpu);
    const cpuMs = done === 0 ? 0 : (user + system) / 1000 / done;
    const { queue, unlike } = this.doing;
    const known = { host: hostname(), pid: process.pid, done, failed, perSecond, retries, cpuMs };
    return queue.beat({ ...known, ...defined({ hand, unlike }) });
  }

  async loop(): Promise<void> {
    const { queue, drain } = this.doing;
    try {
      while (!this.isOver && !drain.aborted) {
        await this.look();
        const lease = await queue.lease();
        if (lease) await this.answerBlock(lease);
        else this.isOver ||= await this.doing.isOver();
      }
    } catch (error) {
      this.broken.abort(error);
      throw error;
    } finally {
      this.isOver = true;
    }
  }

  /** @throws UserError  its results are not taken */
  private async look(): Promise<void> {
    if (performance.now() - this.lookedAt < lookMs) return;
    const refusal = await this.doing.queue.refusal();
    if (refusal !== undefined) throw refused(refusal);
    this.lookedAt = performance.now();
  }

  private async answerBlock(lease: Lease): Promise<void> {
    const { block, lost } = lease;
    this.doing.onBlock();
    const what = `${block.label} #${block.rows[0]?.[0] ?? 0}`;
    this.hand = what;
    const { name, onLost } = this.doing;
    const abort = AbortSignal.any([this.doing.abort, this.broken.signal]);
    const task = await this.doing.task(block.label);
    if (!task) return await lease.fail(`worker ${name} knows no task ${block.label} of this run`);
    const answering: Answering = { ...task.answering, abort: AbortSignal.any([abort, lost]), drain: never };
    const answers = await this.doing.kept.of(block.id, answering.task.metrics);
    try {
      const units = await unitsOfBlock(block, { ...task, task: answering.task }, answering.abort);
      // From the second delivery on one after the other, each named before it is asked: should this process die of one, it is known.
      const one = async (unit: RowUnit) => {
        const place = placeOf(unit);
        const known = knownAnswer(answers, unit, answering);
        if (known) return known.record;
        if (lease.delivery > 1) {
          if ((lease.blame.get(place) ?? 0) >= mostBlame) return failedSample(describe(answering.task, unit), deadly);
          await lease.asks(place);
        }
        const answered = await this.answerOne(unit, answering);
        answers.add(answered);
        return answered.record;
      };
      const records: SampleRecord[] = [];
      if (lease.delivery > 1) for (const unit of units) records.push(await one(unit));
      else records.push(...(await Promise.all(units.map((unit) => this.inTurn(() => one(unit))))));
      // Given back: the next worker's endpoint may answer.
      if (this.health.down) throw down(this.health.detail);
      const timings = records.flatMap((record) => answers.get(placeOf(record))?.timings ?? []);
      const rows = rowsDigest(units, answering, records);
      const end = await lease.ack(resultText({ worker: name, rows, timings, records }));
      await answers.discard();
      if (end === "late") return onLost(what, lease.silence);
      this.done += records.length;
      this.failed += records.filter(({ state }) => state === "failed").length;
    } catch (error) {
      await answers.written();
      if (lost.aborted) return onLost(what, lease.silence);
      // A request that was shared with a block whose lease was lost has ended with it.
      const isShared = error instanceof Error && error.name === "AbortError";
      if (abort.aborted || isShared || error instanceof UserError) await lease.giveBack();
      else await lease.fail(`worker ${name}: ${messageOf(error)}`);
      if (!abort.aborted && !isShared) throw error;
    }
  }

  private async answerOne(unit: RowUnit, answering: Answering): Promise<Answered> {
    const reply = this.marked(await answer(unit, answering));
    this.health.saw(reply);
    const timings = reply.turns.map((output) => timingOf(answering.label, reply.record, "model", output));
    for (const { attempts } of timings) this.retries += Math.max(0, attempts - 1);
    // A judge is the coordinator's.
    if (reply.failure || judgeUnder(answering.task, answering.rules.scoring)) return { record: reply.record, timings };
    return { record: await scored(answering, unit, reply), timings };
  }

  private marked(reply: Reply): Reply {
    const { unlike } = this.doing;
    if (unlike === undefined || reply.failure) return reply;
    return { ...reply, record: { ...reply.record, unlike } };
  }

  /** As soon as there is room among the requests in flight. */
  private inTurn<T>(ask: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.asking.start(() => ask().then(resolve, reject)).catch(reject);
    });
  }
}

/** An answer that was given here before, to what is asked there now. */
function knownAnswer(answers: BlockAnswers, unit: RowUnit, { task, profile }: Answering): Answered | undefined {
  const known = answers.get(placeOf(unit));
  if (known?.record.id !== unit.id || known.record.promptDigest !== questionDigest(unit, task, profile))
    return undefined;
  return known;
}

const deadly = new SampleFailure(
  "transport",
  `the workers that asked it died: ${mostBlame + 1} times, ${mostBlame} of them with this sample in hand`,
);

function refused(why: string): UserError {
  return new UserError(why, "this worker's data", "bring data and version to those of the run, and start it again");
}

function down(why: string): UserError {
  return new UserError(`the endpoint stopped answering: ${why}`, "--model", "start it again, and then this worker");
}
