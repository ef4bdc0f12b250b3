import type { CommandModule } from "yargs";
import { sampleForms as forms, samplesOf } from "../api/record/samples.js";
import { writeText } from "../api/text-file.js";
import { defined } from "../core/defined.js";
import { UserError } from "../core/errors.js";
import { type Remark, remarks } from "../core/score.js";
import { terminalSafe } from "../core/terminal-safe.js";
import { screenOf } from "./look.js";
import { listFlag, numberFlag } from "./number-flag.js";
import { count } from "./number-format.js";

interface Arguments {
  readonly run: string;
  readonly tasks: string[] | undefined;
  readonly id: string[] | undefined;
  readonly wrong: boolean;
  readonly unscored: boolean;
  readonly remark: string | undefined;
  readonly noted: boolean;
  readonly "worse-than": string | undefined;
  readonly how: boolean | undefined;
  readonly limit: string | undefined;
  readonly format: string;
  readonly out: string | undefined;
  readonly frames: string | undefined;
}

/** A screen of them; programs get all. */
const shownAtFirst = 20;

export const command: CommandModule<object, Arguments> = {
  builder: (yargs) =>
    yargs
      .positional("run", { type: "string", demandOption: true, describe: "a run's folder" })
      .option("tasks", {
        type: "string",
        array: true,
        describe:
          "only these, separated by commas; of a run from elsewhere, whose task files are not loaded, the file of yours",
      })
      .option("id", { type: "string", array: true, describe: "only the samples of these ids" })
      .option("wrong", { type: "boolean", default: false, describe: "only those with the worst value" })
      .option("unscored", { type: "boolean", default: false, describe: "only those without a score, with the reason" })
      .option("remark", { type: "string", requiresArg: true, choices: remarks, describe: "only those that carry it" })
      .option("noted", { type: "boolean", default: false, describe: "only those that people noted something on" })
      .option("worse-than", { type: "string", requiresArg: true, describe: "only those that this run did better" })
      .option("how", {
        type: "boolean",
        describe:
          "read the rows again: what each reference would have earned, and the other scoring (default: unless the rows are the hub's)",
      })
      .option("limit", {
        type: "string",
        requiresArg: true,
        describe: `at most (default ${shownAtFirst} in table and md, else all)`,
      })
      .option("format", { choices: Object.keys(forms), default: "table", describe: "what is printed" })
      .option("frames", {
        type: "string",
        requiresArg: true,
        describe: "write the frames of clips that they showed to this folder, as they were sent",
      })
      .option("out", { type: "string", requiresArg: true, describe: "write it to a file instead" })
      .example("$0 samples results/my-run --wrong", "what went wrong, and how it was scored")
      .example("$0 samples results/my-run --worse-than results/baselines/nightly --format md", "for an issue")
      .example("$0 samples results/my-run --id 001-1 --frames seen", "the frames that a model saw"),
  handler: show,
};

async function show(argv: Arguments): Promise<void> {
  const { run, wrong, unscored, noted, remark, how, format, out, id, frames } = argv;
  if (wrong && unscored)
    throw new UserError("a sample that is wrong has a score", "--unscored", "name one of --wrong and --unscored");
  const fallback = format === "table" || format === "md" ? shownAtFirst : undefined;
  const tasks = listFlag(argv.tasks);
  const { samples, found, framesWritten } = await samplesOf(run, {
    ...{ wrong, unscored, noted },
    ...defined({
      ...{ tasks, how, frames, ids: id, remark: remark as Remark | undefined, worseThan: argv["worse-than"] },
      limit: numberFlag(argv.limit, "limit", { min: 1, max: 1e9, integer: true, fallback }),
    }),
    onWarning: (message) => void process.stderr.write(`warning: ${terminalSafe(message)}\n`),
  });
  const text = forms[format as keyof typeof forms](samples, out === undefined ? screenOf(process.stdout) : {});
  if (out === undefined) process.stdout.write(text);
  else await writeText(out, text);
  const rest = found > samples.length ? `, the first ${count(samples.length)} shown (--limit)` : "";
  const seen = framesWritten === undefined ? "" : `; ${count(framesWritten)} frames in ${frames}`;
  process.stderr.write(`${count(found)} ${found === 1 ? "sample" : "samples"}${rest}${seen}\n`);
}
