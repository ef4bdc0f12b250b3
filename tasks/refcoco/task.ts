import {
  captionMetrics,
  captionScore,
  defineTask,
  hasCaption,
  Image,
  mean,
  type Score,
  type ScoreContext,
  type Split,
  type Static,
  type Task,
  Type,
  userPrompt,
  withMarks,
} from "llava-eval";
import type { Box } from "./json-boxes.js";
import { boxScore, cornersOf, fractionsOf, jsonBoxScore } from "./score.js";
import { vlmEvalKitBoxScore } from "./vlmevalkit.js";

const row = Type.Object({
  question_id: Type.String(),
  answer: Type.Array(Type.String()), // the referring expressions
  bbox: Type.Array(Type.Number(), { minItems: 4, maxItems: 4 }), // x, y, width, height in pixels
  segmentation: Type.Array(Type.Number()), // x, y, x, y, ... of one polygon
  file_name: Type.String(),
  image: Image(),
  vlmevalkit_question: Type.Optional(Type.String()), // of its file, which alone has its words
});

type Row = Static<typeof row>;

/** In the box form every expression is a question of its own. */
type ExpressionRow = Row & { expression?: { text: string; number: number } };

interface Collection {
  readonly name: string;
  readonly repository: string;
  readonly rows: Readonly<Record<string, number>>;
}

const collections: readonly Collection[] = [
  { name: "refcoco", repository: "RefCOCO", rows: { val: 8811, test: 5000, testA: 1975, testB: 1810 } },
  { name: "refcoco+", repository: "RefCOCOplus", rows: { val: 3805, testA: 1975, testB: 1798 } },
  { name: "refcocog", repository: "RefCOCOg", rows: { val: 7573, test: 5023 } },
];

/** LMMs-Eval-Lite's rows of RefCOCO val. */
const lite: Split = {
  sources: ["lmms-lab-encoder/LMMs-Eval-Lite", "lmms-lab/LMMs-Eval-Lite"],
  configs: ["refcoco_bbox_val"],
  split: "lite",
  licence: "Apache-2.0",
  answers: "public",
};

const splitsOf = ({ repository, rows }: Collection): Record<string, Split> => {
  const sources = [`lmms-lab-encoder/${repository}`, `lmms-lab/${repository}`];
  const split = { sources, licence: "Apache-2.0", answers: "public" } as const;
  return Object.fromEntries(
    Object.entries(rows).map(([name, count]) => [name, { ...split, split: name, rows: count }]),
  );
};

/** VLMEvalKit's table has a row for each split; of RefCOCO it has no `test`. */
const boxSplitsOf = (collection: Collection): Record<string, Split> =>
  Object.fromEntries(
    Object.entries(splitsOf(collection)).map(([name, split]) => {
      const isThere = !(collection.name === "refcoco" && name === "test");
      return [name, isThere ? split : { ...split, reportedAs: {} }];
    }),
  );

const aliasesOf = ({ name, rows }: Collection, form: string) =>
  Object.keys(rows).map((split) => `${name}_${form}_${split}@${split}`);

const common = {
  version: 1,
  cite: "https://arxiv.org/abs/1608.00272 (RefCOCO, RefCOCO+), https://arxiv.org/abs/1511.02283 (RefCOCOg); scoring follows lmms-eval refcoco/utils.py and utils_rec.py",
  row,
  generation: { maxNewTokens: 1024, temperature: 0 },
};

const RED = [255, 0, 0] as const;

const WHITE = [255, 255, 255] as const;

/** Describe the marked region. */
const captions = (collection: Collection): Omit<Task<Row>, "name" | "prompt"> => ({
  ...common,
  about: "Describe a marked region of a COCO image; the references are what people called it (Yu et al. 2016).",
  splits: splitsOf(collection),
  id: ({ question_id }) => question_id,
  hasReference: ({ answer }) => hasCaption(answer),
  score: ({ answer }, output) => captionScore(answer, output),
  metrics: captionMetrics(),
});

