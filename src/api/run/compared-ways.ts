/** What the runs beside a run say about it, written into its Results: for `run` and for `score`. */

import type { MeasureOptions } from "../../board/compare/measure.js";
import type { SideTask } from "../../board/compare/side.js";
import { budgetCurve } from "../../board/spread/budget-curve.js";
import { orderSpread } from "../../board/spread/order-spread.js";
import { promptSpread } from "../../board/spread/prompt-spread.js";
import { visionGain } from "../../board/vision-gain.js";
import { defined } from "../../core/defined.js";
import type { Result } from "../../core/result.js";
import type { Spread } from "../../core/spread.js";
import type { VisionGain } from "../../core/vision-gain.js";
import type { RunFolder } from "../../record/folder.js";
import { openRun, type Run } from "../../record/read.js";
import { compareNumbers } from "../board/compare.js";
import { metricsOf } from "../board/metrics-of.js";
import { runsBeside } from "./beside.js";
import { blindOf } from "./blind.js";

/** Results with what follows from every run that lies beside them; written to the folder too. */
export async function withWhatLiesBeside(folder: RunFolder, results: readonly Result[]): Promise<readonly Result[]> {
  const beside = await runsBeside(folder.path);
  if (beside.size === 0) return results;
  const run = await openRun(folder.path);
  const whole: Result[] = [];
  for (const result of results) {
    const visionGain = await gainsOf({ run, result }, beside);
    const spread = await spreadOf({ run, result }, beside);
    const found = { ...result, ...defined({ visionGain, spread }) };
    await folder.writeResult(result.task, found);
    whole.push(found);
  }
  return whole;
}

/** @param metrics  of tasks that whoever asks trusts */
export async function gainsOf(
  sighted: SideTask,
  beside: ReadonlyMap<string, Run>,
  metrics: MeasureOptions["metricsOf"] = metricsOf,
): Promise<Result["visionGain"]> {
  const gains: Record<string, VisionGain> = {};
  for (const [way, unseeing] of blindOf(beside)) {
    const blind = sideOf(unseeing, sighted.result);
    if (blind) gains[way] = await visionGain({ sighted, blind }, { ...options, metricsOf: metrics });
  }
  return Object.keys(gains).length === 0 ? undefined : gains;
}

/** From the samples of the runs alone. @throws UserError  a journal has lost samples */
export async function spreadOf(first: SideTask, beside: ReadonlyMap<string, Run>): Promise<Spread | undefined> {
  const others = (kind: string) =>
    [...beside].flatMap(([name, run]) => (name.startsWith(kind) ? (sideOf(run, first.result) ?? []) : []));
  const [profiles, orders, budgets] = [others("profile-"), others("options-"), others("budget-")];
  const spread = {
    ...(profiles.length > 0 ? { prompts: await promptSpread([first, ...profiles]) } : {}),
    ...(orders.length > 0 ? { orders: await orderSpread([first, ...orders]) } : {}),
    ...(budgets.length > 0 ? { budgets: await budgetCurve([first, ...budgets]) } : {}),
  };
  return Object.keys(spread).length === 0 ? undefined : spread;
}

/** The other run's part in a task, as far as both mean the same by their numbers. */
function sideOf(run: Run, { task, version, scoring }: Result): SideTask | undefined {
  const result = run.results.get(task);
  return result && result.version === version && result.scoring === scoring ? { run, result } : undefined;
}

const { alpha, seed, resamples } = compareNumbers;
const options = {
  ...{ alpha: alpha.fallback, seed: seed.fallback, replicates: resamples.fallback },
};
