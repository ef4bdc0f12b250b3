/** Differences as text: one line each, safe for a terminal, and the totals. */

import { terminalSafe } from "../../src/core/terminal-safe.js";
import type { OutputsReport } from "./benchmark-folder.js";
import type { VectorReport } from "./vector-file.js";

const shownAtMost = 40;

/** A table of the vectors that differ, the first ones in full. */
export function vectorDifferences(name: string, report: VectorReport): string[] {
  const rows = report.differences.map(({ id, path, expected, actual, input }) => [
    terminalSafe(id, 40),
    terminalSafe(path === "" ? "(value)" : path, 40),
    shown(expected),
    shown(actual),
    shown(input),
  ]);
  return table(name, ["id", "where", "reference", "ours", "input"], rows);
}

/** A table of the metrics and rows that differ. */
export function outputDifferences(reports: readonly OutputsReport[]): string[] {
  const rows = reports.flatMap(({ differences }) =>
    differences.map((difference) => [
      terminalSafe(difference.benchmark, 30),
      terminalSafe(difference.case, 40),
      difference.row === undefined ? "" : `row ${difference.row + 1}`,
      terminalSafe(difference.path, 40),
      shown(difference.expected),
      shown(difference.actual),
    ]),
  );
  return table("real outputs", ["benchmark", "case", "row", "where", "reference", "ours"], rows);
}

function table(title: string, head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  if (rows.length === 0) return [];
  const visible = [head, ...rows.slice(0, shownAtMost)];
  const widths = head.map((_, column) => Math.max(...visible.map((row) => row[column]?.length ?? 0)));
  const lines = visible.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] as number))
      .join("  ")
      .trimEnd(),
  );
  const more = rows.length > shownAtMost ? [`... and ${rows.length - shownAtMost} more`] : [];
  return [`differences in ${title}:`, ...lines, ...more];
}

function shown(value: unknown): string {
  return terminalSafe(JSON.stringify(value) ?? String(value), 60);
}

/** How much has no adapter: named line by line before, and no part of the totals. */
export function notYetLine(count: number): string {
  return `${count} not yet: no adapter for them here`;
}

/** Why some lines are answered by no scoring of ours, one line for each reason. */
export function unsupportedLines({ unsupported }: VectorReport): string[] {
  return [...unsupported].map(([reason, count]) => `${count} unsupported: ${reason}`);
}

/** The last line of every check; a check without cases has failed, and says so. */
export function totals({ passed, failed, ...rest }: Pick<VectorReport, "passed" | "failed" | "unsupported">): string {
  const unsupported = [...rest.unsupported.values()].reduce((sum, count) => sum + count, 0);
  return `${passed} passed, ${failed} failed${unsupported > 0 ? `, ${unsupported} unsupported` : ""}`;
}
