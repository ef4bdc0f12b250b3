import { count } from "../format/numbers.js";
import { textTable } from "../format/text-table.js";
import type { RepeatsReport } from "../repeats.js";
import type { PowerLine, PowerQuestion } from "./power.js";

const points = (fraction: number, digits = 1) => (100 * fraction).toFixed(digits);

/** For a terminal. @param task as the user named it */
export function powerText(task: string, question: PowerQuestion, lines: readonly PowerLine[]): string {
  const { n, delta, alpha, power } = question;
  const columns = [
    { title: "outcomes that differ", align: "right" },
    { title: "", align: "left" },
    { title: "design effect", align: "right" },
    { title: `samples for ${points(delta)} points`, align: "right" },
    { title: `smallest difference that ${count(n)} samples show`, align: "right" },
  ] as const;
  const rows = lines.map((line) => [
    `${points(line.discordance)} %`,
    line.from,
    line.designEffect.toFixed(2),
    `${count(line.samplesNeeded)}${line.samplesNeeded > n ? " (more than there are)" : ""}`,
    line.detectable === undefined ? "none" : `${points(line.detectable, 2)} points`,
  ]);
  const head = `${task}: ${count(n)} samples, paired; power ${points(power, 0)} % at a two-sided level of ${alpha}`;
  return `${head}\n\n${textTable(columns, rows)}\n`;
}

/** What repeats are worth: their mean and noise, pass@k, and the standard error with one, with these, with endless repeats. */
export function repeatsText(report: RepeatsReport): string {
  const { task, metric, repeats, samples, mean, perRepeat, varianceWithin, varianceBetween, consistency } = report;
  const stderr = (k: number) => points(Math.sqrt((varianceBetween + varianceWithin / k) / samples), 2);
  const lines = [
    `${task} ${metric}: ${repeats} answers for each of ${count(samples)} samples`,
    `  mean ${points(mean, 2)}, each repeat alone ${perRepeat.map((value) => points(value)).join(" ")}`,
    `  variance between samples ${varianceBetween.toFixed(4)}, within a sample ${varianceWithin.toFixed(4)}; ${points(consistency)} % of samples always score the same`,
    `  standard error with 1 answer ${stderr(1)}, with ${repeats} ${stderr(repeats)}, with endless answers ${stderr(Number.POSITIVE_INFINITY)} points`,
  ];
  if (report.passAtK.length > 0) {
    lines.push(`  ${report.passAtK.map(({ k, value }) => `pass@${k} ${points(value)}`).join("   ")}`);
  }
  return `${lines.join("\n")}\n`;
}
