import { relative } from "node:path";
import pc from "picocolors";
import { untilLinesOf } from "../api/run/until.js";
import { type BlindWay, blindWords } from "../core/blind.js";
import type {
  BudgetCurve,
  MetricResult,
  OrderSpread,
  PromptSpread,
  Result,
  Spread,
  VisionGain,
} from "../core/result.js";
import { terminalSafe } from "../core/terminal-safe.js";
import { count, duration, metricNumber, metricText } from "./number-format.js";
import type { RunCost } from "./progress.js";

/**
 * The final words about one task: value ± stderr [95 % CI], n, what was not scored and why, remarks, flags.
 * @param width  of the terminal; lines are broken between their parts, never inside a number
 */
export function resultLines(result: Result, width = Number.POSITIVE_INFINITY): string {
  const { n, flags, remarks: counts, dataset } = result;
  const all = dataset.rows ?? dataset.expectedRows;
  const size = all === undefined || all === n.total ? count(n.total) : `${count(n.total)} of ${count(all)}`;
  const head = `${pc.bold(result.task)} v${result.version} · ${terminalSafe(result.model)} · ${size} (${terminalSafe(dataset.split)}) · ${result.reproduces ?? result.scoring}`;
  const marks = flags.map((flag) => (flag === "incomplete" ? pc.red(flag) : pc.yellow(flag))).join(" ");
  const lines = [`${head}${marks ? ` · ${marks}` : ""}`];

  const titles = [...result.metrics.map(({ name }) => name), ...Object.keys(result.groups)];
  const gains = Object.values(result.visionGain ?? {}).flatMap(({ groups }) => Object.keys(groups));
  const names = Math.max(12, ...titles.map((title) => title.length + 1), ...gains.map((group) => group.length + 7));
  const line = (name: string, parts: readonly Part[], gap = "  ") =>
    lines.push(`  ${name.padEnd(names)} ${inLines(parts, gap, { width, indent: names + 3 })}`);
  for (const metric of result.metrics) line(metric.name, metricParts(metric, n.scored));
  for (const [group, values] of Object.entries(result.groups)) {
    const parts = groupParts(values);
    if (parts.length > 0) line(group, parts, "   ");
  }
  for (const text of untilLinesOf(result)) line("compared", wordsOf(terminalSafe(text)), " ");
  for (const [way, gain] of Object.entries(result.visionGain ?? {})) {
    for (const [name, parts, gap] of gainLines(way as BlindWay, gain)) line(name, parts, gap);
  }
  for (const [name, parts, gap] of spreadLines(result.spread ?? {})) line(name, parts, gap);
  const unscored = Object.values(n.unscored).reduce((sum, k) => sum + k, 0);
  if (unscored > 0) line("not scored", wordsOf(unscoredText(result, unscored), pc.red), " ");
  const remarks = Object.entries(counts).filter(([, k]) => k > 0);
  if (remarks.length > 0)
    line("remarks", wordsOf(remarks.map(([remark, k]) => `${remark} ${count(k)}`).join(", ")), " ");
  if (result.judge) line("judge", wordsOf(terminalSafe(judgeText(result.judge))), " ");
  if (result.secondJudge) line("second judge", wordsOf(terminalSafe(agreementText(result.secondJudge))), " ");
  if (result.submission) line("submission", wordsOf(`${result.submission} (answers are not public: no score)`), " ");
  for (const note of result.notes) line("note", wordsOf(terminalSafe(note), pc.yellow), " ");
  return lines.join("\n");
}

/** A piece of a line that is not broken. */
interface Part {
  readonly text: string;
  readonly paint?: (text: string) => string;
}

const wordsOf = (text: string, paint?: Part["paint"]): Part[] =>
  text.split(" ").map((word) => ({ text: word, ...(paint ? { paint } : {}) }));

function inLines(
  parts: readonly Part[],
  gap: string,
  { width, indent }: { readonly width: number; readonly indent: number },
): string {
  const lines: string[] = [];
  let [line, used] = ["", 0];
  for (const { text, paint = (same: string) => same } of parts) {
    const size = [...text].length;
    if (used > 0 && indent + used + gap.length + size > width) {
      lines.push(line);
      [line, used] = ["", 0];
    }
    line += `${used > 0 ? gap : ""}${paint(text)}`;
    used += (used > 0 ? gap.length : 0) + size;
  }
  return [...lines, line].join(`\n${" ".repeat(indent)}`);
}

