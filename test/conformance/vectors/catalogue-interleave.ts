/** Vector file of LLaVA-Interleave-Bench: options, free answers, and the mean of categories. */

import { choiceOf, freeScore, interleaveNormal } from "../../../tasks/llava_interleave/score.js";
import { isChangedBefore, taskValue } from "../task-score.js";
import type { VectorFile } from "../vector-file.js";
import { fold, lmms } from "./catalogue-metrics.js";

interface Answered {
  readonly answer: string;
  readonly response: string;
}

const name = "llava_interleave";
const rowOf = (answer: string, type: string) => ({ answer, question_type: type, sub_task: "QBench" });

function lmmsChoice({ answer, response }: Answered): number {
  if (!isChangedBefore(response)) return taskValue(name, rowOf(answer, "multi-choice"), response, lmms);
  return choiceOf(response, "reply", "lmms-eval") === choiceOf(answer, "reference", "lmms-eval") ? 1 : 0;
}

const lmmsFree = ({ answer, response }: Answered): number =>
  isChangedBefore(response)
    ? freeScore(response, answer, "lmms-eval")
    : taskValue(name, rowOf(answer, "open-ended"), response, lmms);

export const llavaInterleave: VectorFile = {
  compare: { extraKeys: true },
  reference(expected, fn) {
    if (fn !== "interleave.open_ended") return expected;
    const { lmms: theirs, ...rest } = expected as { lmms: number | object; official: number };
    // A text of periods ends lmms-eval's run; here no word of it is right.
    return typeof theirs === "number" ? expected : rest;
  },
  functions: {
    "interleave.multi_choice": (given: Answered) => {
      const official = taskValue(name, rowOf(given.answer, "multi-choice"), given.response);
      return { lmms: lmmsChoice(given), official, official_image_sets: official };
    },
    "interleave.open_ended": (given: Answered) => ({
      lmms: lmmsFree(given),
      official: taskValue(name, rowOf(given.answer, "open-ended"), given.response),
    }),
    "official.interleave.process": ({ text }: { text: string }) => interleaveNormal(text),
    "lmms.interleave.overall": ({ results }: { results: { sub_task: string; score: number }[] }) => {
      const rows = results.map(({ sub_task, score }) => ({
        row: { ...rowOf("x", "open-ended"), sub_task },
        value: score,
      }));
      return fold(name, "mean_of_categories", rows) ?? undefined;
    },
  },
};
