import {
  defineTask,
  Image,
  mean,
  Nullable,
  rowDigest,
  type Score,
  type ScoreContext,
  type Static,
  Type,
  userPrompt,
} from "llava-eval";
import {
  anyPoint,
  boxOfPixels,
  clickedPoint,
  clickPrompt,
  dividedBy,
  isFraction,
  isInside,
  numbersOf,
  officialPoint,
  type Point,
  pointScored,
  type Size,
} from "./points.js";
import type { Box } from "./score.js";

const row = Type.Object({
  image: Image(),
  instruction: Type.String(),
  box_type: Type.String(), // bbox, polygon, refusal
  box_coordinates: Type.Array(Type.Number()), // x, y, width, height, or x, y, x, y, ... in pixels
  image_size: Type.Optional(Nullable(Type.Array(Type.Number()))),
  vlmevalkit_file: Type.Optional(Type.String()), // of its file: the image's name
});
type Row = Static<typeof row>;

const kindOf = ({ box_type }: Row): string => box_type.toLowerCase();

/** Even-odd; a point on an edge may be on either side. */
function isInPolygon([x, y]: Point, polygon: readonly number[]): boolean {
  let inside = false;
  const corner = (i: number): Point => [polygon[2 * i] as number, polygon[2 * i + 1] as number];
  const corners = polygon.length / 2;
  for (let i = 0; i < corners; i++) {
    const [[x1, y1], [x2, y2]] = [corner(i), corner((i + corners - 1) % corners)];
    if (y1 > y !== y2 > y && x < ((x2 - x1) * (y - y1)) / (y2 - y1) + x1) inside = !inside;
  }
  return inside;
}

const isPolygon = (numbers: readonly number[]): boolean => numbers.length >= 6 && numbers.length % 2 === 0;

/** @param point  in pixels */
function isTarget(row: Row, point: Point): boolean {
  const { box_coordinates: numbers } = row;
  if (kindOf(row) === "refusal") return point[0] < 0 && point[1] < 0;
  const [a = 0, b = 0, c = 0, d = 0] = numbers;
  if (kindOf(row) === "bbox") return isInside(point, [a, b, a + c, b + d]);
  // Four numbers are two corners, in any order.
  if (numbers.length === 4) return isInside(point, [Math.min(a, c), Math.min(b, d), Math.max(a, c), Math.max(b, d)]);
  return isPolygon(numbers) && isInPolygon(point, numbers);
}

/** VLMEvalKit's file does not say what a row is of: its class reads a box of every one. */
function typeOf(coordinates: readonly number[]): string {
  if (coordinates.every((one) => one < 0)) return "refusal";
  return coordinates.length === 4 ? "bbox" : "polygon";
}

/** VLMEvalKit's: a click in thousandths, against boxes alone; nothing refuses. */
function clicked(row: Row, text: string, size: Size): Score {
  if (kindOf(row) === "polygon")
    return { status: "unscored", reason: "data", detail: "VLMEvalKit's own file alone has its box of a polygon" };
  const point = clickedPoint(text);
  const isHit =
    point !== undefined &&
    kindOf(row) === "bbox" &&
    isInside(dividedBy(point, [1000, 1000]), boxOfPixels(row.box_coordinates as unknown as Box, size, "official"));
  const acc = isHit ? 1 : 0;
  const target = `${row.box_type} [${row.box_coordinates.join(", ")}]`;
  return pointScored(point, { acc, [kindOf(row)]: acc }, { target, isReadable: point !== undefined });
}

function sizeOf({ image_size: size }: Row, { imageSizes }: ScoreContext): Size | undefined {
  const [width, height] = size ?? [];
  if (size?.length === 2 && (width as number) > 0 && (height as number) > 0) return size as unknown as Size;
  return imageSizes?.[0];
}

const times = ([x, y]: Point, [width, height]: Size): Point => [x * width, y * height];

