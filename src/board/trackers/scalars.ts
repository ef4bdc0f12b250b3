/** What trackers are told about a run: plain numbers under plain names. */
import type { Run } from "../../record/read.js";

/** `vqav2/accuracy` → 0.781, in the metric's own unit; `vqav2/unscored` → 2. */
export function scalarsOf(run: Run): ReadonlyMap<string, number> {
  const scalars = new Map<string, number>();
  for (const [task, { metrics, n }] of run.results) {
    for (const { name, value, stderr } of metrics) {
      if (value === null) continue;
      scalars.set(`${task}/${name}`, value);
      if (stderr !== undefined) scalars.set(`${task}/${name}_stderr`, stderr);
    }
    scalars.set(`${task}/unscored`, n.total - n.scored);
  }
  return scalars;
}

export interface Tracker extends AsyncDisposable {
  /** @param step of the training, or 0 @param time milliseconds since 1970 */
  log(run: Run, step: number, time: number): Promise<void>;
}
