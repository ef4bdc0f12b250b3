import type { CommandModule } from "yargs";
import { messageOf, SampleFailure } from "../core/errors.js";
import { promptImages } from "../core/prompt.js";
import { terminalSafe } from "../core/terminal-safe.js";
import { openDataset } from "../datasets/index.js";
import { decodeImage } from "../images/decode.js";
import { readImage } from "../images/encoded.js";
import { plan } from "../run/plan.js";
import { type Chosen, chooseTasks } from "./catalogue.js";
import { ExitCode } from "./exit-code.js";
import { Interrupt } from "./interrupt.js";
import { count } from "./number-format.js";

interface Arguments {
  readonly tasks: string[];
  readonly data: string;
  readonly json: boolean | undefined;
}

/** What was found about one split. */
interface Verified {
  readonly task: string;
  readonly source: string;
  readonly revision: string;
  readonly digest: string;
  readonly rows: number;
  readonly expectedRows: number | undefined;
  readonly pictures: number;
  /** `row 12: the image ... is no picture`. */
  readonly problems: readonly string[];
}

const problemsShown = 20;

export const command: CommandModule<object, Arguments> = {
  builder: (yargs) =>
    yargs
      .positional("tasks", { type: "string", array: true, demandOption: true, describe: "tasks, as for run" })
      .option("data", { type: "string", requiresArg: true, default: "hub", describe: "hub, demo, or a folder" })
      .option("json", { type: "boolean", describe: "print as JSON" }),
  handler: async ({ tasks, data, json }) => {
    const { chosen } = await chooseTasks(tasks.flatMap((names) => names.split(",")));
    const interrupt = new Interrupt(() => {});
    const found: Verified[] = [];
    try {
      for (const one of chosen) {
        const verified = await verify(one, data, interrupt.drain);
        found.push(verified);
        if (!json) process.stdout.write(`${lines(verified)}\n`);
      }
      if (json) process.stdout.write(`${JSON.stringify(found, null, 2)}\n`);
      process.exitCode = found.every(isSound) ? ExitCode.done : ExitCode.gateClosed;
    } catch (error) {
      if (!interrupt.drain.aborted || error !== interrupt.drain.reason) throw error;
      process.exitCode = ExitCode.interrupted;
    } finally {
      interrupt.stop();
    }
  },
};

async function verify({ task, split, splitName, label }: Chosen, data: string, signal: AbortSignal): Promise<Verified> {
  const warn = (message: string) => void process.stderr.write(`warning: ${message}\n`);
  await using dataset = await openDataset({ task: task.name, splitName, split, row: task.row, data, warn });
  const problems: string[] = [];
  const decoded = new Set<string>();
  let rows = 0;
  for await (const unit of plan({ ...task, limitByCluster: false }, dataset, { offset: 0, repeats: 1 }, signal)) {
    rows++;
    if (!("row" in unit)) {
      problems.push(`row ${unit.index}: ${unit.failure.detail}`);
      continue;
    }
    for (const ref of promptImages(task.prompt(unit.row, task.profiles?.[0] ?? "default"))) {
      try {
        const image = await readImage(ref);
        if (decoded.has(image.digest)) continue;
        decoded.add(image.digest);
        const { warnings } = await decodeImage(image);
        problems.push(...warnings.map((warning) => `row ${unit.index}: ${warning}`));
      } catch (error) {
        if (!(error instanceof SampleFailure)) throw error;
        problems.push(`row ${unit.index}: ${messageOf(error)}`);
      }
    }
  }
  const { source, revision = "none", digest = "none", expectedRows } = dataset.facts;
  // A task that makes several samples of a row counts the file's rows by the dataset's own number.
  const inFile = task.expand ? (dataset.facts.rows ?? rows) : rows;
  return { task: label, source, revision, digest, rows: inFile, expectedRows, pictures: decoded.size, problems };
}

/** Another number of rows is a fact to know, and no damage: demo rows and own folders have their own. */
function isSound({ problems, rows }: Verified): boolean {
  return problems.length === 0 && rows > 0;
}

function lines(found: Verified): string {
  const { task, source, revision, digest, rows, expectedRows, pictures, problems } = found;
  const expected =
    expectedRows === undefined || expectedRows === rows ? "" : ` (the benchmark has ${count(expectedRows)})`;
  const shown = problems.slice(0, problemsShown).map((problem) => `  ${terminalSafe(problem, 300)}`);
  if (problems.length > problemsShown) shown.push(`  and ${count(problems.length - problemsShown)} more`);
  return [
    `${task}: ${terminalSafe(source)} @ ${revision}, digest ${digest}`,
    `  ${count(rows)} rows${expected}, ${count(pictures)} different pictures, ${problems.length === 0 ? "all sound" : `${count(problems.length)} problems`}`,
    ...shown,
  ].join("\n");
}
