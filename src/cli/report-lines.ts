import { basename, dirname, relative } from "node:path";
import pc from "picocolors";
import { linesBeside } from "../api/run/beside.js";
import { shardsFolder } from "../api/run/shard.js";
import { untilLinesOf } from "../api/run/until.js";
import type { MetricResult } from "../core/metric-result.js";
import { nameThere } from "../core/reported-as.js";
import type { Result } from "../core/result.js";
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
  const size = sizeOf(n.total, result.repeats, all);
  const head = `${pc.bold(result.task)} v${result.version} · ${terminalSafe(result.model)} · ${size} (${terminalSafe(dataset.split)}) · ${result.reproduces ?? result.scoring}`;
  const marks = flags.map((flag) => (flag === "incomplete" ? pc.red(flag) : pc.yellow(flag))).join(" ");
  const lines = [`${head}${marks ? ` · ${marks}` : ""}`];

  const beside = linesBeside(result);
  const titles = [
    ...result.metrics.map(({ name }) => name),
    ...Object.keys(result.groups),
    ...beside.map(({ name }) => name),
  ];
  const names = Math.max(12, ...titles.map((title) => title.length + 1));
  const line = (name: string, parts: readonly Part[], gap = "  ") =>
    lines.push(`  ${name.padEnd(names)} ${inLines(parts, gap, { width, indent: names + 3 })}`);
  for (const metric of result.metrics) line(metric.name, metricParts(metric, n.scored));
  for (const [group, values] of Object.entries(result.groups)) {
    const parts = groupParts(values);
    if (parts.length > 0) line(group, parts, "   ");
  }
  for (const text of untilLinesOf(result)) line("compared", wordsOf(terminalSafe(text)), " ");
  for (const { name, parts, gap } of beside) {
    if (name === "note") line(name, wordsOf(parts.map(({ text }) => text).join(" "), pc.yellow), " ");
    else
      line(
        name,
        parts.map(({ text, isSoft }) => ({ text, ...(isSoft ? { paint: pc.dim } : {}) })),
        gap,
      );
  }
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

/** `60 of 256`; of samples that were asked several times `60 × 2 of 256`. */
function sizeOf(total: number, repeats: number, all: number | undefined): string {
  const samples = total % repeats === 0 ? total / repeats : total;
  const asked = samples === total ? count(total) : `${count(samples)} × ${repeats}`;
  return all === undefined || all === samples ? asked : `${asked} of ${count(all)}`;
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
  const there = nameThere(metric);
  const more = [
    ...(there === undefined ? [] : [`reported as "${terminalSafe(there, 80)}"`]),
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

/** What to type next: to see it, to join it with its like, or to ask again what was not scored. */
export function nextLine(folder: string, results: readonly Result[]): string {
  const shown = shownPath(folder);
  const above = dirname(folder);
  if (results.some(({ n }) => n.scored < n.total))
    return pc.dim(`next: npx llava-eval samples ${shown} --unscored   (the same command asks them again)`);
  if (basename(above) === shardsFolder)
    return pc.dim(`next: npx llava-eval merge ${shownPath(dirname(above))}   (when every shard is there)`);
  return pc.dim(`next: npx llava-eval view ${shown}   or: npx llava-eval samples ${shown} --wrong`);
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
