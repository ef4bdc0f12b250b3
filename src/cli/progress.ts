import pc from "picocolors";
import {
  type RunListener,
  type SampleRecord,
  type TaskEnd,
  type TimingRecord,
  UnscoredReasons,
} from "../api/run/listener.js";
import { RunningScore } from "../api/run/running-score.js";
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

/**
 * The run on one screen of two lines: where it is, and what it has come to. On a terminal they are drawn over each other; elsewhere
 * there is a plain line every few seconds. Always stderr: stdout is for results.
 */
export class Progress implements RunListener {
  private line: TaskLine | undefined;
  private labels: readonly string[] = [];
  /** Lines of the screen that stand on the terminal. */
  private drawn = 0;
  private timer: NodeJS.Timeout | undefined;
  private readonly began = performance.now();
  private readonly cpu = process.cpuUsage();
  private readonly busy = new BusyTime();
  private readonly decoding = new BusyTime();
  private samples = 0;
  private promptTokens = 0;
  private completionTokens = 0;
  private dollars: number | undefined;
  private judgeDollars: number | undefined;

  constructor(private readonly stream: NodeJS.WriteStream = process.stderr) {}

  /** Wraps requests to the model, so that the endpoint's share of the time is known. */
  readonly requests = { begin: () => this.busy.begin(), end: () => this.busy.end() };
  /** Likewise of clips: what a run of them waits for is said. */
  readonly decodings = { begin: () => this.decoding.begin(), end: () => this.decoding.end() };

  onPlan(labels: readonly string[]): void {
    this.labels = labels;
  }

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
    this.wipe();
    this.stream.write(`${text}\n`);
    this.line = undefined;
  }

  /** A line of its own, above the screen. */
  say(message: string): void {
    this.wipe();
    this.stream.write(`${terminalSafe(message, 2000)}\n`);
    if (this.stream.isTTY) this.draw();
  }

  /** What stands on the terminal stays there. */
  stop(): void {
    clearInterval(this.timer);
    if (this.drawn > 0) this.stream.write("\n");
    this.drawn = 0;
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
    if (!this.line) return;
    if (!this.stream.isTTY) {
      this.stream.write(`${[this.line.text(false), ...this.waits()].join(" · ")}\n`);
      return;
    }
    const place = this.labels.indexOf(this.line.label);
    const where = this.labels.length > 1 && place >= 0 ? `task ${place + 1} of ${this.labels.length} · ` : "";
    const dollars = (this.dollars ?? 0) + (this.judgeDollars ?? 0);
    const cost = this.dollars === undefined && this.judgeDollars === undefined ? [] : [`$${dollars.toFixed(4)}`];
    // One column is left free: a full line would wrap in some terminals.
    const width = (this.stream.columns ?? 80) - 1;
    const lines = [this.line.bar(where, width), this.line.soFar([...this.waits(), ...cost])].map((line) =>
      cutTo(line, width),
    );
    this.wipe();
    this.stream.write(`${lines[0]}\n${pc.dim(lines[1] ?? "")}`);
    this.drawn = lines.length;
  }

  /** Of a run with clips, what it is waiting for. */
  private waits(): readonly string[] {
    const { busy, decoding } = this;
    if (!decoding.ever) return [];
    const now = [...(decoding.isNow ? ["decoding"] : []), ...(busy.isNow ? ["model"] : [])];
    return now.length === 0 ? [] : [now.join(" and ")];
  }

  /** Takes the screen away; the cursor is where it began. */
  private wipe(): void {
    if (this.drawn > 0) this.stream.write(`\r${this.drawn > 1 ? `\x1b[${this.drawn - 1}A` : ""}\x1b[J`);
    this.drawn = 0;
  }
}

const cutTo = (line: string, width: number) => {
  const letters = [...line];
  return letters.length <= width ? line : `${letters.slice(0, Math.max(0, width - 1)).join("")}…`;
};

class TaskLine {
  private readonly began = performance.now();
  private done = 0;
  private unscored = 0;
  private retries = 0;
  private tokens = 0;
  private readonly score = new RunningScore();
  private readonly reasons = new UnscoredReasons();

  constructor(
    readonly label: string,
    private readonly planned: number | undefined,
  ) {}

  sample(record: SampleRecord): void {
    const { score } = record;
    this.done++;
    this.score.add(record);
    if (score) this.reasons.add(score);
    if (score?.status === "unscored") this.unscored++;
  }

  /** `task 2 of 4 · mmmu ━━━━━━────── 64/256 · 12.4/s · ETA 43 s` */
  bar(where: string, width: number): string {
    const { done, planned } = this;
    const rate = this.rate();
    const head = `${where}${this.label} `;
    const left = planned === undefined || done === 0 ? "" : ` · ETA ${duration((planned - done) / rate)}`;
    const tail = ` ${count(done)}${planned === undefined ? " new" : `/${count(planned)}`} · ${rateText(rate)}/s${left}`;
    const room = Math.min(30, width - head.length - tail.length);
    if (planned === undefined || room < 5) return `${head}${tail.trimStart()}`;
    const filled = Math.round(room * Math.min(1, done / Math.max(1, planned)));
    return `${head}${"━".repeat(filled)}${"─".repeat(room - filled)}${tail}`;
  }

  /** `  mean so far 84.4 [73.6, 91.3] · $0.0123 · 3 not scored: HTTP 500: CUDA out of memory ×3` */
  soFar(cost: readonly string[]): string {
    const [commonest] = this.reasons.commonest();
    const { unscored } = this;
    const score = this.score.text();
    const parts = [
      ...(score === undefined ? [] : [score]),
      ...cost,
      ...(this.retries > 0 ? [`${count(this.retries)} ${this.retries === 1 ? "retry" : "retries"}`] : []),
      ...(commonest === undefined
        ? []
        : [`${count(unscored)} not scored: ${terminalSafe(commonest.detail, 200)} ×${count(commonest.n)}`]),
    ];
    return `  ${parts.join(" · ")}`;
  }

  private rate(): number {
    return this.done / Math.max((performance.now() - this.began) / 1000, 0.001);
  }

  timing({ attempts, promptTokens = 0, completionTokens = 0 }: TimingRecord): void {
    this.retries += Math.max(0, attempts - 1);
    this.tokens += promptTokens + completionTokens;
  }

  text(ended: boolean): string {
    const seconds = (performance.now() - this.began) / 1000;
    const rate = this.rate();
    const parts = [
      `${pc.bold(this.label)} ${count(this.done)}${this.planned === undefined || ended ? "" : `/${count(this.planned)}`} new`,
      `${rateText(rate)} samples/s`,
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

const rateText = (rate: number) => (rate >= 10 ? rate.toFixed(0) : rate.toFixed(1));

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

  get isNow(): boolean {
    return this.underWay > 0;
  }

  get ever(): boolean {
    return this.isNow || this.sum > 0;
  }

  total(): number {
    return this.sum + (this.underWay > 0 ? performance.now() - this.since : 0);
  }
}
