/** A task file of the user's, in TypeScript or JavaScript, without a build; its `import "llava-eval"` is this very package. */
import { createRequire } from "node:module";
import { checkTask } from "../../core/check-task.js";
import { messageOf, UserError } from "../../core/errors.js";
import { type Failure, guarded, WrongReturn, withCheckedReturns } from "../../core/guard-task.js";
import type { Task } from "../../core/task.js";
import * as authoringApi from "../../index.js";
import { authorsPlace, hasStack } from "./authors-place.js";

/**
 * The tasks that a file exports.
 * @throws UserError  it does not load; what it exports is no task. What its functions throw later becomes one as well.
 */
export async function loadTaskFile(path: string): Promise<readonly Task[]> {
  // Not by `import`: Node would search a CommonJS file of 190 KB for the names of its exports, 37 of a start's 485 CPU-ms.
  const { createJiti } = createRequire(import.meta.url)("jiti") as typeof import("jiti");
  const jiti = createJiti(import.meta.url, { moduleCache: false, virtualModules: { "llava-eval": authoringApi } });
  let module: unknown;
  try {
    module = await jiti.import(path);
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(
      `the task file does not load: ${oneLine(messageOf(error))}`,
      path,
      "correct the file; `llava-eval tasks new NAME` writes one that works",
      { cause: error },
    );
  }
  return tasksIn(module, path).map((task) =>
    guarded(withCheckedReturns(task), (failure) => blame(failure, task, path)),
  );
}

/** The tasks that a module exports: one, or several that share their rows. */
export function tasksIn(module: unknown, file: string): readonly Task[] {
  const exported = (module as { default?: unknown }).default;
  return (Array.isArray(exported) ? exported : [exported]).map((task) => checkTask(task, file));
}

/** A mistake in the author's code: where in the file, and about which sample. One that never touched it is ours. */
function blame({ error, member, sample }: Failure, { name }: Task, path: string): unknown {
  const place = error instanceof WrongReturn || !hasStack(error) ? path : authorsPlace(error);
  if (place === undefined) return error;
  const said = error instanceof WrongReturn ? error.message : `it threw ${oneLine(String(error))}`;
  return new UserError(
    `\`${member}\` of task "${name}": ${said}`,
    sample === undefined ? place : `${place}, sample ${sample}`,
    "correct the task; what was answered so far is kept",
    { cause: error },
  );
}

const oneLine = (text: string): string => text.replace(/\s+/g, " ").trim();
