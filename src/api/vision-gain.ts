/** What the image was worth, written into a run's Results: for `run` and for `score`. */
import { visionGain } from "../board/vision-gain.js";
import type { Result, VisionGain } from "../core/result.js";
import type { RunFolder } from "../record/folder.js";
import { openRun } from "../record/read.js";
import { blindRunsIn } from "./blind.js";
import { compareNumbers } from "./compare.js";
import { metricsOf } from "./metrics-of.js";

/** Results with what the image was worth, for every blind run that lies beside them; written to the folder too. */
export async function withGains(folder: RunFolder, results: readonly Result[]): Promise<readonly Result[]> {
  const blind = await blindRunsIn(folder.path);
  if (blind.size === 0) return results;
  const run = await openRun(folder.path);
  const gained: Result[] = [];
  for (const result of results) {
    const gains: Record<string, VisionGain> = {};
    for (const [way, unseeing] of blind) {
      const other = unseeing.results.get(result.task);
      if (!other || other.version !== result.version || other.scoring !== result.scoring) continue;
      gains[way] = await visionGain({ sighted: { run, result }, blind: { run: unseeing, result: other } }, options);
    }
    const whole = Object.keys(gains).length === 0 ? result : { ...result, visionGain: gains };
    await folder.writeResult(result.task, whole);
    gained.push(whole);
  }
  return gained;
}

const { alpha, seed, resamples } = compareNumbers;
const options = {
  ...{ alpha: alpha.fallback, seed: seed.fallback, replicates: resamples.fallback },
  metricsOf,
};
