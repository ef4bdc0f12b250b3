import { UserError } from "../../core/errors.js";
import type { Metric } from "../../core/metric.js";
import type { RunManifest } from "../../record/run-manifest.js";
import { loadableTasks } from "../record/dataset.js";
import { chooseTasks } from "../tasks/catalogue.js";

/**
 * The metrics of a task of a run, from the catalogue or from the task file that the run named; undefined when neither knows it
 * (the file was moved, or is named by a run of somebody else; the task has another name now).
 */
export async function metricsOf(label: string, manifest: RunManifest): Promise<readonly Metric[] | undefined> {
  const asked = await loadableTasks(manifest);
  for (const names of [[label], asked]) {
    try {
      const { chosen } = await chooseTasks(names);
      const found = chosen.find((one) => one.label === label);
      if (found) return found.task.metrics;
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
    }
  }
  return undefined;
}
