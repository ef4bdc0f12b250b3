import type { SampleRecord } from "../../record/samples.js";
import type { TimingRecord } from "../../record/timing-record.js";
import type { RunEvents } from "../../run/evaluate.js";
import type { TaskEnd } from "../../run/run-task.js";

export { UnscoredReasons } from "../../run/unscored-reasons.js";
export type { SampleRecord, TaskEnd, TimingRecord };

/** What begins and ends, several at a time. */
interface Spans {
  begin(): void;
  end(): void;
}

/** Told what happens while it happens. */
export interface RunListener extends RunEvents {
  /** Every label that is going to be evaluated, in order, before the first begins. */
  onPlan?(labels: readonly string[]): void;
  /** What a user should read: warnings (`warning: ...`), downloads, waits. */
  say(message: string): void;
  /** Requests to the model, as they begin and end: the rest of the time is the harness's. */
  readonly requests: Spans;
  /** Clips being decoded, likewise. */
  readonly decodings?: Spans;
}

export const warningsOf = (listener: RunListener) => (message: string) => listener.say(`warning: ${message}`);
