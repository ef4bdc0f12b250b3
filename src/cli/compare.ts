import type { CommandModule } from "yargs";
import {
  type Comparison,
  compare,
  compareNumbers,
  compareWithPublished,
  comparisonAnnotations,
  comparisonColumns,
  comparisonMarkdown,
  comparisonMessage,
  comparisonWarnings,
  comparisonForms as forms,
  type PublishedComparison,
  publishedForms,
} from "../api/board/compare.js";
import { notify, webhookOf } from "../api/notify.js";
import { appendText, writeText } from "../api/text-file.js";
import { defined } from "../core/defined.js";
import { UserError } from "../core/errors.js";
import { terminalSafe } from "../core/terminal-safe.js";
import { ExitCode } from "./exit-code.js";
import { type LookArguments, lookOf, lookOptions, requireKnownColumns, screenOf } from "./look.js";
import { listFlag, numberFlag } from "./number-flag.js";

interface Arguments extends Pick<LookArguments, "digits" | "columns" | "transpose"> {
  readonly a: string;
  readonly b: string;
  readonly tasks: string[] | undefined;
  readonly "fail-on": string[] | undefined;
  readonly "min-effect": string | undefined;
  readonly alpha: string | undefined;
  readonly format: string;
  readonly out: string | undefined;
  readonly save: string[] | undefined;
  readonly notify: string | undefined;
  readonly flips: string | undefined;
  readonly force: boolean;
  readonly seed: string | undefined;
  readonly resamples: string | undefined;
  readonly results: string | undefined;
}

type Form = keyof typeof forms;

export const command: CommandModule<object, Arguments> = {
  builder: (yargs) =>
    yargs
      .positional("a", { type: "string", demandOption: true, describe: "the baseline: a run, or a model's name" })
      .positional("b", { type: "string", demandOption: true, describe: "the candidate; a published model too" })
      .option("tasks", { type: "string", array: true, describe: "only these, separated by commas" })
      .option("fail-on", {
        type: "string",
        array: true,
        describe: "exit 3 on these verdicts [regression, inconclusive]; a task that B lacks closes the gate too",
      })
      .option("min-effect", {
        type: "string",
        requiresArg: true,
        describe: "a loss counts from here: points of a percentage; for other units per cent of A (default 1)",
      })
      .option("alpha", { type: "string", requiresArg: true, describe: "two-sided level, after Holm (default 0.05)" })
      .option("format", {
        choices: Object.keys(forms),
        default: "table",
        describe: "what is printed; latex: for a paper; text: for a chat, at most 12 lines",
      })
      .options({ digits: lookOptions.digits, transpose: lookOptions.transpose })
      .option("columns", {
        ...lookOptions.columns,
        describe: `only these columns, in this order [${comparisonColumns.join(", ")}]`,
      })
      .option("out", { type: "string", requiresArg: true, describe: "write it to a file instead" })
      .option("save", {
        type: "string",
        array: true,
        describe: "further forms into files: junit=compare.xml,md=comment.md",
      })
      .option("notify", {
        type: "string",
        requiresArg: true,
        describe: "post the verdict to this webhook (JSON as for Slack); env:NAME reads the URL from a variable",
      })
      .option("flips", { type: "string", requiresArg: true, describe: "changed samples shown per task (default 20)" })
      .option("force", {
        type: "boolean",
        default: false,
        describe: "compare what is not comparable; the reasons become warnings",
      })
      .option("seed", { type: "string", requiresArg: true, describe: "seeds the permutations (default 0)" })
      .option("resamples", {
        type: "string",
        requiresArg: true,
        describe: "for metrics of whole splits (default 1000)",
      })
      .option("results", { type: "string", requiresArg: true, describe: "where models' runs are (default: results)" })
      .example("$0 compare results/my-run LLaVA-1.5-7B", "against what others published")
      .example("$0 compare results/baselines/nightly results/nightly --fail-on regression", "a gate")
      .epilog(
        "In GitHub Actions annotations go to the log and a summary to the job's page. Exit 3 when a gate closed, 1 when the two cannot be compared.",
      ),
  handler: async (argv) => {
    process.exitCode = await run(argv);
  },
};

