/** What a run says that stopped when it was decided how it compares with another. */
import type { MetricResult } from "../../core/metric-result.js";
import type { Until } from "../../core/until.js";
import { count, number, range, signed } from "../format/numbers.js";

/** `decided after 1,840 of 9,000 (38 looks): worse by 3.1 [1.2, 5.0]`, what the whole run would show, and what is unscored. */
function untilLines(until: Until, unit: MetricResult["unit"]): string[] {
  const { verdict, difference, interval, forecast, samples, of, looks, against, unscored, bounds, order } = until;
  const after = `after ${samples === of ? `all ${count(of)}` : `${count(samples)} of ${count(of)}`} (${count(looks)} ${looks === 1 ? "look" : "looks"})`;
  if (difference === undefined || !interval) {
    const why = looks === 0 ? "it ended before its first look" : "no sample is scored in both runs";
    return [`not decided ${after}: ${why} (against ${against})`];
  }
  // "Worse by 3.1 [1.2, 5.0]": of what is said to be less, the ends are turned round.
  const isLess = difference < 0 && (verdict === "worse" || verdict === "better");
  const amount = `${number(Math.abs(difference), unit)} ${range(isLess ? [-interval[1], -interval[0]] : interval, unit, number)}`;
  const either = `difference ${signed(difference, unit)} ${range(interval, unit)}`;
  const words = {
    worse: `decided ${after}: worse by ${amount}`,
    better: `decided ${after}: better by ${amount}`,
    equal: `decided ${after}: equal within ${until.delta}, ${either}`,
    undecided: `not decided ${after}: ${either}`,
  };
  const ends = (pair: readonly [number, number]) => pair.map((end) => signed(end, unit)).join(" to ");
  return [
    `${words[verdict]} (against ${against})`,
    ...(samples === of || !forecast ? [] : [`the whole run would show ${ends(forecast)} (95%)`]),
    ...(samples === of || order === undefined
      ? []
      : [
          "no forecast of the whole run: that needs samples drawn evenly, and these are of items that tell models apart; nor is their score an estimate of the whole run's",
        ]),
    ...(unscored && bounds
      ? [
          `${count(unscored.here)} unscored here and ${count(unscored.there)} there are out of it: ${ends(bounds)} if they all went against this run, or for it`,
        ]
      : []),
  ];
}

/** The lines of a Result; none where it was not stopped so. */
export function untilLinesOf({
  until,
  metrics,
}: {
  readonly until?: Until;
  readonly metrics: readonly MetricResult[];
}): string[] {
  if (!until) return [];
  return untilLines(until, metrics.find(({ name }) => name === until.metric)?.unit ?? "fraction");
}
