import { defined } from "../../core/defined.js";
import type { OrderSpread } from "../../core/spread.js";
import { rangeOf } from "../../record/outcome.js";
import { sampleDeviation } from "../../statistics/descriptive.js";
import type { SideTask } from "../compare/side.js";
import { joinWays, mainMetric, meanOver, measuredBy, noMean, noMetric, type WayScore } from "./joined-ways.js";

/** A sample that has a score in every order in which it was asked, its own and one more at least. */
interface Item {
  readonly scores: readonly Scored[];
  readonly mean: number;
  readonly cluster: string;
}
type Scored = WayScore & { readonly value: number };

/** How much a score owes to where the options stand. @throws UserError  a journal has lost samples */
export async function orderSpread(ways: readonly SideTask[]): Promise<OrderSpread> {
  const [first] = ways;
  const metric = first && mainMetric(first);
  const nothing = { ...measuredBy(metric), n: 0, leftOut: 0, orders: ways.length, fixed: 0 };
  const unknown = { ...nothing, own: null, value: null, places: [] };
  if (!metric) return { ...unknown, notes: [noMetric] };
  const { samples, isMean } = await joinWays(ways, metric);
  const moved = samples.filter((sample) => sample.slice(1).some((score) => score !== undefined));
  const fixed = samples.length - moved.length;
  if (!isMean) return { ...unknown, fixed, notes: [noMean(metric.name)] };
  const items = moved.flatMap(itemOf);
  // Of questions with four options nobody has a fifth order.
  const orders = ways.filter((_, w) => w === 0 || moved.some((sample) => sample[w] !== undefined)).length;
  const facts = { ...nothing, n: items.length, leftOut: moved.length - items.length, fixed, orders };
  if (items.length === 0)
    return { ...unknown, ...facts, notes: ["no sample is scored in every order in which it was asked"] };
  const range = rangeOf(metric) ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  const best = metric.direction === "lower" ? range[0] : range[1];
  const over = (of: (item: Item) => number, ends: readonly [number, number] = range) =>
    meanOver(
      items.map((item) => ({ value: of(item), cluster: item.cluster })),
      ends,
    );
  const { value, interval } = over(({ mean }) => mean);
  const changed = over(({ scores }) => (scores.some((score) => score.value !== scores[0]?.value) ? 1 : 0), [0, 1]);
  const everyOrder = over(({ scores }) => (scores.every((score) => score.value === best) ? 1 : 0), [0, 1]);
  const share = ({ value: of, ...rest }: typeof changed) => ({ share: of, ...rest, n: items.length });
  return {
    ...facts,
    clusters: new Set(items.map(({ cluster }) => cluster)).size,
    own: over(({ scores }) => scores[0]?.value ?? 0).value,
    value,
    ...defined({ interval }),
    deviation: deviationOf(items),
    changed: share(changed),
    ...(Number.isFinite(best) ? { everyOrder: share(everyOrder) } : {}),
    places: placesOf(items, range),
    notes: [],
  };
}

function itemOf(sample: readonly (WayScore | undefined)[]): Item[] {
  const asked = sample.flatMap((score) => score ?? []);
  const scores = asked.filter((score): score is Scored => score.value !== undefined);
  const [own] = scores;
  // Right in every order, or alike in all, is known of those alone that have a score in each.
  if (!own || scores.length < asked.length) return [];
  const mean = scores.reduce((sum, { value }) => sum + value, 0) / scores.length;
  return [{ scores, mean, cluster: own.cluster }];
}

/** Of the mean, when each sample's order is drawn from those it was asked in, apart from the others'. */
const deviationOf = (items: readonly Item[]) =>
  Math.sqrt(items.reduce((sum, { scores }) => sum + sampleDeviation(scores.map(({ value }) => value)) ** 2, 0)) /
  items.length;

/** By where the right option stood; nothing where a task's references are no letters. */
function placesOf(items: readonly Item[], range: readonly [number, number]): OrderSpread["places"] {
  const places = new Map<string, { value: number; cluster: string }[]>();
  for (const { scores, cluster } of items) {
    for (const { value, target = "" } of scores) {
      const [, place] = /^\(?([A-Z])[).]?$/i.exec(target.trim()) ?? [];
      if (place === undefined) return [];
      const at = places.get(place.toUpperCase()) ?? [];
      places.set(place.toUpperCase(), at);
      at.push({ value, cluster });
    }
  }
  return [...places]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([place, values]) => ({ place, ...meanOver(values, range), n: values.length }));
}
