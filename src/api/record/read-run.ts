import type { Result } from "../../core/result.js";
import { openRun } from "../../record/read.js";
import type { RunManifest } from "../../record/run-manifest.js";
import type { SampleRecord } from "../../record/samples.js";

export type { Result, RunManifest, SampleRecord };

/** What a run left behind. */
export interface Run {
  readonly folder: string;
  /** `run.json`: what was asked for, by whom, with what. */
  readonly manifest: RunManifest;
  /** By label; only tasks that are done. */
  readonly results: Readonly<Record<string, Result>>;
  /** The samples that a result counts, one at a time; of a task that is not done, those that there are. */
  samples(label: string): AsyncIterable<SampleRecord>;
}

/**
 * Reads a run's folder, a baseline's too.
 * @throws UserError  there is none; it was written by a newer version; a file of it is damaged
 */
export async function readRun(folder: string): Promise<Run> {
  const run = await openRun(folder);
  return {
    folder: run.dir,
    manifest: run.manifest,
    results: Object.fromEntries(run.results),
    samples(label) {
      const result = run.results.get(label);
      return result ? run.counted(result) : run.samples(label);
    },
  };
}
