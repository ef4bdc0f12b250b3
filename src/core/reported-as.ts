import type { MetricResult } from "./metric-result.js";
import type { Scoring } from "./score.js";
import type { Task } from "./task.js";

/** What the authors of the scoring call a metric; undefined where they call it what we do, or nobody knows. */
export const nameThere = ({ name, reportedAs }: Pick<MetricResult, "name" | "reportedAs">): string | undefined =>
  reportedAs === name ? undefined : reportedAs;

/** What the authors of the scoring call the numbers of a split, by our names. @param label  `task`, or `task@split` */
export function namesThere(
  { name, splits, reportedAs }: Pick<Task, "name" | "splits" | "reportedAs">,
  label: string,
  scoring: Scoring,
): Readonly<Record<string, string>> {
  const [first = ""] = Object.keys(splits);
  const split = splits[label.slice(name.length + 1) || first];
  return (split?.reportedAs ?? reportedAs)?.[scoring] ?? {};
}
