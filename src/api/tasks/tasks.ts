import { UserError } from "../../core/errors.js";
import { didYouMean } from "../../core/nearest.js";
import { promptImages, promptText } from "../../core/prompt.js";
import type { Task } from "../../core/task.js";
import { exampleRow, hasExampleRow } from "../../datasets/example-row.js";
import { chooseTasks, labelsByName, readSuite, suiteNames } from "./catalogue.js";
import { commandFor, likeForeign, remarksOn } from "./foreign-names.js";

export { loadTasks, suiteNames } from "./catalogue.js";

/** What the catalogue tells of a task. */
export type TaskFacts = ReturnType<typeof taskFacts>;

export function taskFacts(task: Task) {
  const { name, version, about, cite, generation } = task;
  return {
    name,
    aliases: (task.aliases ?? []).map((alias) => alias.split("@")[0]),
    version,
    about,
    cite,
    splits: Object.fromEntries(
      Object.entries(task.splits).map(([split, { revision = "main", ...rest }]) => [split, { ...rest, revision }]),
    ),
    metrics: task.metrics.map((metric) => metric.name),
    groups: Object.keys(task.groups ?? {}),
    profiles: task.profiles ?? ["default"],
    scorings: ["official", "lmms-eval", ...(task.scorings ?? [])],
    generation,
    ...(task.reportedAs ? { reportedAs: task.reportedAs } : {}),
    ...(task.defects ? { defects: task.defects } : {}),
    ...(task.judge ? { judge: task.judge.model } : {}),
    ...(task.fallbackJudge ? { fallbackJudge: task.fallbackJudge.model } : {}),
    ...(task.judgesByScoring
      ? {
          judgesByScoring: Object.fromEntries(
            Object.entries(task.judgesByScoring).map(([scoring, { model }]) => [scoring, model]),
          ),
        }
      : {}),
  };
}

/** The facts of the tasks that `names` choose, each with the words that its example row gives under a profile. */
export async function describeTasks(names: readonly string[], profile: string | undefined) {
  const { chosen } = await chooseTasks(names);
  return await Promise.all(
    chosen.map(async ({ task, file }) => ({ ...taskFacts(task), example: await examplePrompt(task, file, profile) })),
  );
}

/** What the suites among the names state, beside their tasks. */
export async function describeSuites(names: readonly string[]) {
  const suites = await suiteNames();
  const own = names.filter((name) => suites.includes(name));
  return await Promise.all(own.map(async (name) => ({ name, ...(await readSuite(name)) })));
}

/** What runs here what "lmms-eval:NAME" runs there: our labels, the command's part, and what differs. */
export async function tasksLike(like: string) {
  const foreign = await likeForeign(like, await labelsByName());
  return { like, tasks: foreign.tasks ?? [], command: commandFor(foreign), remarks: remarksOn(foreign) };
}

/** The exact words that a committed row of the benchmark's form gives. */
async function examplePrompt(task: Task, file: string, profile = task.profiles?.[0] ?? "default") {
  const known = task.profiles ?? ["default"];
  if (!known.includes(profile)) {
    throw new UserError(
      `task "${task.name}" has no prompt profile "${profile}"`,
      "--profile",
      `${didYouMean(profile, known)}its profiles: ${known.join(", ")}`,
    );
  }
  // A task of the user's may have none: its words are seen in a run.
  if (!(await hasExampleRow(task.name, file))) return undefined;
  const row = await exampleRow(task.name, file, task.row);
  const prompt = task.prompt((task.expand?.(row) ?? [row])[0] ?? row, profile);
  return { profile, prompt: promptText(prompt), images: promptImages(prompt).length };
}
