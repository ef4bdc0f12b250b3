import type { CommandModule } from "yargs";
import { merge } from "../api/run/merge.js";
import { defined } from "../core/defined.js";
import { ExitCode } from "./exit-code.js";
import { listFlag } from "./number-flag.js";
import { changedLine, resultLines } from "./report-lines.js";

interface Arguments {
  readonly run: string;
  readonly partial: boolean | undefined;
  readonly tasks: string[] | undefined;
  readonly json: boolean | undefined;
}

export const command: CommandModule<object, Arguments> = {
  builder: (yargs) =>
    yargs
      .positional("run", { type: "string", demandOption: true, describe: "the run's folder, with shards/ in it" })
      .option("partial", {
        type: "boolean",
        describe: "merge what is there: the same run without --shard asks the rest",
      })
      .option("tasks", {
        type: "string",
        array: true,
        describe: "task files of yours, for a run from elsewhere: those that it names are not loaded",
      })
      .option("json", { type: "boolean", describe: "print the results as JSON" })
      .example("$0 run --tasks vqav2 --model M --out R --shard 0/2", "one of two machines that see the same R")
      .example("$0 merge R", "the Result of the whole"),
  handler: run,
};

async function run({ run, partial, tasks, json }: Arguments): Promise<void> {
  const { results, flags, missing, repeated, changed } = await merge(run, defined({ partial, tasks: listFlag(tasks) }));
  for (const { shard, state } of missing)
    process.stderr.write(`shard ${shard} is missing (${state}): run the same command with --shard ${shard}\n`);
  if (changed.length > 0) process.stderr.write(`${changedLine(changed, repeated)}\n`);
  const merged = Object.values(results);
  process.stdout.write(
    json ? `${JSON.stringify(merged, null, 2)}\n` : merged.map((result) => `${resultLines(result)}\n`).join(""),
  );
  if (missing.length > 0 && partial)
    process.stderr.write(`what is there was merged: the same command without --shard asks the rest\n`);
  process.exitCode = missing.length > 0 || flags.includes("incomplete") ? ExitCode.incomplete : ExitCode.done;
}
