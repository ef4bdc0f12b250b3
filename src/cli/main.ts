/** Parses, calls, prints; the only place where the parts are put together and where exit codes are decided. */

import pc from "picocolors";
import yargs, { type Argv } from "yargs";
import { authorsPlace } from "../api/tasks/authors-place.js";
import { refusedByDisk } from "../api/text-file.js";
import { packageVersion } from "../api/versions.js";
import { firstThrown, messageOf, UserError } from "../core/errors.js";
import { didYouMean } from "../core/nearest.js";
import { terminalSafeLines } from "../core/terminal-safe.js";
import { endQuietlyUnread } from "./closed-pipe.js";
import { type AnyCommand, commandNames, commandsFor, completing } from "./commands.js";
import { completedValues } from "./completed-values.js";
import { ExitCode } from "./exit-code.js";
import { yargsOptions } from "./options.js";

export async function main(args: readonly string[]): Promise<void> {
  endQuietlyUnread();
  let ended = false;
  process.once("exit", (code) => (ended ? undefined : sayUnended(code)));
  process.once("uncaughtException", (error) => {
    ended = true;
    process.exit(report(strayed(error)));
  });
  try {
    await (await parser(args)).parseAsync();
  } catch (error) {
    // Once a command was loaded on the way, yargs rejects instead of calling its `fail`.
    const complaint = error instanceof Error && error.name === "YError";
    // Half a word is not checked: a complaint would stand on the screen of whoever completes it.
    const isHalf = complaint && args.includes(completing);
    if (!isHalf) process.exitCode = report(complaint ? flagError(error.message, args) : error);
  }
  ended = true;
}

/** What nobody waits for: a promise or a timer that a task's function left behind, or a mistake of ours. */
function strayed(error: unknown): unknown {
  const place = authorsPlace(error);
  if (place === undefined) return error;
  return new UserError(
    `a task file threw outside of the functions that are called: ${messageOf(error).replace(/\s+/g, " ")}`,
    place,
    "wait for every promise and timer in the function that made it, or make none; what was answered so far is kept",
    { cause: error },
  );
}

/** Node's own code for the end of a process whose promise nothing is left to settle. Node says nothing else. */
const unsettled = 13;

function sayUnended(code: number): void {
  // Node 20 hands the listener a 0, and has the code beside it already.
  if (code !== unsettled && process.exitCode !== unsettled) {
    process.stderr.write(
      `${pc.red("error:")} the program was ended from within (process.exit in a task file) before the command was done; what was answered so far is kept\n`,
    );
    process.exitCode = ExitCode.userError;
    return;
  }
  process.stderr.write(
    `${pc.red("defect:")} something waits for what never comes (a task file's own promise, or a mistake in llava-eval: please report it); what is finished is kept\n`,
  );
  process.exitCode = ExitCode.defect;
}

async function parser(args: readonly string[]) {
  const found = await commandsFor(args);
  const completes = args.includes(completing);
  const shown = args.some((arg) => showsOptions.includes(arg)) ? found : found.map(unlisted);
  // What was typed so far is not run as a command line, nor checked as one: a complaint would stand between the words.
  const commands = completes ? shown.map((command) => ({ ...command, handler: () => {} })) : shown;
  return yargs(args)
    .scriptName("llava-eval")
    .usage(
      "$0 COMMAND\n\nEvaluates large multimodal models: exact scores, resumable runs, a native engine for LLaVA checkpoints.",
    )
    .command(commands as never)
    .completion(
      "completion",
      "Print a completion script for bash or zsh",
      (current: string, _argv: unknown, byFlags: () => void, done: (values: string[]) => void) => {
        // Values where an option is to have one, yargs' own flags and commands elsewhere.
        completedValues(current, args).then(
          (values) => (values === undefined ? byFlags() : done([...values])),
          () => byFlags(),
        );
      },
    )
    .version(packageVersion())
    .alias("h", "help")
    .demandCommand(1, "no command was given")
    .strict(!completes)
    .parserConfiguration({ "camel-case-expansion": false, "boolean-negation": true })
    .wrap(Math.min(120, process.stdout.columns ?? 120))
    .exitProcess(false)
    .fail((message, error) => {
      if (error && error.name !== "YError") throw error;
      if (completes) return;
      throw flagError(message, args);
    });
}