async function run(argv: Arguments): Promise<number> {
  const failOn = gates(argv["fail-on"]);
  const tasks = listFlag(argv.tasks);
  const targets = saveTargets(argv.save);
  const webhook = argv.notify === undefined ? undefined : webhookOf(argv.notify);
  const look = comparisonLook(argv);
  const options = {
    alpha: numberFlag(argv.alpha, "alpha", compareNumbers.alpha),
    minEffect: numberFlag(argv["min-effect"], "min-effect", compareNumbers.minEffect),
    flips: numberFlag(argv.flips, "flips", compareNumbers.flips),
    seed: numberFlag(argv.seed, "seed", compareNumbers.seed),
    resamples: numberFlag(argv.resamples, "resamples", compareNumbers.resamples),
    force: argv.force,
    ...defined({ results: argv.results }),
    ...(tasks ? { tasks } : {}),
  };
  const theirs = await compareWithPublished(argv.a, argv.b, options);
  if (theirs) return await printPublished(theirs, argv, look);
  const comparison = await compare(argv.a, argv.b, options);
  const printedTo = argv.out === undefined ? screenOf(process.stdout) : {};
  const text = forms[argv.format as Form](comparison, { ...look, ...printedTo, failOn });
  if (argv.out === undefined) process.stdout.write(text);
  else await writeText(argv.out, text);
  for (const [form, path] of targets) await writeText(path, forms[form](comparison, { ...look, failOn }));
  process.stderr.write(comparisonWarnings(comparison));
  if (process.env.GITHUB_ACTIONS === "true") await tellGitHub(comparison, argv.format === "github");
  if (webhook) await tellChat(comparison, webhook);
  const closed = closedGates(comparison, failOn);
  if (closed.length > 0) process.stderr.write(`gate closed: ${closed.join("; ")}\n`);
  return closed.length > 0 ? ExitCode.gateClosed : ExitCode.done;
}

/** What somebody printed is no run: it has no samples, and closes no gate. */
async function printPublished(
  comparison: PublishedComparison,
  argv: Arguments,
  look: { readonly digits?: number },
): Promise<number> {
  const { format, out } = argv;
  for (const [flag, value] of [
    ["--fail-on", argv["fail-on"]],
    ["--save", argv.save],
    ["--columns", argv.columns],
  ] as const)
    if (value !== undefined)
      throw new UserError(`${comparison.published} is only published`, flag, "it is for two runs: leave it out");
  if (!Object.hasOwn(publishedForms, format)) {
    const known = Object.keys(publishedForms).join(", ");
    throw new UserError(`${comparison.published} is only published`, "--format", `with it there are ${known}`);
  }
  const printedTo = out === undefined ? screenOf(process.stdout) : {};
  const text = publishedForms[format as keyof typeof publishedForms](comparison, { ...look, ...printedTo });
  if (out === undefined) process.stdout.write(text);
  else await writeText(out, text);
  return ExitCode.done;
}

/** Annotations go to stderr, which the runner reads as well: stdout may be a JSON file in the making. */
async function tellGitHub(comparison: Comparison, printed: boolean): Promise<void> {
  if (!printed) process.stderr.write(comparisonAnnotations(comparison));
  const summary = process.env.GITHUB_STEP_SUMMARY;
  if (summary) await appendText(summary, comparisonMarkdown(comparison));
}

/** A chat that cannot be reached changes no verdict. */
async function tellChat(comparison: Comparison, webhook: URL): Promise<void> {
  const failure = await notify(webhook, comparisonMessage(comparison, jobUrl()));
  if (failure !== undefined) process.stderr.write(`warning: the message was not sent: ${terminalSafe(failure, 300)}\n`);
}

/** The page of the GitHub Actions job that this is, with its artifacts. */
function jobUrl(): string | undefined {
  const { GITHUB_ACTIONS, GITHUB_SERVER_URL, GITHUB_REPOSITORY, GITHUB_RUN_ID } = process.env;
  if (GITHUB_ACTIONS !== "true") return undefined;
  return `${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}/actions/runs/${GITHUB_RUN_ID}`;
}

/** What closes the gate, each with the tasks it names. */
function closedGates({ tasks, onlyA }: Comparison, failOn: readonly string[]): string[] {
  const named = (verdict: string) => tasks.filter((task) => task.verdict === verdict).map(({ task }) => task);
  const closed: string[] = [];
  const add = (reason: string, names: readonly string[]) => {
    if (names.length > 0) closed.push(`${reason}: ${names.join(", ")}`);
  };
  if (failOn.includes("regression")) add("regression", named("regression"));
  if (failOn.includes("inconclusive")) add("not enough evidence", named("not enough evidence"));
  // A task that vanished must not read as "no regression", nor a number that did.
  if (failOn.length > 0) {
    add("missing in B", onlyA);
    add(
      "no value in B",
      tasks.flatMap(({ task, valueLost }) => (valueLost ? [task] : [])),
    );
  }
  return closed;
}

function comparisonLook({ digits, columns, transpose }: Arguments) {
  const look = lookOf({ digits, columns, transpose, stderr: undefined, rank: undefined });
  requireKnownColumns(look.columns, comparisonColumns);
  return look;
}

function gates(values: readonly string[] | undefined): readonly string[] {
  const gates = listFlag(values) ?? [];
  const unknown = gates.find((gate) => gate !== "regression" && gate !== "inconclusive");
  if (unknown !== undefined) {
    throw new UserError(`"${unknown}" is no verdict`, "--fail-on", "write regression, or regression,inconclusive");
  }
  return gates;
}

function saveTargets(values: readonly string[] | undefined): [Form, string][] {
  return (listFlag(values) ?? []).map((item) => {
    const [form = "", ...path] = item.split("=");
    if (!(form in forms) || path.length === 0) {
      throw new UserError(
        `"${item}" is not FORM=FILE`,
        "--save",
        `write for example junit=compare.xml; forms: ${Object.keys(forms).join(", ")}`,
      );
    }
    return [form as Form, path.join("=")];
  });
}
