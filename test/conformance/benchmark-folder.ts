/**
 * Runs real model outputs through our scorers: a benchmark folder holds `expected.json` (scores by the official code) and
 * the predictions it names (`predictions.jsonl` or `.jsonl.gz`), in one or several cases.
 */

import { basename, join } from "node:path";
import { defined } from "../../src/core/defined.js";
import { check, type Static, type TSchema, Type } from "../../src/core/schema.js";
import { compareOutcome, type Mismatch, type Outcome } from "./compare.js";
import { parseObject, readLines, readText } from "./lines.js";
import { watched } from "./task-score.js";

/** How the outputs of one benchmark are scored. */
export interface Benchmark {
  /** The predictions' fields that are used. */
  readonly row: TSchema;
  /** What is compared, where no task of ours scores such outputs. */
  readonly part?: string;
  /**
   * The metrics of one case, named as in `expected.json`, and what stands in each row's `official`.
   * @param name the case, for benchmarks whose cases differ in their rule
   */
  evaluate(rows: readonly never[], name: string): Evaluation;
}

export interface Evaluation {
  readonly metrics: Readonly<Record<string, unknown>>;
  /** By position of the row. */
  readonly official?: readonly Readonly<Record<string, unknown>>[];
}

const expectedFile = Type.Object({
  benchmark: Type.String(),
  predictions: Type.String(),
  tolerance: Type.Number({ exclusiveMinimum: 0 }),
  cases: Type.Record(
    Type.String(),
    Type.Object({ n: Type.Integer(), metrics: Type.Record(Type.String(), Type.Unknown()) }),
  ),
});
type ExpectedFile = Static<typeof expectedFile>;

export interface OutputsDifference extends Mismatch {
  readonly benchmark: string;
  readonly case: string;
  /** Row position, when one row's score differs. */
  readonly row?: number;
}

export interface OutputsReport {
  readonly folder: string;
  readonly benchmark: string;
  /** Metrics and row scores compared. */
  readonly passed: number;
  readonly failed: number;
  readonly differences: readonly OutputsDifference[];
  /** Whose `score` was asked. */
  readonly tasks: readonly string[];
}

/**
 * Scores one folder. An empty case or an unknown metric is a failure, never silence.
 * @returns undefined where no benchmark has the name in `expected.json`
 */
export function checkBenchmarkFolder(
  folder: string,
  benchmarks: Readonly<Record<string, Benchmark>>,
): OutputsReport | undefined {
  const path = join(folder, "expected.json");
  const expected = check(expectedFile, parseObject(readText(path), path), path, "see the conformance format");
  const benchmark = benchmarks[expected.benchmark];
  if (benchmark === undefined) return undefined;
  const byCase = rowsByCase(readPredictions(folder, expected, benchmark.row));
  const tally = new Tally(folder, expected.benchmark);
  for (const [name, wanted] of Object.entries(expected.cases)) {
    const rows = byCase.get(name) ?? [];
    tally.compare(name, wanted.n, { value: rows.length }, "n", expected.tolerance);
    if (rows.length === 0) continue;
    const { result: outcome, asked } = watched(() => evaluate(benchmark, rows, name));
    for (const task of asked) tally.tasks.add(task);
    const metrics: Outcome = "error" in outcome ? outcome : { value: outcome.value.metrics };
    tally.compareKeys(name, wanted.metrics, metrics, expected.tolerance);
    if ("error" in outcome) continue;
    rows.forEach((row, i) => {
      const official = row.official;
      if (typeof official !== "object" || official === null) return;
      tally.compare(name, official, { value: outcome.value.official?.[i] }, "official", expected.tolerance, i);
    });
  }
  if (tally.passed + tally.failed === 0) tally.compare("", "a case", { value: "none" }, "cases", expected.tolerance);
  return tally.report();
}

function rowsByCase(rows: readonly Record<string, unknown>[]): Map<string, Record<string, unknown>[]> {
  const cases = new Map<string, Record<string, unknown>[]>();
  for (const row of rows) {
    const name = String(row.case ?? "");
    const rowsOfCase = cases.get(name);
    if (rowsOfCase === undefined) cases.set(name, [row]);
    else rowsOfCase.push(row);
  }
  return cases;
}

function evaluate(benchmark: Benchmark, rows: readonly unknown[], name: string) {
  try {
    return { value: benchmark.evaluate(rows as readonly never[], name) };
  } catch (error) {
    return { error };
  }
}

function readPredictions(folder: string, expected: ExpectedFile, schema: TSchema): Record<string, unknown>[] {
  const path = join(folder, basename(expected.predictions));
  return readLines(path).map((row, i) => {
    check(schema, row, `${path}:${i + 1}`, "the predictions need this field");
    return row;
  });
}

function metricOf(metrics: unknown, key: string): unknown {
  const known = metrics as Readonly<Record<string, unknown>>;
  return key in known ? known[key] : "(not computed by this harness)";
}

class Tally {
  passed = 0;
  failed = 0;
  readonly tasks = new Set<string>();
  private readonly differences: OutputsDifference[] = [];

  constructor(
    private readonly folder: string,
    private readonly benchmark: string,
  ) {}

  /** Counts one comparison. */
  compare(name: string, expected: unknown, outcome: Outcome, label: string, tolerance: number, row?: number): void {
    const mismatches = compareOutcome(expected, outcome, { tolerance: { absolute: tolerance }, extraKeys: true });
    if (mismatches.length === 0) this.passed++;
    else this.failed++;
    for (const mismatch of mismatches)
      this.differences.push({
        benchmark: this.benchmark,
        case: name,
        ...defined({ row }),
        ...mismatch,
        path: mismatch.path === "" ? label : `${label}.${mismatch.path}`,
      });
  }

  /** Counts one comparison for each metric. */
  compareKeys(name: string, expected: Readonly<Record<string, unknown>>, outcome: Outcome, tolerance: number): void {
    for (const [key, value] of Object.entries(expected)) {
      const ours: Outcome = "error" in outcome ? outcome : { value: metricOf(outcome.value, key) };
      this.compare(name, value, ours, key, tolerance);
    }
  }

  report(): OutputsReport {
    const { folder, benchmark, passed, failed, differences, tasks } = this;
    return { folder, benchmark, passed, failed, differences, tasks: [...tasks].sort() };
  }
}
