import { resolveSide, type SideTask } from "../../board/compare/side.js";
import { powerText, repeatsText } from "../../board/power/as-text.js";
import { measureDiscordance, type PowerLine, type PowerQuestion, powerLines } from "../../board/power/power.js";
import { type RepeatsReport, repeatsOf } from "../../board/repeats.js";
import { UserError } from "../../core/errors.js";
import { chooseTasks } from "../tasks/catalogue.js";
import { resultsFolder } from "./results-folder.js";

export { powerText, repeatsText };

export interface PowerOptions {
  readonly delta: number;
  readonly alpha: number;
  readonly power: number;
  /** Instead of all of the task's rows. */
  readonly samples: number | undefined;
  /** A run: its samples, its repeats. */
  readonly run: string | undefined;
  /** A second run: how many outcomes really differ. */
  readonly against: string | undefined;
  /** Where models' runs are. Default "results". */
  readonly results?: string;
}

export interface PowerReport {
  readonly question: PowerQuestion;
  readonly lines: readonly PowerLine[];
  readonly repeats: RepeatsReport | undefined;
}

/** How large a difference a task can show, how many samples one needs, and what repeats are worth. */
export async function powerOf(task: string, options: PowerOptions): Promise<PowerReport> {
  const { delta, alpha, power, samples, run, against } = options;
  const results = resultsFolder(options.results);
  const side = run === undefined ? undefined : await sideTask(run, task, "--run", results);
  if (against !== undefined && !side)
    throw new UserError("--against needs a first run", "--against", "name it with --run");
  const other = against === undefined ? undefined : await sideTask(against, task, "--against", results);
  const measured = side && other ? await measureDiscordance(side, other) : undefined;
  const n = samples ?? side?.result.n.total ?? (await rowsOf(task));
  const question = { n, delta, alpha, power };
  const repeats = side && (await repeatsOf(side.run, side.result));
  return { question, lines: powerLines(question, measured), repeats };
}

async function sideTask(name: string, task: string, flag: string, resultsDir: string): Promise<SideTask> {
  const side = await resolveSide(name, resultsDir);
  const found = side.tasks.get(task);
  if (found) return found;
  throw new UserError(`${name} has no task "${task}"`, flag, `its tasks: ${[...side.tasks.keys()].sort().join(", ")}`);
}

async function rowsOf(task: string): Promise<number> {
  const { chosen } = await chooseTasks([task]);
  const rows = chosen[0]?.split.rows;
  if (rows !== undefined) return rows;
  throw new UserError(`the number of rows of "${task}" is not published`, "--samples", "state it: --samples 1000");
}
