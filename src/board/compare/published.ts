/**
 * A model of ours against numbers that somebody printed: unpaired, since nobody printed the answers, and with all that keeps the two
 * from being like for like.
 */

import type { MetricResult } from "../../core/metric-result.js";
import type { Result } from "../../core/result.js";
import type { LeaderboardEntry } from "../../record/leaderboard-entry.js";
import { normalQuantile } from "../../statistics/normal.js";
import { shownValue } from "../format/numbers.js";
import type { Side } from "./side.js";

export type PublishedVerdict = "above" | "below" | "no difference shown" | "not comparable";

/** One number of theirs beside ours, in per cent where the metric is a share. */
export interface PublishedLine {
  readonly task: string;
  readonly version: number;
  readonly metric: string;
  readonly unit: string;
  /** Who printed it, in a word or three. */
  readonly source: string;
  readonly own: number | null;
  readonly published: number;
  readonly delta: number | null;
  readonly interval?: readonly [low: number, high: number];
  readonly verdict: PublishedVerdict;
  /** Why the two may mean different things. */
  readonly caveats: readonly string[];
}

export interface PublishedComparison {
  readonly schema: "llava-eval/published-comparison@1";
  readonly own: { readonly name: string; readonly models: readonly string[] };
  readonly published: string;
  readonly alpha: number;
  readonly lines: readonly PublishedLine[];
  readonly sources: readonly NonNullable<LeaderboardEntry["source"]>[];
  /** About the whole comparison. */
  readonly caveats: readonly string[];
  /** Results of ours that are no whole benchmark, each with its flags: not compared. */
  readonly leftOut: readonly string[];
}

interface Options {
  readonly alpha: number;
  readonly tasks?: readonly string[];
  /** Flagged results of ours too. */
  readonly force: boolean;
}

/** @param entries  theirs, of one model */
export function compareWithPublished(
  own: Side,
  entries: readonly LeaderboardEntry[],
  { alpha, tasks, force }: Options,
): PublishedComparison {
  const lines: PublishedLine[] = [];
  const leftOut: string[] = [];
  const wanted = entries.filter(({ task }) => tasks === undefined || tasks.includes(task));
  for (const entry of [...wanted].sort((a, b) => (a.task < b.task ? -1 : a.task > b.task ? 1 : 0))) {
    const result = own.tasks.get(entry.task)?.result;
    if (!result) continue;
    if (result.flags.length > 0 && !force) {
      const told = `${entry.task} (${result.flags.join(", ")})`;
      if (!leftOut.includes(told)) leftOut.push(told);
    } else lines.push(lineOf(result, entry, alpha));
  }
  const shown = new Set(lines.map(({ source }) => source));
  const sources = new Map(
    wanted.flatMap(({ source }) => (source && shown.has(source.name) ? [[source.title, source]] : [])),
  );
  return {
    schema: "llava-eval/published-comparison@1",
    own: { name: own.name, models: [...new Set([...own.tasks.values()].map(({ result }) => result.model))].sort() },
    published: entries[0]?.model ?? "",
    alpha,
    lines,
    sources: [...sources.values()],
    caveats: [
      "unpaired: nobody printed their answers, so questions that are hard for both count as noise; the error of their number is taken to be that of ours",
      `intervals at ${100 * (1 - alpha)} %, not adjusted for the number of tasks`,
    ],
    leftOut,
  };
}

function lineOf(result: Result, { metrics, scoring, source, model }: LeaderboardEntry, alpha: number): PublishedLine {
  const pairs = metrics.flatMap((theirs) =>
    result.metrics.filter((ours) => isLike(ours, theirs)).map((ours) => ({ ours, theirs })),
  );
  const [pair] = pairs;
  const theirs = pair?.theirs ?? (metrics[0] as MetricResult);
  const facts = {
    task: result.task,
    version: result.version,
    metric: theirs.name,
    unit: theirs.unit,
    source: source?.name ?? model,
    published: theirs.value as number,
  };
  if (!pair || pair.ours.value === null) {
    return {
      ...facts,
      own: null,
      delta: null,
      verdict: "not comparable",
      caveats: ["ours has no number of this metric"],
    };
  }
  const own = shownValue(pair.ours.value, pair.ours.unit);
  const delta = own - facts.published;
  const interval = intervalOf(pair.ours, delta, alpha);
  return {
    ...facts,
    own,
    delta,
    ...(interval ? { interval } : {}),
    verdict: verdictOf(interval, pair.ours.direction),
    caveats: [
      `scored by ${scoring} there, by ${result.scoring} here`,
      ...(result.flags.length > 0 ? [`ours is ${result.flags.join(", ")}`] : []),
    ],
  };
}

const isLike = (ours: MetricResult, theirs: MetricResult) =>
  ours.name === theirs.name && scaleOf(ours.unit) === scaleOf(theirs.unit);
const scaleOf = (unit: string) => (unit === "fraction" ? "percent" : unit);

/** Of the difference: both numbers have the error of ours, and are taken to be independent. */
function intervalOf(
  { stderr, interval, unit }: MetricResult,
  delta: number,
  alpha: number,
): readonly [number, number] | undefined {
  const error = stderr ?? (interval && (interval[1] - interval[0]) / 2 / normalQuantile(0.975));
  if (error === undefined) return undefined;
  const half = normalQuantile(1 - alpha / 2) * Math.SQRT2 * shownValue(error, unit);
  return [delta - half, delta + half];
}

function verdictOf(interval: readonly [number, number] | undefined, direction: string): PublishedVerdict {
  if (!interval || (interval[0] <= 0 && interval[1] >= 0)) return "no difference shown";
  return interval[0] > 0 === (direction !== "lower") ? "above" : "below";
}
