/** Vector files of lmms-eval's `*_reasoning` tasks: the rules they share, and each task's own. */

import { labelsByName } from "../../../src/api/tasks/catalogue.js";
import type { ScoreContext } from "../../../src/core/score.js";
import { equalAnswers, reasonedScores } from "../../../src/scorers/reasoned.js";
import { letterInWords } from "../../../src/text/letter-in-words.js";
import { boxed, formatScore, reasonedAnswer } from "../../../src/text/reasoned-answer.js";
import { sameVerifiedValue } from "../../../src/text/verified-value.js";
import { taskNamed, taskScore } from "../task-score.js";
import type { VectorFile } from "../vector-file.js";

const shared: VectorFile = {
  part: "how an answer is found, its form, and what it equals",
  setAside: ({ gold }: { gold?: string }) =>
    /^\$(?:\(|\\\{)/.test(gold ?? "") ? "a tuple or a set, which has no value here: unparsable" : undefined,
  reference: (expected, fn) => {
    if (fn !== "compute_score") return expected;
    const { right_without_math_verify: _solver, score: _weighted, ...rest } = expected as Record<string, unknown>;
    return rest;
  },
  functions: {
    extract_anwser_tag: ({ text }: { text: string }) => reasonedAnswer(text),
    extract_boxed_answer: ({ text }: { text: string }) => boxed(text),
    format_reward: ({ text }: { text: string }) => formatScore(text),
    parse_mcq: ({ text }: { text: string }) => letterInWords(text) ?? "",
    relax_exact_match: ({ prediction, ground_truth }: { prediction: string; ground_truth: string }) =>
      equalAnswers(prediction, ground_truth) ? 1 : 0,
    math_verify: ({ gold, prediction }: { gold: string; prediction: string }) => sameVerifiedValue(gold, prediction),
    compute_score: ({ solution, ground_truth }: { solution: string; ground_truth: string }) => {
      const { accuracy, format, answer, gold } = reasonedScores(solution, ground_truth);
      return { acc_score: accuracy, format_reward_score: format, predict_str: answer, ground_truth: gold };
    },
  },
};

const labels = await labelsByName();
const nameOf = (fn: string): string => {
  const name = fn.replace(/\(.*$/, "").replace("mmbench_test", "mmbench_en_test");
  return (labels.get(name) ?? name).split("@")[0] as string;
};

interface Given {
  readonly row: Readonly<Record<string, unknown>>;
  readonly replies: readonly string[];
}

/** Means over the replies: there a sample has as many as it was asked for. */
function scores(fn: string, { row, replies }: Given) {
  const name = nameOf(fn);
  const of = (reply: string, scoring?: "lmms-eval") =>
    taskScore(
      name,
      { image: [], ...row, ...(name === "ocrbench_reasoning" ? { answer: [row.answer].flat() } : {}) },
      reply,
      scoring ? { scoring } : {},
    ).value as Readonly<Record<string, number>>;
  const mean = (values: readonly number[]) => values.reduce((sum, one) => sum + one, 0) / (values.length || 1);
  return {
    // Before this function lmms-eval takes thoughts out, which the vectors do not: of both scorings the one that does not is asked.
    acc_score: mean(
      replies.map((reply) => of(reply, name === "realworldqa_reasoning" ? "lmms-eval" : undefined).acc_score ?? 0),
    ),
    format_score: mean(replies.map((reply) => of(reply).format_score ?? 0)),
  };
}

function submitted(fn: string, { row, replies: [reply = ""] }: Given) {
  const { answer, submission } = taskNamed(nameOf(fn));
  const output = { text: reply, finish: "stop", usage: {}, timing: { totalMs: 0, attempts: 0 }, warnings: [] } as const;
  const text = answer?.(row, output, {} as ScoreContext);
  const entry = submission?.entry(row, typeof text === "string" ? text : "");
  const { hint: _, E: _e, ...rest } = entry as Record<string, unknown>;
  return rest;
}

interface Expected extends Readonly<Record<string, unknown>> {
  readonly submission?: Readonly<Record<string, unknown>>;
  readonly dynamath_average?: { readonly acc: number };
}

/** Each names its metrics after itself; a part of a split has them again. */
function expectedOf(expected: unknown, _fn: string, { replies }: Given): unknown {
  const { submission, dynamath_average: dynamath, ...metrics } = expected as Expected;
  if (submission) {
    const { hint: _, E: _e, ...rest } = submission;
    return rest;
  }
  // Of several replies its aggregate has the last.
  if (dynamath) return replies.length > 1 ? {} : { acc_score: dynamath.acc };
  const of = (ending: string) => Object.entries(metrics).find(([name]) => name.endsWith(ending))?.[1];
  return { acc_score: of("acc_score"), format_score: of("format_score") };
}

const ofTasks: VectorFile = {
  compare: { extraKeys: true },
  reference: expectedOf,
  functions: new Proxy(
    {},
    {
      get: (_, fn: string) => (given: Given) =>
        fn.endsWith("(submission)") ? submitted(fn, given) : scores(fn, given),
    },
  ),
};

export const catalogueThoughtVectors: Readonly<Record<string, VectorFile>> = {
  "catalogue/reasoning": shared,
  "catalogue/reasoning_tasks": ofTasks,
};
