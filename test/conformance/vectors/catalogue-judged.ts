/** Vector files of the catalogue's judged benchmarks, and of ChartQAPro's lists. */

import { promptText } from "../../../src/core/prompt.js";
import { looselyEqual } from "../../../src/scorers/exact-match.js";
import { babyVerdict } from "../../../tasks/babyvision/judge.js";
import { babyAnswer, babyAnswerLmms } from "../../../tasks/babyvision/score.js";
import { chartScore, withoutOuterStops } from "../../../tasks/chartqapro/score.js";
import { preferredAnswer } from "../../../tasks/vl_rewardbench/score.js";
import { type FactualVerdict, simpleVqaVerdict, worldVqaVerdict } from "../../../tasks/vqa/factual-judge.js";
import { evalAiNormalize } from "../../../tasks/vqa/normalize.js";
import { isChangedBefore, taskGroups, taskScore, taskValue } from "../task-score.js";
import type { VectorFile } from "../vector-file.js";
import { fold, foldEach, lmms, one, vlmevalkit } from "./catalogue-metrics.js";
import { ScriptedJudge, verdictOn } from "./vlmevalkit-choices.js";

interface ChartRow {
  readonly Answer: readonly string[];
  readonly "Question Type": string;
  readonly Year: readonly string[];
  readonly prediction: string;
}

function lmmsChartScore(row: ChartRow, response: string): number {
  if (!isChangedBefore(response)) return taskValue("chartqapro", row, response, lmms);
  const kind = row["Question Type"];
  const stripped = (text: string) => withoutOuterStops(text.trim());
  const target = stripped(row.Answer.at(-1) ?? "");
  const exact = kind === "Fact Checking" || kind === "Multi Choice";
  return chartScore(stripped(response), { kind, target, years: row.Year }, exact);
}

const chartRows = (rows: readonly ChartRow[], scoring: typeof lmms | object) =>
  rows.map((row) => ({ row, value: taskValue("chartqapro", row, row.prediction, scoring) }));

const chartqapro: VectorFile = {
  functions: {
    chartqapro: ({ row, response }: { row: ChartRow; response: string }) => {
      // Rows without flags end the authors' script; here none of their items is a year.
      const official = row.Year.length === 0 ? undefined : taskValue("chartqapro", row, response);
      return { lmms: lmmsChartScore(row, response), official, vek: official };
    },
    "official.chartqapro.aggregate": ({ rows }: { rows: ChartRow[] }) => {
      const scored = chartRows(rows, {});
      const each = foldEach("chartqapro", "relaxed_accuracy", scored, "type");
      return { ...each, Overall: fold("chartqapro", "relaxed_accuracy", scored) };
    },
    "lmms.chartqapro.aggregate": ({ rows }: { rows: ChartRow[] }) => {
      const scored = chartRows(rows, lmms);
      const each = foldEach("chartqapro", "relaxed_accuracy", scored, "type");
      const named = Object.entries(each).map(([type, value]) => [
        `relaxed_${type.toLowerCase().replace(" ", "_")}`,
        value,
      ]);
      return { ...Object.fromEntries(named), relaxed_overall: fold("chartqapro", "relaxed_accuracy", scored) };
    },
  },
};

type Judged = string | number | { readonly conclusion?: unknown } | undefined;

/** What VLMEvalKit took from a reply, where that is one of the three words; it counts other words as "not attempted". */
function wordOf(judged: Judged): FactualVerdict | null {
  const value = typeof judged === "object" ? judged.conclusion : judged;
  if (typeof value !== "string") return null;
  const words: Readonly<Record<string, FactualVerdict>> = {
    正确: "correct",
    错误: "incorrect",
    未尝试: "unattempted",
  };
  return words[value.replaceAll("*", "").trim()] ?? null;
}

const factualRow = { question: "", answer: "x" };

function factualShares(task: "simplevqa" | "worldvqa", verdicts: readonly FactualVerdict[]) {
  const rows = verdicts.map((verdict) => ({
    row: { ...factualRow, difficulty: "", category: "" },
    value: taskScore(task, factualRow, "x", { verdicts: [verdict] }).value,
  }));
  return (metric: string): number => fold(task, metric, rows) ?? 0;
}

