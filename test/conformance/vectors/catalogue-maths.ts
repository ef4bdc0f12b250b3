/** Vector files of the catalogue's problems whose answers a judge writes anew: LogicVista and DynaMath. */

import type { Json } from "../../../src/core/json.js";
import type { Output } from "../../../src/core/runner.js";
import type { JudgeQuestion } from "../../../src/core/task.js";
import { dynaMathToJudge } from "../../../tasks/dynamath/judge.js";
import { type AnswerType, betweenBraces, ruledAnswer, typedAnswer } from "../../../tasks/dynamath/score.js";
import { taskNamed, taskScore, taskValue } from "../task-score.js";
import type { VectorFile } from "../vector-file.js";
import { fold, foldEach, one, vlmevalkit } from "./catalogue-metrics.js";

const said = (text: string): Output => ({
  ...{ text, finish: "stop", usage: {}, warnings: [] },
  timing: { totalMs: 0, attempts: 0 },
});

/** What the judge's replies come to, the first in form; undefined where none is. */
function verdictOf(question: JudgeQuestion | undefined, replies: readonly string[]): Json | undefined {
  for (const reply of replies.slice(0, question?.attempts ?? 3)) {
    const verdict = question?.parse(reply);
    if (verdict !== undefined) return verdict;
  }
  return undefined;
}

interface LogicLine {
  readonly replies: readonly string[];
  readonly answer: string;
}

function logicVerdict({ replies, answer }: LogicLine): Json | undefined {
  const question = taskNamed("logicvista").judge?.ask({ question: "?", answer }, said("?"), [], "vlmevalkit");
  return verdictOf(question, replies);
}

const logicvista: VectorFile = {
  setAside: (line: LogicLine, fn) =>
    fn === "vlmevalkit.auxeval" && line.replies.some((reply) => /^\p{Lu}+$/u.test(reply) && !/^[A-Z]+$/.test(reply))
      ? "a letter that is not Latin is no letter of an option here: the judge is asked again"
      : undefined,
  // A judge that chose no letters makes the answer wrong there; here the sample has no score.
  reference(expected, fn) {
    if (fn === "vlmevalkit.aggregate") return expected;
    const { result } = expected as { result: { res: string; hit: number } };
    return { read: result.res !== "", ...(result.res === "" ? {} : { hit: result.hit }) };
  },
  functions: {
    "vlmevalkit.auxeval": (line: LogicLine) => {
      const verdict = logicVerdict(line);
      if (verdict === undefined) return { read: false };
      const rules = { ...vlmevalkit, verdicts: [verdict] };
      const { value } = taskScore("logicvista", { question: "?", answer: line.answer }, "?", rules);
      return { read: true, hit: (value as { accuracy: number }).accuracy };
    },
    "vlmevalkit.aggregate": ({ rows }: { rows: { skill: string; hit: number }[] }) => {
      const scored = rows.map(({ skill, hit }) => {
        const row = { question: "?", answer: "A", skill };
        const { value } = taskScore("logicvista", row, "?", { ...vlmevalkit, verdicts: [hit === 1 ? "A" : "B"] });
        return { row, value };
      });
      const skills = ["inductive", "deductive", "numerical", "spatial", "mechanical"];
      return ["Overall", ...skills].map((name) => {
        const key = name === "Overall" ? "accuracy" : name;
        const values = scored.flatMap(({ value }) => (value as Record<string, number>)[key] ?? []);
        const metric = name === "Overall" ? "accuracy" : `accuracy_${name}`;
        const share = fold("logicvista", metric, scored);
        const hit = values.reduce((sum, value) => sum + value, 0);
        return { "Task&Skill": name, tot: values.length, hit, acc: share === null ? Number.NaN : share * 100 };
      });
    },
  },
};

interface DynaLine {
  readonly prediction: string;
  readonly answer_type: AnswerType;
  readonly answer: string;
  readonly judge_reply: string;
}

const dynaRow = (type: AnswerType, target: string) => ({
  ...{ id: "1", question: "?", subject: "algebra", answer_type: type, ground_truth: target },
});

