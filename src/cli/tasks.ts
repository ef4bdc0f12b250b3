import pc from "picocolors";
import type { CommandModule } from "yargs";
import { UserError } from "../core/errors.js";
import { didYouMean } from "../core/nearest.js";
import { promptImages, promptText } from "../core/prompt.js";
import type { Task } from "../core/task.js";
import { terminalSafeLines } from "../core/terminal-safe.js";
import { exampleRow } from "../datasets/example-row.js";
import { chooseTasks, loadTasks, suiteNames } from "./catalogue.js";
import { count } from "./number-format.js";
import { command as newTask } from "./task-template.js";

export const command: CommandModule<
  object,
  { name: string | undefined; json: boolean | undefined; profile: string | undefined }
> = {
  builder: (yargs) =>
    yargs
      .command(newTask)
      .positional("name", { type: "string", describe: "a task, alias, glob, suite or path" })
      .option("profile", { type: "string", requiresArg: true, describe: "show the prompt of this profile" })
      .option("json", { type: "boolean", describe: "print as JSON" }),
  handler: async ({ name, json, profile }) => {
    if (name === undefined) await list(json ?? false);
    else await show(name, json ?? false, profile);
  },
};

async function list(json: boolean): Promise<void> {
  const tasks = await loadTasks();
  if (json) {
    process.stdout.write(`${JSON.stringify(tasks.map(facts), null, 2)}\n`);
    return;
  }
  const width = Math.max(...tasks.map(({ name }) => name.length)) + 2;
  for (const task of tasks) {
    const [main] = task.metrics;
    process.stdout.write(
      `${pc.bold(task.name.padEnd(width))}${(main?.name ?? "submission").padEnd(18)} ${task.about}\n`,
    );
  }
  process.stdout.write(`\nsuites: ${(await suiteNames()).join(", ")}\n`);
}

async function show(name: string, json: boolean, profile: string | undefined): Promise<void> {
  const { chosen } = await chooseTasks(name.split(","));
  const described = await Promise.all(
    chosen.map(async ({ task }) => ({ ...facts(task), ...(await examplePrompt(task, profile)) })),
  );
  if (json) {
    process.stdout.write(`${JSON.stringify(described.length === 1 ? described[0] : described, null, 2)}\n`);
    return;
  }
  for (const task of described) {
    process.stdout.write(
      `${pc.bold(task.name)} v${task.version}${task.aliases.length > 0 ? `  (${task.aliases.join(", ")})` : ""}\n`,
    );
    process.stdout.write(`  ${task.about}\n  ${task.cite}\n`);
    for (const [split, { sources, configs, rows, revision, licence, answers }] of Object.entries(task.splits)) {
      const place = `${sources.join(" or ")}${configs ? ` (${configs.length > 3 ? `${configs.length} configs` : configs.join(", ")})` : ""}`;
      const secret = answers === "secret" ? ", answers are not public" : "";
      process.stdout.write(
        `  ${split.padEnd(10)} ${place} @ ${revision}, ${rows === undefined ? "rows not published" : `${count(rows)} rows`}, ${licence}${secret}\n`,
      );
    }
    process.stdout.write(`  metrics    ${task.metrics.join(", ")}\n`);
    if (task.groups.length > 0) process.stdout.write(`  groups     ${task.groups.join(", ")}\n`);
    if (task.judge) process.stdout.write(`  judge      ${task.judge}\n`);
    process.stdout.write(`  profiles   ${task.profiles.join(", ")}\n  generation ${JSON.stringify(task.generation)}\n`);
    process.stdout.write(
      `  prompt (${task.example.images} image${task.example.images === 1 ? "" : "s"}; row of the same form as the benchmark's, made by us)\n`,
    );
    process.stdout.write(`${terminalSafeLines(task.example.prompt).replace(/^/gm, "  | ")}\n`);
  }
}

function facts(task: Task) {
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
    generation,
    ...(task.judge ? { judge: task.judge.model } : {}),
  };
}

/** The exact words that a committed row of the benchmark's form gives. */
async function examplePrompt(task: Task, profile = task.profiles?.[0] ?? "default") {
  const known = task.profiles ?? ["default"];
  if (!known.includes(profile)) {
    throw new UserError(
      `task "${task.name}" has no prompt profile "${profile}"`,
      "--profile",
      `${didYouMean(profile, known)}its profiles: ${known.join(", ")}`,
    );
  }
  const row = await exampleRow(task.name, task.row);
  const prompt = task.prompt((task.expand?.(row) ?? [row])[0] ?? row, profile);
  return { example: { profile, prompt: promptText(prompt), images: promptImages(prompt).length } };
}
