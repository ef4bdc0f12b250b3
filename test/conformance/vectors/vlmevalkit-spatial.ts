/** Vector files of VLMEvalKit's spatial benchmarks: its matchers of letters and numbers on invented replies, and the words of its variants. */

import { promptText } from "../../../src/core/prompt.js";
import { taskNamed, taskScore } from "../task-score.js";
import type { VectorFile } from "../vector-file.js";
import { fold, vlmevalkit } from "./catalogue-metrics.js";

interface Answered {
  readonly doc: { readonly question_type: string; readonly ground_truth: string };
  readonly prediction: string;
}

const ofTask = ({ doc, prediction }: Answered) => taskScore("vsibench", doc, prediction, vlmevalkit);

const vsibench: VectorFile = {
  functions: {
    score: (input: Answered) => {
      const { answer, value } = ofTask(input);
      return { extracted: answer, score: value };
    },
    aggregate: ({ results }: { results: readonly (Answered["doc"] & { readonly prediction: string })[] }) => {
      const rows = results.map(({ prediction, ...row }) => ({ row, value: ofTask({ doc: row, prediction }).value }));
      return { overall: 100 * (fold("vsibench", "vsibench_overall", rows, "vlmevalkit") ?? Number.NaN) };
    },
  },
};

interface SpatialRow {
  readonly question: string;
  readonly options: readonly string[];
  readonly answer: string;
}

const omnispatial: VectorFile = {
  functions: {
    build_prompt: ({ profile, row }: { readonly profile: string; readonly row: SpatialRow }) =>
      promptText(taskNamed("omnispatial").prompt({ ...row, image_path: { path: "1.png" } }, profile)).replace(
        /^<image>/,
        "",
      ),
    score: ({ row, prediction }: { readonly row: SpatialRow; readonly prediction: string }) => {
      const scored = taskScore("omnispatial", { ...row, gt: row.answer }, prediction, vlmevalkit);
      return { extracted: scored.answer, hit: scored.value };
    },
  },
};

export const vlmEvalKitSpatialVectors: Readonly<Record<string, VectorFile>> = {
  "vlmevalkit/vsibench": vsibench,
  "vlmevalkit/omnispatial": omnispatial,
};
