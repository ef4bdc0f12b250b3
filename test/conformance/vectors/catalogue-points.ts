/** Vector files of the benchmarks of points on screens. */

import { clickedPoint, dividedBy, doubledPoint, isInside, type Size } from "../../../tasks/screenspot/points.js";
import type { Box } from "../../../tasks/screenspot/score.js";
import { isChangedBefore, taskScore } from "../task-score.js";
import type { VectorFile } from "../vector-file.js";
import { fold, lmms, one } from "./catalogue-metrics.js";

interface Doc {
  readonly ui_type?: string;
  readonly data_type?: string;
  readonly box_type?: string;
  readonly image_size?: readonly number[] | null;
  readonly image?: { readonly width: number; readonly height: number };
}
interface Answered {
  readonly doc: Doc;
  readonly response: string;
}

/** "[0.7, 0.4]" as the numbers that were read; nothing for an answer without a point. */
const pointOf = (answer: string) => (answer === "" ? null : (JSON.parse(answer) as number[]));

/** The point that the task read, whether it counts, and the row's kind. */
function scored(task: string, first: string, { doc, response }: Answered) {
  // lmms-eval takes thoughts out before its task sees a reply; these replies went to the task's function as they are.
  const text = isChangedBefore(response) ? response.replace(/<(?=\/?think>)/g, "< ") : response;
  const { answer, value } = taskScore(task, doc, text, lmms);
  return { point: pointOf(answer), correct: (value as Record<string, number>)[first] === 1 };
}

interface Result {
  readonly correct: boolean;
  readonly ui_type?: string;
  readonly data_type?: string;
  readonly box_type?: string;
}

/** The task's metrics over results that are scored; 0 where there is none. */
function aggregate(task: string, metrics: readonly string[], results: readonly Result[]) {
  const rows = results.map(({ correct, ui_type, data_type, box_type }) => {
    const kind = (ui_type ?? data_type ?? box_type ?? "").toLowerCase();
    const value = one(correct);
    const row = { ui_type: kind, data_type: kind, box_type: kind };
    return { row, value: { action: value, acc: value, ...(kind === "" ? {} : { [kind]: value }) } };
  });
  return Object.fromEntries(metrics.map((metric) => [metric, fold(task, metric, rows) ?? 0]));
}

const screenMetrics = ["action_acc", "text_acc", "icon_acc"];

interface Clicked extends Doc {
  readonly bbox: Box;
  readonly prediction: string;
  readonly size: Size;
}

/** VLMEvalKit's report, as far as it counts each sample once. */
function overall(task: string, metric: string, rows: readonly Clicked[]) {
  const scores = rows.map(({ prediction, size, ...own }) => {
    const row = { ...own, box_type: "bbox", box_coordinates: own.bbox };
    return { row, ...taskScore(task, row, prediction, { scoring: "vlmevalkit", verdicts: [], imageSizes: [size] }) };
  });
  const hits = fold(task, metric, scores);
  const errors = scores.filter(({ remark }) => remark === "unparsable").length;
  return { Overall_Accuracy: 100 * (hits ?? 0), Format_Err_Rate: (100 * errors) / rows.length };
}

const onceEach: VectorFile["reference"] = (expected, fn) => {
  if (!fn.startsWith("vek.") || !fn.endsWith(".evaluate")) return expected;
  const { Overall_Accuracy, Format_Err_Rate } = expected as Readonly<Record<string, number>>;
  return { Overall_Accuracy, Format_Err_Rate };
};

const screenspot: VectorFile = {
  unsupported: {
    "official.screenspot_pro.evaluate": "the authors' report by all of its keys; our groups have its parts",
  },
  reference: onceEach,
  functions: {
    "vek.screenspot_pro.evaluate": ({ rows }: { rows: Clicked[] }) => overall("screenspot_pro", "action_acc", rows),
    "vek.screenspot_v2.evaluate": ({ rows }: { rows: Clicked[] }) => overall("screenspot_v2", "action_acc", rows),
    "lmms.screenspot_pro": (input: Answered) => ({
      ...scored("screenspot_pro", "action", input),
      ui_type: input.doc.ui_type?.toLowerCase(),
    }),
    "lmms.screenspot_v2": (input: Answered) => ({
      ...scored("screenspot_v2", "action", input),
      data_type: input.doc.data_type,
    }),
    "vek.parse_bbox_aguvis": ({ response }: { response: string }) => {
      const point = clickedPoint(response);
      if (point === undefined) throw new RangeError("no number");
      return point;
    },
    "official.gpt4x": ({ bbox, img_size, response }: { bbox: Box; img_size: Size; response: string }) => {
      const point = doubledPoint(response);
      const box = [...dividedBy([bbox[0], bbox[1]], img_size), ...dividedBy([bbox[2], bbox[3]], img_size)];
      const [, four] = /\[\[((?:[\d.]+,){3}[\d.]+)\]\]/.exec(response) ?? [];
      const isRight = point !== undefined && isInside(point, box as unknown as Box);
      return {
        bbox: four === undefined ? null : four.split(",").map(Number),
        point: point ?? null,
        verdict: point === undefined ? "wrong_format" : isRight ? "correct" : "wrong",
      };
    },
    "lmms.screenspot_pro.aggregate": ({ results }: { results: Result[] }) =>
      aggregate("screenspot_pro", screenMetrics, results),
    "lmms.screenspot_v2.aggregate": ({ results }: { results: Result[] }) =>
      aggregate("screenspot_v2", screenMetrics, results),
  },
};

const osworldG: VectorFile = {
  reference: onceEach,
  functions: {
    "vek.osworld_g.evaluate": ({ rows }: { rows: Clicked[] }) => overall("osworld_g", "acc", rows),
    "lmms.osworld_g": ({ doc, response }: Answered) => {
      const size = doc.image_size ?? [doc.image?.width ?? 0, doc.image?.height ?? 0];
      return {
        ...scored("osworld_g", "acc", { doc: { ...doc, image_size: size }, response }),
        box_type: doc.box_type?.toLowerCase(),
      };
    },
    "lmms.osworld_g.aggregate": ({ results }: { results: Result[] }) =>
      aggregate("osworld_g", ["acc", "bbox_acc", "polygon_acc", "refusal_acc"], results),
  },
};

export const cataloguePointVectors: Readonly<Record<string, VectorFile>> = {
  "catalogue/screenspot": screenspot,
  "catalogue/osworld_g": osworldG,
};
