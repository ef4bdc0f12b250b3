/** VLMEvalKit's EMMA: what its judge is asked of a reply, and what follows. */

import { taskScore } from "../task-score.js";
import type { VectorFile } from "../vector-file.js";
import { vlmevalkit } from "./catalogue-metrics.js";
import { type Cells, ScriptedJudge, verdictOn } from "./vlmevalkit-choices.js";

interface Asked {
  /** Of its TSV; a cell that pandas reads as missing stands as it is written. */
  readonly row: Cells;
  readonly judge: readonly string[];
}

function judged({ row, judge }: Asked) {
  const own = { ...row, question: String(row.question).replaceAll("<image ", "<image_"), pid: String(row.index) };
  const options = [..."ABCDE"].flatMap((letter) => (row[letter] === undefined ? [] : [String(row[letter])]));
  const problem = { ...own, options: options.map((option) => option.replaceAll("<image ", "<image_")) };
  const text = String(row.prediction);
  return { problem, text, ...verdictOn("emma", problem, text, new ScriptedJudge(judge)) };
}

const emma: VectorFile = {
  setAside(input: Asked) {
    const { asked, verdicts } = judged(input);
    return asked && verdicts.length === 0 ? "no verdict in three replies: drawn there, no score here" : undefined;
  },
  functions: {
    auxeval: (input: Asked) => {
      const { problem, text, verdicts, question } = judged(input);
      const part = question?.prompt.messages.at(-1)?.parts[0];
      return {
        prompt: part?.type === "text" ? part.text : null,
        hit: taskScore("emma", problem, text, { ...vlmevalkit, verdicts }).value,
      };
    },
  },
};

export const vlmEvalKitEmmaVectors: Readonly<Record<string, VectorFile>> = { "vlmevalkit/emma": emma };
