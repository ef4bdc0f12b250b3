import { defineTask, Image, Nullable, rowDigest, type ScoreContext, type Static, Type, userPrompt } from "llava-eval";
import { elementMetrics, elementScore, POINT_REQUEST } from "./elements.js";
import { boxFrom, clickPrompt, dividedBy, numbersOf, type Size } from "./points.js";
import type { Box } from "./score.js";

const numbers = Type.Union([Type.Array(Type.Number()), Type.String()]); // a list, or one in a text
const text = Type.Optional(Nullable(Type.String()));
const row = Type.Object({
  image: Image(),
  instruction: Type.String(),
  bbox: numbers, // corners, in pixels
  img_size: Type.Optional(Nullable(numbers)), // width, height; VLMEvalKit's files have none
  ui_type: Type.String(), // text, icon
  ...{ application: text, platform: text, group: text },
  vlmevalkit_file: Type.Optional(Type.String()), // of its files: the image's name
});
type Row = Static<typeof row>;

const kindOf = ({ ui_type }: Row): string => ui_type.toLowerCase();

function sizeOf({ img_size: own }: Row, imageSizes: ScoreContext["imageSizes"]): Size | undefined {
  if (own === null || own === undefined) return imageSizes?.[0];
  const [width, height] = numbersOf(own);
  return width !== undefined && height !== undefined && width > 0 && height > 0 ? [width, height] : undefined;
}

/** In fractions; a box that ends at 1 is in fractions already. */
function boxOf({ bbox }: Row, size: Size): Box | undefined {
  const box = boxFrom(numbersOf(bbox));
  if (box === undefined) return undefined;
  const [x1, y1, x2, y2] = box;
  if (x2 <= 1 && y2 <= 1) return box;
  return [...dividedBy([x1, y1], size), ...dividedBy([x2, y2], size)] as unknown as Box;
}

export default defineTask<Row>({
  name: "screenspot_pro",
  version: 1,
  about: "Click the element of a professional program's screen that an instruction means (Li et al. 2025).",
  cite: "https://arxiv.org/abs/2504.07981; a point in the box counts, as in likaixin2000/ScreenSpot-Pro-GUI-Grounding eval_screenspot_pro.py, whose parsers are one a model: here any form of lmms-eval screenspot_pro/utils.py, a box by its centre; lmms-eval and vlmevalkit scoring divide what is above 1 by the image's size, so that thousandths are lost",
  splits: {
    test: {
      sources: ["TIGER-Lab/ScreenSpot-Pro", "lmms-lab/ScreenSpot-Pro"],
      split: "test",
      rows: 1581,
      licence: "mit",
      answers: "public",
    },
  },
  tsv: {
    files: {},
    parts: {
      test: ["Development", "Creative", "CAD", "Scientific", "Office", "OS"].map((name) => `ScreenSpot_Pro_${name}`),
    },
    rows: ({ question, category, image_path: file, ...cells }) => [
      { ...cells, instruction: question, group: category, vlmevalkit_file: file },
    ],
  },
  row,
  id: ({ image, vlmevalkit_file: file, instruction, bbox }) =>
    rowDigest(file ?? image.path, instruction, numbersOf(bbox).join(",")),
  profiles: ["default", "vlmevalkit"],
  prompt: ({ image, instruction }, profile) =>
    profile === "vlmevalkit" ? clickPrompt(image, instruction) : userPrompt(image, POINT_REQUEST + instruction),
  generation: { maxNewTokens: 128, temperature: 0 },
  hasReference(row) {
    // Where an image ends is known at once only of the benchmark's own rows.
    const size = sizeOf(row, [[Infinity, Infinity]]);
    const box = boxFrom(numbersOf(row.bbox));
    if (box === undefined || size === undefined) return false;
    const [x1, y1, x2, y2] = box;
    const [width, height] = x2 <= 1 && y2 <= 1 ? [1, 1] : size;
    return x2 > x1 && y2 > y1 && x1 < width && y1 < height && x2 > 0 && y2 > 0;
  },
  imageSizes: true,
  defects: {
    "lmms-eval": ["thousandths are taken for pixels"],
    vlmevalkit: [
      "a reply without a click clicks at the corner",
      "its text and icon accuracies weigh some samples n times n (here: not given)",
    ],
  },
  scorings: ["vlmevalkit"],
  score(row, output, { scoring, imageSizes }) {
    const size = sizeOf(row, imageSizes);
    const box = size && boxOf(row, size);
    if (box === undefined || size === undefined)
      return { status: "unscored", reason: "data", detail: "no box, or no size of the image" };
    return elementScore({ box, size, kind: kindOf(row) }, output.text, scoring);
  },
  metrics: elementMetrics,
  groups: {
    ui_type: kindOf,
    group: ({ group }) => group ?? undefined,
    group_type: (row) => (row.group ? `${row.group} ${kindOf(row)}` : undefined),
    application: ({ application }) => application ?? undefined,
    platform: ({ platform }) => platform ?? undefined,
  },
});
