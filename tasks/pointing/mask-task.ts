import {
  defineTask,
  Image,
  mean,
  Nullable,
  type Output,
  rowDigest,
  type Score,
  type ScoreContext,
  type Static,
  type Task,
  Type,
  userPrompt,
} from "llava-eval";
import {
  fraction,
  inOtherUnits,
  type Mask,
  nearest,
  regionsScored,
  shareIn,
  sizeOf,
  soleMask,
  type Weight,
  weightAt,
  whole,
} from "./mask-score.js";
import {
  geminiRegions,
  lmmsPairs,
  lmmsTuples,
  molmoRegions,
  pixel,
  type Region,
  refSpatialRegions,
  roboPointRegions,
  type Size,
  scaled,
} from "./points.js";
import { refSpatialPoints } from "./vlmevalkit-points.js";

/** How a benchmark's answers are looked up in its masks. */
interface Reading {
  /** The largest number of the unit that is asked for. */
  readonly asked: 1 | 1000;
  /** By its authors. */
  readonly regions: (text: string, size: Size) => readonly Region[];
  readonly weight: Weight;
  readonly lmms: (text: string, size: Size) => readonly Region[];
}

/** Official scoring says besides what the answer would count in other units. */
const shareScore =
  ({ asked, regions: official, weight, lmms }: Reading) =>
  (_: unknown, { text }: Output, context: ScoreContext): Score => {
    const mask = soleMask(context);
    if (mask === undefined) return { status: "unscored", reason: "data", detail: "the mask is empty" };
    if (context.scoring === "vlmevalkit") return vlmEvalKitScore(text, mask);
    if (context.scoring === "lmms-eval") {
      const regions = lmms(text, sizeOf(mask));
      return regionsScored(regions, { accuracy: shareIn(mask, regions, nearest) }, regions.length > 0);
    }
    const regions = official(text, sizeOf(mask));
    const { value, isAsked } = inOtherUnits(text, { mask, weight, asked });
    return regionsScored(
      regions,
      { accuracy: shareIn(mask, regions, weight), ...value },
      regions.length > 0 && isAsked,
    );
  };

/** VLMEvalKit's RefSpatial: any point, moved into the image, is enough. */
function vlmEvalKitScore(text: string, mask: Mask): Score {
  const points = refSpatialPoints(text) ?? [];
  const within = (value: number, length: number) => Math.max(0, Math.min(scaled(value, length), length - 1));
  const pixels = points.map(([x, y]) => pixel(within(x, mask.width), within(y, mask.height)));
  const isHit = pixels.some(([x, y]) => weightAt(mask, [x, y], whole) > 0);
  return regionsScored(pixels, { accuracy: isHit ? 1 : 0 }, points.length > 0);
}

const LEFT_OUT = "a question whose answer cannot be read leaves the average (here: it counts 0)";
const WHOLE_NUMBERS = "a tuple of whole numbers is taken for fractions: pixels and thousandths lie outside";
const DARK = "what a mask has up to 127 is outside";
const vlmEvalKitDefects = ["a point outside the image is moved to its edge", "one point of several is enough"];

const MaskColumn = () => Type.Optional(Nullable(Image()));
interface Masked {
  readonly mask?: Static<ReturnType<typeof MaskColumn>>;
}
const shared = {
  version: 1,
  masks: ({ mask }: Masked) => (mask ? [mask] : []),
  hasReference: ({ mask }: Masked) => Boolean(mask),
  generation: { maxNewTokens: 1024, temperature: 0 },
  metrics: [
    mean("accuracy", { of: "accuracy" }),
    mean("accuracy_if_pixels", { of: "if_pixels" }),
    mean("accuracy_if_thousandths", { of: "if_thousandths" }),
    mean("in_fractions", { of: "in_fractions" }),
  ],
} as const;

const refSpatialRow = Type.Object({
  id: Type.Union([Type.Integer(), Type.String()]), // counts within its part
  image: Image(),
  mask: MaskColumn(), // grey or colours; 0 and 255, and some values between
  object: Type.String(),
  prompt: Type.String(),
  suffix: Type.String(),
  step: Type.Union([Type.Integer(), Type.String()]),
});
type RefSpatialRow = Static<typeof refSpatialRow>;

