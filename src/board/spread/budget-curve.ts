import type { BudgetCurve } from "../../core/spread.js";
import { rangeOf } from "../../record/outcome.js";
import { clusteredMean } from "../../statistics/clustered-mean.js";
import type { SideTask } from "../compare/side.js";
import { joinWays, mainMetric, meanOver, measuredBy, noMean, noMetric, type WayScore } from "./joined-ways.js";

const budgetOf = ({ result }: SideTask) => Number(result.generation.maxNewTokens);

/** What room to write is worth, and how many answers it still cuts off. @throws UserError  a journal has lost samples */
export async function budgetCurve(unordered: readonly SideTask[]): Promise<BudgetCurve> {
  const [first] = unordered;
  const ways = [...unordered].sort((a, b) => budgetOf(a) - budgetOf(b));
  const metric = first && mainMetric(first);
  if (!metric) return { ...measuredBy(metric), n: 0, leftOut: 0, budgets: [], notes: [noMetric] };
  // The run that the others stand beside says whether the metric is a mean.
  const { samples: joined, isMean } = await joinWays([first, ...ways.filter((way) => way !== first)], metric);
  const places = ways.map((way) => (way === first ? 0 : 1 + ways.filter((one) => one !== first).indexOf(way)));
  const samples = joined.map((sample) => places.map((place) => sample[place]));
  const scored = samples.filter((sample) => sample.every((score) => score?.value !== undefined)) as readonly Scored[][];
  const range = rangeOf(metric) ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  return {
    ...measuredBy(metric),
    n: scored.length,
    ...(scored.length > 0 ? { clusters: new Set(scored.map((sample) => sample[0]?.cluster)).size } : {}),
    leftOut: samples.length - scored.length,
    budgets: ways.map((way, w) => {
      const values = scored.map((sample) => sample[w] as Scored);
      const own = way.result.metrics.find(({ name }) => name === metric.name)?.value ?? null;
      return {
        maxNewTokens: budgetOf(way),
        ...(isMean ? (values.length === 0 ? { value: null } : meanOver(values, range)) : { value: own }),
        truncated: truncatedOf(samples.flatMap((sample) => sample[w] ?? [])),
        ...(isMean && w > 0 ? gainOf(scored.map((sample) => [sample[w - 1], sample[w]] as [Scored, Scored])) : {}),
      };
    }),
    notes: isMean ? [] : [noMean(metric.name)],
  };
}

type Scored = WayScore & { readonly value: number };

/** Of the answers, whether scored or not. */
function truncatedOf(scores: readonly WayScore[]) {
  const answers = scores.flatMap(({ answers, cut, cluster }) =>
    Array.from({ length: answers }, (_, i) => ({ value: i < cut ? 1 : 0, cluster })),
  );
  const n = answers.length;
  if (n === 0) return { share: 0, n };
  const { value: share, ...rest } = meanOver(answers, [0, 1]);
  return { share, ...rest, n };
}

function gainOf(pairs: readonly (readonly [Scored, Scored])[]) {
  if (pairs.length === 0) return {};
  const gains = pairs.map(([less, more]) => ({ value: more.value - less.value, cluster: more.cluster }));
  const spread = clusteredMean(gains);
  const value = gains.reduce((sum, gain) => sum + gain.value, 0) / gains.length;
  // Where no sample moved nothing tells how far the next one may.
  return { gain: { value, ...(spread && spread.stderr > 0 ? { interval: spread.interval } : {}) } };
}