const boxMetrics = [
  mean("ACC@0.5", { of: "ACC@0.5" }),
  mean("IoU", { of: "IoU" }),
  ...[0.1, 0.3, 0.7, 0.9].map((t) => mean(`ACC@${t}`, { of: `ACC@${t}` })),
  mean("Center_ACC", { of: "Center_ACC" }),
];

/** No answer overlaps a box without area, or one that ends before the image begins. */
const hasReference = ({ bbox }: Row) => {
  const [, , right, bottom] = cornersOf(bbox);
  return (bbox[2] as number) > 0 && (bbox[3] as number) > 0 && right > 0 && bottom > 0;
};

/**
 * The score of an answer about a box of which more than half lies in the image: no box inside it has half of another's area in
 * common. Only with the image's size is it known where a box lies.
 */
function inImage(
  { bbox }: Row,
  { imageSizes }: ScoreContext,
  score: (size: readonly [number, number]) => Score,
): Score {
  const size = imageSizes?.[0];
  const unscored = (detail: string): Score => ({ status: "unscored", reason: "data", detail });
  if (size === undefined) return unscored("the image's size is not known");
  const [left, top, right, bottom] = cornersOf(bbox);
  const inside = (from: number, to: number, end: number) => Math.max(0, Math.min(to, end) - Math.max(from, 0));
  const share = (inside(left, right, size[0]) * inside(top, bottom, size[1])) / ((right - left) * (bottom - top));
  if (share > 0.5) return score(size);
  return unscored(`the box ${JSON.stringify(bbox)} lies outside the image of ${size.join(" x ")}`);
}

const BOX_REQUEST =
  "Bounding box coordinates are specified in the format (top-left x, top-left y, bottom-right x, bottom-right y). All values are floating point numbers bounded between 0 and 1. Please provide the bounding box coordinate of the region this sentence describes: ";

const smallImages = "pixels of an image smaller than 1000 are read as thousandths";
const bestOfBoxes = "of all boxes, read as pixels and as thousandths, the best counts";

type TextCells = Readonly<Record<string, string>>;

/** A number of VLMEvalKit's file; a cell that is empty is none. */
const numbersIn = (cells: TextCells, columns: readonly string[]): readonly number[] | undefined => {
  const found = columns.map((column) => Number(cells[column] || Number.NaN));
  return found.every(Number.isFinite) ? found : undefined;
};

/** Corners in pixels, of columns of their own or of the answer, which may be in fractions. */
function cornersIn(cells: TextCells): readonly number[] | undefined {
  for (const prefix of ["bbox_", ""]) {
    const own = numbersIn(
      cells,
      ["x1", "y1", "x2", "y2"].map((name) => prefix + name),
    );
    if (own) return own;
  }
  const said = [...(cells.answer ?? "").matchAll(/[-+]?\d*\.?\d+(?:e[-+]?\d+)?/gi)].slice(0, 4).map(Number);
  if (said.length < 4) return undefined;
  const size = numbersIn(cells, ["width", "height"]);
  const isFraction = said.every((value) => Math.abs(value) <= 1.5);
  return isFraction ? size && said.map((value, i) => value * (size[i % 2] as number)) : said;
}

/** All eight splits are in one file; its `split`, or else its category, says which a row is of: `RefCOCO+_testA`, `RefCOCO+ testA`. */
const tsvOf = ({ name, rows }: Collection): NonNullable<Task<ExpressionRow>["tsv"]> => ({
  files: Object.fromEntries(Object.keys(rows).map((split) => [split, "RefCOCO"])),
  rows({ index, question, ...cells }, split) {
    const label = (cells.split || (cells.category ?? "")).toLowerCase().replace(/[\s_-]+/g, "");
    if (label !== `${name}${split}`.toLowerCase()) return [];
    const [left = 0, top = 0, right = 0, bottom = 0] = cornersIn(cells) ?? [];
    return [
      {
        ...{ ...cells, question_id: index, answer: [question], segmentation: [], vlmevalkit_question: question },
        ...{ bbox: [left, top, right - left, bottom - top], file_name: cells.image_path || index },
      },
    ];
  },
});

