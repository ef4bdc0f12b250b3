import pc from "picocolors";
import type { MetricResult, Result } from "../core/result.js";
import { terminalSafe } from "../core/terminal-safe.js";
import { count, duration, metricNumber, metricText } from "./number-format.js";
import type { RunCost } from "./progress.js";

/** The final words about one task: value ± stderr [95 % CI], n, what was not scored and why, remarks, flags. */
export function resultLines(result: Result): string {
  const { n, flags, remarks: counts, dataset } = result;
  const all = dataset.rows ?? dataset.expectedRows;
  const size = all === undefined || all === n.total ? count(n.total) : `${count(n.total)} of ${count(all)}`;
  const head = `${pc.bold(result.task)} v${result.version} · ${terminalSafe(result.model)} · ${size} (${terminalSafe(dataset.split)}) · ${result.scoring}`;
  const marks = flags.map((flag) => (flag === "incomplete" ? pc.red(flag) : pc.yellow(flag))).join(" ");
  const lines = [`${head}${marks ? ` · ${marks}` : ""}`];

  const width = Math.max(12, ...result.metrics.map(({ name }) => name.length + 1));
  const line = (name: string, text: string) => lines.push(`  ${name.padEnd(width)} ${text}`);
  for (const metric of result.metrics) line(metric.name, metricLine(metric, n.scored));
  for (const [group, values] of Object.entries(result.groups)) {
    const text = groupText(values);
    if (text) line(group, pc.dim(text));
  }
  const unscored = Object.entries(n.unscored).filter(([, k]) => k > 0);
  if (unscored.length > 0)
    line("not scored", pc.red(unscored.map(([reason, k]) => `${reason} ${count(k)}`).join(", ")));
  for (const { reason, detail, n: times } of result.reasons ?? [])
    line("", pc.red(`${count(times)} × ${reason}: ${terminalSafe(detail, 300)}`));
  const remarks = Object.entries(counts).filter(([, k]) => k > 0);
  if (remarks.length > 0) line("remarks", remarks.map(([remark, k]) => `${remark} ${count(k)}`).join(", "));
  if (result.judge) line("judge", terminalSafe(judgeText(result.judge)));
  if (result.secondJudge) line("second judge", terminalSafe(agreementText(result.secondJudge)));
  if (result.submission) line("submission", `${result.submission} (answers are not public: no score)`);
  for (const note of result.notes) line("note", pc.yellow(terminalSafe(note)));
  return lines.join("\n");
}

function metricLine(metric: MetricResult, scored: number): string {
  const bounds = metric.bounds
    ? pc.dim(
        `  ${metric.bounds.map((end) => metricNumber(end, metric.unit)).join(" … ")} if the unscored were all wrong … all right`,
      )
    : "";
  const guesses =
    metric.withoutGuesses === undefined
      ? ""
      : pc.dim(`  ${metricNumber(metric.withoutGuesses, metric.unit)} without guesses`);
  const n = metric.n === scored ? "" : pc.dim(`  n=${count(metric.n)}`);
  const note = metric.note ? pc.dim(`  ${metric.note}`) : "";
  return `${metricText(metric)}${guesses}${n}${bounds}${note}`;
}

const groupsShown = 8;

function groupText(values: Readonly<Record<string, readonly MetricResult[]>>): string {
  const entries = Object.entries(values);
  const shown = entries.slice(0, groupsShown).map(([value, [main]]) => {
    const text = main?.value === null || main?.value === undefined ? "-" : metricNumber(main.value, main.unit);
    return `${terminalSafe(value, 40)} ${text}`;
  });
  if (entries.length > groupsShown) shown.push(`and ${entries.length - groupsShown} more`);
  return shown.join("   ");
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

/** What the run took, and how little of it was the harness. */
export function costLines(cost: RunCost): string {
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
  return pc.dim(parts.join(" · "));
}
