/** The benchmark's last page: every number beside its opponent, its aim and the limit of this machine. */

export interface Row {
  readonly what: string;
  readonly ours: number;
  readonly unit: string;
  /** Who was measured in the same run, and what it reached, in the same unit. */
  readonly opponent?: { readonly name: string; readonly value: number };
  /** How many times better than the opponent; absent without one. */
  readonly ratio?: number;
  readonly aim?: string;
  readonly note?: string;
}

/** `ours / theirs` for rates, `theirs / ours` for times. */
export function against(
  what: string,
  unit: string,
  ours: number | undefined,
  name: string,
  theirs: number | undefined,
  more: Partial<Row> = {},
): Row[] {
  if (ours === undefined) return [];
  if (theirs === undefined) return [{ what, unit, ours, ...more }];
  const ratio = /\b(s|ms)$/.test(unit) && !unit.includes("/") ? theirs / ours : ours / theirs;
  return [{ what, unit, ours, opponent: { name, value: theirs }, ratio, ...more }];
}

export function printTable(rows: readonly Row[]): void {
  const head = ["what", "llava-eval", "opponent", "", "ratio", "aim", "note"];
  const lines = rows.map((row) => [
    row.what,
    `${round(row.ours)} ${row.unit}`,
    row.opponent ? row.opponent.name : "-",
    row.opponent ? round(row.opponent.value) : "",
    row.ratio === undefined ? "-" : `${row.ratio.toFixed(2)} x`,
    row.aim ?? "",
    row.note ?? "",
  ]);
  const widths = head.map((name, i) => Math.max(name.length, ...lines.map((line) => line[i]?.length ?? 0)));
  for (const line of [head, ...lines]) {
    console.log(
      line
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join("  ")
        .trimEnd(),
    );
  }
}

const round = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));
