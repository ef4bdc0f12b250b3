/** Ranks by what the samples say: two models that answered the same rows are compared row by row, not by two intervals. */
import { UserError } from "../../core/errors.js";
import type { MetricResult } from "../../core/metric-result.js";
import type { Result } from "../../core/result.js";
import type { Run } from "../../record/read.js";
import { holm } from "../../statistics/holm.js";
import { comparePairs } from "../../statistics/paired-comparison.js";
import { RowKeys } from "../compare/join-samples.js";
import { type Board, type Cell, type Column, endsOf, ranksIn } from "./board.js";

/** Of a column, after Holm's correction over its pairs of models. */
const alpha = 0.05;

/** Every sample's place in the values of all models, and what repeats over several. */
interface Rows {
  readonly places: Map<string, number>;
  readonly clusters: string[];
}

interface Journal {
  readonly cell: Cell;
  readonly row: number;
  /** By place; a hole where this model has no score. */
  readonly values: readonly (number | undefined)[];
}

/**
 * The board with ranks from paired tests wherever two journals hold the same rows; where they do not, from intervals as before.
 * @param runOf  the run behind a cell; undefined: there is none
 */
export async function withPairedRanks(board: Board, runOf: (cell: Cell) => Run | undefined): Promise<Board> {
  const cells = board.rows.map((row) => new Map(row.cells));
  const unread: string[] = [];
  for (const column of board.columns) {
    const ranked = ranksIn(board.rows, column);
    if (ranked.length < 2) continue;
    const better = await betterOf(ranked, column, runOf, unread);
    for (const { row, cell } of ranked) {
      const beaten = ranked.filter((other) => other.row !== row && better(other.row, row)).length;
      cells[row]?.set(column.key, { ...cell, rank: 1 + beaten });
    }
  }
  const rows = board.rows.map((row, i) => ({ ...row, cells: cells[i] as Map<string, Cell> }));
  return { ...board, rows, ranksBy: "pairs", notes: [...board.notes, ...unread] };
}

type Ranked = ReturnType<typeof ranksIn>;

/** Whether the model of one row is better than another's. */
async function betterOf(
  ranked: Ranked,
  { key, direction }: Column,
  runOf: (cell: Cell) => Run | undefined,
  unread: string[],
): Promise<(a: number, b: number) => boolean> {
  const sign = direction === "lower" ? -1 : 1;
  const byData = new Map<string, { rows: Rows; journals: Journal[] }>();
  for (const { row, cell } of ranked) {
    const run = runOf(cell);
    const result = run?.results.get(cell.entry.task);
    if (!run || !result) continue;
    const data = dataOf(result);
    const known = byData.get(data) ?? { rows: { places: new Map(), clusters: [] }, journals: [] as Journal[] };
    byData.set(data, known);
    try {
      const values = await valuesOf(run, result, cell.main, known.rows);
      if (values) known.journals.push({ cell, row, values });
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      unread.push(`${key} of ${cell.entry.model} is ranked by its interval: ${error.message}`);
    }
  }
  const pairs = [...byData.values()].flatMap(({ rows, journals }) =>
    journals.flatMap((a, i) => journals.slice(i + 1).flatMap((b) => difference(a, b, rows) ?? [])),
  );
  const adjusted = holm(pairs.map(({ p }) => p));
  const verdicts = new Map(
    pairs.map(({ a, b, delta }, i) => [`${a} ${b}`, (adjusted[i] as number) < alpha ? sign * Math.sign(delta) : 0]),
  );
  const ends = new Map(ranked.map(({ row, cell }) => [row, endsOf(cell.main, sign)]));
  return (a, b) => {
    const paired = verdicts.get(`${a} ${b}`) ?? negated(verdicts.get(`${b} ${a}`));
    if (paired !== undefined) return paired < 0;
    const [mine, theirs] = [ends.get(a), ends.get(b)];
    return mine !== undefined && theirs !== undefined && mine.low > theirs.high;
  };
}

const negated = (verdict: number | undefined) => (verdict === undefined ? undefined : -verdict);

/** Only rows of one data set, scored by one rule, are the same rows. */
const dataOf = ({ dataset, scoring, version, judge, reasoningTags }: Result) =>
  JSON.stringify([
    dataset.digest ?? [dataset.source, dataset.revision, dataset.configs],
    ...[dataset.split, scoring, version, judge?.model, reasoningTags],
  ]);

/** What each sample came to, the mean of its repeats; undefined where the metric is no mean of that, or samples are lost. */
async function valuesOf(run: Run, result: Result, main: MetricResult, { places, clusters }: Rows) {
  const sums: (number | undefined)[] = [];
  const counts: number[] = [];
  const keys = new RowKeys(result.task);
  let scored = 0;
  let total = 0;
  for await (const record of run.counted(result)) {
    const { score } = record;
    if (score?.status !== "scored") continue;
    const value = typeof score.value === "number" ? score.value : score.value[main.name];
    if (value === undefined) continue;
    scored++;
    total += value;
    const key = keys.of({ ...record, repeat: 0 });
    const place = places.get(key) ?? places.size;
    if (place === places.size) {
      places.set(key, place);
      clusters.push(record.cluster);
    }
    sums[place] = (sums[place] ?? 0) + value;
    counts[place] = (counts[place] ?? 0) + 1;
  }
  const isMean =
    main.value !== null &&
    [1, 100].some((scale) => Math.abs((scale * total) / scored - (main.value as number)) <= 1e-9 * scale);
  if (scored !== result.n.scored || !isMean) return undefined;
  return sums.map((sum, i) => (sum === undefined ? undefined : sum / (counts[i] as number)));
}

/** B against A on the rows that both have; undefined where they share none. */
function difference(a: Journal, b: Journal, { clusters }: Rows) {
  const pairs = clusters.flatMap((cluster, i) => {
    const [before, after] = [a.values[i], b.values[i]];
    return before === undefined || after === undefined ? [] : [{ a: before, b: after, cluster }];
  });
  if (pairs.length === 0) return undefined;
  const { delta, p } = comparePairs(pairs, { alpha, seed: 0 });
  return { a: a.row, b: b.row, delta, p };
}
