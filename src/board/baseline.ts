/** Baselines: copies of accepted runs below results/baselines/, small enough to be committed beside the code they judge. */
import { basename, join, resolve } from "node:path";
import { UserError } from "../core/errors.js";
import type { Flag } from "../core/result.js";
import type { Static } from "../core/schema.js";
import { packRun } from "../record/copy.js";
import { isRun, openRun, type Run } from "../record/read.js";

export interface AcceptOptions {
  /** Default: the run folder's name. */
  readonly name?: string;
  /** Flags that the run may have; a baseline that is incomplete or partial judges nothing unless it is meant to. */
  readonly allow: readonly Static<typeof Flag>[];
}

export interface Accepted {
  readonly path: string;
  readonly run: Run;
  /** The Results of the baseline that was replaced; its journals are gone. */
  readonly previous: Run["results"];
}

/**
 * Makes a run the baseline: see `packRun` for what it keeps.
 */
export async function acceptBaseline(runDir: string, resultsDir: string, options: AcceptOptions): Promise<Accepted> {
  const run = await openRun(runDir);
  requireAcceptable(run, options.allow);
  const name = options.name ?? basename(run.dir);
  if (!/^[\w][\w.@+-]*$/.test(name)) {
    throw new UserError(`"${name}" cannot be a baseline's name`, "--name", "use letters, digits, ., -, _ and @");
  }
  const path = join(resultsDir, "baselines", name);
  if (run.dir === resolve(path)) throw new UserError("this is the baseline itself", runDir, "name a run");
  const previous = (await isRun(path)) ? (await openRun(path)).results : new Map();
  await packRun(run, path);
  return { path, run, previous };
}

function requireAcceptable(run: Run, allow: AcceptOptions["allow"]): void {
  const { status } = run.manifest;
  if (status !== "done" && !(status === "incomplete" && allow.includes("incomplete"))) {
    throw new UserError(`the run is ${status}`, run.dir, "run the same command again until it is done");
  }
  if (run.results.size === 0) throw new UserError("the run has no result", run.dir, "name a finished run");
  for (const [task, { flags }] of run.results) {
    const flag = flags.find((one) => !allow.includes(one));
    if (flag) {
      throw new UserError(
        `${task} is flagged "${flag}"`,
        run.dir,
        `accept it nevertheless with --allow ${flag}, or run it in full`,
      );
    }
  }
}
