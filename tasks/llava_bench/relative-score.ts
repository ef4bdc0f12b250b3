/** LLaVA-Bench's relative score (Liu et al. 2023): what a judge gives the model, in percent of what it gives the reference. */

import { bootstrap, folded, type Metric, type MetricValue, roundHalfEven, sampleValue } from "llava-eval";

type FoldContext = Parameters<Metric["start"]>[0];

/** The values a scorer gives for this metric. */
export type PairValues = Readonly<Record<"reference" | "model", number>>;

/**
 * Mean of the model's scores over mean of the reference's, times 100; above 100 when the judge prefers the model.
 *
 * `summarize_gpt_review.py` rounds the means to three decimals and the ratio to one; so does this, since published numbers do. VLMEvalKit
 * rounds the ratio alone.
 */
export function relativeScore(name: string): Metric {
  return {
    name,
    unit: "percent",
    direction: "higher",
    start(context) {
      const pairs: PairValues[] = [];
      return folded(
        {
          scored(sample) {
            const reference = sampleValue(sample, "reference");
            const model = sampleValue(sample, "model");
            if (reference !== undefined && model !== undefined) pairs.push({ reference, model });
          },
          value: () => withSpread(pairs, context, name),
          bounds(unscored) {
            const of = (reference: number, model: number) =>
              (100 * (total(pairs, "model") + unscored * model)) / (total(pairs, "reference") + unscored * reference);
            const [least, most] = judgeScale;
            return [of(most, least), of(least, most)];
          },
        },
        context,
      );
    },
  };
}

/** What a judge is asked to give. */
const judgeScale = [1, 10] as const;

function withSpread(pairs: readonly PairValues[], context: FoldContext, name: string): MetricValue {
  const n = pairs.length;
  const decimals = context.scoring === "vlmevalkit" ? undefined : 3;
  const value = relative(total(pairs, "reference") / n, total(pairs, "model") / n, decimals);
  const seed = context.valueOnly ? undefined : [context.seed, name];
  if (n === 0 || value === undefined)
    return { value: null, n, note: n === 0 ? "no sample was judged" : "the reference has no points" };
  const spread = seed && bootstrap(n, (drawn) => ratio(pairs, drawn), seed);
  return {
    value,
    n,
    ...(spread === undefined ? {} : { stderr: spread.stderr, interval: spread.interval, method: "bootstrap" as const }),
  };
}

/** The ratio of two means as the script prints it; undefined when the reference's mean is 0. */
function relative(reference: number, model: number, decimals: number | undefined): number | undefined {
  const rounded = (value: number) => (decimals === undefined ? value : roundHalfEven(value, decimals));
  const [base, score] = [rounded(reference), rounded(model)];
  return base === 0 || Number.isNaN(base) ? undefined : roundHalfEven((score / base) * 100, 1);
}

function total(pairs: readonly PairValues[], of: keyof PairValues): number {
  return pairs.reduce((sum, pair) => sum + pair[of], 0);
}

function ratio(pairs: readonly PairValues[], drawn: Uint32Array): number {
  let reference = 0;
  let model = 0;
  drawn.forEach((times, i) => {
    reference += times * (pairs[i]?.reference ?? 0);
    model += times * (pairs[i]?.model ?? 0);
  });
  return reference === 0 ? Number.NaN : (model / reference) * 100;
}
