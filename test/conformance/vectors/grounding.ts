/** Vector files of OCRBench, ScienceQA and RefCOCO's boxes. */

import {
  type Box,
  boxMeasures,
  centreInside,
  intersectionOverUnion,
  iouThresholds,
  noBox,
} from "../../../src/scorers/boxes.js";
import { mean } from "../../../src/statistics/descriptive.js";
import { ocrbenchHit } from "../../../tasks/ocrbench/score.js";
import { parseBox } from "../../../tasks/refcoco/score.js";
import { taskValue } from "../task-score.js";
import type { VectorFile } from "../vector-file.js";

interface OcrInput {
  readonly answer: string | readonly string[];
  readonly dataset: string;
  readonly prediction: string;
}

const ocrTypes = [
  "Regular Text Recognition",
  "Irregular Text Recognition",
  "Artistic Text Recognition",
  "Handwriting Recognition",
  "Digit String Recognition",
  "Non-Semantic Text Recognition",
  "Scene Text-centric VQA",
  "Doc-oriented VQA",
  "Key Information Extraction",
  "Handwritten Mathematical Expression Recognition",
];

interface OcrResult {
  readonly question_type: string;
  readonly score: number;
}

const ocrbench: VectorFile = {
  part: "the rule with lmms-eval's later folding of wide letters; our task has the authors'",
  functions: {
    "": ({ answer, dataset, prediction }: OcrInput) =>
      ocrbenchHit(prediction, typeof answer === "string" ? [answer] : answer, dataset, true) ? 1 : 0,
    aggregate: ({ results }: { results: readonly OcrResult[] }) => {
      const perType = Object.fromEntries(ocrTypes.map((type) => [type, 0]));
      for (const { question_type: type, score } of results) perType[type] = (perType[type] ?? 0) + score;
      const total = results.reduce((sum, { score }) => sum + score, 0);
      return { final: total / 1000, per_type: perType };
    },
  },
};

interface ScienceQaInput {
  readonly prediction: string;
  readonly choices: readonly string[];
  readonly answer: number;
  readonly options: readonly string[];
}

const scienceqa: VectorFile = {
  functions: {
    "lmms.process_results": ({ choices, answer, prediction }: ScienceQaInput) => {
      if (answer >= choices.length) throw new RangeError("the answer is not among the choices");
      return taskValue("scienceqa", { answer, choices }, prediction, { scoring: "lmms-eval" });
    },
    "llava.get_pred_idx": ({ prediction, choices, options }: ScienceQaInput) =>
      options.slice(0, choices.length).indexOf(prediction),
  },
};

const refcocoRec: VectorFile = {
  part: "the RefCOCO tasks' boxes",
  functions: {
    parse: ({ text }: { text: string }) => parseBox(text) ?? noBox,
    pair: ({ gt, pred }: { gt: Box; pred: Box }) => {
      const iou = intersectionOverUnion(pred, gt);
      const found = (t: number) => (Number.isNaN(iou) ? undefined : iou >= t);
      return {
        iou,
        acc: Object.fromEntries(iouThresholds.map((t) => [String(t), found(t) ?? null])),
        center: centreInside(pred, gt),
      };
    },
    aggregate: ({ results }: { results: readonly { bbox: Box; pred: Box }[] }) => {
      const measured = results.map(({ bbox, pred }) => boxMeasures(pred, bbox));
      const names = Object.keys(boxMeasures(noBox, noBox));
      return Object.fromEntries(names.map((name) => [name, mean(measured.map((values) => values[name] as number))]));
    },
  },
};

export const groundingVectors: Readonly<Record<string, VectorFile>> = { ocrbench, scienceqa, refcoco_rec: refcocoRec };
