import type { CommandModule } from "yargs";
import { score } from "../api/run/score.js";
import { defined } from "../core/defined.js";
import { type Scoring, scorings } from "../core/score.js";
import { ExitCode } from "./exit-code.js";
import { listFlag } from "./number-flag.js";
import { resultLines } from "./report-lines.js";

interface Arguments {
  readonly run: string;
  readonly scoring: Scoring | undefined;
  readonly "reasoning-tags": string | undefined;
  readonly tasks: string[] | undefined;
  readonly out: string | undefined;
  readonly json: boolean | undefined;
}

export const command: CommandModule<object, Arguments> = {
  builder: (yargs) =>
    yargs
      .positional("run", { type: "string", demandOption: true, describe: "a run's folder" })
      .option("scoring", { choices: scorings, describe: "another rule; needs --out" })
      .option("reasoning-tags", {
        type: "string",
        requiresArg: true,
        describe: "other thoughts taken out before scoring, as for run; needs --out",
      })
      .option("tasks", {
        type: "string",
        array: true,
        describe: "task files of yours, for a run from elsewhere: those that it names are not loaded",
      })
      .option("out", { type: "string", requiresArg: true, describe: "write the scores to a copy of the folder" })
      .option("json", { type: "boolean", describe: "print the results as JSON" }),
  handler: run,
};

async function run({ run, scoring, "reasoning-tags": tags, tasks, out, json }: Arguments): Promise<void> {
  const { results, flags } = await score(run, {
    ...defined({ scoring }),
    ...(tags === undefined ? {} : { reasoningTags: tags.split(",") }),
    ...defined({ out, tasks: listFlag(tasks) }),
    onWarning: (message) => void process.stderr.write(`warning: ${message}\n`),
  });
  const scored = Object.values(results);
  process.stdout.write(
    json ? `${JSON.stringify(scored, null, 2)}\n` : scored.map((result) => `${resultLines(result)}\n`).join(""),
  );
  process.exitCode = flags.includes("incomplete") ? ExitCode.incomplete : ExitCode.done;
}
