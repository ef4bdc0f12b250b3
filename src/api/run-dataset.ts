import type { Dataset } from "../core/dataset.js";
import { openDataset } from "../datasets/index.js";
import type { Run } from "../record/read.js";
import { type Chosen, chooseTasks } from "./catalogue.js";

/** The tasks of a run that is being read back, from its manifest; none where that does not name them. */
export async function tasksOfRun(run: Run): Promise<readonly Chosen[]> {
  const { tasks } = run.manifest.config;
  return Array.isArray(tasks) ? (await chooseTasks(tasks as readonly string[])).chosen : [];
}

/** Opens the rows that a run was made from: the same data, as its manifest names it. */
export function openRunDataset(
  run: Run,
  { task, split, splitName, label }: Chosen,
  warn: (message: string) => void,
): Promise<Dataset> {
  // 0.1 noted the folder, resolved, beside what decides the numbers.
  const { data } = { ...run.manifest.config, ...run.manifest.identity } as { data?: string };
  return openDataset({
    task: task.name,
    splitName,
    split,
    row: task.row,
    data: data ?? "hub",
    partial: run.results.get(label)?.limit !== undefined,
    warn,
  });
}
