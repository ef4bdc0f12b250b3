import type { Dataset } from "../../core/dataset.js";
import { defined } from "../../core/defined.js";
import { UserError } from "../../core/errors.js";
import { openDataset } from "../../datasets/index.js";
import type { Label } from "../../record/keys.js";
import type { Run } from "../../record/read.js";
import type { RunManifest } from "../../record/run-manifest.js";
import { isSealed, keyPath, sealOf } from "../../record/seal.js";
import { type Chosen, chooseTasks, isTaskFile, suiteNames } from "../tasks/catalogue.js";

/** The tasks of a run that is read back. */
export interface RunTasks {
  /** By label: those that the user named first, then in the order of the run. */
  readonly known: ReadonlyMap<Label, Chosen>;
  /** Why some of its labels are not among them. */
  readonly problem?: UserError;
}

export interface RunTasksOptions {
  /** Task files, or names, of whoever looks: `--tasks`. */
  readonly named?: readonly string[] | undefined;
  /** Whose run it is does not matter: no file that it names is loaded. */
  readonly isStrange?: boolean;
}

/**
 * A task file is loaded, and what is loaded runs. So those that a run names are loaded for the user whose command named them, which its seal
 * tells; of any other run only what the package has, and what whoever looks has named himself.
 * @throws UserError  what he named is no task
 */
export async function tasksOfRun(run: Run, { named = [], isStrange = false }: RunTasksOptions = {}): Promise<RunTasks> {
  const known = new Map<Label, Chosen>();
  let problem: UserError | undefined;
  const put = (chosen: readonly Chosen[]) => {
    for (const one of chosen) if (!known.has(one.label)) known.set(one.label, one);
  };
  if (named.length > 0) put((await chooseTasks(named)).chosen);
  const isTrusted = !isStrange && (await isOwn(run.manifest));
  const asked = await loadable(run.manifest, isTrusted);
  // A folder may hold more labels than the command that wrote its manifest last named.
  for (const names of [
    ...(asked.length > 0 ? [asked] : []),
    ...run.labels.filter(isPackageName).map((label) => [label]),
  ]) {
    if (names.length === 1 && known.has(names[0] as Label)) continue;
    try {
      put((await chooseTasks(names)).chosen);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      problem ??= error;
    }
  }
  const missing = run.labels.filter((label) => !known.has(label));
  if (missing.length === 0) return { known };
  if (isTrusted && problem) return { known, problem };
  const files = askedOf(run.manifest).filter(isTaskFile);
  const why =
    isTrusted || files.length === 0
      ? "no task of the package has this name"
      : `it is in a file (${files.join(", ")}) named by a run that is not sealed with your key, and what is loaded runs`;
  return {
    known,
    problem: new UserError(
      `the task of ${missing.join(", ")} is not known here: ${why}`,
      run.dir,
      "look at the task's file, and name it with --tasks PATH",
    ),
  };
}

/** The task of one of its labels. @throws UserError  it is not known here, or not loaded */
export async function taskOfRun(run: Run, label: Label, options?: RunTasksOptions): Promise<Chosen> {
  const { known, problem } = await tasksOfRun(run, options);
  const chosen = known.get(label);
  if (chosen) return chosen;
  throw problem ?? new UserError(`no task "${label}" is known here`, run.dir, "name its file with --tasks PATH");
}

/** What `--tasks` means where it chooses among the labels of a run: a file stands for its task, and is one that may be loaded. */
export async function namedLabels(
  names: readonly string[] | undefined,
): Promise<{ readonly labels?: readonly Label[]; readonly files: readonly string[] }> {
  const files = names?.filter(isTaskFile) ?? [];
  if (names === undefined) return { files };
  const { chosen } = await chooseTasks(files);
  const labels = names.filter((name) => !isTaskFile(name));
  return { labels: [...labels, ...chosen.map(({ label }) => label)], files };
}

/** What a run names and may be loaded: by the rule of `tasksOfRun`. */
export const loadableTasks = async (manifest: RunManifest): Promise<readonly string[]> =>
  loadable(manifest, await isOwn(manifest));

async function loadable(manifest: RunManifest, isTrusted: boolean): Promise<readonly string[]> {
  if (isTrusted) return askedOf(manifest);
  const suites = await suiteNames();
  return askedOf(manifest).filter((name) => isPackageName(name) || suites.includes(name));
}

function askedOf({ config: { tasks } }: RunManifest): readonly string[] {
  return Array.isArray(tasks) ? tasks.filter((name) => typeof name === "string") : [];
}

const isOwn = (manifest: RunManifest) => isSealed(manifest, askedOf(manifest));

/** As a command of the user's own has made it. What the package has needs no seal. */
export async function withSeal(manifest: RunManifest, warn: (message: string) => void): Promise<RunManifest> {
  const tasks = askedOf(manifest);
  if (tasks.every(isPackageName)) return manifest;
  const seal = await sealOf(tasks);
  if (seal === undefined) {
    warn(
      `no key that seals this run as yours can be kept in ${keyPath() ?? "a home that is no absolute path"}: \`score\`, \`samples\`, \`view\`, \`compare\` and others will load its task files only where they are named again (--tasks PATH). Make that folder writable, or set XDG_STATE_HOME to one that is; a key that is there must be a file that you alone can read (chmod 600). The same command then seals the run and asks nothing`,
    );
  }
  return { ...manifest, ...defined({ seal }) };
}

/** Names of the package's own tasks: no path, and nothing that leads to a file. */
const isPackageName = (name: string) => /^[a-z0-9_*?]+(@\w+)?$/.test(name);

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
