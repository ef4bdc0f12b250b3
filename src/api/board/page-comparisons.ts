/** What `compare` says of the runs of a report page: each further one against the first. */
import { obstaclesBetween } from "../../board/compare/comparability.js";
import { compare } from "../../board/compare/compare.js";
import { type Side, type SideTask, sideOf } from "../../board/compare/side.js";
import { reasonText, verdictText, warningsOf } from "../../board/compare/words.js";
import { printed } from "../../board/format/numbers.js";
import { defined } from "../../core/defined.js";
import { UserError } from "../../core/errors.js";
import { openRun } from "../../record/read.js";
import type { PageComparison, PageTaskComparison } from "../../report/page-data.js";
import { compareNumbers } from "./compare.js";
import { metricsOf } from "./metrics-of.js";

export async function pageComparisons(folders: readonly string[]): Promise<readonly PageComparison[]> {
  const sides = await Promise.all(folders.map(async (folder) => sideOf(folder, await openRun(folder))));
  const [first, ...others] = sides;
  if (!first) return [];
  const comparisons: PageComparison[] = [];
  // One after the other: each holds a digest of every sample of both.
  for (const [i, other] of others.entries()) {
    try {
      comparisons.push(await compared(first, other, i + 1));
    } catch (error) {
      // A run that lost its journal is still looked at; why it is not compared stands on the page.
      if (!(error instanceof UserError)) throw error;
      comparisons.push({ run: i + 1, tasks: [], warnings: [`not compared: ${error.message}`] });
    }
  }
  return comparisons;
}

async function compared(a: Side, b: Side, run: number): Promise<PageComparison> {
  const { tasks, refused } = comparable(a, b);
  if (tasks.length === 0) return { run, tasks: [], warnings: refused };
  const comparison = await compare(a, b, {
    alpha: compareNumbers.alpha.fallback,
    minEffect: compareNumbers.minEffect.fallback,
    seed: compareNumbers.seed.fallback,
    replicates: compareNumbers.resamples.fallback,
    ...{ tasks, force: false, flips: 0, metricsOf },
  });
  return {
    run,
    verdict: comparison.verdict,
    tasks: comparison.tasks.map((task): PageTaskComparison => {
      const { task: label, direction, a: before, b: after, delta, verdict, improved, samples } = task;
      const { name: metric, unit } = printed({ name: task.metric, unit: task.unit });
      return {
        ...{ task: label, metric, unit, direction, a: before, b: after, delta, verdict, improved },
        ...defined({ interval: task.interval, p: task.p, pHolm: task.pHolm }),
        ...{ paired: samples.paired, words: verdictText(task), reason: reasonText(task) },
      };
    }),
    warnings: [...refused, ...warningsOf(comparison)],
  };
}

/** The tasks of both whose numbers mean the same, and why the others' do not. */
function comparable(a: Side, b: Side): { readonly tasks: readonly string[]; readonly refused: readonly string[] } {
  const tasks: string[] = [];
  const refused: string[] = [];
  for (const [task, { result }] of a.tasks) {
    const other = b.tasks.get(task);
    if (!other) continue;
    const reasons = refusals(result, other);
    if (reasons.length === 0) tasks.push(task);
    else refused.push(`${task} is not compared: ${reasons.join("; ")}`);
  }
  return { tasks, refused };
}

const refusals = (result: SideTask["result"], other: SideTask) =>
  obstaclesBetween(result, other.result).flatMap(({ severity, text }) => (severity === "refuse" ? [text] : []));
