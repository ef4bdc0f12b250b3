import pc from "picocolors";
import type { RunListener, SampleRecord, TaskEnd, TimingRecord } from "../api/run-listener.js";
import type { Output } from "../core/runner.js";
import { terminalSafe } from "../core/terminal-safe.js";
import { count, duration } from "./number-format.js";

const redrawMs = 200;
const plainLineMs = 10_000;

/** What the run costs, for the last lines of its report. */
export interface RunCost {
  readonly seconds: number;
  /** New samples of this session; those that the journal had are not counted. */
  readonly samples: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly dollars: number | undefined;
  readonly judgeDollars: number | undefined;
  /** Share of the time during which at least one request was waiting for the model. */
  readonly endpointBusy: number;
  /** CPU time of this process per new sample; with a local engine the engine's own work is part of it. */
  readonly cpuMsPerSample: number;
}

/** One live line per task on a terminal; plain lines every few seconds elsewhere. Always stderr: stdout is for results. */
export class Progress implements RunListener {
  private line: TaskLine | undefined;
  private timer: NodeJS.Timeout | undefined;
  private readonly began = performance.now();
  private readonly cpu = process.cpuUsage();
  private readonly busy = new BusyTime();
  private samples = 0;
  private promptTokens = 0;
  private completionTokens = 0;
  private dollars: number | undefined;
  private judgeDollars: number | undefined;

  constructor(private readonly stream: NodeJS.WriteStream = process.stderr) {}

  /** Wraps requests to the model, so that the endpoint's share of the time is known. */
  readonly requests = { begin: () => this.busy.begin(), end: () => this.busy.end() };

  onTaskStart(label: string, planned: number | undefined): void {
    this.line = new TaskLine(label, planned);
    this.timer = setInterval(() => this.draw(), this.stream.isTTY ? redrawMs : plainLineMs);
    this.timer.unref();
  }

  onSample(_label: string, record: SampleRecord, _output?: Output): void {
    this.samples++;
    this.line?.sample(record);
  }

  onTiming(record: TimingRecord): void {
    this.promptTokens += record.promptTokens ?? 0;
    this.completionTokens += record.completionTokens ?? 0;
    if (record.cost !== undefined) {
      if (record.kind === "judge") this.judgeDollars = (this.judgeDollars ?? 0) + record.cost;
      else this.dollars = (this.dollars ?? 0) + record.cost;
    }
    this.line?.timing(record);
  }

  onTaskEnd(_label: string, end: TaskEnd): void {
    clearInterval(this.timer);
    const text = this.line?.text(end.how === "complete") ?? "";
    this.stream.write(`${this.stream.isTTY ? "\r\x1b[2K" : ""}${text}\n`);
    this.line = undefined;
  }

  /** A line of its own, above the live line. */
  say(message: string): void {
    this.stream.write(`${this.stream.isTTY && this.line ? "\r\x1b[2K" : ""}${terminalSafe(message, 2000)}\n`);
    if (this.stream.isTTY) this.draw();
  }

  stop(): void {
    clearInterval(this.timer);
    if (this.line && this.stream.isTTY) this.stream.write("\n");
    this.line = undefined;
  }

  cost(): RunCost {
    const wallMs = performance.now() - this.began;
    const { user, system } = process.cpuUsage(this.cpu);
    const { samples, promptTokens, completionTokens, dollars, judgeDollars } = this;
    return {
      seconds: wallMs / 1000,
      samples,
      promptTokens,
      completionTokens,
      dollars,
      judgeDollars,
      endpointBusy: this.busy.total() / wallMs,
      cpuMsPerSample: samples === 0 ? 0 : (user + system) / 1000 / samples,
    };
  }

  private draw(): void {
    const text = this.line?.text(false);
    if (!text) return;
    const width = this.stream.columns ?? 120;
    this.stream.write(this.stream.isTTY ? `\r\x1b[2K${text.slice(0, width - 1)}` : `${text}\n`);
  }
}

class TaskLine {
  private readonly began = performance.now();
  private done = 0;
  private unscored = 0;
  private retries = 0;
  private tokens = 0;

  constructor(
    private readonly label: string,
    private readonly planned: number | undefined,
  ) {}

  sample({ score }: SampleRecord): void {
    this.done++;
    if (score?.status === "unscored") this.unscored++;
  }

  timing({ attempts, promptTokens = 0, completionTokens = 0 }: TimingRecord): void {
    this.retries += Math.max(0, attempts - 1);
    this.tokens += promptTokens + completionTokens;
  }

  text(ended: boolean): string {
    const seconds = (performance.now() - this.began) / 1000;
    const rate = this.done / Math.max(seconds, 0.001);
    const parts = [
      `${pc.bold(this.label)} ${count(this.done)}${this.planned === undefined || ended ? "" : `/${count(this.planned)}`} new`,
      `${rate >= 10 ? rate.toFixed(0) : rate.toFixed(1)} samples/s`,
    ];
    if (this.tokens > 0) parts.push(`${count(Math.round(this.tokens / seconds))} tok/s`);
    if (this.retries > 0) parts.push(pc.yellow(`${count(this.retries)} retries`));
    if (this.unscored > 0) parts.push(pc.red(`${count(this.unscored)} unscored`));
    if (ended) parts.push(duration(seconds));
    else if (this.planned !== undefined && this.done > 0)
      parts.push(`ETA ${duration((this.planned - this.done) / rate)}`);
    return parts.join(" · ");
  }
}

/** Time during which something was under way. */
class BusyTime {
  private underWay = 0;
  private since = 0;
  private sum = 0;

  begin(): void {
    if (this.underWay++ === 0) this.since = performance.now();
  }

  end(): void {
    if (--this.underWay === 0) this.sum += performance.now() - this.since;
  }

  total(): number {
    return this.sum + (this.underWay > 0 ? performance.now() - this.since : 0);
  }
}
