import type { CommandModule } from "yargs";
import { acceptBaseline } from "../api/board/baseline.js";
import { defined } from "../core/defined.js";
import { UserError } from "../core/errors.js";
import { terminalSafe } from "../core/terminal-safe.js";
import { listFlag } from "./number-flag.js";
import { metricText } from "./number-format.js";

interface Arguments {
  readonly run: string;
  readonly name: string | undefined;
  readonly allow: string[] | undefined;
  readonly results: string;
}

export const command: CommandModule<object, Arguments> = {
  builder: (yargs) =>
    yargs
      .positional("run", { type: "string", demandOption: true, describe: "a finished run" })
      .option("name", {
        type: "string",
        requiresArg: true,
        describe: "the baseline's name (default: the run folder's)",
      })
      .option("allow", { type: "string", array: true, describe: "accept flagged results [demo, partial, incomplete]" })
      .option("results", { type: "string", requiresArg: true, default: "results", describe: "where baselines/ is" })
      .example("$0 baseline accept results/nightly", "then commit results/baselines/nightly"),
  handler: run,
};

const flags = ["demo", "partial", "incomplete"] as const;
type Flag = (typeof flags)[number];

async function run(argv: Arguments): Promise<void> {
  const allow = listFlag(argv.allow) ?? [];
  const unknown = allow.find((flag) => !flags.includes(flag as Flag));
  if (unknown !== undefined)
    throw new UserError(`"${unknown}" is no flag`, "--allow", `write some of ${flags.join(", ")}`);
  const options = { allow: allow as readonly Flag[], ...defined({ name: argv.name }) };
  const { path, run, previous } = await acceptBaseline(argv.run, argv.results, options);
  for (const [task, { metrics }] of run.results) {
    const [main] = metrics;
    const [before] = previous.get(task)?.metrics ?? [];
    if (main)
      process.stdout.write(
        `${terminalSafe(task)} ${main.name}: ${before ? `${metricText(before)} → ` : ""}${metricText(main)}\n`,
      );
  }
  for (const task of previous.keys()) {
    if (!run.results.has(task)) process.stdout.write(`${terminalSafe(task)}: no longer in the baseline\n`);
  }
  process.stderr.write(`${path}\n`);
}
