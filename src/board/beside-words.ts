/** In words, what runs beside a run say of its scores: what the image was worth, how much is owed to the way of asking. */
import { type BlindWay, blindWays, blindWords } from "../core/blind.js";
import type { Result } from "../core/result.js";
import type { BudgetCurve, OrderSpread, PromptSpread, Spread } from "../core/spread.js";
import { terminalSafe } from "../core/terminal-safe.js";
import type { EntryGain, VisionGain } from "../core/vision-gain.js";
import type { LeaderboardEntry } from "../record/leaderboard-entry.js";
import { count, number, range } from "./format/numbers.js";

/** One line: `prompts`, and what is said of them. */
export interface LineBeside {
  /** `note`: what a number cannot say. */
  readonly name: string;
  readonly parts: readonly PartBeside[];
  /** What stands between its parts. */
  readonly gap: string;
}

interface PartBeside {
  readonly text: string;
  /** Of less weight. */
  readonly isSoft?: true;
}

/** Of a Result, or, without sub-scores and notes on its gains, of an entry of a board. */
export function linesBeside({
  visionGain = {},
  spread = {},
}: Pick<Result | LeaderboardEntry, "visionGain" | "spread">) {
  return [
    ...blindWays.flatMap((way) => (visionGain[way] ? gainLines(way, visionGain[way]) : [])),
    ...spreadLines(spread),
  ];
}

/** The same where there is no room to weigh words: `prompts`, `sd 1.9 [1.0, 2.8] between 3 profiles; ...`. */
export const saidBeside = (of: Parameters<typeof linesBeside>[0]): SaidBeside[] =>
  linesBeside(of).map(({ name, parts }) => ({ name, text: parts.map(({ text }) => text).join("; ") }));

export interface SaidBeside {
  readonly name: string;
  readonly text: string;
}

const line = (name: string, parts: readonly PartBeside[], gap = "  "): LineBeside => ({ name, parts, gap });
const strong = (...texts: readonly string[]): PartBeside[] => texts.map((text) => ({ text }));
const soft = (...texts: readonly string[]): PartBeside[] => texts.map((text) => ({ text, isSoft: true }));
const noteLines = (notes: readonly string[]) => notes.map((note) => line("note", strong(terminalSafe(note))));

/** ` [63.1, 86.9]` */
const between = (ends: readonly [number, number] | undefined, unit: string) =>
  ends ? ` ${range(ends, unit, number)}` : "";

const percentOf = ({ share, interval }: { readonly share: number; readonly interval?: readonly [number, number] }) =>
  `${number(share, "fraction")}%${between(interval, "fraction")}`;

/** So many sub-scores have room. */
const groupsShown = 8;

function gainLines(way: BlindWay, gain: EntryGain & Partial<VisionGain>): LineBeside[] {
  const { unit, value, interval, blind, n, leftOut, solvable, rest, groups = {}, notes = [] } = gain;
  const left = [
    ...(leftOut && leftOut.unscored > 0 ? [`${count(leftOut.unscored)} without a score both ways`] : []),
    ...(leftOut && leftOut.withoutImage > 0 ? [`${count(leftOut.withoutImage)} that show nothing anyway`] : []),
  ];
  const lines = [
    line("vision gain", [
      ...strong(`${number(value, unit)}${between(interval, unit)}`),
      ...soft(
        `n=${count(n)}`,
        ...(blind === null ? [] : [`${number(blind, unit)} ${blindWords[way]}`]),
        ...left.map((text) => `left out: ${text}`),
      ),
    ]),
  ];
  if (solvable) {
    const { share, ofRight } = solvable;
    const within = solvable.interval ? between(solvable.interval, "fraction") : "";
    const texts = [
      `${count(solvable.n)} of ${count(n)} (${number(share, "fraction")}%${within})`,
      ...(ofRight === undefined ? [] : [`${number(ofRight, "fraction")}% of the right ones`]),
      ...(rest ? [`the other ${count(rest.n)} score ${number(rest.value, unit)}${between(rest.interval, unit)}`] : []),
    ];
    lines.push(line("right blind", strong(...texts), "; "));
  }
  for (const [group, values] of Object.entries(groups)) {
    lines.push(
      ...groupLines(`gain, ${group}`, values, (one) => number(one.value, unit)),
      ...groupLines(
        `right blind, ${group}`,
        values,
        (one) => one.solvable && `${number(one.solvable.share, "fraction")}%`,
      ),
    );
  }
  return [...lines, ...noteLines(notes)];
}

