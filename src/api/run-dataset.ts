import { hostname } from "node:os";
import type { Dataset } from "../core/dataset.js";
import { UserError } from "../core/errors.js";
import { openDataset } from "../datasets/index.js";
import type { Run } from "../record/read.js";
import { type Chosen, chooseTasks } from "./catalogue.js";

/** The tasks of a run that is being read back, from its manifest; none where that does not name them. */
export async function tasksOfRun(run: Run): Promise<readonly Chosen[]> {
  const { tasks } = run.manifest.config;
  return Array.isArray(tasks) ? (await chooseTasks(tasks as readonly string[])).chosen : [];
}

/**
 * The task of each Result of a run of ours: a folder may hold more of them than the command that wrote its manifest last named. Those that
 * are not known here are missing. A task file is loaded, and what is loaded runs: a path that another machine wrote down is a stranger's.
 */
export async function tasksOfResults(run: Run): Promise<ReadonlyMap<string, Chosen>> {
  const found = new Map<string, Chosen>();
  const isOurs = run.manifest.host.hostname === hostname();
  for (const names of [isOurs ? run.manifest.config.tasks : [], ...ownLabels(run)]) {
    try {
      const { chosen } = await chooseTasks(Array.isArray(names) ? (names as readonly string[]) : []);
      for (const one of chosen) if (!found.has(one.label)) found.set(one.label, one);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
    }
  }
  return found;
}

/** Names of the package's own tasks: no path, and nothing that leads to a file. */
const ownLabels = (run: Run) =>
  [...run.results.keys()].filter((label) => /^[a-z0-9_]+(@\w+)?$/.test(label)).map((label) => [label]);

/**
 * The same for a run that somebody else has written: only tasks of the package, and those that whoever looks has named himself. A path in a
 * stranger's manifest would be loaded, and what is loaded runs.
 */
export async function trustedTasks(run: Run, named: readonly string[] = []): Promise<ReadonlyMap<string, Chosen>> {
  const found = new Map<string, Chosen>();
  for (const one of named.length === 0 ? [] : (await chooseTasks(named)).chosen) found.set(one.label, one);
  for (const names of ownLabels(run)) {
    try {
      for (const one of (await chooseTasks(names)).chosen)
        if (one.path === undefined && !found.has(one.label)) found.set(one.label, one);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
    }
  }
  return found;
}

/**
 * Opens the rows that a run was made from: the same data, as its manifest names it.
 * @param elsewhere  where they are on this machine, if not there
 */
export function openRunDataset(
  run: Run,
  { task, split, splitName, label }: Chosen,
  warn: (message: string) => void,
  elsewhere?: string,
): Promise<Dataset> {
  // 0.1 noted the folder, resolved, beside what decides the numbers.
  const { data } = { ...run.manifest.config, ...run.manifest.identity } as { data?: string };
  return openDataset({
    task: task.name,
    splitName,
    split,
    row: task.row,
    tsv: task.tsv,
    data: elsewhere ?? data ?? "hub",
    partial: run.results.get(label)?.limit !== undefined,
    warn,
  });
}
