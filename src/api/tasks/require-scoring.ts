/** Not every task knows every rule. */

import { UserError } from "../../core/errors.js";
import type { Scoring } from "../../core/score.js";
import type { Task } from "../../core/task.js";

/** @throws UserError  a task has no such rule: another rule's score under its name would be a wrong number */
export function requireScoring(tasks: readonly Task[], scoring: Scoring): void {
  if (scoring === "official" || scoring === "lmms-eval") return;
  const without = tasks.filter(({ scorings = [] }) => !scorings.includes(scoring)).map(({ name }) => name);
  if (without.length === 0) return;
  throw new UserError(
    `${without.join(", ")}: no ${scoring} scoring`,
    "--scoring",
    'use official or lmms-eval for these; "llava-eval tasks NAME" says which rules a task has',
  );
}
