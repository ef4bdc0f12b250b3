/** Vector files of the catalogue's spatial benchmarks. */

import { mindCubeLetter } from "../../../tasks/mindcube/score.js";
import { mmsiLetter } from "../../../tasks/mmsi_bench/score.js";
import { answerLineLetter, firstLetter, withoutThoughts } from "../../../tasks/omnispatial/score.js";
import { isChangedBefore, taskGroups, taskScore, taskValue } from "../task-score.js";
import type { VectorFile } from "../vector-file.js";
import { fold, foldEach, lmms, one, vlmevalkit } from "./catalogue-metrics.js";

interface Answered {
  readonly prediction: string;
  readonly answer: string;
}

function mmsiScore({ prediction, answer }: Answered): number {
  if (isChangedBefore(prediction)) return one(mmsiLetter(prediction, "lmms-eval") === answer);
  return taskValue("mmsi_bench", { answer }, prediction, lmms);
}

const mmsiBench: VectorFile = {
  functions: {
    "lmms.score": ({ prediction, answer }: { prediction: unknown; answer: string }) => {
      // The reference also says when it finds no letter, which is wrong in its task; a run has texts only.
      const text = String(prediction);
      if (typeof prediction !== "string" || mmsiLetter(text, "lmms-eval") === undefined) return null;
      return mmsiScore({ prediction: text, answer });
    },
    "official.extract": ({ prediction }: { prediction: string }) => {
      const { answer } = taskScore("mmsi_bench", { answer: "A" }, prediction);
      return answer === "" ? null : answer;
    },
    "lmms.aggregate": (input: { docs: { answer: string; question_type: string }[]; predictions: string[] }) => {
      const rows = input.docs.map((row, i) => ({
        row,
        value: mmsiScore({ prediction: input.predictions[i] ?? "", answer: row.answer }),
      }));
      return {
        ...foldEach("mmsi_bench", "accuracy", rows, "question_type"),
        average: fold("mmsi_bench", "accuracy", rows),
      };
    },
  },
};

const four = ["", "", "", ""];
const byPosition = (prediction: string, answer: number, scoring: "official" | "lmms-eval") =>
  taskValue("omni_spatial", { answer, options: four }, prediction, { scoring }) === 1;
const byLine = (prediction: string, gt: string, scoring: "official" | "lmms-eval") =>
  scoring === "lmms-eval" && isChangedBefore(prediction)
    ? (answerLineLetter(prediction) ?? "A") === gt
    : taskValue("omnispatial", { gt, options: four }, prediction, { scoring }) === 1;
const letterAt = (answer: number) => "ABCD".charAt(answer);

const omnispatial: VectorFile = {
  unsupported: { "official.json": "the authors' JSON form of the answer is not asked for here" },
  functions: {
    "lmms.omnispatial_test(re)": ({ prediction, gt }: { prediction: string; gt: string }) =>
      byLine(prediction, gt, "lmms-eval"),
    "official.re": ({ prediction, answer }: { prediction: string; answer: number }) =>
      byLine(prediction, letterAt(answer), "official"),
    "lmms.omni_spatial(direct)": ({ prediction, answer }: { prediction: string; answer: number }) =>
      one(
        isChangedBefore(prediction)
          ? firstLetter(withoutThoughts(prediction)) === letterAt(answer)
          : byPosition(prediction, answer, "lmms-eval"),
      ),
    "official.direct": ({ prediction, answer }: { prediction: string; answer: number }) =>
      byPosition(prediction, answer, "official"),
    "lmms.omni_spatial_aggregate": ({ results }: { results: { score: number; task_type: string }[] }) => {
      const rows = results.map(({ score, task_type }) => ({ row: { task_type, sub_task_type: "" }, value: score }));
      const each = foldEach("omni_spatial", "accuracy", rows, "task");
      return {
        overall: fold("omni_spatial", "accuracy", rows) ?? 0,
        complex_logic: each.Complex_Logic ?? 0,
        dynamic_reasoning: each.Dynamic_Reasoning ?? 0,
        perspective_taking: each.Perspective_Taking ?? 0,
        spatial_interaction: each.Spatial_Interaction ?? 0,
      };
    },
    "lmms.omnispatial_aggregate": ({ results }: { results: { is_correct: boolean; sub_task: string }[] }) => {
      const rows = results.map(({ is_correct, sub_task }) => ({
        row: { task_type: "", sub_task_type: sub_task },
        value: one(is_correct),
      }));
      const [group] = Object.values(foldEach("omnispatial", "accuracy", rows, "subtask"));
      return { overall: fold("omnispatial", "accuracy", rows) ?? 0, group: group ?? Number.NaN };
    },
  },
};

const mindcube: VectorFile = {
  functions: {
    "vek.can_match_option": ({ response }: { response: string }) => {
      const { answer } = taskScore("mindcube", { gt_answer: "A" }, response, vlmevalkit);
      return answer === "" ? false : answer;
    },
    "mindcube.extract_answer": ({ response }: { response: string }) => {
      if (isChangedBefore(response)) return mindCubeLetter(response) ?? null;
      const { answer } = taskScore("mindcube", { gt_answer: "A" }, response, lmms);
      return answer === "" ? null : answer;
    },
    "lmms.mindcube": ({ rows: docs }: { rows: { id: string; gt_answer: string; response: string }[] }) => {
      const rows = docs.map((row) => ({ row, value: taskValue("mindcube", row, row.response, lmms) }));
      const each = foldEach("mindcube", "accuracy", rows, "setting");
      return {
        types: docs.map((row) => taskGroups("mindcube", row).setting),
        overall: fold("mindcube", "accuracy", rows) ?? 0,
        among: each.among ?? 0,
        around: each.around ?? 0,
        rotation: each.rotation ?? 0,
      };
    },
  },
};

export const catalogueSpatialVectors: Readonly<Record<string, VectorFile>> = {
  "catalogue/mmsi_bench": mmsiBench,
  "catalogue/omnispatial": omnispatial,
  "catalogue/mindcube": mindcube,
};
