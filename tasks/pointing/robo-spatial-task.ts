import {
  defineTask,
  Image,
  lower,
  mean,
  meanOfGroups,
  Nullable,
  rowDigest,
  type Score,
  type ScoreContext,
  type Static,
  strip,
  type Task,
  Type,
  userPrompt,
} from "llava-eval";
import { sizeOf, soleMask, weightAt, whole } from "./mask-score.js";
import { type Point, qwenPoints, roboSpatialPoint } from "./points.js";
import { isInside, isInsideVlmEvalKit, type Polygon, polygonOf } from "./polygon.js";
import { guessedPoints } from "./vlmevalkit-points.js";

const row = Type.Object({
  img: Image(),
  mask: Type.Optional(Nullable(Image())), // of context questions
  question: Type.String(),
  answer: Type.String(), // yes, no, or a polygon's corners in fractions
  category: Type.Enum(["compatibility", "configuration", "context"]),
});
type Row = Static<typeof row>;

const yesOrNo = ({ answer }: Pick<Row, "answer">): string | undefined => {
  const said = lower(strip(answer));
  return said === "yes" || said === "no" ? said : undefined;
};

const TUPLES =
  "Your answer should be formatted as a list of tuples, i.e. [(x1, y1), ...], where each tuple contains the x and y coordinates of a point satisfying the conditions above. The coordinates should be between 0 and 1, indicating the normalized pixel locations of the points.";
// lmms-eval's own lines, with the blanks of its source.
const POINTS =
  "Your task is to identify specific points in the image based on the question. Respond with a brief explanation if needed, followed by a list of 2D point coordinates.\n\n    The points should be in JSON format and normalized to the range [0, 1000].\n\n    Do not include additional text after this line.\n    ";
const YES_OR_NO =
  "Your task is to answer the question above. Respond with a brief explanation if needed, followed by a yes or no answer in the last line of your response.\n\n    Format your final answer strictly as follows on the last line of your response:\n    Answer: yes or no\n\n    Do not include additional text after this line.\n    ";
const POINTS_IN_JSON =
  'Output the point coordinates in JSON format.\nFor example:\n[\n  {"point_2d": [x, y], "label": "point_1"}\n]\n';

function lmmsWords({ question, category }: Row): string {
  const bare = [TUPLES, "Answer yes or no."].reduce((text, own) => strip(text.replaceAll(own, "")), question);
  return `${bare}\n${category === "context" ? POINTS : YES_OR_NO}`;
}

function vlmEvalKitWords({ question, category }: Row): string {
  if (category !== "context") return question;
  return `${strip(question.split("Your answer should")[0] as string)}\n\n${POINTS_IN_JSON}`;
}

interface Scored {
  readonly isRight: boolean;
  readonly answer: string;
  readonly isReadable: boolean;
  readonly beside?: Readonly<Record<string, number>>;
}

function scoreOf({ category, answer: target }: Row, { isRight, answer, isReadable, beside }: Scored): Score {
  const accuracy = isRight ? 1 : 0;
  const value = { accuracy, [category]: accuracy, ...beside };
  const score = { status: "scored", value, answer, targets: [target] } as const;
  return isReadable ? score : { ...score, remark: "unparsable" };
}

const shown = (point: Point | undefined): string => (point === undefined ? "" : `[${point.join(", ")}]`);

/** The reply begins with it; "None of them" is a no. */
function beginsRight(text: string, target: string): Scored {
  const said = lower(strip(text));
  const answer = ["yes", "no"].find((word) => said.startsWith(word)) ?? "";
  return { isRight: answer === target, answer, isReadable: answer !== "" };
}

/** What the point would count in other units stands beside. */
function pointRight(text: string, polygon: Polygon, context: ScoreContext): Scored {
  const point = roboSpatialPoint(text);
  const inFractions = point?.every((part) => part >= 0 && part <= 1) ?? false;
  const hit = ([width, height]: Point) => (point && isInside([point[0] / width, point[1] / height], polygon) ? 1 : 0);
  const or = (unit: Point) => hit(inFractions ? [1, 1] : unit);
  const [mask] = context.masks ?? [];
  const beside = {
    if_thousandths: or([1000, 1000]),
    ...(mask && { if_pixels: or(sizeOf(mask)) }),
    ...(point && { in_fractions: inFractions ? 1 : 0 }),
  };
  return { isRight: hit([1, 1]) === 1, answer: shown(point), isReadable: inFractions, beside };
}

/** All up to the first end of thoughts is gone; `<answer>` has the last word. */
function lmmsReply(text: string): string {
  const after = ["</think>", "</thought>"].reduce((rest, end) => {
    const at = rest.indexOf(end);
    return at < 0 ? rest : rest.slice(at + end.length);
  }, text);
  const open = /<answer>/i.exec(after);
  const inner = open === null ? undefined : after.slice(open.index + open[0].length);
  const end = inner === undefined ? -1 : inner.search(/<\/answer>/i);
  return strip(end < 0 ? after : (inner as string).slice(0, end));
}

/** In the last line one of the words, and not the other: "I know yes" has both. */
function lastLineRight(text: string, target: string): Scored {
  const line = lower(strip(text)).split("\n").at(-1) as string;
  const said = ["yes", "no"].filter((word) => line.includes(word));
  const answer = said.length === 1 ? (said[0] as string) : "";
  return { isRight: answer === target, answer, isReadable: answer !== "" };
}

