import { existsSync } from "node:fs";
import { cp } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { CommandModule } from "yargs";
import { regenerateLeaderboard, writeRunLeaderboard } from "../board/leaderboard/collect.js";
import { openRun, type RunFolder } from "../board/read-run.js";
import { UserError } from "../core/errors.js";
import type { Result } from "../core/result.js";
import type { Scoring } from "../core/score.js";
import { lockFile } from "../run/lock.js";
import { rescore } from "../run/rescore.js";
import { writeAtomically } from "../run/run-folder.js";
import { SampleJournal } from "../run/samples.js";
import { summarise } from "../run/summarise.js";
import type { Chosen } from "./catalogue.js";
import { ExitCode } from "./exit-code.js";
import { parseMaxFailed } from "./options.js";
import { resultLines } from "./report-lines.js";
import { openRunDataset, tasksOfRun } from "./run-dataset.js";

interface Arguments {
  readonly run: string;
  readonly scoring: string | undefined;
  readonly out: string | undefined;
  readonly json: boolean | undefined;
}

export const command: CommandModule<object, Arguments> = {
  builder: (yargs) =>
    yargs
      .positional("run", { type: "string", demandOption: true, describe: "a run's folder" })
      .option("scoring", { type: "string", choices: ["official", "lmms-eval"], describe: "another rule; needs --out" })
      .option("out", { type: "string", requiresArg: true, describe: "write the scores to a copy of the folder" })
      .option("json", { type: "boolean", describe: "print the results as JSON" }),
  handler: async (argv) => {
    process.exitCode = await score(argv);
  },
};

async function score({ run, scoring, out, json }: Arguments): Promise<number> {
  const folder = await openRun(run);
  const decided = folder.manifest.identity as { scoring?: Scoring; seed?: number };
  const rules = { scoring: (scoring as Scoring | undefined) ?? decided.scoring ?? "official", seed: decided.seed ?? 0 };
  if (rules.scoring !== decided.scoring && out === undefined) {
    throw new UserError(
      `the run was scored by ${decided.scoring}`,
      "--scoring",
      "name a folder for the other scores with --out",
    );
  }
  const target = resolve(out ?? run);
  if (out !== undefined) {
    if (existsSync(target)) throw new UserError("the folder exists", "--out", "name a new one");
    await cp(folder.dir, target, { recursive: true, filter: (path) => !path.endsWith("run.lock") });
  }
  await using _lock = await lockFile(join(target, "run.lock"), "this run");
  const results: Result[] = [];
  for (const chosen of await tasksOfRun(folder)) {
    const before = folder.results.get(chosen.label);
    if (before) results.push(await scoreTask(target, folder, chosen, before, rules));
  }
  if (out !== undefined) {
    const { manifest } = folder;
    await writeAtomically(
      join(target, "run.json"),
      `${JSON.stringify({ ...manifest, identity: { ...manifest.identity, ...rules } }, null, 2)}\n`,
    );
  }
  await writeRunLeaderboard(target);
  if (existsSync(resolve("results")) && target.startsWith(resolve("results")))
    await regenerateLeaderboard(resolve("results"));
  process.stdout.write(
    json ? `${JSON.stringify(results, null, 2)}\n` : results.map((result) => `${resultLines(result)}\n`).join(""),
  );
  return results.some(({ flags }) => flags.includes("incomplete")) ? ExitCode.incomplete : ExitCode.done;
}

async function scoreTask(
  folder: string,
  run: RunFolder,
  chosen: Chosen,
  before: Result,
  rules: { scoring: Scoring; seed: number },
): Promise<Result> {
  const { task, split, label } = chosen;
  const maxFailed = run.manifest.config["max-failed"];
  const { limit, offset = 0, repeats } = before;
  const signal = new AbortController().signal;
  const warn = (message: string) => void process.stderr.write(`warning: ${message}\n`);
  await using dataset = await openRunDataset(run, chosen, warn);
  if (dataset.facts.revision !== before.dataset.revision) {
    throw new UserError(
      `the data changed: revision ${before.dataset.revision} then, ${dataset.facts.revision} now`,
      dataset.facts.source,
      "score against the data of the run, or run again",
    );
  }
  const samples = await SampleJournal.open(join(folder, `${label}.samples.jsonl`));
  try {
    const selection = { offset, repeats, ...(limit === undefined ? {} : { limit }) };
    const judgeFile = join(folder, `judge.${label}.jsonl`);
    const { total } = await rescore(task, split, dataset, selection, samples, judgeFile, rules, signal);
    await samples.finish();
    const {
      flags,
      metrics: _m,
      groups: _g,
      labels: _l,
      n: _n,
      notes: _notes,
      submission,
      schema: _s,
      ...head
    } = before;
    const result = await summarise(
      task,
      { ...head, version: task.version, scoring: rules.scoring, dataset: { ...before.dataset } },
      samples.inOrder(),
      {
        maxFailed: parseMaxFailed(maxFailed === undefined ? undefined : String(maxFailed)),
        demo: flags.includes("demo"),
        labelled: split.labelled,
        total,
      },
    );
    const written = submission === undefined ? result : { ...result, submission };
    await writeAtomically(join(folder, `${label}.json`), `${JSON.stringify(written, null, 2)}\n`);
    return written;
  } finally {
    await samples.close();
  }
}