export default defineTask<Row>({
  name: "osworld_g",
  version: 1,
  about: "Click what an instruction means on a desktop, or say that it is not there (Xie et al. 2025).",
  cite: "https://arxiv.org/abs/2505.13227; scoring follows lmms-eval osworld_g/utils.py (the authors' code could not be read): a point within 0 to 1 is in fractions, any other in pixels; official scoring takes a box by its centre; VLMEvalKit's file tells no refusals and polygons: what lies outside the image is a refusal here, other forms than a box have no score by its rule",
  splits: {
    test: {
      sources: ["MMInstruction/OSWorld-G"],
      split: "test",
      rows: 564,
      licence: "not stated",
      answers: "public",
    },
  },
  tsv: {
    files: { test: "OSWorld_G" },
    rows: ({ question, bbox, image_path: file, ...cells }) => [
      {
        ...{ ...cells, instruction: question, vlmevalkit_file: file },
        ...{ box_type: typeOf(numbersOf(bbox ?? "")), box_coordinates: bbox },
      },
    ],
  },
  row,
  id: ({ image, vlmevalkit_file: file, instruction, box_coordinates: numbers }) =>
    rowDigest(file ?? image.path, instruction, numbers.join(",")),
  profiles: ["default", "vlmevalkit"],
  prompt({ image, instruction }, profile) {
    if (profile === "vlmevalkit") return clickPrompt(image, instruction);
    return userPrompt(
      image,
      `Identify the UI target for the instruction and output exactly one click point as [x, y]. You may use either normalized coordinates in [0, 1] or absolute pixel coordinates. If the target does not exist, output [-1, -1].\nInstruction: ${instruction}`,
    );
  },
  generation: { maxNewTokens: 128, temperature: 0 },
  hasReference(row) {
    const [, , c = 0, d = 0] = row.box_coordinates;
    if (kindOf(row) === "bbox") return row.box_coordinates.length === 4 && c > 0 && d > 0;
    return (
      kindOf(row) === "refusal" ||
      (kindOf(row) === "polygon" && (row.box_coordinates.length === 4 || isPolygon(row.box_coordinates)))
    );
  },
  imageSizes: true,
  defects: {
    "lmms-eval": ["thousandths are taken for pixels"],
    vlmevalkit: [
      "every number is taken for thousandths",
      "a reply without a click clicks at the corner",
      "no answer to a refusal is right",
    ],
  },
  scorings: ["vlmevalkit"],
  reportedAs: { vlmevalkit: { acc: "Overall_Accuracy" } },
  score(row, output, context) {
    const size = sizeOf(row, context);
    if (size === undefined) return { status: "unscored", reason: "data", detail: "the image's size is not known" };
    if (context.scoring === "vlmevalkit") return clicked(row, output.text, size);
    const isOfficial = context.scoring === "official";
    const point = isOfficial ? officialPoint(output.text) : anyPoint(output.text);
    const inFractions = point !== undefined && isFraction(point);
    const hit = (at: Point | undefined) => (at !== undefined && isTarget(row, at) ? 1 : 0);
    const acc = hit(point && (inFractions ? times(point, size) : point));
    const thousandths = point && times(point, inFractions ? size : [size[0] / 1000, size[1] / 1000]);
    const unit = isOfficial && {
      if_thousandths: hit(thousandths),
      ...(point && { in_fractions: inFractions ? 1 : 0 }),
    };
    const target = `${row.box_type} [${row.box_coordinates.join(", ")}]`;
    return pointScored(point, { acc, [kindOf(row)]: acc, ...unit }, { target, isReadable: point !== undefined });
  },
  metrics: [
    mean("acc", { of: "acc" }),
    mean("bbox_acc", { of: "bbox" }),
    mean("polygon_acc", { of: "polygon" }),
    mean("refusal_acc", { of: "refusal" }),
    mean("acc_if_thousandths", { of: "if_thousandths" }),
    mean("in_fractions", { of: "in_fractions" }),
  ],
  groups: { box_type: kindOf },
});
