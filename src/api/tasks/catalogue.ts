/** Finds tasks: by name, alias, glob, suite, split or path. */
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { checkTask } from "../../core/check-task.js";
import { defined } from "../../core/defined.js";
import { UserError } from "../../core/errors.js";
import { withCheckedReturns } from "../../core/guard-task.js";
import { didYouMean } from "../../core/nearest.js";
import { packageRoot } from "../../core/package-root.js";
import { type Static, Type } from "../../core/schema.js";
import { scorings } from "../../core/score.js";
import type { Split, Task } from "../../core/task.js";
import { inPlaceOf, lmmsEvalNames } from "./foreign-names.js";
import { taskDigest } from "./task-digest.js";
import { loadTaskFile, tasksIn } from "./task-file.js";
import { splitList, type Without, withoutItems, withoutListed } from "./without.js";

/** Sources under a TypeScript loader, compiled tasks otherwise. */
const tasksFolder = join(packageRoot, import.meta.url.endsWith(".ts") ? "tasks" : "dist/tasks");
/** What `entryOf` says of every task, beside compiled tasks: the build writes it, and sources have none. */
const indexFile = join(tasksFolder, "index.json");
const suitesFolder = join(packageRoot, "configs", "suites");

export const Suite = Type.Object(
  {
    about: Type.String(),
    scoring: Type.Optional(Type.Enum([...scorings])),
    /** The words of those of its tasks that have such a profile. */
    "prompt-profile": Type.Optional(Type.String()),
    tasks: Type.Array(Type.String(), { minItems: 1 }),
    /** A list of items that its tasks are asked without, as `items --format list` proposes one. */
    without: Type.Optional(Type.String()),
    /** Rows of the report that it follows which it does not ask: "NAME: why". */
    lacks: Type.Optional(Type.Array(Type.String({ pattern: "^[^:]+: ." }))),
  },
  { additionalProperties: false },
);
export type Suite = Static<typeof Suite>;

/** One task of a run, with the split that was chosen. */
export interface Chosen {
  readonly task: Task;
  readonly splitName: string;
  readonly split: Split;
  /** `vqav2`, or `vqav2@test` when the split is not the default one: names files and results. */
  readonly label: string;
  /** Where the task is defined. */
  readonly file: string;
  /** The same, when the task came by path from outside the package. */
  readonly path?: string;
  /** Of that file and of what it imports from beside it, and of the items that are left out. */
  readonly fileDigest?: string;
  readonly without?: Without;
}

/** What suites among the names state, unless a flag says otherwise. */
export interface Choice {
  readonly chosen: readonly Chosen[];
  readonly scoring?: Suite["scoring"];
  readonly promptProfile?: string;
}

/** A task and the file that defines it. */
export interface DefinedTask {
  readonly task: Task;
  readonly file: string;
}

/** What a task of the package is called, and where it is defined. */
interface TaskEntry {
  readonly name: string;
  readonly aliases: readonly string[];
  /** Below the folder of tasks. */
  readonly file: string;
}

export const entryOf = ({ task: { name, aliases = [] }, file }: DefinedTask): TaskEntry => ({
  name,
  aliases,
  file: relative(tasksFolder, file),
});

/**
 * Every task of the package, by name. Loading them all is a fifth of a start (110 of 520 CPU-ms), so the build notes what they are
 * called; sources are asked themselves.
 */
async function taskEntries(): Promise<readonly TaskEntry[]> {
  if (existsSync(indexFile)) return JSON.parse(await readFile(indexFile, "utf8")) as TaskEntry[];
  return (await loadDefinitions()).map(entryOf);
}

/** Our labels by every name that lmms-eval has for them: `docvqa_test` → `docvqa@test`, and each task's own. */
export async function labelsByName(): Promise<ReadonlyMap<string, string>> {
  const names = new Map<string, string>();
  for (const { name, aliases = [], splits } of await loadTasks()) {
    const [first] = Object.keys(splits);
    names.set(name, name);
    for (const alias of aliases) {
      const [theirs = "", split] = alias.split("@", 2);
      names.set(theirs, split === undefined || split === first ? name : `${name}@${split}`);
    }
  }
  return names;
}

