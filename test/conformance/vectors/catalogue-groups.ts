/** Vector files of the catalogue's benchmarks that ask one question several times: CRPE, HR-Bench, MMVP. */

import { type Choices, inferChoice } from "../../../src/text/infer-choice.js";
import { crpeFiltered } from "../../../tasks/crpe/score.js";
import { matchingQuestion } from "../../../tasks/hrbench/judge.js";
import { mmvpLetter, mmvpOptions, mmvpTarget } from "../../../tasks/mmvp/score.js";
import { isChangedBefore, type ScoreRules, taskScore, taskValue } from "../task-score.js";
import type { VectorFile } from "../vector-file.js";
import { fold, foldEach, lmms, one, vlmevalkit } from "./catalogue-metrics.js";

interface CrpeInput {
  readonly questions: readonly { question_id: number; category: string; correct_option: string }[];
  readonly answers: readonly { question_id: number; text: string }[];
}

function crpeRows({ questions, answers }: CrpeInput, rules: ScoreRules) {
  return answers.map(({ question_id, text }) => {
    const row = questions.find((question) => question.question_id === question_id);
    if (row === undefined) throw new RangeError(`no question ${question_id}`);
    return { row, value: taskValue("crpe_relation", { ...row, text: "" }, text, rules) };
  });
}

const crpe: VectorFile = {
  functions: {
    "vlmevalkit.is_correct": ({ gold, prediction }: { gold: string; prediction: string }) => {
      if (prediction === "") throw new RangeError("an empty reply raises there; it is wrong here");
      return taskValue("crpe_relation", { correct_option: gold, text: "" }, prediction, vlmevalkit) === 1;
    },
    "vlmevalkit.evaluate": ({ questions, answers }: CrpeInput) => {
      const rows = crpeRows({ questions, answers }, vlmevalkit);
      for (let first = 0; first < rows.length; first += 4) {
        // A question is left at its first wrong pass.
        const wrong = rows.findIndex(({ value }, i) => i >= first && i < first + 4 && value === 0);
        if (answers[wrong]?.text === "") throw new RangeError("an empty reply raises there; it is wrong here");
      }
      const each = foldEach("crpe_relation", "circular_accuracy", rows, "category");
      if (Object.values(each).includes(null)) throw new RangeError("a category is not in groups of four");
      const named = ["exist", "subject", "predicate", "object"].map((name) => [name, each[name] ?? null] as const);
      return { ...Object.fromEntries(named), total: fold("crpe_relation", "circular_accuracy_overall", rows) };
    },
    "lmms.filter": ({ response, text }: { response: string; text: string }) => {
      const filtered = crpeFiltered(response, text);
      if (isChangedBefore(response)) return filtered;
      return taskScore("crpe_relation", { text, correct_option: "A" }, response, lmms).answer;
    },
    "official.eval_crpe": ({ questions, answers }: CrpeInput) => {
      const rows = crpeRows({ questions, answers }, {});
      const each = foldEach("crpe_relation", "circular_accuracy", rows, "category");
      if (Object.values(each).includes(null)) throw new RangeError("a category is not in groups of four");
      return Object.fromEntries(
        Object.entries(each).map(([category, value]) => {
          const groups = rows.filter(({ row }) => row.category === category).length / 4;
          return [category, { groups, acc: ((value ?? 0) * 100).toFixed(2) }];
        }),
      );
    },
  },
};

/** What the reference takes for a call that failed. */
const failedReply = (reply: string): boolean =>
  reply.trim() === "" || reply.includes("Failed to obtain answer via API");

interface HrbenchAccuracy {
  readonly cycle: number | string;
  readonly type: string;
  readonly accuracy: number;
}

interface HrbenchInput {
  readonly prediction: string;
  readonly answer: string;
  readonly choices: Choices;
  readonly judge_reply: string;
}