interface Variant {
  readonly qid: number;
  readonly subject: string;
  readonly knowledge_level: string;
  readonly correct: boolean;
}

const dynaValue = (right: boolean) => ({ value: one(right), data: { first: true } });

const dynamath: VectorFile = {
  setAside(input: unknown, fn) {
    if (fn === "lmms.aggregate") {
      const { results } = input as { results: readonly { variant_id: string }[] };
      return results[0]?.variant_id.startsWith("q") ? undefined : "grouped by a column that does not name the problem";
    }
    if (fn !== "vlmevalkit.auxeval") return undefined;
    const { prediction, answer_type: type, judge_reply: reply } = input as DynaLine;
    const isLoose =
      typedAnswer(reply, type) !== undefined && dynaMathToJudge(prediction, type).parse(reply) === undefined;
    return isLoose && ruledAnswer(prediction, type) === undefined
      ? "a judge's reply in another form than asked for, in which a letter or a number is found: it is asked again here"
      : undefined;
  },
  // A judge's reply without an answer makes the answer wrong there; here the sample has no score.
  reference(expected, fn) {
    if (fn !== "vlmevalkit.auxeval") return expected;
    const { result } = expected as { result: { parse: boolean; correct: boolean } };
    return { read: result.parse, ...(result.parse ? { correct: result.correct } : {}) };
  },
  functions: {
    "official.result": ({ reply, answer_type: type, answer }: { reply: string } & DynaLine) =>
      isBareJson(reply) ? undefined : taskValue("dynamath", dynaRow(type, answer), reply) === 1 ? "correct" : "fail",
    "vlmevalkit.auxeval": ({ prediction, answer_type: type, answer, judge_reply: reply }: DynaLine) => {
      const row = { ...dynaRow(type, answer) };
      const question = taskNamed("dynamath").judge?.ask(row, said(prediction), [], "vlmevalkit");
      const verdict = verdictOf(question, [reply]);
      if (question !== undefined && verdict === undefined) return { read: false };
      const verdicts = verdict === undefined ? [] : [verdict];
      return { read: true, correct: taskValue("dynamath", row, prediction, { ...vlmevalkit, verdicts }) === 1 };
    },
    "vlmevalkit.parse_answer": ({ answer, answer_type: type }: DynaLine) => {
      const read = typedAnswer(answer, type);
      return [read !== undefined, read ?? null];
    },
    "vlmevalkit.preprocess": ({ text }: { text: unknown }) => betweenBraces(String(text)),
    "lmms.aggregate": ({ results }: { results: { acc: number; question_id: number }[] }) => {
      const rows = results.map(({ acc, question_id: id }) => ({
        ...{ row: dynaRow("text", "x"), ...dynaValue(acc === 1), cluster: String(id) },
      }));
      const of = (metric: string) => fold("dynamath", metric, rows);
      return { average: of("average_accuracy"), worst: of("worst_case_accuracy") };
    },
    "vlmevalkit.aggregate": ({ rows }: { rows: Variant[] }) => {
      const scored = rows.map(({ qid, subject, knowledge_level, correct }) => ({
        row: { ...dynaRow("text", "x"), subject, knowledge_level },
        ...{ ...dynaValue(correct), cluster: String(qid) },
      }));
      const table = (setting: string, metric: string) => {
        const each = (group: string, title: string) =>
          Object.entries(foldEach("dynamath", metric, scored, group)).map(([name, value]) => [
            `${title}-${name}`,
            value,
          ]);
        return {
          ...{ Setting: setting, Overall: fold("dynamath", metric, scored) },
          ...Object.fromEntries([...each("subject", "Subject"), ...each("level", "Level")]),
        };
      };
      return [table("Average", "average_accuracy"), table("Worst Case", "worst_case_accuracy")];
    },
  },
};

/** A value that is no object ends the authors' script. */
function isBareJson(reply: string): boolean {
  try {
    const value: unknown = JSON.parse(reply);
    return typeof value !== "object" || value === null || Array.isArray(value);
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

export const catalogueMathsVectors: Readonly<Record<string, VectorFile>> = {
  "catalogue/logicvista": logicvista,
  "catalogue/dynamath": dynamath,
};
