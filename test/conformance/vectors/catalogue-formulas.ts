/** Vector files of EMMA and OlympiadBench: final answers of long replies, and when two formulas are equal. */

import { emmaVerdict } from "../../../tasks/emma/judge.js";
import { emmaAnswer, emmaEqual } from "../../../tasks/emma/score.js";
import { finalAnswer, olympiadCorrect, splitAnswers } from "../../../tasks/olympiadbench/answer.js";
import { taskValue } from "../task-score.js";
import type { VectorFile } from "../vector-file.js";
import { fold, lmms, one, vlmevalkit } from "./catalogue-metrics.js";

interface EmmaRow {
  readonly subject: string;
  readonly category: string;
  readonly is_correct: boolean;
}

const emma: VectorFile = {
  unsupported: { "lmms.emma.judge_down": "rules where lmms-eval's judge failed: here that sample has no score" },
  setAside: (input: { reply?: string; rows?: unknown[] }, fn) =>
    fn === "emma.judge_reply" && emmaVerdict(input.reply ?? "") === undefined
      ? "a judge's reply in another form than asked for: it is asked again here"
      : fn === "lmms.emma.aggregate" && input.rows?.length === 0
        ? "no sample: 0 there, no value here"
        : undefined,
  reference(expected, fn) {
    if (fn !== "emma.judge_reply") return expected;
    return { lmms: (expected as { lmms: boolean }).lmms }; // official scoring asks no judge
  },
  functions: {
    "emma.fast_extract": ({ response }: { response: string }) => emmaAnswer(response),
    "emma.is_equal": ({ answer, gold }: { answer: string; gold: string }) => {
      const row = { pid: "1", question: "?", type: "Open-ended", subject: "Math", answer: gold };
      const boxed = emmaAnswer(`\\boxed{${answer}}`) === answer;
      const equal = emmaEqual(answer, gold);
      if (boxed && answer !== "" && (taskValue("emma", row, `\\boxed{${answer}}`) === 1) !== equal)
        throw new Error("the task's score says otherwise");
      return equal;
    },
    "emma.judge_reply": ({ reply }: { reply: string }) => {
      const verdict = emmaVerdict(reply);
      const row = { pid: "1", question: "?", type: "Open-ended", subject: "Math", answer: "x" };
      return { lmms: taskValue("emma", row, "x", { ...lmms, verdicts: [verdict ?? ""] }) === 1 };
    },
    "lmms.emma.aggregate": ({ rows }: { rows: EmmaRow[] }) =>
      fold(
        "emma",
        "accuracy",
        rows.map(({ is_correct: correct, ...row }) => ({ row, value: one(correct) })),
      ),
  },
};

interface Judged {
  readonly response: string;
  readonly gold: string;
  readonly precision: number | readonly number[];
}

const olympiad = { question: "?", subfield: "Algebra" };

/** The task takes the tolerance from the row's text, and what stands behind the words of the end. */
function judged({ response, gold, precision }: Judged, rules: object): boolean {
  const error = [precision].flat().join(",");
  return taskValue("olympiadbench", { ...olympiad, final_answer: [gold], error }, response, rules) === 1;
}

const olympiadbench: VectorFile = {
  reference(expected, fn) {
    if (fn !== "olympiadbench.judge") return expected;
    const { official, vek } = expected as { official: boolean; vek: boolean };
    return { official, vek };
  },
  // The Chinese problems are not asked here.
  setAside: (input: { chinese?: boolean }) =>
    input.chinese === true ? "the words that end a solution in Chinese: those problems are not asked" : undefined,
  functions: {
    "olympiadbench.judge": (line: Judged) => ({ official: judged(line, {}), vek: judged(line, vlmevalkit) }),
    "lmms.olympiadbench.rule": ({
      doc,
      response,
    }: {
      doc: { error: string | null; final_answer: string[] };
      response: string;
    }) => {
      const said = (response.split("final answer is").at(-1) ?? "").replace(/["\n ]/g, "");
      const answer = said.replace(/^\.+|\.+$/g, "").replace(/^。+|。+$/g, "");
      // The tolerance is a text there, with which no number can be compared.
      const tolerance = doc.error === null ? 0 : Number.NaN;
      return { exact_match: one(olympiadCorrect(answer, doc.final_answer[0] ?? "", [tolerance])) };
    },
    "official.olympiadbench.extract": ({ response }: { response: string }) => finalAnswer(response),
    "official.olympiadbench.split": ({ text }: { text: string }) => splitAnswers(text),
  },
};

export const catalogueFormulaVectors: Readonly<Record<string, VectorFile>> = {
  "catalogue/emma": emma,
  "catalogue/olympiadbench": olympiadbench,
};
