/** What a Result took from the runs that lie beside its own, counted again. */
import { blindWays } from "../../core/blind.js";
import type { Result } from "../../core/result.js";
import type { VisionGain } from "../../core/vision-gain.js";
import type { Run } from "../../record/read.js";
import { runsBeside } from "../run/beside.js";
import { gainsOf, spreadOf } from "../run/compared-ways.js";
import { same, shown, text } from "./findings.js";
import type { TaskInQuestion } from "./verify-task.js";

/** What the ways of asking differ by, from the samples of the runs that lie beside. */
export async function* otherSpread(run: Run, label: string, result: Result): AsyncGenerator<string> {
  const made = await spreadOf({ run, result }, await runsBeside(run.dir));
  if (!same(result.spread, made))
    yield `${label}: spread is ${shown(text(result.spread))}, and the samples of the runs beside give ${shown(text(made))}`;
}

/** What the image was worth counted again; a number that no blind run stands behind is none. */
export async function* otherGains(
  { run, result, chosen, label }: TaskInQuestion,
  beside: ReadonlyMap<string, Run>,
): AsyncGenerator<string> {
  const said = result.visionGain ?? {};
  const made = (await gainsOf({ run, result }, beside, async () => chosen.task.metrics)) ?? {};
  for (const way of blindWays) {
    const [here, again] = [said[way], made[way]];
    if (here && !again) yield `${label}: visionGain (${way}) stands in the result, and no blind run gives it`;
    if (again && !here) yield `${label}: visionGain (${way}) is missing, and both journals give ${text(again.value)}`;
    if (!here || !again) continue;
    for (const key of new Set([...Object.keys(here), ...Object.keys(again)]) as Set<keyof VisionGain>)
      if (!same(here[key], again[key]))
        yield `${label}: ${key} of visionGain (${way}) is ${shown(text(here[key]))}, and both journals give ${shown(text(again[key]))}`;
  }
  for (const way of Object.keys(said))
    if (!blindWays.some((one) => one === way)) yield `${label}: visionGain has "${way}", which is no way of asking`;
}
