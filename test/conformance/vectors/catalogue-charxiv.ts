/** CharXiv's vector file: words, the judge's questions and replies, statistics. */

import { createHash } from "node:crypto";
import {
  descriptiveGrading,
  descriptiveVerdicts,
  reasoningGrading,
  reasoningVerdict,
} from "../../../tasks/charxiv/judge.js";
import { descriptiveQuestion, numberInstruction, type Subplot } from "../../../tasks/charxiv/questions.js";
import { taskValue } from "../task-score.js";
import type { VectorFile } from "../vector-file.js";
import { fold, foldEach, type ScoredRow } from "./catalogue-metrics.js";

type Reply = string | { readonly raise: string };

function readable(reply: Reply): unknown {
  if (typeof reply !== "string") return undefined;
  try {
    return JSON.parse(reply);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** What we make of the reply that the reference stops at; the last of the replies is given for ever. */
function verdictAt(replies: readonly Reply[], stops: (value: unknown) => boolean): { verdict: 0 | 1 | null } {
  const stop = replies.find((reply) => stops(readable(reply)));
  return { verdict: typeof stop === "string" ? (reasoningVerdict(stop) ?? null) : null };
}

const hasBoth = (value: unknown): boolean =>
  typeof value === "object" && value !== null && "extracted_answer" in value && "score" in value;

/** A score that is 0 or 1, or none. */
function verdictIn(answer: unknown, score: unknown): { verdict: 0 | 1 | null } {
  const failed = answer === "Failed to parse response";
  return { verdict: !failed && (score === 0 || score === 1 || score === true) ? (Number(score) as 0 | 1) : null };
}

interface Figures {
  readonly scores: Readonly<Record<string, { readonly score: unknown }>>;
  readonly descriptive: Readonly<Record<string, { readonly num_subplots: number; readonly qids: readonly number[] }>>;
  readonly reasoning?: Readonly<Record<string, { readonly inst_category: number; readonly qa_source: number }>>;
  readonly images: Readonly<Record<string, { readonly category: string; readonly year: string }>>;
}

const SUBJECTS = {
  ...{ cs: "Computer Science", econ: "Economics", eess: "Electrical Engineering and Systems Science" },
  ...{ math: "Mathematics", physics: "Physics", "q-bio": "Quantitative Biology", "q-fin": "Quantitative Finance" },
  stat: "Statistics",
};
const SUBPLOTS = { "1": "1 Subplot", "2-4": "2-4 Subplots", "5+": "5+ Subplots" };
const YEARS = { "20": "2020", "21": "2021", "22": "2022", "23": "2023" };
const same = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, name]));

/** Per cent with two decimals, as printed there; 0 for what is not there. */
function statistics(
  task: string,
  rows: readonly ScoredRow[],
  tables: Readonly<Record<string, readonly [string, object]>>,
) {
  const percent = (value: number | null | undefined) => Math.round((value ?? 0) * 10_000) / 100;
  const named = Object.entries(tables).map(([title, [group, names]]) => {
    const each = foldEach(task, "accuracy", rows, group);
    return [title, Object.fromEntries(Object.entries(names).map(([key, name]) => [String(name), percent(each[key])]))];
  });
  return { "Overall Score": percent(fold(task, "accuracy", rows)), ...Object.fromEntries(named) };
}

/** The authors count a score that is none as 0. */
const counted = (task: string, row: object, score: unknown): number => {
  const { verdict } = verdictIn("", score);
  return verdict === null ? 0 : taskValue(task, row, "x", { verdicts: [verdict] });
};
const invalid = (scores: Figures["scores"]) =>
  Object.values(scores).filter(({ score }) => verdictIn("", score).verdict === null).length;

const subjectTables = {
  "By Subject": ["category", SUBJECTS],
  "By Year": ["year", YEARS],
  "By Subplot": ["subplots", SUBPLOTS],
} as const;

const templates = Array.from({ length: 19 }, (_, i) => `Q${i + 1}`);

