import { count } from "../format/numbers.js";
import type { Table, TableRow } from "../format/table.js";
import { type Screen, terminalTable } from "../format/terminal-table.js";
import { folded } from "../format/text-table.js";
import type { RepeatsReport } from "../repeats.js";
import type { PowerLine, PowerQuestion } from "./power.js";

const points = (fraction: number, digits = 1) => (100 * fraction).toFixed(digits);

/** For a terminal, as wide as it is. @param task as the user named it */
export function powerText(
  task: string,
  question: PowerQuestion,
  lines: readonly PowerLine[],
  screen: Screen = {},
): string {
  const { n, delta, alpha, power } = question;
  const table: Table = {
    axes: ["outcomes that differ", ""],
    columns: [
      { title: "", align: "left" },
      { title: "design effect", spare: 1 },
      { title: "samples", measure: `for ${points(delta)} points` },
      { title: "smallest difference", measure: `that ${count(n)} samples show` },
    ],
    sections: [{ rows: lines.map((line) => row(line, n)) }],
    notes: [],
    transposable: false,
  };
  const head = `${task}: ${count(n)} samples, paired; power ${points(power, 0)} % at a two-sided level of ${alpha}`;
  return `${folded(head, screen.width ?? Number.POSITIVE_INFINITY)}\n\n${terminalTable(table, screen)}\n`;
}

function row({ discordance, from, designEffect, samplesNeeded, detectable }: PowerLine, n: number): TableRow {
  const needed = count(samplesNeeded);
  return {
    name: `${points(discordance)} %`,
    cells: [
      { value: from },
      { value: designEffect.toFixed(2) },
      samplesNeeded > n
        ? { value: `${needed} (more than there are)`, short: `${needed} (too many)` }
        : { value: needed },
      { value: detectable === undefined ? "none" : `${points(detectable, 2)} points` },
    ],
  };
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
  for (const { k, samples: of, majority, best } of report.firstK) {
    const left = of < samples ? ` (of ${count(of)} samples with a score for each)` : "";
    lines.push(`  of the first ${k} answers: the most frequent ${points(majority)}, the best ${points(best)}${left}`);
  }
  return `${lines.join("\n")}\n`;
}
