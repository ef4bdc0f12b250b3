/** Real outputs of the multiple-choice benchmarks. */

import { defined } from "../../../src/core/defined.js";
import { Nullable, Type } from "../../../src/core/schema.js";
import { circularAccuracy } from "../../../src/metrics/circular.js";
import { mean } from "../../../src/metrics/mean.js";
import { meanOfGroups } from "../../../src/metrics/mean-of-groups.js";
import type { Choices } from "../../../src/text/infer-choice.js";
import { formatFloat } from "../../../src/text/python-numbers.js";
import { pythonStr } from "../../../src/text/python-values.js";
import { parseOpen } from "../../../tasks/mmmu/open-answer.js";
import { domainOf } from "../../../tasks/mmmu/score.js";
import type { Benchmark } from "../benchmark-folder.js";
import { type FoldInput, foldValue } from "../fold.js";
import { PythonRandom } from "../ported/mersenne-twister.js";
import { type TaskScore, taskScore, taskValue } from "../task-score.js";

const accuracy = mean("accuracy");
const percentOf = (metric: typeof accuracy, inputs: readonly FoldInput[]) =>
  (foldValue(metric, inputs) ?? Number.NaN) * 100;

/** The metric for every value of a group. */
function byGroup(inputs: readonly FoldInput[], group: string, scale = 100): Record<string, number> {
  const names = [...new Set(inputs.flatMap(({ groups }) => groups?.[group] ?? []))];
  return Object.fromEntries(
    names.map((name) => {
      const of = inputs.filter(({ groups }) => groups?.[group] === name);
      return [name, (foldValue(accuracy, of) ?? Number.NaN) * scale];
    }),
  );
}

interface MmmuRow {
  readonly subject: string;
  readonly question_type: string;
  readonly answer: string | readonly string[];
  readonly response: string;
  readonly index2ans?: Readonly<Record<string, string>>;
}

type Parsed = {
  readonly parsed: string | readonly (string | number)[];
  readonly correct: number;
  readonly random_fallback: boolean;
};

/** A list as the columns of MMMU have it: Python's source. */
const pythonList = (items: readonly unknown[]) => JSON.stringify(items.map(pythonStr));

function mmmuRow(row: MmmuRow, random: PythonRandom): Parsed {
  const { subject, response } = row;
  const answer = typeof row.answer === "string" ? row.answer : pythonList(row.answer);
  const id = `validation_${subject}_1`;
  const draw = <T>(from: readonly T[]) => random.choice(from);
  if (row.question_type === "multiple-choice") {
    const options = pythonList(Object.values(row.index2ans ?? {}));
    const score = taskScore("mmmu", { id, answer, options, question_type: row.question_type }, response, { draw });
    return { parsed: score.answer, correct: score.value as number, random_fallback: score.drawn };
  }
  // The score keeps the whole text as its answer; the candidates are compared beside it.
  const sortKey = (candidate: string | number) => (typeof candidate === "number" ? formatFloat(candidate) : candidate);
  const parsed = [...parseOpen(response)].sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
  const correct = taskValue("mmmu", { id, answer, options: "[]", question_type: "open" }, response);
  return { parsed, correct, random_fallback: false };
}

const mmmu: Benchmark = {
  row: Type.Object({ subject: Type.String(), question_type: Type.String(), response: Type.String() }),
  evaluate: (rows: readonly MmmuRow[]) => {
    const random = new PythonRandom(42);
    const official = rows.map((row) => mmmuRow(row, random));
    const inputs = rows.map(({ subject }, i) => {
      const domain = domainOf(subject);
      return { value: official[i]?.correct ?? 0, groups: { subject, ...defined({ domain }) } };
    });
    const drawn = official.filter((row) => row.random_fallback);
    const withoutDraws = official.map((row) => ({ value: row.random_fallback ? 0 : row.correct }));
    return {
      metrics: {
        acc: foldValue(accuracy, inputs),
        n_correct: official.filter((row) => row.correct === 1).length,
        n_random_fallback: drawn.length,
        n_correct_by_random_fallback: drawn.filter((row) => row.correct === 1).length,
        acc_fallback_counted_wrong: foldValue(accuracy, withoutDraws),
        subject_acc: byGroup(inputs, "subject", 1),
        domain_acc: byGroup(inputs, "domain", 1),
      },
      official,
    };
  },
};

interface ProRow {
  readonly options: readonly unknown[];
  readonly answer: string;
  readonly response: string;
}