const showsOptions = ["--help", "-h", "help", "completion", completing];

/**
 * The command with its options left out of the help page. yargs lays that page out before every command, wanted or not:
 * a seventh of the CPU time of a start went into the width of words that nobody saw.
 */
function unlisted(command: AnyCommand): AnyCommand {
  const { builder } = command;
  if (typeof builder !== "function") return command;
  const hidden = async (yargs: Argv) => {
    const built = (await builder(yargs)) as Argv & { getOptions(): { key: object } };
    for (const option of Object.keys(built.getOptions().key)) built.hide(option);
    return built;
  };
  return { ...command, builder: hidden };
}

/** What other harnesses call our options. */
const elsewhere: Readonly<Record<string, string>> = {
  ...{ batch_size: "concurrency", "batch-size": "concurrency", b: "concurrency", t: "tasks", m: "model" },
  ...{ model_args: "model", pretrained: "model", output_path: "out", "output-path": "out", o: "out", L: "limit" },
};

function nearOption(name: string): string {
  const known = Object.hasOwn(elsewhere, name) ? elsewhere[name] : undefined;
  return known ? `here that is --${known}. ` : didYouMean(name, [...Object.keys(yargsOptions), "config"]);
}

/** yargs' own complaints in our form. */
function flagError(message: string, args: readonly string[]): UserError {
  const first = args[0] ?? "";
  const unknowns = /^Unknown (?:argument|command)s?: (.+)$/.exec(message)?.[1]?.split(", ");
  const unknown = unknowns?.[0];
  if (unknowns?.includes(first) && !commandNames.includes(first)) {
    return new UserError(
      `no command "${first}"`,
      "the command line",
      `${didYouMean(first, commandNames)}commands: ${commandNames.join(", ")}`,
    );
  }
  if (unknown !== undefined) {
    const isWord = args.includes(unknown);
    const near = first === "run" && !isWord ? nearOption(unknown) : "";
    return new UserError(
      isWord ? `"${unknown}" belongs to no option` : `unknown option "${unknown}"`,
      `llava-eval ${first}`,
      `${isWord ? "several values are separated by commas (--tasks pope,mmmu). " : near}"llava-eval ${first} --help" lists the options`,
    );
  }
  const [, got, need] = /^Not enough non-option arguments: got (\d+), need at least (\d+)$/.exec(message) ?? [];
  if (need) {
    return new UserError(
      `${first} needs ${need} arguments before its options, and ${got} ${got === "1" ? "was" : "were"} given`,
      `llava-eval ${first}`,
      `"llava-eval ${first} --help" shows them`,
    );
  }
  const missing = /^Not enough arguments following: (.+)$/.exec(message)?.[1];
  if (missing) return new UserError(`--${missing} needs a value`, `--${missing}`, "write the value after it");
  return new UserError(message, "the command line", '"llava-eval --help" lists commands and options');
}

function report(thrown: unknown): number {
  const first = firstThrown(thrown);
  const error = refusedByDisk(first) ?? first;
  if (error instanceof UserError) {
    process.stderr.write(`${terminalSafeLines(error.format()).replace(/^error:/, pc.red("error:"))}\n`);
    return ExitCode.userError;
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(
    `${pc.red("defect:")} this is a mistake in llava-eval, not in your input; please report it with these lines\n`,
  );
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause)
    process.stderr.write(`${terminalSafeLines(cause === error ? stack : `caused by ${cause.stack}`)}\n`);
  return ExitCode.defect;
}
