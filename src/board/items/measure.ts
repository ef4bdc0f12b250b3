/** Items measured by the runs that answered them: classical test theory with its analysis of wrong answers, no model of abilities. */
import { numberOf } from "../../core/digest.js";
import { UserError } from "../../core/errors.js";
import type { MetricResult } from "../../core/metric-result.js";
import type { Result } from "../../core/result.js";
import { ownValue, rangeOf } from "../../record/outcome.js";
import { type Run, requireScored } from "../../record/read.js";
import type { SampleRecord } from "../../record/samples.js";
import { mean } from "../../statistics/descriptive.js";
import { falseDiscovery } from "../../statistics/false-discovery.js";
import { discrimination, itemRest } from "../../statistics/item-discrimination.js";
import { RowKeys } from "../compare/join-samples.js";
import { enoughModels, type Item, type ItemsReport } from "./item.js";

/** What is kept of a row while the journals are read. */
interface Row {
  readonly index: number;
  readonly id: string;
  readonly images: readonly string[];
  /** Of the words and the images; 0 where the journal has neither. */
  readonly question: number;
  targets?: readonly string[];
  /** By run: the score from 0 to 1, over its repeats, and the answer of the first of them. */
  readonly values: (number | undefined)[];
  readonly answers: (string | undefined)[];
}

/** An answer is shown in a line. */
const longestAnswer = 80;

/**
 * @param runs  of one task, comparable with each other
 * @throws UserError  the metric has no value for one sample between known ends; the runs share no scored items; a journal has lost samples
 */
export async function measureItems(task: string, runs: readonly Run[]): Promise<ItemsReport> {
  const results = runs.map((run) => run.results.get(task) as Result);
  const metric = results[0]?.metrics.find(({ direction }) => direction !== "neither");
  const range = metric && rangeOf(metric);
  if (!metric || !range) {
    throw new UserError(
      `${task} has no metric of which one sample has a value between known ends`,
      task,
      "items can be told apart where each is scored for itself: accuracies, ANLS, agreement with annotators",
    );
  }
  const rows = new Map<string, Row>();
  for (const [place, run] of runs.entries()) {
    await readRun(run, results[place] as Result, { rows, place, metric, range });
  }
  const inOrder = [...rows.values()].sort((a, b) => a.index - b.index);
  const shared = inOrder.filter(({ values }) => runs.every((_, place) => values[place] !== undefined));
  if (shared.length < 2) {
    throw new UserError(
      `the ${runs.length} runs have ${shared.length} scored items in common`,
      task,
      "name runs of the same rows with --runs",
    );
  }
  const scores = runs.map((_, place) => mean(shared.map(({ values }) => values[place] as number)));
  const models = new Set(results.map(({ model }) => model)).size;
  const isEnough = models >= enoughModels;
  const groups = groupsOf(inOrder);
  const measured = measuredRows(inOrder, { scores, shared: new Set(shared) });
  const items = inOrder.map((row, i): Item => {
    const found = measured[i] as Measured;
    const same = groups.get(row.question) ?? [];
    const { answer } = answerOf(row, scores);
    return {
      task,
      ...{ index: row.index, id: row.id },
      ...found,
      ...(isEnough && found.discrimination !== undefined ? { suspect: isSuspect(found.discrimination, answer) } : {}),
      ...(row.targets ? { targets: row.targets } : {}),
      ...(answer ? { answer } : {}),
      ...(same.length > 1 ? { sameAs: same.filter((other) => other !== row).map(({ id }) => id) } : {}),
      images: row.images,
    };
  });
  return {
    task,
    metric: metric.name,
    runs: runs.map(({ manifest }, place) => ({
      name: manifest.name,
      model: manifest.model,
      score: scores[place] as number,
    })),
    ...{ models, shared: shared.length, items, isEnough },
    same: [...groups.values()].flatMap((same) =>
      same.length < 2
        ? []
        : [{ ids: same.map(({ id }) => id), isContradiction: new Set(same.flatMap(targetsOf)).size > 1 }],
    ),
  };
}

interface Reading {
  readonly rows: Map<string, Row>;
  /** The run's. */
  readonly place: number;
  readonly metric: MetricResult;
  readonly range: readonly [low: number, high: number];
}