function lmmsScore(row: Row, text: string, context: ScoreContext): Score {
  const reply = lmmsReply(text);
  const target = yesOrNo(row);
  if (target !== undefined) return scoreOf(row, lastLineRight(reply, target));
  const mask = soleMask(context);
  if (mask === undefined)
    return { status: "unscored", reason: "data", detail: "the row has no mask, for which lmms-eval scores -1" };
  const points = qwenPoints(reply, sizeOf(mask));
  const hits = points.map((point) => weightAt(mask, point, whole));
  return scoreOf(row, {
    isRight: hits.includes(1),
    answer: points.length === 0 ? "" : JSON.stringify(points),
    isReadable: points.length > 0,
    beside: { first_point: hits[0] ?? 0 },
  });
}

/** Its first point. The image's size is the mask's. */
function vlmEvalKitScore(row: Row, text: string, { masks = [] }: ScoreContext): Score {
  const target = yesOrNo(row);
  if (target !== undefined) return scoreOf(row, beginsRight(text, target));
  const polygon = polygonOf(row.answer);
  const [mask] = masks;
  const { value: point } = guessedPoints(strip(text), mask ? sizeOf(mask) : [1, 1]).next();
  const isRight = point !== undefined && polygon !== undefined && isInsideVlmEvalKit(point, polygon);
  return scoreOf(row, { isRight, answer: shown(point ?? undefined), isReadable: point !== undefined });
}

const split = { sources: ["chanhee-luke/RoboSpatial-Home"], licence: "apache-2.0", answers: "public" } as const;
const splits: Task["splits"] = {
  all: { ...split, split: "compatibility+configuration+context", rows: 350 },
  compatibility: { ...split, split: "compatibility", rows: 105 },
  configuration: { ...split, split: "configuration", rows: 123 },
  context: { ...split, split: "context", rows: 122 },
};

export default defineTask<Row>({
  name: "robo_spatial",
  version: 2,
  about:
    "What lies where in a room, what fits there, and where a place is free, as a robot needs it (Song et al. 2024).",
  cite: "https://arxiv.org/abs/2411.16537; official scoring follows chanhee-luke/RoboSpatial-Eval evaluation.py: a reply that begins with the word, a first point in the polygon of fractions; lmms-eval scoring: the word in the last line, any point of a fenced JSON list in the mask; vlmevalkit scoring is the rule of VLMEvalKit e8e78f05 without the line of its log that raises, for which it counts every point wrong",
  splits,
  row,
  id: ({ img, category, question, answer }) => `${category}-${rowDigest(img.path, question, answer)}`,
  masks: ({ mask }) => (mask ? [mask] : []),
  tsv: {
    files: { all: "RoboSpatialHome" },
    rows: ({ image, ...cells }) => [{ ...cells, img: image }],
  },
  profiles: ["default", "lmms-eval", "vlmevalkit"],
  prompt(row, profile) {
    if (profile === "lmms-eval") return userPrompt(row.img, lmmsWords(row));
    return userPrompt(row.img, profile === "vlmevalkit" ? vlmEvalKitWords(row) : row.question);
  },
  generation: { maxNewTokens: 512, temperature: 0 },
  hasReference: (row) => yesOrNo(row) !== undefined || polygonOf(row.answer) !== undefined,
  defects: {
    official: ['"None of them" is a no'],
    "lmms-eval": ['"I know: yes" has a no in it', "a row without a mask counts -1 (here: it is not scored)"],
    vlmevalkit: [
      '"None of them" is a no',
      "nothing lies in a rectangle: each side that stands upright is crossed from everywhere",
      "a line of its log raises, so that every point is wrong (here: the rule without that line)",
    ],
  },
  scorings: ["vlmevalkit"],
  reportedAs: {
    vlmevalkit: {
      accuracy: "accuracy of ALL",
      ...Object.fromEntries(["compatibility", "configuration", "context"].map((name) => [name, `accuracy of ${name}`])),
    },
  },
  score(row, { text }, context) {
    if (context.scoring === "lmms-eval") return lmmsScore(row, text, context);
    if (context.scoring === "vlmevalkit") return vlmEvalKitScore(row, text, context);
    const target = yesOrNo(row);
    const polygon = polygonOf(row.answer);
    if (target !== undefined) return scoreOf(row, beginsRight(text, target));
    if (polygon === undefined) return { status: "unscored", reason: "data", detail: "no polygon" };
    return scoreOf(row, pointRight(text, polygon, context));
  },
  metrics: [
    mean("accuracy", { of: "accuracy" }),
    meanOfGroups("total", { of: "accuracy", group: "category", perGroup: false }),
    mean("compatibility", { of: "compatibility", perGroup: false }),
    mean("configuration", { of: "configuration", perGroup: false }),
    mean("context", { of: "context", perGroup: false }),
    mean("context_if_pixels", { of: "if_pixels", perGroup: false }),
    mean("context_if_thousandths", { of: "if_thousandths", perGroup: false }),
    mean("context_first_point", { of: "first_point", perGroup: false }),
    mean("in_fractions", { of: "in_fractions", perGroup: false }),
  ],
  groups: { category: ({ category }) => category },
});