const refSpatialSplit = { sources: ["BAAI/RefSpatial-Bench"], licence: "apache-2.0", answers: "public" } as const;
const refSpatialSplits: Task["splits"] = {
  all: { ...refSpatialSplit, split: "location+placement+unseen", rows: 277 },
  location: { ...refSpatialSplit, split: "location", rows: 100 },
  placement: { ...refSpatialSplit, split: "placement", rows: 100 },
  unseen: { ...refSpatialSplit, split: "unseen", rows: 77 },
};
/** lmms-eval's names of the parts. */
const partNames = (suffix: string) =>
  ["location", "placement", "unseen"].map((part) => `refspatial_${part}${suffix}@${part}`);

const refSpatial = {
  ...shared,
  splits: refSpatialSplits,
  row: refSpatialRow,
  // A number stands once in each part.
  id: ({ id, prompt }: RefSpatialRow) => `${id}-${rowDigest(prompt)}`,
  tsv: {
    files: { location: "RefSpatial_Location", placement: "RefSpatial_Placement", unseen: "RefSpatial_Unseen" },
    rows: ({ index = "", ...cells }: Readonly<Record<string, string>>) => [{ ...cells, id: index }],
  },
  scorings: ["vlmevalkit"],
  reportedAs: { vlmevalkit: { accuracy: "Success Rate (%) of Overall" } },
  groups: { step: ({ step }: RefSpatialRow) => String(step) },
} as const;

const JSON_EXAMPLE =
  'Output the point coordinates in JSON format.\nFor example:\n[\n{"point_2d": [x, y], "label": "point_1"}\n]';

/** The forms of the authors' script, which has one for each model: tuples, else Molmo's tag, else Gemini's list. */
function refSpatialForms(text: string, size: Size): readonly Region[] {
  const forms = [refSpatialRegions, molmoRegions, geminiRegions];
  return forms.map((form) => form(text, size) ?? []).find((regions) => regions.length > 0) ?? [];
}

const where2PlaceRow = Type.Object({
  question_id: Type.Union([Type.String(), Type.Integer()]),
  image: Image(),
  mask: MaskColumn(), // a JPEG: also values between black and white
  question: Type.String(),
});
type Where2PlaceRow = Static<typeof where2PlaceRow>;

const where2PlaceSplits: Task["splits"] = {
  test: {
    sources: ["FlagEval/Where2Place"],
    split: "test",
    rows: 100,
    licence: "apache-2.0", // of the authors' own, wentao-yuan/where2place; this copy states none
    answers: "public",
  },
};
const where2Place = {
  ...shared,
  splits: where2PlaceSplits,
  row: where2PlaceRow,
  id: ({ question_id }: Where2PlaceRow) => String(question_id),
} as const;

const TUPLES_IN_FRACTIONS =
  "Your answer should be formatted as a list of tuples, i.e. [(x1, y1), (x2, y2), ...], where each tuple contains the x and y coordinates of a point satisfying the conditions above. The coordinates should be between 0 and 1, indicating the normalized pixel locations of the points in the image.";
const THOUSANDTHS_IN_JSON =
  "Your answer should be JSON format. The coordinates should be between 0 and 1000, indicating the normalized pixel locations of the points in the image.";
const TUPLES_ONLY = "Return only list of tuples, don't add anything else.";

