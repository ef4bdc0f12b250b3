import pc from "picocolors";
import type { CommandModule } from "yargs";
import { describeSuites, describeTasks, loadTasks, suiteNames, taskFacts, tasksLike } from "../api/tasks/tasks.js";
import { reproduced, type Scoring } from "../core/score.js";
import type { ReportedNames } from "../core/task.js";
import { terminalSafeLines } from "../core/terminal-safe.js";
import { command as newTask } from "./new-task.js";
import { count } from "./number-format.js";

export const command: CommandModule<
  object,
  { name: string | undefined; json: boolean | undefined; profile: string | undefined; like: string | undefined }
> = {
  builder: (yargs) =>
    yargs
      .command(newTask)
      .positional("name", { type: "string", describe: "a task, alias, glob, suite or path" })
      .option("profile", { type: "string", requiresArg: true, describe: "show the prompt of this profile" })
      .option("like", {
        type: "string",
        requiresArg: true,
        conflicts: ["name", "profile"],
        describe: "what runs here what another harness calls so: lmms-eval:NAME",
      })
      .option("json", { type: "boolean", describe: "print as JSON" }),
  handler: async ({ name, json, profile, like }) => {
    if (like !== undefined) await showLike(like, json ?? false);
    else if (name === undefined) await list(json ?? false);
    else await show(name, json ?? false, profile);
  },
};

async function showLike(like: string, json: boolean): Promise<void> {
  const { command, remarks, ...rest } = await tasksLike(like);
  const text = json ? JSON.stringify({ ...rest, command, remarks }, null, 2) : [command, ...remarks].join("\n  ");
  process.stdout.write(`${text}\n`);
}

async function list(json: boolean): Promise<void> {
  const tasks = await loadTasks();
  if (json) {
    process.stdout.write(`${JSON.stringify(tasks.map(taskFacts), null, 2)}\n`);
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
  const described = await describeTasks(name.split(","), profile);
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
      const listed = configs && configs.length > 3 ? `${configs.length} configs` : configs?.join(", ");
      const hub = `${sources.join(" or ")}${listed ? ` (${listed})` : ""} @ ${revision}`;
      const place = sources.length === 0 ? "a folder" : hub;
      const secret = answers === "secret" ? ", answers are not public" : "";
      process.stdout.write(
        `  ${split.padEnd(10)} ${place}, ${rows === undefined ? "rows not published" : `${count(rows)} rows`}, ${licence}${secret}\n`,
      );
    }
    process.stdout.write(`  metrics    ${task.metrics.join(", ")}\n`);
    writeReported(task.reportedAs, "");
    for (const [split, { reportedAs }] of Object.entries(task.splits)) writeReported(reportedAs, ` of split ${split}`);
    if (task.groups.length > 0) process.stdout.write(`  groups     ${task.groups.join(", ")}\n`);
    process.stdout.write(
      `  scorings   ${task.scorings.map((name) => reproduced[name as Scoring] ?? name).join(", ")}\n`,
    );
    if (task.judge) process.stdout.write(`  judge      ${task.judge}\n`);
    if (task.fallbackJudge)
      process.stdout.write(`  judge      ${task.fallbackJudge}, if one is named, under vlmevalkit scoring\n`);
    for (const [scoring, judge] of Object.entries(task.judgesByScoring ?? {}))
      process.stdout.write(`  judge      ${judge}, under ${scoring} scoring\n`);
    for (const [scoring, defects] of Object.entries(task.defects ?? {}))
      for (const defect of defects) process.stdout.write(`  defect     ${scoring}: ${defect}\n`);
    process.stdout.write(`  profiles   ${task.profiles.join(", ")}\n  generation ${JSON.stringify(task.generation)}\n`);
    if (task.example === undefined) {
      process.stdout.write("  prompt     no example row of this task; `data show TASK --data DIR` shows its words\n");
      continue;
    }
    process.stdout.write(
      `  prompt (${task.example.images} image${task.example.images === 1 ? "" : "s"}; row of the same form as the benchmark's, made by us)\n`,
    );
    process.stdout.write(`${terminalSafeLines(task.example.prompt).replace(/^/gm, "  | ")}\n`);
  }
  for (const suite of await describeSuites(name.split(","))) {
    const { about, scoring, "prompt-profile": words, lacks = [] } = suite;
    process.stdout.write(`${pc.bold(suite.name)}\n  ${about}\n`);
    if (scoring) process.stdout.write(`  scoring    ${scoring}\n`);
    if (words) process.stdout.write(`  profile    ${words}, of the tasks that have it\n`);
    for (const row of lacks) process.stdout.write(`  not here   ${row}\n`);
  }
}

/** What the authors of a scoring call the numbers of a task, or of a split of it. */
function writeReported(reported: ReportedNames = {}, of: string): void {
  for (const [scoring, names] of Object.entries(reported)) {
    const others = Object.entries(names).filter(([name, there]) => there !== name);
    const told = others.map(([name, there]) => `${name} as "${there}"`);
    if (told.length > 0) process.stdout.write(`  reported   ${told.join(", ")}, under ${scoring} scoring${of}\n`);
  }
}