const mmmuPro: Benchmark = {
  row: Type.Object({ options: Type.Array(Type.Unknown()), answer: Type.String(), response: Type.String() }),
  evaluate: (rows: readonly ProRow[]) => {
    const random = new PythonRandom(42);
    const official = rows.map(({ options, answer, response }): Parsed => {
      const row = { id: "", answer, options: pythonList(options) };
      const draw = <T>(from: readonly T[]) => random.choice(from);
      const score = taskScore("mmmu_pro_standard", row, response, { draw });
      return { parsed: score.answer, correct: score.value as number, random_fallback: score.drawn };
    });
    const found = official.filter((row) => !row.random_fallback);
    const drawn = official.filter((row) => row.random_fallback);
    const values = (of: readonly Parsed[]) => of.map(({ correct }) => ({ value: correct }));
    return {
      metrics: {
        acc_seed42: percentOf(accuracy, values(official)),
        n_random_fallback: drawn.length,
        n_correct_by_random_fallback: drawn.filter((row) => row.correct === 1).length,
        n_correct_parsed: found.filter((row) => row.correct === 1).length,
        acc_fallback_counted_wrong: percentOf(
          accuracy,
          official.map((row) => ({ value: row.random_fallback ? 0 : row.correct })),
        ),
        acc_without_fallback_rows: percentOf(accuracy, values(found)),
      },
      official,
    };
  },
};

interface CircularRow {
  readonly index: number;
  readonly group: number;
  readonly options: Choices;
  readonly answer: string;
  readonly response: string;
}

const passOf = ({ value }: TaskScore) => (value as { pass: number }).pass;

const mmbench: Benchmark = {
  row: Type.Object({
    index: Type.Integer(),
    group: Type.Integer(),
    options: Type.Record(Type.String(), Type.String()),
    answer: Type.String(),
    response: Type.String(),
  }),
  evaluate: (rows: readonly CircularRow[]) => {
    const inputs = rows.map(({ index, group, options, answer, response }) => ({
      value: passOf(taskScore("mmbench_en", { index, answer, ...options }, response)),
      data: { first: index < 1e6 },
      cluster: String(group),
    }));
    const first = inputs.filter(({ data }) => data.first);
    return {
      metrics: {
        circular_acc: percentOf(circularAccuracy("circular_accuracy"), inputs),
        n_groups: new Set(inputs.map(({ cluster }) => cluster)).size,
        vanilla_acc_first_pass: percentOf(accuracy, first),
        n_first_pass: first.length,
        row_acc: percentOf(accuracy, inputs),
        n_rows: rows.length,
        n_not_a_letter: rows.filter(({ response }) => !/^[A-E]$/.test(response.trim())).length,
      },
    };
  },
};

interface MmstarRow {
  readonly category: string;
  readonly answer: string;
  readonly response: string;
}

const mmstar: Benchmark = {
  row: Type.Object({ category: Type.String(), answer: Type.String(), response: Type.String() }),
  evaluate: (rows: readonly MmstarRow[]) => {
    const inputs = rows.map(({ category, answer, response }) => ({
      value: taskValue("mmstar", { answer }, response),
      groups: { category },
    }));
    return {
      metrics: {
        final_score: percentOf(accuracy, inputs),
        correct: inputs.filter(({ value }) => value === 1).length,
        by_category: byGroup(inputs, "category"),
      },
      official: inputs.map(({ value }) => ({ correct: value })),
    };
  },
};

interface BlinkRow {
  readonly task: string;
  readonly answer: string;
  readonly response: string;
  /** Null where nothing could be extracted. */
  readonly extracted: string | null;
}

/** What the rules do not read is extracted by a language model; the authors count what it cannot read either as wrong. */
const blink: Benchmark = {
  row: Type.Object({
    task: Type.String(),
    answer: Type.String(),
    response: Type.String(),
    extracted: Nullable(Type.String()),
  }),
  evaluate: (rows: readonly BlinkRow[]) => {
    // The options are not kept; a task has as many as its answers name.
    const choices = (task: string) => {
      const golds = new Set(rows.filter((row) => row.task === task).map(({ answer }) => answer));
      return Array(golds.size).fill("");
    };
    const byTask = new Map([...new Set(rows.map(({ task }) => task))].map((task) => [task, choices(task)]));
    const inputs = rows.map(({ task, answer, response, extracted }) => {
      const row = { answer, choices: byTask.get(task) };
      const verdicts = [extracted ?? "(Z)"];
      return { value: taskValue("blink", row, response, { verdicts }), groups: { task } };
    });
    const tasks = byGroup(inputs, "task");
    return {
      metrics: {
        average_of_tasks: percentOf(meanOfGroups("average_of_tasks", { group: "task" }), inputs),
        micro: percentOf(accuracy, inputs),
        n_tasks: Object.keys(tasks).length,
        by_task: tasks,
      },
      official: inputs.map(({ value }) => ({ correct: value })),
    };
  },
};

export const multipleChoiceBenchmarks: Readonly<Record<string, Benchmark>> = {
  mmmu,
  mmmu_pro: mmmuPro,
  mmbench,
  mmstar,
  blink,
};
