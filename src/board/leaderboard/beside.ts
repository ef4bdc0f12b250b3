/** What stands behind the scores of a board and is none: what the image was worth, how much is owed to the way of asking. */
import { type BlindWay, blindWays, blindWords } from "../../core/blind.js";
import type { MetricResult } from "../../core/metric-result.js";
import type { Spread } from "../../core/spread.js";
import type { EntryGain } from "../../core/vision-gain.js";
import type { LeaderboardEntry } from "../../record/leaderboard-entry.js";
import { number, range } from "../format/numbers.js";
import type { TableCell } from "../format/table.js";
import type { Board, Column, Row } from "./board.js";

/** A column behind the scores. */
export interface BesideColumn {
  /** The task that it is about. */
  readonly of: Column;
  /** `vision gain, without an image`. */
  readonly measure: string;
  /** It gives way where there is no room. */
  readonly isSpare: boolean;
}

/** A number about an entry that is not its score, in the form of a metric. */
type Fact = BesideFact & { readonly metric: MetricResult };
interface BesideFact {
  /** Over its column; absent: a line in a data frame, and no column. */
  readonly measure?: string;
  readonly isSpare?: boolean;
}
type Beside = Pick<LeaderboardEntry, "visionGain" | "spread">;
type Numbers = Pick<MetricResult, "unit" | "value" | "stderr" | "interval" | "n">;

/** Of every task, in the same order for each, what can be said of some row. */
export function columnsBeside({ columns, rows }: Pick<Board, "columns" | "rows">): BesideColumn[] {
  return columns.flatMap((of) => {
    const found = new Map<string, BesideColumn>();
    for (const { cells } of rows) {
      for (const { measure, isSpare = false } of factsOf(cells.get(of.key)?.entry ?? {}))
        if (measure !== undefined) found.set(measure, { of, measure, isSpare });
    }
    return measures.flatMap((measure) => found.get(measure) ?? []);
  });
}

/** One of its numbers; undefined where the row does not have it. */
export const besideIn = ({ cells }: Row, { of, measure }: BesideColumn): MetricResult | undefined =>
  factsOf(cells.get(of.key)?.entry ?? {}).find((fact) => fact.measure === measure)?.metric;

/** All of an entry's, for data frames. */
export const metricsBeside = (entry: Beside): MetricResult[] => factsOf(entry).map(({ metric }) => metric);

/** `75.0 [63.1, 86.9]` */
export function besideCell(metric: MetricResult | undefined, digits?: number): TableCell | undefined {
  if (!metric) return undefined;
  const short = number(metric.value, metric.unit, digits);
  return metric.interval
    ? { value: `${short} ${range(metric.interval, metric.unit, number, digits)}`, short }
    : { value: short };
}

const factsOf = ({ visionGain = {}, spread = {} }: Beside): Fact[] => [
  ...blindWays.flatMap((way) => (visionGain[way] ? gainFacts(way, visionGain[way]) : [])),
  ...spreadFacts(spread),
];

const gainParts = ["vision gain", "right blind", "score on the rest"] as const;
const gainMeasure = (part: (typeof gainParts)[number], way: BlindWay) => `${part}, ${blindWords[way]}`;
const prompts = "sd between prompts";
const [changed, overOrders] = ["answers change with the options' order", "score over the options' orders"];
const [lastBudget, cutOff] = ["gain of the largest budget", "cut off in the largest budget"];

/** Every column's, from left to right. */
const measures: readonly string[] = [
  ...blindWays.flatMap((way) => gainParts.map((part) => gainMeasure(part, way))),
  ...[prompts, changed, overOrders, lastBudget, cutOff],
];

function fact(name: string, numbers: Numbers | undefined, column: BesideFact = {}): Fact[] {
  return numbers === undefined ? [] : [{ ...column, metric: { name, direction: "neither", ...numbers } }];
}

const within = (interval: MetricResult["interval"]) => (interval ? { interval } : {});

function gainFacts(way: BlindWay, { unit, value, stderr, interval, n, solvable, rest }: EntryGain): Fact[] {
  const of = (part: (typeof gainParts)[number], numbers: Numbers | undefined, isSpare = true) =>
    fact(`${part} (${way})`, numbers, { measure: gainMeasure(part, way), isSpare });
  const gained = { unit, value, n, ...(stderr === undefined ? {} : { stderr }), ...within(interval) };
  return [
    ...of("vision gain", gained, false),
    ...of("right blind", solvable && { unit: "fraction", value: solvable.share, n, ...within(solvable.interval) }),
    ...of("score on the rest", rest && { unit, value: rest.value, n: rest.n, ...within(rest.interval) }),
  ];
}

function spreadFacts({ prompts: words, orders, budgets }: Spread): Fact[] {
  return [...(words ? promptFacts(words) : []), ...(orders ? orderFacts(orders) : []), ...budgetFacts(budgets)];
}

function promptFacts({ unit, metric, n, deviation, interval, profiles }: NonNullable<Spread["prompts"]>): Fact[] {
  const found = deviation === undefined ? undefined : { unit, value: deviation, n, ...within(interval) };
  return [
    ...fact(prompts, found, { measure: prompts }),
    ...profiles.flatMap(({ profile, value }) => fact(`${metric} (profile ${profile})`, { unit, value, n })),
  ];
}

function orderFacts(spread: NonNullable<Spread["orders"]>): Fact[] {
  const { unit, metric, n, value, interval, deviation, everyOrder, places } = spread;
  const share = (of: typeof everyOrder) =>
    of && ({ unit: "fraction", value: of.share, n: of.n, ...within(of.interval) } as const);
  return [
    ...fact(changed, share(spread.changed), { measure: changed }),
    ...fact(overOrders, value === null ? undefined : { unit, value, n, ...within(interval) }, {
      measure: overOrders,
      isSpare: true,
    }),
    ...fact("right in every order", share(everyOrder)),
    ...fact("sd of a drawn order", deviation === undefined ? undefined : { unit, value: deviation, n }),
    ...places.flatMap((place) =>
      fact(`${metric} (right one at ${place.place})`, {
        unit,
        value: place.value,
        n: place.n,
        ...within(place.interval),
      }),
    ),
  ];
}

function budgetFacts({ unit, metric, n, budgets }: NonNullable<Spread["budgets"]> = noBudgets): Fact[] {
  const gain = budgets.at(-1)?.gain;
  return budgets.flatMap(({ maxNewTokens, value, interval, truncated }, i) => {
    const isLast = i === budgets.length - 1;
    const cut = { unit: "fraction", value: truncated.share, n: truncated.n, ...within(truncated.interval) } as const;
    return [
      ...(isLast && gain ? fact(lastBudget, { unit, n, ...gain }, { measure: lastBudget }) : []),
      ...fact(`cut off (${maxNewTokens} tokens)`, cut, isLast ? { measure: cutOff, isSpare: true } : {}),
      ...fact(`${metric} (${maxNewTokens} tokens)`, { unit, value, n, ...within(interval) }),
    ];
  });
}

const noBudgets = { metric: "none", unit: "count", n: 0, leftOut: 0, budgets: [], notes: [] } as const;