const hrbench: VectorFile = {
  reference: (expected, fn) =>
    fn === "vlmevalkit.report_acc"
      ? (expected as HrbenchAccuracy[]).find(({ cycle, type }) => cycle === "Average" && type === "all")?.accuracy
      : expected,
  unsupported: {
    "official.parse_score":
      "any reply but yes or no is asked again and never scored here; the reference counts it as a no, and yesterday as a yes",
  },
  functions: {
    "lmms.can_infer": ({ answer, choices }: { answer: string; choices: Choices }) =>
      inferChoice(answer, choices, "hrbench") ?? { $judge: true },
    "lmms.process_results": ({ prediction, answer, choices, judge_reply }: HrbenchInput) => {
      const output = { text: prediction } as Parameters<typeof matchingQuestion>[1];
      const question = matchingQuestion({ question: "", answer, choices }, output);
      const verdict = question?.parse(judge_reply);
      // The reference asks again after a failed call only; it raises after any other without a letter, and here it is asked again.
      const judge_calls = question === undefined ? 0 : failedReply(judge_reply) ? (question.attempts ?? 0) : 1;
      if (question !== undefined && verdict === undefined) return { score: undefined, judge_calls };
      const row = { ...choices, answer };
      if (isChangedBefore(prediction)) {
        const letter = inferChoice(prediction, choices, "hrbench") ?? String(verdict);
        return { score: one(letter === answer), judge_calls };
      }
      const verdicts = verdict === undefined ? [] : [verdict];
      return { score: taskValue("hrbench", row, prediction, { ...lmms, verdicts }), judge_calls };
    },
    "lmms.aggregate": ({ results }: { results: { cycle_category: number; gpt_score: number }[] }) =>
      fold(
        "hrbench",
        "average",
        results.map((row) => ({ row, value: row.gpt_score })),
      ),
    "vlmevalkit.report_acc": ({ rows }: { rows: { cycle_category: number; hit: number }[] }) =>
      fold(
        "hrbench",
        "average",
        rows.map((row) => ({ row, value: row.hit })),
        "vlmevalkit",
      ),
  },
};

interface MmvpDoc {
  readonly Index: number;
  readonly "Correct Answer": string;
}
const pairOf = (index: number): number => Math.floor((index - 1) / 2);

const mmvp: VectorFile = {
  functions: {
    "lmms.extract": ({ text }: { text: string }) =>
      isChangedBefore(text)
        ? mmvpLetter(text)
        : taskScore("mmvp", { Index: 1, "Correct Answer": "(a)" }, text, lmms).answer,
    "lmms.parse_options": ({ options }: { options: string }) => mmvpOptions(options),
    "lmms.normalize_answer": ({ answer }: { answer: string }) => mmvpTarget(answer),
    "lmms.aggregate": ({ docs, predictions }: { docs: MmvpDoc[]; predictions: string[] }) => {
      const rows = docs.map((row, i) => {
        const { value, data } = taskScore("mmvp", row, predictions[i] ?? "", lmms);
        return { row, value, ...(data ? { data } : {}), cluster: String(pairOf(row.Index)) };
      });
      return {
        accuracy: fold("mmvp", "accuracy", rows),
        pair_accuracy: fold("mmvp", "pair_accuracy", rows) ?? 0,
        pairs: docs.map(({ Index }) => pairOf(Index)),
      };
    },
    "vlmevalkit.report_acc_MMVP": ({ hits }: { hits: number[] }) => {
      const rows = hits.map((value, i) => ({ row: {}, value, cluster: String(Math.floor(i / 2)) }));
      return { Average: fold("mmvp", "accuracy", rows), Overall: fold("mmvp", "pair_accuracy", rows) };
    },
  },
};

export const catalogueGroupVectors: Readonly<Record<string, VectorFile>> = {
  "catalogue/crpe": crpe,
  "catalogue/hrbench": hrbench,
  "catalogue/mmvp": mmvp,
};
