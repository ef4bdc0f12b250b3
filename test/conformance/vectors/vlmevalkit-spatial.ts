/** Vector files of VLMEvalKit's spatial benchmarks of video: its matchers of letters and numbers on invented replies. */

import { taskScore } from "../task-score.js";
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

export const vlmEvalKitSpatialVectors: Readonly<Record<string, VectorFile>> = { "vlmevalkit/vsibench": vsibench };