export async function taskNames(): Promise<readonly string[]> {
  return (await taskEntries()).map(({ name }) => name);
}

async function loadEntry({ name, file }: TaskEntry): Promise<DefinedTask> {
  // It is there: the entry was made from this very file.
  return (await loadFiles([join(tasksFolder, file)])).find(({ task }) => task.name === name) as DefinedTask;
}

/** Every task of the package, by name. */
export async function loadTasks(): Promise<readonly Task[]> {
  return (await loadDefinitions()).map(({ task }) => task);
}

export async function loadDefinitions(): Promise<readonly DefinedTask[]> {
  return (await loadFiles(await taskFiles())).sort((a, b) => (a.task.name < b.task.name ? -1 : 1));
}

/** Their files: `task.ts` in a benchmark's folder, and `pro-vision-task.ts` where a folder holds a family. */
async function taskFiles(): Promise<readonly string[]> {
  const names = await readdir(tasksFolder, { recursive: true });
  return names.filter((name) => /[/\\](?:[\w-]+-)?task\.(?:js|ts)$/.test(name)).map((name) => join(tasksFolder, name));
}

async function loadFiles(files: readonly string[]): Promise<DefinedTask[]> {
  const modules = await Promise.all(
    files.map(async (file) =>
      tasksIn(await import(pathToFileURL(file).href), file).map((task) => ({ task: withCheckedReturns(task), file })),
    ),
  );
  return modules.flat();
}

export async function suiteNames(): Promise<readonly string[]> {
  const files = existsSync(suitesFolder) ? await readdir(suitesFolder) : [];
  return files.filter((name) => name.endsWith(".yaml")).map((name) => name.slice(0, -".yaml".length));
}

/** A suite of the package. */
export async function readSuite(name: string): Promise<Suite> {
  const { readYaml } = await import("../../core/yaml.js");
  return await readYaml(join(suitesFolder, `${name}.yaml`), Suite);
}

/**
 * The tasks that `--tasks` names, each once, in the order given.
 * @throws UserError  nothing fits a name; a suite contradicts another; a path is no task file
 */
export async function chooseTasks(names: readonly string[], workingFolder = process.cwd()): Promise<Choice> {
  const search = new Search(await taskEntries(), await suiteNames(), workingFolder);
  const chosen = new Map<string, Chosen>();
  for (const name of names) {
    for (const one of await search.find(name, { origin: "--tasks", folder: workingFolder, above: [] })) {
      const namesake = [...chosen.values()].find(({ task }) => task.name === one.task.name);
      if (namesake && namesake.path !== one.path) throw twoOfOneName(one.task.name, namesake.path, one.path);
      chosen.set(one.label, one);
    }
  }
  const { scoring, "prompt-profile": promptProfile } = search.stated?.suite ?? {};
  return { chosen: [...chosen.values()], ...defined({ scoring, promptProfile }) };
}

/** Where a name stands. */
interface Place {
  /** `--tasks`, or the suite that names it. */
  readonly origin: string;
  /** Which its paths start from. */
  readonly folder: string;
  /** The suites that led here, the outermost first. */
  readonly above: readonly string[];
}

interface StatedSuite {
  readonly name: string;
  readonly suite: Suite;
}

class Search {
  /** The suite that was found last: all of them state the same. */
  stated: StatedSuite | undefined;

  constructor(
    private readonly tasks: readonly TaskEntry[],
    private readonly suites: readonly string[],
    private readonly workingFolder: string,
  ) {}

  async find(name: string, place: Place): Promise<Chosen[]> {
    const listed = existsSync(resolve(place.folder, name)) ? undefined : splitList(name);
    if (listed) {
      const found = await this.find(listed.base, place);
      return await Promise.all(found.map((one) => withoutItems(one, resolve(place.folder, listed.list))));
    }
    if (isYamlFile(name)) return await this.inYaml(name, place);
    if (isPath(name)) return await this.inFile(name, place.folder);
    return await this.ofPackage(name, place);
  }