export default [
  defineTask<RefSpatialRow>({
    ...refSpatial,
    name: "refspatial",
    aliases: partNames(""),
    about: "Point at an object, or at a free place, that a sentence of several relations means (Zhou et al. 2025).",
    cite: "https://arxiv.org/abs/2506.04308; official scoring follows Zhoues/RoboRefer Evaluation/summarize_acc.py: the share of an answer's points in the mask, (x, y) in fractions with a point in a number, else in pixels; what it cannot read counts 0 here and is left out there; lmms-eval scoring takes all tuples for fractions; VLMEvalKit's RefSpatial: any point is enough; its other class for these rows (RefSpatial_wo_unseen) scores 0 whatever is answered, and is not offered",
    profiles: ["default", "official", "molmo", "robobrain", "gemini", "vlmevalkit"],
    prompt({ image, prompt, suffix, object }, profile) {
      switch (profile) {
        case "official":
          return userPrompt(image, `${prompt} ${suffix}`);
        case "molmo":
          return userPrompt(image, `Locate several points of ${object}.`);
        case "robobrain":
          return userPrompt(image, `${prompt} Please provide its 2D coordinates.`);
        case "gemini":
          return userPrompt(image, `Locate one point of ${object}.`);
        case "vlmevalkit":
          return userPrompt(image, `${prompt} ${JSON_EXAMPLE}`);
        default:
          return userPrompt(image, `${prompt} ${suffix} ${TUPLES_ONLY}`);
      }
    },
    defects: {
      official: [LEFT_OUT],
      "lmms-eval": [WHOLE_NUMBERS, DARK],
      vlmevalkit: [...vlmEvalKitDefects, "its RefSpatial_wo_unseen scores 0 whatever is answered (here: not offered)"],
    },
    score: shareScore({ asked: 1, regions: refSpatialForms, weight: whole, lmms: lmmsTuples }),
  }),
  defineTask<RefSpatialRow>({
    ...refSpatial,
    name: "refspatial_json",
    aliases: partNames("_json"),
    about: "RefSpatial-Bench in the words of its authors for Qwen: points as JSON, in thousandths.",
    cite: "https://arxiv.org/abs/2506.04308; points are read as in lmms-eval _task_utils/point_format.py (without a point in a number thousandths, else fractions), by official scoring with the authors' mask (every value above 0); the authors' own parser for Qwen reads pixels in round brackets alone, and no JSON: it is not offered",
    profiles: ["default", "vlmevalkit"],
    prompt: ({ image, prompt, object }, profile) =>
      userPrompt(
        image,
        profile === "vlmevalkit"
          ? `${prompt} ${JSON_EXAMPLE}`
          : `Locate ${object} in this image and output the point coordinates in JSON format.`,
      ),
    defects: { "lmms-eval": [DARK], vlmevalkit: vlmEvalKitDefects },
    score: shareScore({ asked: 1000, regions: lmmsPairs, weight: whole, lmms: lmmsPairs }),
  }),
  defineTask<Where2PlaceRow>({
    ...where2Place,
    name: "where2place",
    about: "Point at the free place that a sentence means (Yuan et al. 2024).",
    cite: "https://arxiv.org/abs/2406.10721; official scoring follows wentaoyuan/RoboPoint robopoint/eval/summarize_vqa.py: the mean grey value of the mask under an answer's points, (x, y) in fractions with a point in a number, else in pixels; what it cannot read counts 0 here and is left out there; lmms-eval scoring rounds the mask to black and white and takes all tuples for fractions",
    profiles: ["default", "official"],
    prompt: ({ image, question }, profile) =>
      userPrompt(image, profile === "official" ? question : `${question} ${TUPLES_IN_FRACTIONS} ${TUPLES_ONLY}`),
    defects: {
      official: [LEFT_OUT, "every image is measured as one of 640 x 480 (here: by its mask)"],
      "lmms-eval": [WHOLE_NUMBERS],
    },
    score: shareScore({
      asked: 1,
      regions: (text, size) => roboPointRegions(text, size) ?? [],
      weight: fraction,
      lmms: lmmsTuples,
    }),
  }),
  defineTask<Where2PlaceRow>({
    ...where2Place,
    name: "where2place_json",
    about: "Where2Place with points asked for as JSON, in thousandths: lmms-eval's words for Qwen.",
    cite: "https://arxiv.org/abs/2406.10721; points are read as in lmms-eval _task_utils/point_format.py (without a point in a number thousandths, else fractions), by official scoring with the mask of RoboPoint's script, whose grey values count as they are",
    prompt: ({ image, question }) => userPrompt(image, `${question} ${THOUSANDTHS_IN_JSON}`),
    score: shareScore({ asked: 1000, regions: lmmsPairs, weight: fraction, lmms: lmmsPairs }),
  }),
] as const;
