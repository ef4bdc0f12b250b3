/** VLMEvalKit's captions, CMMMU and boxes, through the tasks. */

import { parseStringList } from "../../../src/core/python-literal.js";
import type { Scored } from "../../../src/core/score.js";
import { parseCmmmuChoice } from "../../../tasks/mmmu/cmmmu-choice.js";
import { normalizeBlank, parseBlank } from "../../../tasks/mmmu/open-answer.js";
import { inPixels, numbersOfBox } from "../../../tasks/refcoco/vlmevalkit.js";
import { clickedPoint } from "../../../tasks/screenspot/points.js";
import { foldValue } from "../fold.js";
import { taskMetric, taskScore } from "../task-score.js";
import type { VectorFile } from "../vector-file.js";
import { vlmevalkit } from "./catalogue-metrics.js";
import type { Cells } from "./vlmevalkit-choices.js";

const percent = (value: number | null): number => 100 * (value ?? Number.NaN);

interface CaptionLine {
  readonly rows: readonly Cells[];
}

/** Percent, as it writes them. */
function captions({ rows }: CaptionLine) {
  const scored = rows.map((row) =>
    taskScore("coco2017_cap", { answer: parseStringList(String(row.answer)) }, String(row.prediction), vlmevalkit),
  );
  const of = (name: string): number => percent(foldCaptions(name, scored));
  return { Bleu: [1, 2, 3, 4].map((order) => of(`Bleu_${order}`)), ROUGE_L: of("ROUGE_L"), CIDEr: of("CIDEr") };
}

function foldCaptions(name: string, scores: readonly Scored[]): number | null {
  const fold = taskMetric("coco2017_cap", name).start({ seed: 0, scoring: "vlmevalkit", valueOnly: true });
  scores.forEach((score, i) => {
    fold.add({ index: i, id: String(i), score, cluster: String(i), groups: {} });
  });
  const result = fold.finish();
  if (result instanceof Promise) throw new TypeError(`the metric "${name}" is asynchronous`);
  return result.value;
}

const caption: VectorFile = {
  functions: { "ImageCaptionDataset.evaluate": captions },
  compare: { tolerance: { absolute: 1e-9, relative: 1e-9 } },
};

const cmmmuRow = (row: Cells): Cells => ({ ...row, subcategory: "" });

/** Candidates that fit the blank. */
const fitting = ({ type, answer, prediction }: Cells): number => {
  if (type !== "填空") return 0;
  const [reference] = normalizeBlank(String(answer), String(answer));
  return parseBlank(String(prediction), String(answer)).filter((candidate) =>
    typeof candidate === "number" ? candidate === reference : candidate.includes(String(reference)),
  ).length;
};

/** A set of texts and numbers. */
const inOrder = (items: readonly unknown[]) => items.map((item) => JSON.stringify(item)).sort();

const cmmmu: VectorFile = {
  setAside({ rows = [] }: Partial<CaptionLine>, fn) {
    if (fn !== "evaluate") return undefined;
    return rows.some((row) => fitting(row) > 1)
      ? "a blank that several candidates fit, which counts as often there"
      : undefined;
  },
  // It divides by each discipline's rows: without one there is no report.
  reference(expected, fn) {
    if (fn === "get_fill_blank_prediction") return inOrder((expected as { $set: readonly unknown[] }).$set);
    const { rows } = expected as { rows?: readonly unknown[] };
    return rows === undefined ? expected : rows[0];
  },
  functions: {
    get_multi_choice_prediction({
      response,
      index2ans,
    }: {
      response: string;
      index2ans: Readonly<Record<string, string>>;
    }) {
      return parseCmmmuChoice(response, Object.values(index2ans)) ?? null;
    },
    get_fill_blank_prediction: ({ response, answer }: { response: string; answer: string }) =>
      inOrder(parseBlank(response, answer)),
    evaluate({ rows }: CaptionLine) {
      const scored = rows.map((row) => ({
        category: String(row.category),
        ...taskScore("cmmmu", cmmmuRow(row), String(row.prediction), vlmevalkit),
      }));
      const accuracy = (part: typeof scored) => foldValue(taskMetric("cmmmu", "accuracy"), part, "vlmevalkit");
      const categories = ["技术与工程", "科学", "健康与医学", "商业", "艺术与设计", "人文社会科学"];
      const of = (name: string) => scored.filter(({ category }) => category === name);
      if (categories.some((name) => of(name).length === 0)) return undefined;
      return {
        总准确率: accuracy(scored),
        ...Object.fromEntries(categories.map((name) => [name, accuracy(of(name))])),
      };
    },
  },
};

interface BoxLine {
  readonly text: string;
  readonly width: number;
  readonly height: number;
  readonly gt: readonly [number, number, number, number];
}
interface BoxSet {
  readonly meta: readonly Cells[];
  readonly rows: readonly Cells[];
}

const numberOf = (cell: unknown): number => Number((cell as { value?: number }).value ?? cell);