const simplevqa: VectorFile = {
  unsupported: {
    "vlmevalkit.aggregate":
      "a reply that cannot be read stays in the denominator there; here that sample has no score (the authors' script ends)",
  },
  // The reference makes its means from shares of four decimals.
  compare: { tolerance: { absolute: 2e-4 } },
  reference(expected, fn) {
    if (fn !== "vlmevalkit.judge_then_aggregate") return expected;
    return (expected as { judge_res: { model_response?: Judged }[] }).judge_res.map((one) =>
      wordOf(one.model_response),
    );
  },
  functions: {
    "lmms.process_results": ({ prediction, answer }: { prediction: string; answer: string }) => {
      if (isChangedBefore(prediction)) return one(evalAiNormalize(prediction) === evalAiNormalize(answer));
      const { value } = taskScore("simplevqa", { question: "", answer }, prediction, lmms);
      return (value as { correct: number }).correct;
    },
    "vlmevalkit.judge_then_aggregate": ({ replies }: { replies: (string | object)[] }) =>
      replies.map((reply) => (typeof reply === "string" ? (simpleVqaVerdict(reply) ?? null) : null)),
    "official.aggregate": ({ judge_res }: { judge_res: Judged[] }) => {
      const verdicts = judge_res.map((judged): FactualVerdict => {
        const words = wordOf(judged);
        if (words !== null) return words;
        // Longer words that are none of the three count as "not attempted" there; anything else ends the script.
        if (typeof judged !== "string" || judged.length <= 3) throw new RangeError("no verdict");
        return "unattempted";
      });
      const of = factualShares("simplevqa", verdicts);
      return {
        ...{ LVLM_name: "model_response", is_correct: of("accuracy"), is_incorrect: of("incorrect") },
        ...{ is_not_attempted: 1 - of("attempted"), is_given_attempted: of("attempted") },
        ...{ accuracy_given_attempted: of("accuracy_given_attempted"), f1: of("f1") },
      };
    },
  },
};

const worldvqa: VectorFile = {
  functions: {
    "lmms.worldvqa": ({ answer, response }: { answer: string; response: string }) => {
      if (isChangedBefore(response)) return looselyEqual(response, answer);
      const { value } = taskScore("worldvqa", { question: "", answer }, response, lmms);
      return (value as { correct: number }).correct === 1;
    },
  },
};

const worldvqaJudge: VectorFile = {
  unsupported: {
    "worldvqa.aggregate": "a reply that cannot be read counts as not attempted there; here that sample has no score",
  },
  reference(expected, fn) {
    if (fn === "vek.worldvqa.strip_think") return expected;
    const { vek } = expected as { vek: string };
    return { vek: vek.startsWith("Failed") ? null : vek.toLowerCase() };
  },
  functions: {
    "vek.worldvqa.strip_think"({ text }: { text: string }) {
      const { question } = verdictOn("worldvqa", factualRow, text, undefined);
      const shown = question && promptText(question.prompt).split("\nModel Answer: ").at(-1);
      return shown?.split("\nGround Truth Answer: ")[0];
    },
    "worldvqa.judge": ({ prediction, reply }: { prediction: string; reply: string }) => {
      const verdict = worldVqaVerdict(reply);
      if (verdict === undefined) return { vek: null };
      const { value } = taskScore("worldvqa", factualRow, prediction, { verdicts: [verdict] });
      const { correct, attempted } = value as { correct: number; attempted: number };
      return { vek: correct === 1 ? "correct" : attempted === 1 ? "incorrect" : "unattempted" };
    },
  },
};

interface BabyDoc {
  readonly ansType: string;
  readonly choiceAns: number | string | null;
  readonly blankAns: string | null;
}

