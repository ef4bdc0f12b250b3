/** What the image was worth, beside the scores of a board: of runs that were asked blind too. */
import { type BlindWay, blindWays, blindWords } from "../../core/blind.js";
import type { EntryGain, MetricResult, VisionGain } from "../../core/result.js";
import { count, number, range } from "../format/numbers.js";
import type { TableCell } from "../format/table.js";
import type { Board, Column, Row } from "./board.js";

/** A column behind the scores. */
export interface GainColumn {
  /** The task that it is about. */
  readonly of: Column;
  readonly way: BlindWay;
  readonly part: GainPart;
  /** `vision gain, without an image`. */
  readonly measure: string;
}

const parts = ["vision gain", "right blind", "score on the rest"] as const;
type GainPart = (typeof parts)[number];

/** Of every task the ways of asking blind that some row has, and what can be said of them. */
export function gainColumns({ columns, rows }: Pick<Board, "columns" | "rows">): GainColumn[] {
  return columns.flatMap((of) =>
    blindWays.flatMap((way) =>
      parts
        .map((part) => ({ of, way, part, measure: `${part}, ${blindWords[way]}` }))
        .filter((column) => rows.some((row) => gainIn(row, column) !== undefined)),
    ),
  );
}

/** One of its numbers, in the form of a metric; undefined where the row does not have it. */
export function gainIn({ cells }: Row, { of, way, part }: GainColumn): MetricResult | undefined {
  const gain = cells.get(of.key)?.entry.visionGain?.[way];
  return gain && gainMetrics(way, gain)[part];
}

function gainMetrics(way: BlindWay, gain: EntryGain): Partial<Record<GainPart, MetricResult>> {
  const { unit, value, stderr, interval, n, solvable, rest } = gain;
  const metric = (part: GainPart, numbers: Pick<MetricResult, "unit" | "value" | "stderr" | "interval" | "n">) =>
    ({ name: `${part} (${way})`, direction: "neither", ...numbers }) as const;
  const within = (found: typeof interval) => (found ? { interval: found } : {});
  return {
    "vision gain": metric("vision gain", {
      ...{ unit, value, n },
      ...(stderr === undefined ? {} : { stderr }),
      ...within(interval),
    }),
    ...(solvable
      ? {
          "right blind": metric("right blind", {
            ...{ unit: "fraction", value: solvable.share, n },
            ...within(solvable.interval),
          }),
        }
      : {}),
    ...(rest
      ? {
          "score on the rest": metric("score on the rest", {
            unit,
            value: rest.value,
            n: rest.n,
            ...within(rest.interval),
          }),
        }
      : {}),
  };
}

/** All of an entry's, for data frames. */
export const gainMetricsOf = (gains: Readonly<Record<string, EntryGain>> = {}): MetricResult[] =>
  blindWays.flatMap((way) => (gains[way] ? Object.values(gainMetrics(way, gains[way])) : []));

/** `75.0 [63.1, 86.9]` */
export function gainCell(metric: MetricResult | undefined, digits?: number): TableCell | undefined {
  if (!metric) return undefined;
  const short = number(metric.value, metric.unit, digits);
  return metric.interval
    ? { value: `${short} ${range(metric.interval, metric.unit, number, digits)}`, short }
    : { value: short };
}

/** What `visionGain` of a Result says, in lines: one for each way, and one for each sub-score of it. */
export function gainTexts(gains: Readonly<Record<string, VisionGain>> = {}): string[] {
  return blindWays.flatMap((way) => {
    const gain = gains[way];
    return gain ? [gainText(way, gain), ...gain.notes, ...groupTexts(gain)] : [];
  });
}

/** `vision gain 75.0 [63.1, 86.9], n=64 (20.3 without an image); right blind 21.9 [..], the other 50 score 95.2 [..]` */
export function gainText(way: BlindWay, gain: EntryGain): string {
  const found = gainMetrics(way, gain);
  const said = (part: GainPart) => gainCell(found[part])?.value;
  const blind = gain.blind === null ? "" : `; ${number(gain.blind, gain.unit)} ${blindWords[way]}`;
  const rest = gain.rest ? `, the other ${count(gain.rest.n)} score ${said("score on the rest")}` : "";
  const solvable = gain.solvable ? `; right blind ${said("right blind")} %${rest}` : "";
  return `vision gain ${said("vision gain")}, n=${count(gain.n)}${blind}${solvable}`;
}

const groupTexts = ({ groups, unit }: VisionGain): string[] =>
  Object.entries(groups).map(
    ([group, values]) =>
      `vision gain by ${group}: ${Object.entries(values)
        .map(([value, one]) => `${value} ${number(one.value, unit)} ${range(one.interval, unit, number)}`.trim())
        .join(", ")}`,
  );
