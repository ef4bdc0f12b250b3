import { resolveSide, type SideTask } from "../../board/compare/side.js";
import { explanationTable } from "../../board/explain/as-table.js";
import { type Explanation, explain as explainTask } from "../../board/explain/explain.js";
import { findingsOf } from "../../board/explain/steadiness.js";
import { UserError } from "../../core/errors.js";
import { readInvariance } from "../../record/invariance-report.js";
import { resultsFolder } from "./results-folder.js";

export type { Explanation };
export { explanationTable };

export interface ExplainOptions {
  /** Only these labels. Default: all that both have. */
  readonly tasks?: readonly string[];
  /** Where models' runs are. Default "results". */
  readonly results?: string;
  /** Files of `check-invariance --out`: how often the models give the same request another answer. */
  readonly invariance?: readonly string[];
}

/**
 * Why do two numbers differ? For each task that both have, layer by layer: data, images, prompt, template, options, text,
 * answer, scorer.
 * @throws UserError  a side is not there, or they have no task in common
 */
export async function explain(a: string, b: string, options: ExplainOptions = {}): Promise<readonly Explanation[]> {
  const { tasks: wanted } = options;
  const results = resultsFolder(options.results);
  const [sideA, sideB] = [await resolveSide(a, results), await resolveSide(b, results)];
  const tasks = [...sideA.tasks.keys()].filter((task) => sideB.tasks.has(task) && (wanted?.includes(task) ?? true));
  if (tasks.length === 0) {
    throw new UserError(
      `${a} and ${b} have no task in common`,
      "explain",
      "name two runs that share a task (and check --tasks)",
    );
  }
  const reports = await Promise.all(
    (options.invariance ?? []).map(async (path) => [path, await readInvariance(path)] as const),
  );
  const explanations: Explanation[] = [];
  for (const task of tasks.sort()) {
    const [one, other] = [sideA.tasks.get(task) as SideTask, sideB.tasks.get(task) as SideTask];
    const explanation = await explainTask(task, one, other);
    const ofTask = reports.filter(([, report]) => tasks.length === 1 || report.task === task);
    const steadiness = findingsOf(ofTask, { a: one.result, b: other.result });
    explanations.push(steadiness.length > 0 ? { ...explanation, steadiness } : explanation);
  }
  return explanations;
}