/** `3: transport: HTTP 500: CUDA out of memory ×3; the same command asks them again`. */
function unscoredText({ n, reasons = [] }: Result, total: number): string {
  const told = reasons.map(
    ({ reason, detail, n: times }) => `${reason}: ${terminalSafe(detail, 300)} ×${count(times)}`,
  );
  const rest = total - reasons.reduce((sum, { n: times }) => sum + times, 0);
  const kinds = Object.entries(n.unscored).filter(([, k]) => k > 0);
  const why =
    told.length === 0
      ? kinds.map(([reason, k]) => `${reason} ${count(k)}`).join(", ")
      : [...told, ...(rest > 0 ? [`${count(rest)} for other reasons`] : [])].join("; ");
  return `${count(total)}: ${why}`;
}

function metricParts(metric: MetricResult, scored: number): Part[] {
  const { bounds, withoutGuesses, note, unit } = metric;
  const more = [
    ...(withoutGuesses === undefined ? [] : [`${metricNumber(withoutGuesses, unit)} without guesses`]),
    ...(metric.n === scored ? [] : [`n=${count(metric.n)}`]),
    ...(bounds
      ? [`${bounds.map((end) => metricNumber(end, unit)).join(" … ")} if the unscored were all wrong … all right`]
      : []),
    ...(note ? [note] : []),
  ];
  return [{ text: metricText(metric) }, ...more.map((text) => ({ text, paint: pc.dim }))];
}

const groupsShown = 8;

function groupParts(values: Readonly<Record<string, readonly MetricResult[]>>): Part[] {
  const entries = Object.entries(values);
  const shown = entries.slice(0, groupsShown).map(([value, [main]]) => {
    const text = main?.value === null || main?.value === undefined ? "-" : metricNumber(main.value, main.unit);
    return `${terminalSafe(value, 40)} ${text}`;
  });
  if (entries.length > groupsShown) shown.push(`and ${entries.length - groupsShown} more`);
  return shown.map((text) => ({ text, paint: pc.dim }));
}

/** What the image was worth: `41.2 without an image; vision gain 43.2 [38.1, 48.2], n=64`. */
function gainLines(way: BlindWay, gain: VisionGain): [name: string, parts: readonly Part[], gap?: string][] {
  const { unit, value, blind, n, leftOut, solvable, rest, groups, notes } = gain;
  const number = (x: number) => metricNumber(x, unit);
  const between = (interval: readonly [number, number] | undefined, of = number) =>
    interval ? ` [${interval.map(of).join(", ")}]` : "";
  const percent = (share: number) => metricNumber(share, "fraction");
  const left = [
    ...(leftOut.unscored > 0 ? [`${count(leftOut.unscored)} without a score both ways`] : []),
    ...(leftOut.withoutImage > 0 ? [`${count(leftOut.withoutImage)} that show nothing anyway`] : []),
  ];
  const lines: [string, readonly Part[], string?][] = [
    [
      "vision gain",
      [
        { text: value === null ? "-" : `${number(value)}${between(gain.interval)}` },
        { text: `n=${count(n)}`, paint: pc.dim },
        ...(blind === null ? [] : [{ text: `${number(blind)} ${blindWords[way]}`, paint: pc.dim }]),
        ...left.map((text) => ({ text: `left out: ${text}`, paint: pc.dim })),
      ],
    ],
  ];
  if (solvable) {
    const ofRight = solvable.ofRight === undefined ? [] : [`${percent(solvable.ofRight)}% of the right ones`];
    const others = rest ? [`the other ${count(rest.n)} score ${number(rest.value)}${between(rest.interval)}`] : [];
    const texts = [
      `${count(solvable.n)} of ${count(n)} (${percent(solvable.share)}%${between(solvable.interval, percent)})`,
    ];
    lines.push(["right blind", [...texts, ...ofRight, ...others].map((text) => ({ text })), "; "]);
  }
  for (const [group, values] of Object.entries(groups)) {
    const shown = Object.entries(values).slice(0, groupsShown);
    const parts = shown.map(([of, one]) => `${terminalSafe(of, 40)} ${one.value === null ? "-" : number(one.value)}`);
    const more = Object.keys(values).length - shown.length;
    if (more > 0) parts.push(`and ${more} more`);
    lines.push([`gain, ${group}`, parts.map((text) => ({ text, paint: pc.dim })), "   "]);
  }
  return [
    ...lines,
    ...notes.map((note): [string, Part[], string] => ["note", wordsOf(terminalSafe(note), pc.yellow), " "]),
  ];
}

