import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { CommandModule } from "yargs";
import { regenerateLeaderboard, writeRunLeaderboard } from "../board/leaderboard/collect.js";
import { UserError } from "../core/errors.js";
import type { Result } from "../core/result.js";
import type { Scoring } from "../core/score.js";
import { copyRun } from "../record/copy.js";
import { RunFolder } from "../record/folder.js";
import { openRun } from "../record/read.js";
import { rescore } from "../run/rescore.js";
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

async function score({ run: name, scoring, out, json }: Arguments): Promise<number> {
  const run = await openRun(name);
  const decided = run.manifest.identity as { scoring?: Scoring; seed?: number };
  const rules = { scoring: (scoring as Scoring | undefined) ?? decided.scoring ?? "official", seed: decided.seed ?? 0 };
  if (rules.scoring !== decided.scoring && out === undefined) {
    throw new UserError(
      `the run was scored by ${decided.scoring}`,
      "--scoring",
      "name a folder for the other scores with --out",
    );
  }
  if (run.isPacked && out === undefined) {
    throw new UserError(
      "this is a packed copy of a run, as baselines are",
      run.dir,
      "name a folder for the scores with --out",
    );
  }
  const target = resolve(out ?? name);
  if (out !== undefined) {
    if (existsSync(target)) throw new UserError("the folder exists", "--out", "name a new one");
    await copyRun(run, target);
  }
  await using folder = await RunFolder.reopen(target);
  const maxFailed = run.manifest.config["max-failed"];
  const results: Result[] = [];
  for (const chosen of await tasksOfRun(run)) {
    const { task, split, label } = chosen;
    const before = run.results.get(label);
    if (!before) continue;
    const warn = (message: string) => void process.stderr.write(`warning: ${message}\n`);
    await using dataset = await openRunDataset(run, chosen, warn);
    results.push(
      await rescore({
        ...{ folder, task, split, label, dataset, before, rules },
        maxFailed: parseMaxFailed(maxFailed === undefined ? undefined : String(maxFailed)),
        signal: new AbortController().signal,
      }),
    );
  }
  if (out !== undefined) await folder.setIdentity(rules);
  await writeRunLeaderboard(target);
  if (existsSync(resolve("results")) && target.startsWith(resolve("results")))
    await regenerateLeaderboard(resolve("results"));
  process.stdout.write(
    json ? `${JSON.stringify(results, null, 2)}\n` : results.map((result) => `${resultLines(result)}\n`).join(""),
  );
  return results.some(({ flags }) => flags.includes("incomplete")) ? ExitCode.incomplete : ExitCode.done;
}
