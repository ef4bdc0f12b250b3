import type { CommandModule } from "yargs";
import { judgeWorth, labelRun, type Worth } from "../api/report/judge-labels.js";
import { defined } from "../core/defined.js";
import { UserError } from "../core/errors.js";
import { didYouMean } from "../core/nearest.js";
import { terminalSafe } from "../core/terminal-safe.js";
import { listFlag, numberFlag } from "./number-flag.js";
import { count, metricNumber } from "./number-format.js";

interface Arguments {
  readonly what: string;
  readonly run: string;
  readonly n: string | undefined;
  readonly task: string | undefined;
  readonly tasks: string[] | undefined;
  readonly by: string | undefined;
  readonly seed: string | undefined;
  readonly port: string | undefined;
  readonly width: string | undefined;
  readonly calibration: string | undefined;
  readonly json: boolean | undefined;
}

const verbs = ["label", "worth"];

export const command: CommandModule<object, Arguments> = {
  builder: (yargs) =>
    yargs
      .positional("what", {
        type: "string",
        demandOption: true,
        describe: "label: a page to label samples in; worth: what the labels say",
      })
      .positional("run", { type: "string", demandOption: true, describe: "a run's folder" })
      .option("n", {
        type: "string",
        requiresArg: true,
        describe: "label: so many samples, those labelled before among them (default 100)",
      })
      .option("task", { type: "string", requiresArg: true, describe: "default: the only task, or the only judged one" })
      .option("tasks", {
        type: "string",
        array: true,
        describe: "label: task files of yours, for a run from elsewhere: those that it names are not loaded",
      })
      .option("by", { type: "string", requiresArg: true, describe: "label: who labels (default: your user name)" })
      .option("seed", { type: "string", requiresArg: true, describe: "label: draws the samples (default 0)" })
      .option("port", {
        type: "string",
        requiresArg: true,
        describe: "label: port on 127.0.0.1 (default: any free one)",
      })
      .option("width", {
        type: "string",
        requiresArg: true,
        describe: "worth: how many labels until the interval is ±so many points (default 5)",
      })
      .option("calibration", {
        type: "string",
        requiresArg: true,
        describe: "worth: another run of this judge that people have labelled",
      })
      .option("json", { type: "boolean", describe: "worth: print it as JSON" })
      .example("$0 judge label results/my-run --n 100", "serves the page until Ctrl-C")
      .example("$0 judge worth results/my-run", "the score corrected by the labels, beside the judge's"),
  handler: run,
};

async function run(argv: Arguments): Promise<void> {
  if (argv.what === "label") return await label(argv);
  if (argv.what === "worth") return await worth(argv);
  throw new UserError(
    `"${argv.what}" is not known`,
    "llava-eval judge",
    `${didYouMean(argv.what, verbs)}write ${verbs.join(" or ")}`,
  );
}

async function label({ run, n, task, tasks, by, seed, port }: Arguments): Promise<void> {
  const whole = { integer: true, min: 0, max: 2 ** 31, fallback: 0 };
  await using server = await labelRun(run, {
    n: numberFlag(n, "n", { integer: true, min: 1, max: 100_000, fallback: 100 }),
    seed: numberFlag(seed, "seed", whole),
    port: numberFlag(port, "port", { ...whole, max: 65_535 }),
    ...defined({ task, tasks: listFlag(tasks), by }),
    warn: (message) => void process.stderr.write(`warning: ${terminalSafe(message)}\n`),
  });
  process.stdout.write(`${server.url}\n`);
  process.stderr.write("Ctrl-C to stop: every label is kept as it is given\n");
  await new Promise<void>((stop) => {
    process.once("SIGINT", stop);
    process.once("SIGTERM", stop);
  });
}

async function worth({ run, task, width, calibration, json }: Arguments): Promise<void> {
  const halfWidth = numberFlag(width, "width", { min: 0.01, max: 50, fallback: 5 });
  const found = await judgeWorth(run, { halfWidth, ...defined({ task, calibration }) });
  process.stdout.write(json ? `${JSON.stringify(found, null, 2)}\n` : worthLines(found));
}

function worthLines(found: Worth): string {
  const { task, metric, unit, samples, raw, labels, by, corrected, verdicts, calibrated, people, needed, notes } =
    found;
  const share = (value: number) => metricNumber(value, unit);
  const between = (interval: readonly [number, number] | undefined) =>
    interval ? ` [${interval.map(share).join(", ")}]` : "";
  const lines = [
    `${task} ${metric}: ${share(raw)} by the judge over ${count(samples)} samples; ${count(labels)} labels${by === undefined ? "" : ` by ${by}`}`,
    ...(corrected
      ? [
          `  corrected     ${share(corrected.value)}${between(corrected.interval)} (${corrected.method}; of samples like these)`,
        ]
      : []),
    ...(corrected?.benchmark
      ? [
          `                ${between(corrected.benchmark).trim()} of these ${count(samples)} samples, had people labelled all`,
        ]
      : []),
    ...verdicts.map(
      ({ verdict, judged, labelled, confirmed, interval }) =>
        `  said ${verdict.padEnd(9)}${count(judged)}: people agree in ${count(confirmed)} of ${count(labelled)}${between(interval)}`,
    ),
    ...(calibrated
      ? [
          `  calibrated    ${share(calibrated.value)}${between(calibrated.interval)} (Rogan-Gladen: sensitivity ${share(calibrated.sensitivity)}, specificity ${share(calibrated.specificity)}, if it judges here as there)`,
        ]
      : []),
    ...(people && people.n > 0
      ? [
          `  two people    agree in ${people.agreement === null ? "-" : share(people.agreement)}% of ${count(people.n)}${people.kappa === null ? "" : `, Cohen's kappa ${people.kappa.toFixed(2)}`}`,
        ]
      : []),
    ...(needed
      ? [
          needed.labels === null
            ? `  ±${needed.halfWidth} points   cannot be had with any number of labels: the samples are too few`
            : `  ±${needed.halfWidth} points   take about ${count(needed.labels)} labels in all`,
        ]
      : []),
    ...notes.map((note) => `  note          ${note}`),
  ];
  return lines.map((line) => `${terminalSafe(line)}\n`).join("");
}