async function readRun(run: Run, result: Result, { rows, place, metric, range }: Reading): Promise<void> {
  const keys = new RowKeys(result.task);
  const repeats = new Map<Row, number[]>();
  let scored = 0;
  for await (const record of run.counted(result)) {
    const key = keys.of({ id: record.id, index: record.index });
    const row = rows.get(key) ?? rowOf(record);
    rows.set(key, row);
    const { score } = record;
    if (score?.status !== "scored") continue;
    scored++;
    const value = ownValue(score, metric);
    if (value === undefined) continue;
    const share = (value - range[0]) / (range[1] - range[0]);
    repeats.set(row, [...(repeats.get(row) ?? []), metric.direction === "lower" ? 1 - share : share]);
    if (score.targets) row.targets ??= [...new Set(score.targets)];
    row.answers[place] ??= score.answer.slice(0, longestAnswer);
  }
  requireScored(run, result, scored);
  for (const [row, values] of repeats) row.values[place] = mean(values);
}

function rowOf({ index, id, prompt, images = [] }: SampleRecord): Row {
  const words = prompt?.normalize("NFC").replace(/\s+/g, " ").trim().toLowerCase();
  // A row whose images could not be read has none: it asks nothing that could be the same.
  const question = words === undefined ? 0 : numberOf(`${images.join(" ")} ${words}`);
  return { index, id, images, question, values: [], answers: [] };
}

/** That strong runs are marked wrong is not enough: where each says something else, the item is hard and its key may be right. */
const isSuspect = (value: number, answer: Item["answer"]): boolean =>
  value < suspectBelow && answer !== undefined && !answer.isRight && answer.share > 0.5;

/** Between 0 and this lie hard items with one tempting wrong answer. */
const suspectBelow = -0.25;

type Measured = Pick<Item, "runs" | "difficulty" | "discrimination" | "rival" | "itemRest" | "p" | "q" | "solvedBy">;

/** @param scores  of the runs, on the items that all of them share */
function measuredRows(
  rows: readonly Row[],
  { scores, shared }: { readonly scores: readonly number[]; readonly shared: ReadonlySet<Row> },
): Measured[] {
  const found = rows.map((row) => {
    const places = row.values.flatMap((value, place) => (value === undefined ? [] : [place]));
    const values = places.map((place) => row.values[place] as number);
    // Its own part of the score would speak for every item.
    const others = places.map((place) => {
      const score = scores[place] as number;
      return shared.has(row) ? (score * shared.size - (row.values[place] as number)) / (shared.size - 1) : score;
    });
    const answers = places.map((place) => row.answers[place]);
    return { values, rest: itemRest(values, others)?.r, told: discrimination(values, answers, others) };
  });
  const corrected = falseDiscovery(found.flatMap(({ told }) => told?.p ?? []))[Symbol.iterator]();
  return found.map(({ values, rest, told }) => {
    const solvedBy = values.every((value) => value === 1)
      ? "all"
      : values.every((value) => value === 0)
        ? "none"
        : undefined;
    return {
      runs: values.length,
      ...(values.length > 0 ? { difficulty: mean(values) } : {}),
      ...(values.length > 0 && solvedBy ? { solvedBy } : {}),
      ...(told ? { discrimination: told.value } : {}),
      ...(told?.rival === undefined ? {} : { rival: told.rival }),
      ...(rest === undefined ? {} : { itemRest: rest }),
      ...(told?.p === undefined ? {} : { p: told.p, q: corrected.next().value as number }),
    };
  });
}

/** What the stronger half of the runs answers most, where it has an answer. */
function answerOf({ values, answers }: Row, scores: readonly number[]): Pick<Item, "answer"> {
  const places = answers.flatMap((answer, place) => (answer === undefined ? [] : [place]));
  const strong = places
    .sort((a, b) => (scores[b] as number) - (scores[a] as number))
    .slice(0, Math.ceil(places.length / 2));
  const times = new Map<string, number>();
  for (const place of strong) times.set(answers[place] as string, (times.get(answers[place] as string) ?? 0) + 1);
  const [most] = [...times].sort(([, a], [, b]) => b - a);
  if (!most) return {};
  const [text, n] = most;
  const giver = strong.find((place) => answers[place] === text) as number;
  return { answer: { text, share: n / strong.length, isRight: values[giver] === 1 } };
}

function groupsOf(rows: readonly Row[]): Map<number, Row[]> {
  const groups = new Map<number, Row[]>();
  for (const row of rows) {
    if (row.question === 0) continue;
    groups.set(row.question, [...(groups.get(row.question) ?? []), row]);
  }
  return groups;
}

/** None where no run has a score: that contradicts nothing. */
const targetsOf = ({ targets }: Row) => (targets ? [JSON.stringify([...targets].sort())] : []);
