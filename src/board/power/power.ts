/** How large a difference n samples can show, and how many samples a difference needs. */
import { designEffect, detectableDifference, samplesForDifference } from "../../statistics/paired-mcnemar-power.js";
import { joinSamples, sampleValue } from "../compare/join-samples.js";
import type { SideTask } from "../compare/side.js";

export interface PowerQuestion {
  /** Samples of the task. */
  readonly n: number;
  /** Difference of accuracies, (0, 1]. */
  readonly delta: number;
  readonly alpha: number;
  readonly power: number;
}

export interface PowerLine {
  /** Share of samples whose outcome differs between the two systems. */
  readonly discordance: number;
  /** `assumed`, or the runs it was measured on. */
  readonly from: string;
  /** 1 = samples are independent. */
  readonly designEffect: number;
  readonly samplesNeeded: number;
  /** undefined when the task is too small for any. */
  readonly detectable: number | undefined;
}

export interface Discordance {
  readonly discordance: number;
  readonly designEffect: number;
  readonly from: string;
}

/** What runs of different kinds have shown: one checkpoint again with sampling, two checkpoints of one training, two models. */
const usual = [0.05, 0.1, 0.2, 0.3];

/** A line for each usual discordance and for the one measured. */
export function powerLines(question: PowerQuestion, measured?: Discordance): PowerLine[] {
  const assumed = usual
    .filter((discordance) => discordance >= question.delta)
    .map((discordance) => ({ discordance, designEffect: measured?.designEffect ?? 1, from: "assumed" }));
  return [...(measured && measured.discordance > 0 ? [measured] : []), ...assumed].map((line) => {
    const { alpha, power, n, delta } = question;
    const design = { alpha, power, discordance: line.discordance, designEffect: line.designEffect };
    return { ...line, samplesNeeded: samplesForDifference(delta, design), detectable: detectableDifference(n, design) };
  });
}

/** From two runs: how many outcomes differ, and how much samples that share an image count. */
export async function measureDiscordance(a: SideTask, b: SideTask): Promise<Discordance & { readonly n: number }> {
  const metric = a.result.metrics[0]?.name ?? "";
  const values = (await joinSamples(a, b)).flatMap((pair) => {
    const [x, y] = [sampleValue(pair.a, metric), sampleValue(pair.b, metric)];
    return x === undefined || y === undefined ? [] : [{ value: y - x, cluster: pair.a?.cluster ?? pair.id }];
  });
  // Partial scores: the mean squared difference plays the part of the share that differs.
  const discordance = values.reduce((sum, { value }) => sum + value * value, 0) / Math.max(1, values.length);
  return {
    n: values.length,
    discordance,
    designEffect: values.length === 0 ? 1 : designEffect(values),
    from: "measured",
  };
}