type GroupGain = VisionGain["groups"][string][string];

/** Nothing where none of the sub-scores has it. */
function groupLines(
  name: string,
  values: Readonly<Record<string, GroupGain>>,
  said: (one: GroupGain) => string | undefined,
): LineBeside[] {
  const parts = Object.entries(values).flatMap(([value, one]) => {
    const text = said(one);
    return text === undefined ? [] : [`${terminalSafe(value, 40)} ${text}`];
  });
  if (parts.length === 0) return [];
  const more = parts.length - groupsShown;
  const shown = [...parts.slice(0, groupsShown), ...(more > 0 ? [`and ${more} more`] : [])];
  return [line(name, soft(...shown), "   ")];
}

/** How much the score owes to the way in which it was asked: one line for each kind of way. */
function spreadLines({ prompts, orders, budgets }: Spread): LineBeside[] {
  return [
    ...(prompts ? [line("prompts", promptParts(prompts)), ...noteLines(prompts.notes)] : []),
    ...(orders ? [line("orders", orderParts(orders)), ...noteLines(orders.notes)] : []),
    ...(budgets ? [line("budgets", budgetParts(budgets)), ...noteLines(budgets.notes)] : []),
  ];
}

const withoutScore = (leftOut: number) =>
  leftOut > 0 ? [`left out: ${count(leftOut)} without a score every way`] : [];

/** `sd 1.9 [1.0, 2.8] between 3 profiles, 1.2 from the sampling of items`. */
function promptParts({ unit, profiles, deviation, interval, sampling, n, leftOut }: PromptSpread): PartBeside[] {
  const sd =
    deviation === undefined
      ? ""
      : `sd ${number(deviation, unit)}${between(interval, unit)} between ${profiles.length} profiles`;
  const beside = sampling === undefined ? "" : `, ${number(sampling, unit)} from the sampling of items`;
  const values = profiles.map(({ profile, value }) => `${terminalSafe(profile, 40)} ${number(value, unit)}`);
  return [...(sd ? strong(sd + beside) : []), ...soft(...values, `n=${count(n)}`, ...withoutScore(leftOut))];
}

/** `60.4 [57.0, 63.8] over 4 orders, 62.0 in its own; 18.3% [15.2, 21.9] of 500 change with the order`. */
function orderParts(spread: OrderSpread): PartBeside[] {
  const { unit, orders, own, value, interval, changed, everyOrder, places, deviation, n, fixed, leftOut } = spread;
  const score =
    value === null || own === null
      ? []
      : [`${number(value, unit)}${between(interval, unit)} over ${orders} orders, ${number(own, unit)} in its own`];
  const change = changed ? [`${percentOf(changed)} of ${count(n)} change with the order`] : [];
  const standing = places.map((place) => `${place.place} ${number(place.value, unit)}`);
  return [
    ...strong(...score, ...change),
    ...soft(
      ...(everyOrder ? [`${percentOf(everyOrder)} right in every order`] : []),
      ...(standing.length > 0 ? [`with the right one at ${standing.join(", ")}`] : []),
      ...(deviation === undefined ? [] : [`a drawn order moves the score by ${number(deviation, unit)} (sd)`]),
      ...(fixed > 0 ? [`${count(fixed)} cannot be moved`] : []),
      ...withoutScore(leftOut),
    ),
  ];
}

/** `256 tokens: 61.2, 38.0% cut off; 1,024 tokens: 70.4, +9.2 [7.1, 11.3], 9.0% cut off`. */
function budgetParts({ unit, budgets, n, leftOut }: BudgetCurve): PartBeside[] {
  const steps = budgets.map(({ maxNewTokens, value, truncated, gain }) => {
    const more = gain
      ? `, ${gain.value >= 0 ? "+" : ""}${number(gain.value, unit)}${between(gain.interval, unit)}`
      : "";
    const cut = `${number(truncated.share, "fraction")}% cut off`;
    return `${count(maxNewTokens)} token${maxNewTokens === 1 ? "" : "s"}: ${number(value, unit)}${more}, ${cut}`;
  });
  return [...strong(...steps), ...soft(`n=${count(n)}`, ...withoutScore(leftOut))];
}
