/** A queue's server of a test's own, on loopback, that keeps what it has when it is killed, with what tests do to it behind a fleet's back. */
export interface QueueServer extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  up(): Promise<void>;
  /** As by a crash. */
  kill(): Promise<void>;
  /** Neither answers nor hangs up. @param on  false: it goes on */
  stop(on: boolean): void;
  /** Nothing can be written. */
  fill(on: boolean): void;
  /** Names of all that is kept, one a line: `le:runs`, `le:{run}:active` where some blocks are in hand, `le:{run}:ID` of a block. */
  keys(): string;
  /** All that is kept, by those names. */
  contents(): ReadonlyMap<string, string>;
  /** Everything is lost. @returns how many blocks were in workers' hands, or answered and not taken, at that moment */
  flush(): number;
  /** As if nothing had been heard of the worker that has the block. */
  loseLease(run: string, block: string): void;
  /** As if the block had come back so often. */
  comeBack(run: string, block: string, times: number): void;
  /** Results that nobody has taken; zero: none are left. */
  pileUp(run: string, results: number): void;
  /** Of its processor, with all that it has begun. */
  cpuSeconds(): number;
  /** What BullMQ has noted of the run's limits. */
  limits(run: string): string;
}
