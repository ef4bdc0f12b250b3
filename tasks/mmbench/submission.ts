/** The workbook that mmbench.opencompass.org.cn takes. */

import { type Task, Type } from "llava-eval";
import { indexOf, type MmbenchRow } from "./row.js";

type Cells = MmbenchRow & {
  readonly hint?: string | null;
  readonly source?: string | null;
  readonly split?: string | null;
  readonly category: string;
  readonly "L2-category"?: string | null;
};

const cell = (value: string | null | undefined): string => value ?? "nan";

/** One sheet; the server needs index, question, the options and the prediction, which is the whole response. */
export function mmbenchSubmission<Row extends Cells>(file: string): NonNullable<Task<Row>["submission"]> {
  const text = Type.String();
  return {
    file,
    entry: (row, prediction) => ({
      index: indexOf(row),
      question: row.question,
      answer: cell(row.answer),
      prediction,
      hint: cell(row.hint),
      source: cell(row.source),
      split: cell(row.split),
      category: row.category,
      "L2-category": cell(row["L2-category"]),
      A: cell(row.A),
      B: cell(row.B),
      C: cell(row.C),
      D: cell(row.D),
      E: cell(row.E),
    }),
    schema: Type.Object({
      index: Type.Integer({ minimum: 0 }),
      question: text,
      ...{ answer: text, prediction: text, hint: text, source: text, split: text, category: text, "L2-category": text },
      ...{ A: text, B: text, C: text, D: text, E: text },
    }),
    format: "xlsx",
  };
}