const babyvision: VectorFile = {
  reference(expected, fn) {
    const { lmms: theirs, official } = expected as { lmms: unknown; official: { overall: number } };
    if (fn === "babyvision.judge_reply") return { lmms: theirs };
    if (fn === "babyvision.aggregate") return { lmms: theirs, official: official.overall };
    return expected;
  },
  functions: {
    "babyvision.extract": ({ response: given }: { response: string | null }) => {
      const response = given ?? "";
      const found = babyAnswer(response);
      const row = { question: "", ansType: "blank", blankAns: "x" };
      const shown = taskScore("babyvision", row, response, { verdicts: [1] }).answer;
      if (shown !== (found ?? "None").trim()) throw new Error(`the judge is shown ${shown}`);
      const official = found ?? null;
      return { lmms: babyAnswerLmms(response) ?? null, official, vek: official };
    },
    "babyvision.judge_reply": ({ reply }: { reply: string }) => {
      const verdict = babyVerdict(reply, "lmms-eval");
      return { lmms: verdict === undefined ? null : verdict === 1 };
    },
    "lmms.babyvision.target": ({ doc }: { doc: BabyDoc }) =>
      taskScore("babyvision", { question: "", ...doc }, "x", { ...lmms, verdicts: [1] }).targets?.[0],
    "babyvision.aggregate": (input: { rows: { Type: string; Subtype: string; LLMJudgeResult: boolean }[] }) => {
      const rows = input.rows.map(({ Type, Subtype, LLMJudgeResult }) => ({
        row: { type: Type, subtype: Subtype },
        value: one(LLMJudgeResult),
      }));
      const overall = fold("babyvision", "accuracy", rows);
      return { lmms: overall, official: overall };
    },
  },
};

interface PairDoc {
  readonly id: string;
  readonly response: readonly string[];
  readonly human_ranking: readonly number[];
}

/** What VLMEvalKit's judge is heard to say. */
const heardOf = (task: string, reply: string) => verdictOn(task, {}, "", new ScriptedJudge([reply])).verdicts;

const vlRewardbench: VectorFile = {
  unsupported: {
    "official.vl_rewardbench.dataset": "the authors' names of the sources; the three kinds are lmms-eval's",
    "official.vl_rewardbench.majority": "the majority of several replies, which leaves some questions out",
  },
  setAside(input: { readonly reply: string }, fn) {
    if (fn !== "vek.vl_rewardbench.score" || heardOf("vl_rewardbench", input.reply).length > 0) return undefined;
    return "VLMEvalKit takes what names both answers, or none, for a verdict: no score here";
  },
  functions: {
    "vek.vl_rewardbench.score": ({ reply, ...doc }: Pick<PairDoc, "response" | "human_ranking"> & { reply: string }) =>
      taskValue("vl_rewardbench", doc, "", { ...vlmevalkit, verdicts: heardOf("vl_rewardbench", reply) }),
    "lmms.vl_rewardbench.parse": ({ response }: { response: string }) => preferredAnswer(response) ?? { $judge: true },
    "lmms.vl_rewardbench.score": ({ doc, preferred }: { doc: PairDoc; preferred: number }) => ({
      ...{ question_id: doc.id, category: taskGroups("vl_rewardbench", doc).kind },
      score: taskValue("vl_rewardbench", doc, `Overall Judgment: Answer ${preferred} is better.`, lmms),
    }),
    "lmms.vl_rewardbench.aggregate": ({ results }: { results: { category: string; score: number }[] }) => {
      const ids: Readonly<Record<string, string>> = { reasoning: "mmmu_1", hallucination: "rlhf-1" };
      const rows = results.map(({ category, score }) => ({ row: { id: ids[category] ?? "other" }, value: score }));
      return fold("vl_rewardbench", "macro_accuracy", rows);
    },
  },
};

export const catalogueJudgedVectors: Readonly<Record<string, VectorFile>> = {
  "catalogue/chartqapro": chartqapro,
  "catalogue/simplevqa": simplevqa,
  "catalogue/worldvqa": worldvqa,
  "catalogue/worldvqa_judge": worldvqaJudge,
  "catalogue/babyvision": babyvision,
  "catalogue/vl_rewardbench": vlRewardbench,
};
