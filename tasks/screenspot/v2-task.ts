import {
  defineTask,
  Image,
  Nullable,
  rowDigest,
  type ScoreContext,
  type Scoring,
  type Static,
  Type,
  userPrompt,
} from "llava-eval";
import { elementMetrics, elementScore, POINT_REQUEST } from "./elements.js";
import { boxOfPixels, clickPrompt, type Size } from "./points.js";
import type { Box } from "./score.js";

const pixels = Type.Optional(Nullable(Type.Number()));
const row = Type.Object({
  image: Image(),
  instruction: Type.String(),
  bbox: Type.Array(Type.Number(), { minItems: 4, maxItems: 4 }), // corners in fractions, or x, y, width, height in pixels
  data_type: Type.String(), // text, icon
  data_source: Type.Optional(Nullable(Type.String())),
  ...{ image_width: pixels, image_height: pixels },
  vlmevalkit_file: Type.Optional(Type.String()), // of its files: the image's name
});
type Row = Static<typeof row>;

const kindOf = ({ data_type }: Row): string => data_type.toLowerCase();

const isCorners = ([x1, y1, x2, y2]: Box): boolean =>
  [x1, y1, x2, y2].every((part) => part >= 0 && part <= 1) && x2 >= x1 && y2 >= y1;

/** In fractions. lmms-eval takes a wide and high box of pixels for corners. */
function boxOf({ bbox }: Row, [width, height]: Size, scoring: Scoring): Box {
  const box = bbox as unknown as Box;
  if (isCorners(box)) return box;
  const [x, y, w, h] = box;
  if (scoring === "lmms-eval" && w > x && h > y) return [x / width, y / height, w / width, h / height];
  return boxOfPixels(box, [width, height], scoring);
}

/** lmms-eval reads it from columns that the published rows have not: 1 x 1 then. */
function sizeOf(
  { image_width: width, image_height: height }: Row,
  { scoring, imageSizes }: ScoreContext,
): Size | undefined {
  if (scoring === "lmms-eval") return width && height ? [width, height] : [1, 1];
  return imageSizes?.[0];
}

export default defineTask<Row>({
  name: "screenspot_v2",
  version: 1,
  about: "ScreenSpot with its wrong labels mended: click the element that an instruction means (Wu et al. 2024).",
  cite: "https://arxiv.org/abs/2410.23218; a point in the box counts, read as in lmms-eval screenspot_v2/utils.py, a box by its centre; lmms-eval scoring has its defects: pixels match no box in fractions, and some boxes are read as corners",
  splits: {
    test: {
      sources: ["HongxinLi/ScreenSpot_v2"],
      split: "test",
      rows: 1272,
      licence: "not stated",
      answers: "public",
    },
  },
  tsv: {
    files: {},
    parts: { test: ["ScreenSpot_v2_Mobile", "ScreenSpot_v2_Desktop", "ScreenSpot_v2_Web"] },
    rows: ({ question, image_path: file, ...cells }) => [{ ...cells, instruction: question, vlmevalkit_file: file }],
  },
  row,
  id: ({ image, vlmevalkit_file: file, instruction, bbox }) =>
    rowDigest(file ?? image.path, instruction, bbox.join(",")),
  profiles: ["default", "vlmevalkit"],
  prompt: ({ image, instruction }, profile) =>
    profile === "vlmevalkit" ? clickPrompt(image, instruction) : userPrompt(image, POINT_REQUEST + instruction),
  generation: { maxNewTokens: 128, temperature: 0 },
  hasReference: ({ bbox }) =>
    isCorners(bbox as unknown as Box)
      ? (bbox[2] as number) > (bbox[0] as number) && (bbox[3] as number) > (bbox[1] as number)
      : (bbox[2] as number) > 0 && (bbox[3] as number) > 0,
  imageSizes: true,
  defects: {
    "lmms-eval": [
      "a box in pixels that is wider and higher than its corner is read as corners",
      "pixels match no box: the image is taken for 1 x 1",
    ],
    vlmevalkit: [
      "a reply without a click clicks at the corner",
      "its text and icon accuracies weigh some samples n times n (here: not given)",
    ],
  },
  scorings: ["vlmevalkit"],
  score(row, output, context) {
    const size = sizeOf(row, context);
    if (size === undefined) return { status: "unscored", reason: "data", detail: "the image's size is not known" };
    const { scoring } = context;
    return elementScore({ box: boxOf(row, size, scoring), size, kind: kindOf(row) }, output.text, scoring);
  },
  metrics: elementMetrics,
  groups: { data_type: kindOf, data_source: ({ data_source }) => data_source ?? undefined },
});
