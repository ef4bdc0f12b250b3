import pc from "picocolors";
import type { CommandModule } from "yargs";
import { verify } from "../api/publish/verify.js";
import { defined } from "../core/defined.js";
import { terminalSafe } from "../core/terminal-safe.js";
import { ExitCode } from "./exit-code.js";
import { listFlag } from "./number-flag.js";

interface Arguments {
  readonly dir: string;
  readonly data: string | undefined;
  readonly tasks: string[] | undefined;
  readonly json: boolean | undefined;
}

export const command: CommandModule<object, Arguments> = {
  builder: (yargs) =>
    yargs
      .positional("dir", { type: "string", demandOption: true, describe: "what `publish` wrote, or a run's folder" })
      .option("data", {
        type: "string",
        requiresArg: true,
        describe: "where the rows are, if not where the run had them: a folder, or hub (its cache: nothing is fetched)",
      })
      .option("tasks", {
        type: "string",
        array: true,
        describe:
          "task files of yours, for runs of tasks that the package does not have (those that the run names are not loaded)",
      })
      .option("json", { type: "boolean", describe: "print what was found as JSON" }),
  handler: run,
};

async function run({ dir, data, tasks, json }: Arguments): Promise<void> {
  // Whoever checks a stranger's folder does not want it to send him anywhere.
  process.env.HF_HUB_OFFLINE = "1";
  const verified = await verify(dir, defined({ data, tasks: listFlag(tasks) }));
  const { problems, checked, unchecked } = verified;
  const line = (word: string) => (what: string) => `${word}  ${terminalSafe(what, 2000)}`;
  const lines = [
    ...checked.map(line(pc.green("as it says "))),
    ...unchecked.map(line(pc.yellow("not checked"))),
    ...problems.map(line(pc.red("changed    "))),
    problems.length === 0 ? "nothing that was looked at was changed" : `${problems.length} found`,
  ];
  process.stdout.write(json ? `${JSON.stringify(verified, null, 2)}\n` : `${lines.join("\n")}\n`);
  process.exitCode = problems.length === 0 ? ExitCode.done : ExitCode.gateClosed;
}
