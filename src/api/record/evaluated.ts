import type { Result } from "../../core/result.js";

export type { Result };

/** What an evaluation ended with. */
export interface Evaluated {
  /** By label: `mmmu`, or `mmmu@test` for a split that is not the default one. */
  readonly results: Readonly<Record<string, Result>>;
  /** The run's folder. */
  readonly folder: string;
  /** Every flag that one of the results has: `demo`, `partial`, `incomplete`. Flagged numbers are no benchmark scores. */
  readonly flags: Result["flags"];
}

export function evaluated(folder: string, results: readonly Result[]): Evaluated {
  return {
    results: Object.fromEntries(results.map((result) => [result.task, result])),
    folder,
    flags: [...new Set(results.flatMap(({ flags }) => flags))],
  };
}
