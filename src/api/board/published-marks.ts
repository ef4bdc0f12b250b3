import { join } from "node:path";
import { readPublished } from "../../board/leaderboard/published.js";
import { packageRoot } from "../../core/package-root.js";
import { openRun } from "../../record/read.js";
import type { Mark } from "../../report/page-data.js";

/** Published numbers beside benchmark scores; demo scores have none. */
export async function publishedMarks(folders: readonly string[]): Promise<(task: string) => readonly Mark[]> {
  const runs = await Promise.all(folders.map(openRun));
  const published = await readPublished(join(packageRoot, "configs", "published"));
  return (task) => {
    if (runs.some(({ results }) => results.get(task)?.flags.includes("demo"))) return [];
    return published
      .filter((entry) => entry.task === task)
      .flatMap(({ model, origin, metrics }) => {
        const [metric] = metrics;
        return metric?.value === null || metric === undefined
          ? []
          : [
              {
                label: model,
                value: inFractions(metric.value, metric.unit, runs, task),
                source: origin ?? "published",
              },
            ];
      });
  };
}

/** Papers print percent; a mark stands on the run's own scale. */
function inFractions(
  value: number,
  unit: string,
  runs: readonly { results: ReadonlyMap<string, { metrics: readonly { unit: string }[] }> }[],
  task: string,
): number {
  const ours = runs.map(({ results }) => results.get(task)?.metrics[0]?.unit).find((one) => one !== undefined);
  return unit === "percent" && ours === "fraction" ? value / 100 : value;
}