/** How much the score owes to the way in which it was asked: one line for each kind of way. */
function spreadLines({ prompts, orders, budgets }: Spread): Line[] {
  return [
    ...(prompts ? [["prompts", promptParts(prompts)] as const, ...noteLines(prompts.notes)] : []),
    ...(orders ? [["orders", orderParts(orders)] as const, ...noteLines(orders.notes)] : []),
    ...(budgets ? [["budgets", budgetParts(budgets)] as const, ...noteLines(budgets.notes)] : []),
  ];
}

type Line = readonly [name: string, parts: readonly Part[], gap?: string];

const noteLines = (notes: readonly string[]): Line[] =>
  notes.map((note) => ["note", wordsOf(terminalSafe(note), pc.yellow), " "]);

/** A difference in the unit of the metric: an accuracy's in points. */
const between = (ends: readonly [number, number] | undefined, number: (x: number) => string) =>
  ends ? ` [${ends.map(number).join(", ")}]` : "";

const percentOf = ({ share, interval }: { readonly share: number; readonly interval?: readonly [number, number] }) =>
  `${metricNumber(share, "fraction")}%${between(interval, (x) => metricNumber(x, "fraction"))}`;

/** `sd 1.9 [1.0, 2.8] between 3 profiles, 1.2 from the sampling of items`. */
function promptParts({ unit, profiles, deviation, interval, sampling, n, leftOut }: PromptSpread): Part[] {
  const number = (x: number) => metricNumber(x, unit);
  const sd =
    deviation === undefined
      ? ""
      : `sd ${number(deviation)}${between(interval, number)} between ${profiles.length} profiles`;
  const beside = sampling === undefined ? "" : `, ${number(sampling)} from the sampling of items`;
  const values = profiles.map(
    ({ profile, value }) => `${terminalSafe(profile, 40)} ${value === null ? "-" : number(value)}`,
  );
  return [...(sd ? [{ text: sd + beside }] : []), ...dim(...values, `n=${count(n)}`, ...withoutScore(leftOut))];
}

const dim = (...texts: readonly string[]): Part[] => texts.map((text) => ({ text, paint: pc.dim }));
const withoutScore = (leftOut: number) =>
  leftOut > 0 ? [`left out: ${count(leftOut)} without a score every way`] : [];

/** `60.4 [57.0, 63.8] over 4 orders, 62.0 in its own; 18.3% [15.2, 21.9] of 500 change with the order`. */
function orderParts(spread: OrderSpread): Part[] {
  const { unit, orders, own, value, interval, changed, everyOrder, places, deviation, n, fixed, leftOut } = spread;
  const number = (x: number) => metricNumber(x, unit);
  const score =
    value === null || own === null
      ? []
      : [`${number(value)}${between(interval, number)} over ${orders} orders, ${number(own)} in its own`];
  const change = changed ? [`${percentOf(changed)} of ${count(n)} change with the order`] : [];
  const standing = places.map((place) => `${place.place} ${number(place.value)}`);
  return [
    ...[...score, ...change].map((text) => ({ text })),
    ...dim(
      ...(everyOrder ? [`${percentOf(everyOrder)} right in every order`] : []),
      ...(standing.length > 0 ? [`with the right one at ${standing.join(", ")}`] : []),
      ...(deviation === undefined ? [] : [`a drawn order moves the score by ${number(deviation)} (sd)`]),
      ...(fixed > 0 ? [`${count(fixed)} cannot be moved`] : []),
      ...withoutScore(leftOut),
    ),
  ];
}

