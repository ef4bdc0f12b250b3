/** lmms-eval's bootstrap, for comparison only: our intervals come from `src/statistics/bootstrap.ts`. */

import { sampleDeviation } from "../../../src/statistics/descriptive.js";
import { PythonRandom } from "./mersenne-twister.js";

const chunkSize = 1000;

/** lmms-eval's resamples of one chunk: `random.Random(chunk)` and `choices`, `iterations` times. */
export function referenceBootstrapChunk<T>(
  measure: (items: readonly T[]) => number,
  items: readonly T[],
  chunk: number,
  iterations: number,
): number[] {
  const random = new PythonRandom(chunk);
  return Array.from({ length: iterations }, () => measure(random.choices(items, items.length)));
}

/** lmms-eval's `bootstrap_stderr`: whole chunks only, so 1,500 iterations are really 1,000. */
export function referenceBootstrapStderr<T>(
  measure: (items: readonly T[]) => number,
  items: readonly T[],
  iterations: number,
): number {
  const size = Math.min(chunkSize, iterations);
  const chunks = Math.floor(iterations / size);
  const values: number[] = [];
  for (let chunk = 0; chunk < chunks; chunk++) values.push(...referenceBootstrapChunk(measure, items, chunk, size));
  return sampleDeviation(values);
}
