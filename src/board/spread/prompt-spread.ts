import { defined } from "../../core/defined.js";
import type { PromptSpread } from "../../core/spread.js";
import { varianceBetween } from "../../statistics/variance-between.js";
import type { SideTask } from "../compare/side.js";
import { joinWays, mainMetric, measuredBy, noMean, noMetric } from "./joined-ways.js";

/** How far a score moves with the words, beside how far it moves with the items. @throws UserError  a journal has lost samples */
export async function promptSpread(ways: readonly SideTask[]): Promise<PromptSpread> {
  const [first] = ways;
  const metric = first && mainMetric(first);
  const ownValues = ways.map(({ result }) => ({
    profile: result.promptProfile,
    value: result.metrics.find(({ name }) => name === metric?.name)?.value ?? null,
  }));
  const nothing = { ...measuredBy(metric), n: 0, leftOut: 0, profiles: ownValues };
  if (!metric) return { ...nothing, notes: [noMetric] };
  const { samples, isMean } = await joinWays(ways, metric);
  const items = samples.flatMap((sample) => {
    const values = sample.flatMap((score) => score?.value ?? []);
    return values.length === ways.length ? [{ values, cluster: sample[0]?.cluster ?? "" }] : [];
  });
  const leftOut = samples.length - items.length;
  if (!isMean) return { ...nothing, n: items.length, leftOut, notes: [noMean(metric.name)] };
  if (items.length === 0) return { ...nothing, leftOut, notes: ["no sample is scored by every profile"] };
  const found = varianceBetween(items);
  return {
    ...nothing,
    n: items.length,
    leftOut,
    ...defined({ clusters: found?.clusters, deviation: found?.deviation, sampling: found?.sampling }),
    ...defined({ interval: found?.interval }),
    profiles: ownValues.map(({ profile }, w) => ({
      profile,
      value: items.reduce((sum, { values }) => sum + (values[w] as number), 0) / items.length,
    })),
    notes: [],
  };
}