/** `256 tokens: 61.2, 38.0% cut off; 1,024 tokens: 70.4, +9.2 [7.1, 11.3], 9.0% cut off`. */
function budgetParts({ unit, budgets, n, leftOut }: BudgetCurve): Part[] {
  const number = (x: number) => metricNumber(x, unit);
  const steps = budgets.map(({ maxNewTokens, value, truncated, gain }) => {
    const more = gain ? `, ${gain.value >= 0 ? "+" : ""}${number(gain.value)}${between(gain.interval, number)}` : "";
    const cut = `${metricNumber(truncated.share, "fraction")}% cut off`;
    return {
      text: `${count(maxNewTokens)} token${maxNewTokens === 1 ? "" : "s"}: ${value === null ? "-" : number(value)}${more}, ${cut}`,
    };
  });
  return [...steps, ...dim(`n=${count(n)}`, ...withoutScore(leftOut))];
}

function judgeText({ model, expected, asked, failed }: NonNullable<Result["judge"]>): string {
  const other = model.includes(expected) ? "" : `, the benchmark's is ${expected}`;
  return `${model}${other}: ${count(asked)} verdicts${failed > 0 ? `, ${count(failed)} failed` : ""}`;
}

function agreementText({ model, n, agreement, kappa, failed }: NonNullable<Result["secondJudge"]>): string {
  const share = agreement === null ? "nothing to compare" : `agrees on ${(100 * agreement).toFixed(1)}% of ${count(n)}`;
  return `${model}: ${share}${kappa === null ? "" : `, Cohen's kappa ${kappa.toFixed(2)}`}${failed > 0 ? `, ${count(failed)} failed` : ""}`;
}

/** The same command found a finished run: its numbers are those of then. */
export const nothingAsked = (finishedAt: string) =>
  pc.yellow(
    `nothing asked: this run finished on ${finishedAt.slice(0, 16).replace("T", " ")} UTC; --fresh asks everything again`,
  );

/**
 * What was not scored in another way of asking, which no line of the Results tells.
 * @param label  the task's with the way's words
 */
export function unscoredBeside(label: string, folder: string, result: Result): string {
  const why = unscoredText(result, result.n.total - result.n.scored);
  return `${label}: not scored ${why}   npx llava-eval samples ${shownPath(folder)} --unscored`;
}

/** As one word of a shell, from where the user stands. */
function shownPath(folder: string): string {
  const path = relative(process.cwd(), folder);
  const name = path === "" || path.startsWith("..") ? folder : path;
  return /^[\w./@:+-]+$/.test(name) ? name : `'${name.replaceAll("'", "'\\''")}'`;
}

/** What to type next: to see it, or to ask again what was not scored. */
export function nextLine(folder: string, results: readonly Result[]): string {
  const shown = shownPath(folder);
  const unscored = results.some(({ n }) => n.scored < n.total);
  return pc.dim(
    unscored
      ? `next: npx llava-eval samples ${shown} --unscored   (the same command asks them again)`
      : `next: npx llava-eval view ${shown}   or: npx llava-eval samples ${shown} --wrong`,
  );
}

/** What the run took, and how little of it was the harness. */
export function costLines(cost: RunCost, width = Number.POSITIVE_INFINITY): string {
  const parts = [`${count(cost.samples)} new samples in ${duration(cost.seconds)}`];
  if (cost.samples > 0) {
    parts.push(
      `model busy ${(100 * cost.endpointBusy).toFixed(0)}%`,
      `${cost.cpuMsPerSample.toFixed(2)} CPU-ms per sample`,
    );
  }
  if (cost.promptTokens + cost.completionTokens > 0) {
    parts.push(`${count(cost.promptTokens)} prompt + ${count(cost.completionTokens)} answer tokens`);
  }
  if (cost.dollars !== undefined) parts.push(`$${cost.dollars.toFixed(4)}`);
  if (cost.judgeDollars !== undefined) parts.push(`judge $${cost.judgeDollars.toFixed(4)}`);
  return inLines(
    parts.map((text) => ({ text, paint: pc.dim })),
    " · ",
    { width, indent: 0 },
  );
}

/**
 * Questions that were answered twice, with other words.
 * @param alike  how many were answered twice with the same words
 */
export function changedLine(changed: readonly string[], alike: number): string {
  const several = `${changed.slice(0, 5).join(", ")}${changed.length > 5 ? ", ..." : ""}`;
  return `warning: ${changed.length} of ${alike + changed.length} repeated answers differ (${several}); the first of each stays`;
}