const boxes = (collection: Collection): Task<ExpressionRow> => ({
  ...common,
  name: `${collection.name}_bbox_rec`,
  aliases: aliasesOf(collection, "bbox_rec"),
  about: "Give the box that an expression describes, one question per expression (Yu et al. 2016).",
  splits: boxSplitsOf(collection),
  imageSizes: true,
  expand: (row) => row.answer.map((text, number) => ({ ...row, expression: { text, number } })),
  id: ({ question_id, expression }) => `${question_id}-${expression?.number ?? 0}`,
  imageKey: ({ file_name }) => file_name,
  tsv: tsvOf(collection),
  prompt: ({ image, expression, vlmevalkit_question: own }) =>
    userPrompt(image, own ?? BOX_REQUEST + (expression?.text ?? "")),
  hasReference,
  defects: {
    "lmms-eval": ["a JPEG is written anew before it is asked about: other pixels (here: the file)"],
    vlmevalkit: [smallImages],
  },
  scorings: ["vlmevalkit"],
  reportedAs: { vlmevalkit: { "ACC@0.5": "Precision@1", IoU: "Average IoU" } },
  score: (row, output, context) =>
    inImage(row, context, (size) =>
      context.scoring === "vlmevalkit"
        ? vlmEvalKitBoxScore(cornersOf(row.bbox), size, output)
        : boxScore(fractionsOf(cornersOf(row.bbox), size), output),
    ),
  metrics: boxMetrics,
});

/** One question for all expressions; the answer is JSON. From lmms-eval. */
const grounding = (collection: Collection): Task<Row> => ({
  ...common,
  version: 2,
  name: `${collection.name}_grounding`,
  aliases: Object.keys(collection.rows).map(
    (split) => `${collection.name.replace("+", "_plus")}_grounding_${split}@${split}`,
  ),
  about: "Give the box of what all expressions of a region describe, as JSON (Yu et al. 2016).",
  splits: boxSplitsOf(collection),
  imageSizes: true,
  id: ({ question_id }) => question_id,
  imageKey: ({ file_name }) => file_name,
  prompt: ({ image, answer }) => {
    const expressions = answer.map((text) => `"${text}"`).join(", ");
    return userPrompt(
      image,
      `Locate every object that matches the description ${expressions} in the image. Report bbox coordinates in JSON format.`,
    );
  },
  generation: { maxNewTokens: 512, temperature: 0 },
  hasReference,
  defects: { official: [bestOfBoxes], "lmms-eval": [bestOfBoxes], vlmevalkit: [smallImages] },
  scorings: ["vlmevalkit"],
  reportedAs: { vlmevalkit: { "ACC@0.5": "Precision@1", IoU: "Average IoU" } },
  score: (row, output, context) =>
    inImage(row, context, (size) =>
      (context.scoring === "vlmevalkit" ? vlmEvalKitBoxScore : jsonBoxScore)(cornersOf(row.bbox), size, output),
    ),
  metrics: boxMetrics,
});

const rectangle = (corners: Box) => ({ shape: "rectangle", corners, unit: "pixels", colour: RED, width: 1 }) as const;

export default collections.flatMap((collection) => [
  defineTask<Row>({
    ...captions(collection),
    name: collection.name,
    aliases: [
      ...aliasesOf(collection, "bbox"),
      ...(collection.name === "refcoco" ? ["refcoco_bbox_val_lite@lite"] : []),
    ],
    splits: { ...splitsOf(collection), ...(collection.name === "refcoco" ? { lite } : {}) },
    prompt: ({ image, bbox }) => userPrompt(withMarks(image, rectangle(cornersOf(bbox))), REGION_REQUEST),
  }),
  defineTask<Row>({
    ...captions(collection),
    name: `${collection.name}_seg`,
    aliases: aliasesOf(collection, "seg"),
    prompt: ({ image, segmentation }) =>
      userPrompt(withMarks(image, { shape: "polygon", points: segmentation, colour: WHITE }), REGION_REQUEST),
  }),
  defineTask(boxes(collection)),
  defineTask(grounding(collection)),
]);

/** For region captions (RefCOCO). */
export const REGION_REQUEST = "Provide a short description for this region.";
