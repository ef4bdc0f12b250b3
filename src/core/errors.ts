/**
 * The user's input is wrong: says what, where, and what to do. Printed without a stack; exit code 1.
 * Everything else that escapes is a defect of ours: printed with its stack; exit code 4.
 */
export class UserError extends Error {
  override readonly name = "UserError";

  /**
   * @param what  what is wrong, in one line: `no task named "vqa2"`
   * @param where the flag, file:line:column, dataset row or URL: `--tasks`
   * @param fix   what the user can do about it
   */
  constructor(
    what: string,
    readonly where: string,
    readonly fix: string,
    options?: ErrorOptions,
  ) {
    super(what, options);
  }

  /** The three lines a user sees. */
  format(): string {
    return `error: ${this.message}\n  at:  ${this.where}\n  fix: ${this.fix}`;
  }
}

/** Why a sample has no score. See "Outcomes" in docs/scoring.md. */
export const unscoredReasons = ["refused", "transport", "judge", "data"] as const;
export type UnscoredReason = (typeof unscoredReasons)[number];

/**
 * One sample cannot be scored; the run goes on. Runners, image decoders and judges throw it; the loop turns it
 * into `{ status: "unscored", reason, detail }`. The detail is shown to users: no secrets in it.
 */
export class SampleFailure extends Error {
  override readonly name = "SampleFailure";
  /** No other sample would be answered either, for longer than anybody waits: the run ends, and goes on another day. */
  readonly endpointDown: boolean;

  constructor(
    readonly reason: UnscoredReason,
    readonly detail: string,
    options?: ErrorOptions & { readonly endpointDown?: boolean },
  ) {
    super(`${reason}: ${detail}`, options);
    this.endpointDown = options?.endpointDown ?? false;
  }
}

/**
 * What went wrong first: what is closed on the way out may fail of the same cause (a full disk), and `using` hides the one behind the
 * other.
 */
export function firstThrown(error: unknown): unknown {
  let first = error;
  while (first instanceof Error && first.name === "SuppressedError") first = (first as SuppressedError).suppressed;
  return first;
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