/** The task's score of a row, whose image has the size. */
function boxScoreOf([x1, y1, x2, y2]: readonly number[], text: string, size: readonly [number, number]): Scored {
  const bbox = [x1, y1, (x2 as number) - (x1 as number), (y2 as number) - (y1 as number)];
  return taskScore("refcoco_bbox_rec", { bbox }, text, { ...vlmevalkit, imageSizes: [size] });
}

const splitsAveraged = [
  ...["RefCOCO_val", "RefCOCO_testA", "RefCOCO_testB", "RefCOCO+_val", "RefCOCO+_testA", "RefCOCO+_testB"],
  ...["RefCOCOg_val", "RefCOCOg_test"],
];

const refcoco: VectorFile = {
  unsupported: { _category_to_split: "a name of a split in its own file: our splits are tasks" },
  reference(expected, fn) {
    if (fn === "parse_and_iou") {
      const { parsed, absolute, iou } = expected as Readonly<Record<string, unknown>>;
      return { parsed, absolute, iou };
    }
    const { table, hit } = expected as { table: { rows: unknown }; hit: unknown };
    return { rows: table.rows, hit };
  },
  compare: { tolerance: { absolute: 1e-9 } },
  functions: {
    parse_and_iou({ text, width, height, gt }: BoxLine) {
      const size = [numberOf(width), numberOf(height)] as const;
      const parsed = numbersOfBox(text) ?? null;
      const { value } = boxScoreOf(gt.map(numberOf), text, size);
      return { parsed, absolute: parsed && inPixels(parsed, size), iou: (value as { IoU: number }).IoU };
    },
    evaluate({ meta, rows }: BoxSet) {
      const scored = meta.map((one) => {
        const text = String(rows.find(({ index }) => index === one.index)?.prediction ?? "");
        const box = [one.bbox_x1, one.bbox_y1, one.bbox_x2, one.bbox_y2].map(numberOf);
        const { value } = boxScoreOf(box, text, [numberOf(one.width), numberOf(one.height)]);
        return { one, value: value as Readonly<Record<string, number>> };
      });
      const splits = [...new Set(scored.map(({ one }) => String(one.split)))];
      const line = (split: string) => {
        const own = scored.filter(({ one }) => one.split === split);
        const mean = (name: string) => own.reduce((sum, { value }) => sum + (value[name] ?? 0), 0) / own.length;
        return { "Precision@1": 100 * mean("ACC@0.5"), "Average IoU": mean("IoU"), Samples: own.length };
      };
      const table = Object.fromEntries(splits.map((split) => [split, line(split)]));
      const known = splits.filter((split) => splitsAveraged.includes(split)).map(line);
      const average = (name: "Precision@1" | "Average IoU") =>
        known.reduce((sum, one) => sum + one[name], 0) / known.length;
      const all = {
        ...{ "Precision@1": average("Precision@1"), "Average IoU": average("Average IoU") },
        Samples: known.reduce((sum, { Samples }) => sum + Samples, 0),
      };
      return {
        rows: { ...table, ...(known.length > 0 ? { Average: all } : {}) },
        hit: Object.fromEntries(scored.map(({ one, value }) => [String(one.index), value["ACC@0.5"]])),
      };
    },
  },
};

interface ScreenLine {
  readonly size: readonly [number, number];
  readonly rows: readonly Cells[];
}

const screenspot: VectorFile = {
  // Its text, icon and category accuracies count some samples with the weight of all.
  reference(expected, fn) {
    if (fn !== "evaluate") return expected;
    const { Overall_Accuracy, Format_Err_Rate } = expected as Readonly<Record<string, number>>;
    return { Overall_Accuracy, Format_Err_Rate };
  },
  functions: {
    parse_bbox_aguvis({ response }: { response: string }) {
      const point = clickedPoint(response);
      if (point === undefined) throw new RangeError("no number");
      return point;
    },
    evaluate({ size, rows }: ScreenLine) {
      const [width, height] = size;
      const scored = rows.map((row) => {
        const [x = 0, y = 0, w = 0, h = 0] = JSON.parse(String(row.bbox)) as number[];
        const bbox = [x / width, y / height, (x + w - 1) / width, (y + h - 1) / height];
        return taskScore("screenspot", { bbox }, String(row.prediction), { ...vlmevalkit, imageSizes: [size] });
      });
      const hits = foldValue(taskMetric("screenspot", "Center_ACC"), scored, "vlmevalkit");
      const errors = scored.filter(({ remark }) => remark === "unparsable").length;
      return { Overall_Accuracy: percent(hits), Format_Err_Rate: (100 * errors) / rows.length };
    },
  },
};

export const vlmEvalKitBoxVectors: Readonly<Record<string, VectorFile>> = {
  "vlmevalkit/caption": caption,
  "vlmevalkit/cmmmu": cmmmu,
  "vlmevalkit/refcoco": refcoco,
  "vlmevalkit/screenspot": screenspot,
};
