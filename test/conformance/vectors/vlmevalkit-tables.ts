/** VLMEvalKit's tables of scored samples, its own report functions' numbers by their names: what `reportedAs` says of ours. */

import { namesThere } from "../../../src/core/reported-as.js";
import type { Scored } from "../../../src/core/score.js";
import { type FoldInput, foldValue } from "../fold.js";
import { taskGroups, taskMetric, taskNamed, taskScore } from "../task-score.js";
import type { VectorFile } from "../vector-file.js";
import { vlmevalkit } from "./catalogue-metrics.js";

/** A sample, or with a text the row and the reply that it is made of. */
interface TableRow extends Partial<FoldInput> {
  readonly row?: object;
  readonly text?: string;
}

interface Table {
  /** `task`, or `task@split`. */
  readonly task: string;
  readonly rows: readonly TableRow[];
  /** Their names of what stands in per cent there, and in a fraction here. */
  readonly percent?: readonly string[];
  /** To which they round. */
  readonly digits?: number;
}

function sampleOf(task: string, { row, text, value = {}, ...rest }: TableRow): FoldInput {
  const groups = row && text === undefined ? { groups: taskGroups(task, row) } : {};
  const scored: Pick<Scored, "value"> = text === undefined ? { value } : taskScore(task, row ?? {}, text, vlmevalkit);
  return { ...rest, ...groups, value: scored.value };
}

const tables: VectorFile = {
  compare: { tolerance: { relative: 1e-9, absolute: 1e-9 } },
  functions: {
    table({ task: label, rows, percent = [], digits }: Table) {
      const [task = label] = label.split("@");
      const samples = rows.map((row) => sampleOf(task, row));
      const numbers = Object.entries(namesThere(taskNamed(task), label, vlmevalkit.scoring)).map(([ours, theirs]) => {
        const value = foldValue(taskMetric(task, ours), samples, vlmevalkit.scoring) ?? Number.NaN;
        const shown = percent.includes(theirs) ? 100 * value : value;
        return [theirs, digits === undefined ? shown : Number(shown.toFixed(digits))];
      });
      return Object.fromEntries(numbers);
    },
  },
};

export const vlmEvalKitTableVectors: Readonly<Record<string, VectorFile>> = { "vlmevalkit/tables": tables };
