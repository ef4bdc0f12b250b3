/** Benchmarks of which VLMEvalKit's judge hears every reply: what it is asked, what follows from its words, and its tables. */

import { promptText } from "../../../src/core/prompt.js";
import { taskNamed, taskScore } from "../task-score.js";
import type { VectorFile } from "../vector-file.js";
import { fold, vlmevalkit } from "./catalogue-metrics.js";
import { type Cells, ScriptedJudge, verdictOn } from "./vlmevalkit-choices.js";

interface Asked {
  readonly row: Cells;
  readonly prediction: string;
  readonly judge: readonly string[];
}

const image = { path: "1.png" };

function heard(task: string, row: Cells, { prediction, judge }: Asked) {
  const { verdicts, question } = verdictOn(task, row, prediction, new ScriptedJudge(judge));
  const part = question?.prompt.messages.at(-1)?.parts[0];
  const { value } = taskScore(task, row, prediction, { ...vlmevalkit, verdicts });
  return { prompt: part?.type === "text" ? part.text : null, value: value as Readonly<Record<string, number>> };
}

const wordsOf = (task: string, row: Cells): string =>
  promptText(taskNamed(task).prompt({ ...row, image }, "vlmevalkit")).replace("<image>", "");

const korean = ({ gpt4_ans: reference, ...row }: Cells): Cells => ({ ...row, gpt_answer: reference });

/** Its labels as what a score says. */
const labels = {
  Correct: { correct: 1, incorrect: 0, attempted: 1, correct_of_attempted: 1 },
  InCorrect: { correct: 0, incorrect: 1, attempted: 1, correct_of_attempted: 0 },
  Unattempted: { correct: 0, incorrect: 0, attempted: 0 },
} as const;
type Label = keyof typeof labels;

const labelOf = ({ correct, attempted }: Readonly<Record<string, number>>): Label =>
  correct === 1 ? "Correct" : attempted === 1 ? "InCorrect" : "Unattempted";

interface Labelled {
  readonly difficulty: string;
  readonly category: string;
  readonly label: Label;
}

/** Its table has 0 where nothing is attempted. */
function factualShares(rows: readonly Labelled[]) {
  const scored = rows.map(({ label, ...row }) => ({ row, value: labels[label] }));
  const of = (metric: string): number => fold("worldvqa", metric, scored, "vlmevalkit") ?? 0;
  return {
    ...{ Accuracy: of("accuracy"), CGA: of("accuracy_given_attempted") },
    ...{ AttemptRate: of("attempted"), "F-score": of("f_score") },
  };
}

/** A table's lines, each of the rows that have its name. */
const linesOf = <Row, Line>(rows: readonly Row[], names: (row: Row) => readonly string[], of: (rows: Row[]) => Line) =>
  Object.fromEntries(
    [...new Set(rows.flatMap(names))].map((name) => [name, of(rows.filter((row) => names(row).includes(name)))]),
  );

const judges: VectorFile = {
  setAside(input: Asked, fn) {
    if (fn.endsWith(".table")) return undefined;
    const row = fn === "llavabench_ko" ? korean(input.row) : input.row;
    const task = fn === "llavabench_ko" ? "llava_in_the_wild_ko" : fn;
    const { verdicts } = verdictOn(task, row, input.prediction, new ScriptedJudge(input.judge));
    return verdicts.length === 0 ? "no verdict in the form asked for: no score here" : undefined;
  },
  functions: {
    worldvqa(input: Asked) {
      const { prompt, value } = heard("worldvqa", input.row, input);
      return { words: wordsOf("worldvqa", input.row), prompt, label: labelOf(value) };
    },
    "worldvqa.table": (rows: readonly Labelled[]) =>
      linesOf(
        rows,
        ({ difficulty, category }) => [difficulty, `category_${category}`, "Overall"],
        (some) => factualShares(some),
      ),
    vl_rewardbench(input: Asked) {
      const { prompt, value: score } = heard("vl_rewardbench", input.row, input);
      return { words: wordsOf("vl_rewardbench", input.row), prompt, score };
    },
    "vl_rewardbench.table"(rows: readonly { readonly category: string; readonly score: number }[]) {
      const scored = rows.map(({ category, score }) => ({ row: { vlmevalkit_category: category }, value: score }));
      const of = (metric: string) => fold("vl_rewardbench", metric, scored, "vlmevalkit");
      return { "Macro Accuracy": of("macro_accuracy"), "Overall Consistency": of("accuracy") };
    },
    llavabench_ko(input: Asked) {
      const { prompt, value } = heard("llava_in_the_wild_ko", korean(input.row), input);
      return { prompt, scores: [value.reference, value.model] };
    },
    "llavabench_ko.table": (rows: readonly { readonly category: string; readonly scores: readonly number[] }[]) =>
      linesOf(
        rows,
        ({ category }) => ["overall", category],
        (some) => {
          const scored = some.map(({ category, scores: [reference = 0, model = 0] }) => ({
            ...{ row: { category }, value: { reference, model } },
          }));
          return fold("llava_in_the_wild_ko", "relative_score", scored, "vlmevalkit");
        },
      ),
  },
};

export const vlmEvalKitJudgesVectors: Readonly<Record<string, VectorFile>> = { "vlmevalkit/judges": judges };
