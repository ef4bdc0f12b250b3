/** What a shell or a CI job learns from the process. */
export const ExitCode = {
  done: 0,
  /** The user's input is wrong: nothing was evaluated, or nothing more. */
  userError: 1,
  /** Too many samples have no score. */
  incomplete: 2,
  /** A gate closed: a regression, a failed check. */
  gateClosed: 3,
  /** A mistake of ours. */
  defect: 4,
  interrupted: 130,
} as const;