  private async inYaml(name: string, { origin, folder, above }: Place): Promise<Chosen[]> {
    const path = resolve(folder, name);
    if (above.includes(path)) {
      throw new UserError(
        `the suite names itself: ${[...above.slice(above.indexOf(path)), path].map((one) => basename(one)).join(" -> ")}`,
        origin,
        "take that line out",
      );
    }
    if (!existsSync(path)) throw new UserError("no such suite or task", path, `check the path given to ${origin}`);
    const { readYaml } = await import("../../core/yaml.js");
    if ("task" in (await readYaml(path, Type.Object({})))) {
      const one = await fromYaml(path);
      if (this.isKnown(one.task.name)) throw twoOfOneName(one.task.name, undefined, path);
      return [one];
    }
    const suite = await readYaml(path, Suite);
    this.stated = agree(this.stated, { name, suite });
    // A suite names its tasks from where it stands itself.
    return await this.membersOf(suite, { origin: path, folder: dirname(path), above: [...above, path] });
  }

  private async inFile(name: string, folder: string): Promise<Chosen[]> {
    const found = await fromPath(name, folder);
    // In a checkout a benchmark of ours may be run from its source, before it is built.
    const ours = found.find(({ task, file }) => !isOurs(file) && this.isKnown(task.name));
    if (ours) throw twoOfOneName(ours.task.name, undefined, ours.file);
    return found;
  }

  private async ofPackage(name: string, place: Place): Promise<Chosen[]> {
    const [wanted = "", splitName] = name.split("@", 2);
    if (this.suites.includes(wanted) && place.origin === "--tasks") {
      const suite = await readSuite(wanted);
      this.stated = agree(this.stated, { name: wanted, suite });
      return await this.membersOf(suite, { ...place, origin: `configs/suites/${wanted}.yaml` });
    }
    const found = matching(this.tasks, wanted);
    if (found.length === 0) throw await this.notFound(wanted, place.origin);
    return await Promise.all(
      found.map(async ({ aliasSplit, ...entry }) =>
        choose(await loadEntry(entry), splitName ?? aliasSplit, place.origin),
      ),
    );
  }

  /** The tasks of a suite, without the items that it leaves out. */
  private async membersOf(suite: Suite, place: Place): Promise<Chosen[]> {
    const members: Chosen[] = [];
    for (const member of suite.tasks) members.push(...(await this.find(member, place)));
    return suite.without === undefined
      ? members
      : await withoutListed(members, resolve(dirname(place.origin), suite.without));
  }

  private isKnown(name: string): boolean {
    return this.tasks.some((entry) => entry.name === name);
  }

  private async notFound(wanted: string, origin: string): Promise<UserError> {
    const source = join(packageRoot, "tasks", wanted, "task.ts");
    if (existsSync(source)) {
      const path = `./${relative(this.workingFolder, source)}`;
      return new UserError(
        `the task "${wanted}" is not built yet`,
        origin,
        `write its path, ${path}, or npm run build first`,
      );
    }
    const foreign = (await lmmsEvalNames())[wanted];
    if (foreign !== undefined)
      return new UserError(`"${wanted}" is lmms-eval's name, not one of ours`, origin, inPlaceOf(foreign));
    const known = [...this.tasks.flatMap(({ name, aliases }) => [name, ...aliases]), ...this.suites];
    return new UserError(
      `no task named "${wanted}"`,
      origin,
      `${didYouMean(wanted, known)}run "llava-eval tasks" for the list, or pass a path such as ./my-task.ts`,
    );
  }
}

/** A second task of one name would take the first one's place in every file and table, or stand there as what it is not. */
function twoOfOneName(name: string, ...paths: readonly [string | undefined, string | undefined]): UserError {
  const [first, second] = paths.map((path) => path ?? "the package's own");
  return new UserError(
    `two tasks are named "${name}"`,
    `${first} and ${second}`,
    "give the task a name of its own, and run them apart if they are to be compared",
  );
}