export const charxiv: VectorFile = {
  unsupported: {
    "lmms.descriptive_process_docs": "lmms-eval asks one question of a chart four times; here its four are asked",
    "lmms.descriptive_aggregate": "a failed judge counts -1 in lmms-eval's mean; here those samples have no score",
    "lmms.reasoning_aggregate": "a failed judge counts -1 in lmms-eval's mean; here those samples have no score",
  },
  // Half a hundredth may be rounded to either side there.
  compare: { tolerance: { absolute: 0.0100001 } },
  reference(expected, fn) {
    if (fn === "official.get_reasoning_result") {
      const [answer, score] = (expected as { result: [unknown, unknown] }).result;
      return verdictIn(answer, score);
    }
    if (fn === "vlmevalkit.auxeval") {
      const { result } = expected as { result: { extracted_answer?: unknown; score?: unknown } };
      return verdictIn(result.extracted_answer, result.score);
    }
    if (fn === "official.get_descriptive_result") {
      const { result } = expected as { result: Record<string, unknown> };
      const scores = Object.entries(result).filter(([key]) => /^score_T\d+$/.test(key));
      const each = scores.map(([, score]) => verdictIn("", score).verdict);
      return { verdicts: each.includes(null) ? null : each };
    }
    if (fn === "official.build_descriptive_grading_queries")
      return (expected as { grading_query_sha256: string }[]).map((query) => query.grading_query_sha256);
    return expected;
  },
  functions: {
    "official.get_number_instruction": ({ answer }: { answer: string }) => numberInstruction(answer),
    "official.descriptive_query_helper": ({ qid, subplot_loc }: { qid: number; subplot_loc: Subplot }) => {
      // The last two templates ask about the whole figure; rows of the others have one of the two forms.
      const placed = typeof subplot_loc === "string" || (Array.isArray(subplot_loc) && subplot_loc.length > 0);
      if (qid < 1 || qid > 19 || (qid < 18 && !placed)) throw new RangeError("no such row");
      return descriptiveQuestion(qid, placed ? subplot_loc : [0, 0]);
    },
    "official.build_reasoning_grading_queries": ({
      data,
      resp,
    }: {
      data: { inst_category: number; answer: string };
      resp: { raw_question: string; response: string };
    }) => reasoningGrading(data.inst_category, resp.raw_question, { target: data.answer, response: resp.response }),
    "official.build_descriptive_grading_queries": ({
      groups,
    }: {
      groups: Record<string, [key: string, response: string, target: string][]>;
    }) =>
      Object.entries(groups).flatMap(([template, items]) => {
        const pairs = items.map(([, response, target]) => ({ response, target }));
        const batches = Array.from({ length: Math.ceil(pairs.length / 5) }, (_, i) => pairs.slice(5 * i, 5 * i + 5));
        return batches.map((batch) =>
          createHash("sha256")
            .update(descriptiveGrading(Number(template), batch))
            .digest("hex"),
        );
      }),
    "official.get_reasoning_result": ({ replies }: { replies: Reply[] }) => verdictAt(replies, hasBoth),
    "vlmevalkit.auxeval": ({ replies }: { replies: Reply[] }) => verdictAt(replies, (value) => value !== undefined),
    "official.get_descriptive_result": ({ replies, length }: { replies: Reply[]; length: number }) => {
      const good = replies.find((reply) => typeof reply === "string" && descriptiveVerdicts(reply, length));
      // The reference keeps what else the reply scores.
      const scores = Object.keys((readable(good ?? "") as object | undefined) ?? {}).filter((key) =>
        /^score_T\d+$/.test(key),
      );
      return { verdicts: typeof good === "string" ? descriptiveVerdicts(good, scores.length) : null };
    },
    "official.stats_reasoning": ({ scores, descriptive, reasoning = {}, images }: Figures) => {
      const task = "charxiv_rq";
      const rows = Object.entries(scores).map(([figure, { score }]) => {
        const { inst_category = 1, qa_source = 1 } = reasoning[figure] ?? {};
        const row = {
          ...{ reasoning_a_type: inst_category, reasoning_q_source: qa_source, reasoning_a: "x" },
          ...{ ...images[figure], num_subplots: descriptive[figure]?.num_subplots },
        };
        return { row, value: counted(task, row, score) };
      });
      const bad = invalid(scores);
      return {
        ...statistics(task, rows, {
          "By Answer Type": [
            "answer_type",
            same(["Text-in-Chart", "Text-in-General", "Number-in-Chart", "Number-in-General"]),
          ],
          "By Source": ["source", same(["GPT-Sourced", "GPT-Inspired", "Completely Human"])],
          ...subjectTables,
        }),
        ...{ N_valid: rows.length, N_invalid: bad, "Question Type": "Reasoning" },
      };
    },
    "official.stats_descriptive": ({ scores, descriptive, images }: Figures) => {
      const task = "charxiv_dq";
      const rows = Object.entries(scores).map(([key, { score }]) => {
        const [figure = "", place = "0"] = key.split("_");
        const qid = descriptive[figure]?.qids[Number(place)] ?? 1;
        const row = {
          ...{ descriptive_q1: qid, descriptive_a1: "x", number: 1 },
          ...{ ...images[figure], num_subplots: descriptive[figure]?.num_subplots },
        };
        return { row, value: counted(task, row, score) };
      });
      const skills = ["Information Extraction", "Enumeration", "Pattern Recognition", "Counting", "Compositionality"];
      return {
        ...statistics(task, rows, {
          "By Question": ["template", same(templates)],
          "By Category": ["skill", same(skills)],
          ...subjectTables,
        }),
        ...{ N_valid: rows.length, N_invalid: invalid(scores), "Question Type": "Descriptive" },
      };
    },
    "vlmevalkit.get_scores": ({ mode, rows }: { mode: string; rows: Record<string, number>[] }) => {
      const descriptive = mode.includes("descriptive");
      const task = descriptive ? "charxiv_dq" : "charxiv_rq";
      const scored = rows.map(({ score, ...row }) => ({
        row: descriptive
          ? { descriptive_q1: row.qid, descriptive_a1: "x" }
          : { reasoning_a_type: row.inst_category ?? row.category, reasoning_q_source: 1 },
        value: score ?? 0,
      }));
      const each = foldEach(task, "accuracy", scored, descriptive ? "skill" : "answer_type");
      return { ...each, Overall: fold(task, "accuracy", scored) };
    },
  },
};
