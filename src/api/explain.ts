import { resolveSide, type SideTask } from "../board/compare/side.js";
import { explanationTable } from "../board/explain/as-table.js";
import { type Explanation, explain as explainTask } from "../board/explain/explain.js";
import { UserError } from "../core/errors.js";
import { resultsFolder } from "./results-folder.js";

export type { Explanation };
export { explanationTable };

export interface ExplainOptions {
  /** Only these labels. Default: all that both have. */
  readonly tasks?: readonly string[];
  /** Where models' runs are. Default "results". */
  readonly results?: string;
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
  const explanations: Explanation[] = [];
  for (const task of tasks.sort())
    explanations.push(await explainTask(task, sideA.tasks.get(task) as SideTask, sideB.tasks.get(task) as SideTask));
  return explanations;
}