function agree(earlier: StatedSuite | undefined, next: StatedSuite): StatedSuite {
  if (earlier && (earlier.suite.scoring ?? "official") !== (next.suite.scoring ?? "official")) {
    throw new UserError(
      `suites "${earlier.name}" and "${next.name}" are scored differently`,
      "--tasks",
      "run them apart, or state --scoring",
    );
  }
  if (earlier && earlier.suite["prompt-profile"] !== next.suite["prompt-profile"]) {
    throw new UserError(
      `suites "${earlier.name}" and "${next.name}" are asked in different words`,
      "--tasks",
      "run them apart",
    );
  }
  return next;
}

function matching(tasks: readonly TaskEntry[], wanted: string): (TaskEntry & { aliasSplit?: string })[] {
  if (/[*?]/.test(wanted)) {
    const pattern = new RegExp(
      `^${wanted
        .replace(/[.+^${}()|[\]\\]/g, "\\$&")
        .replaceAll("*", ".*")
        .replaceAll("?", ".")}$`,
    );
    return tasks.filter(({ name }) => pattern.test(name));
  }
  const exact = tasks.find(({ name }) => name === wanted);
  if (exact) return [exact];
  for (const entry of tasks) {
    for (const alias of entry.aliases) {
      // "docvqa_test@test": a foreign name that stands for one split.
      const [name, aliasSplit] = alias.split("@", 2);
      if (name === wanted) return [{ ...entry, ...(aliasSplit ? { aliasSplit } : {}) }];
    }
  }
  return [];
}

function choose({ task, file }: DefinedTask, splitName: string | undefined, origin: string, path?: string): Chosen {
  const [defaultName] = Object.keys(task.splits);
  const name = splitName ?? defaultName ?? "";
  const split = task.splits[name];
  if (!split) {
    const known = Object.keys(task.splits);
    throw new UserError(
      `task "${task.name}" has no split "${name}"`,
      origin,
      `${didYouMean(name, known)}its splits: ${known.join(", ")}`,
    );
  }
  const label = name === defaultName ? task.name : `${task.name}@${name}`;
  return { task, file, splitName: name, split, label, ...(path ? { path } : {}) };
}

/** `./mine.yaml`: a suite or a task of the user's own. */
const isYamlFile = (name: string) => /\.ya?ml$/i.test(name);

/** Whether a name leads to a file of somebody's: a task's, a suite's, a list's. */
export const isTaskFile = (name: string): boolean => isPath(name) || isYamlFile(name);

const isPath = (name: string) => /^\.{0,2}\//.test(name) || isAbsolute(name) || /\.[cm]?[jt]s(@|$)/.test(name);

/** The tasks of a file of the user's. */
async function fromPath(name: string, workingFolder: string): Promise<Chosen[]> {
  const [file = "", splitName] = name.split(/@(?=[^/@]*$)/, 2);
  const path = resolve(workingFolder, file);
  if (!existsSync(path)) throw new UserError("no such task file", path, "check the path given to --tasks");
  const tasks = await loadTaskFile(path);
  for (const [i, { name }] of tasks.entries()) {
    if (tasks.findIndex((other) => other.name === name) < i) throw twoOfOneName(name, path, path);
  }
  const fileDigest = await taskDigest(path);
  return tasks.map((task) => ({ ...choose({ task, file: path }, splitName, path, path), fileDigest }));
}

/** The task that a YAML file describes. */
async function fromYaml(path: string): Promise<Chosen> {
  const { readYaml } = await import("../../core/yaml.js");
  const { taskOf, YamlTask } = await import("./yaml-task.js");
  const task = withCheckedReturns(checkTask(taskOf(await readYaml(path, YamlTask), path), path));
  return { ...choose({ task, file: path }, undefined, path, path), fileDigest: await taskDigest(path) };
}

const isOurs = (path: string): boolean => path.startsWith(join(packageRoot, "tasks") + sep);
