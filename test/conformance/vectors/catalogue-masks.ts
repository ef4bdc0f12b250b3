/** Vectors of the benchmarks whose points are looked up in masks. */

import type { Mask } from "../../../src/core/image.js";
import type { Scoring } from "../../../src/core/score.js";
import { roundHalfEven } from "../../../src/text/python-numbers.js";
import {
  geminiRegions,
  molmoRegions,
  type Point,
  type Region,
  refSpatialRegions,
  type Size,
} from "../../../tasks/pointing/points.js";
import { guessedPoints } from "../../../tasks/pointing/vlmevalkit-points.js";
import { isChangedBefore, taskScore } from "../task-score.js";
import type { VectorFile } from "../vector-file.js";
import { fold, foldEach, lmms, vlmevalkit } from "./catalogue-metrics.js";

interface Encoded {
  readonly width: number;
  readonly height: number;
  /** Runs: value, pixels. */
  readonly rle: readonly (readonly [number, number])[];
}
const maskOf = ({ width, height, rle }: Encoded): Mask => ({
  ...{ width, height, digest: "" },
  values: Uint8Array.from(rle.flatMap(([value, count]) => Array<number>(count).fill(value))),
});
/** One in which all counts, where the rows have a size alone. */
const allWhite = ({ width, height }: Pick<Encoded, "width" | "height">): Mask =>
  maskOf({ width, height, rle: [[255, width * height]] });

// lmms-eval takes thoughts out before its task sees a reply; these replies went to the task's function as they are.
const untouched = (text: string): string => (isChangedBefore(text) ? text.replace(/<(?=\/?think>)/g, "< ") : text);

interface Answered {
  readonly mask: Encoded;
  readonly response: string;
}

/** "[[3, 4], [0, 0, 2, 2]]", points and boxes of them, as all their points. */
function pointsOf(answer: string): readonly Point[] {
  const regions = answer === "" ? [] : (JSON.parse(answer) as (Point | Region)[]);
  return regions.flatMap((region) => (region.length === 2 ? [region] : filled(region)));
}

function filled([x1, y1, x2, y2]: Region): readonly Point[] {
  const points: Point[] = [];
  for (let y = y1; y < y2; y++) for (let x = x1; x < x2; x++) points.push([x, y]);
  return points;
}

/** The vectors give many points as their number, the first and the last. */
const summed = (points: readonly Point[]) =>
  points.length > 40 ? { count: points.length, first: points[0], last: points.at(-1) } : points;
const ofRegions = (regions: readonly Region[]) => summed(regions.flatMap(filled));

function shareUnder(task: string, { mask, response }: Answered) {
  const { answer, value } = taskScore(task, {}, untouched(response), { ...lmms, masks: [maskOf(mask)] });
  return { points: pointsOf(answer), accuracy: (value as Record<string, number>).accuracy };
}

interface Sized {
  readonly width: number;
  readonly height: number;
  readonly response: string;
}
const sizeOf = ({ width, height }: Sized): Size => [width, height];
const officialPoints = (task: string, input: Sized) =>
  summed(pointsOf(taskScore(task, {}, input.response, { masks: [allWhite(input)] }).answer));

/** Molmo's and Gemini's. */
const isOtherForm = (input: Sized): boolean =>
  [molmoRegions, geminiRegions].some((form) => form(input.response, sizeOf(input)).length > 0);

interface RoboAnswered {
  readonly answer: string;
  readonly response: string;
  readonly category?: string;
  readonly mask?: Encoded | null;
}

function roboScore({ answer, response, category = "context" }: RoboAnswered, scoring: Scoring, masks: readonly Mask[]) {
  const binary = answer === "yes" || answer === "no";
  const { answer: found, value } = taskScore("robo_spatial", { answer, category }, response, { scoring, masks });
  const correct = (value as Record<string, number>).accuracy === 1;
  return binary
    ? { correct, binary }
    : { correct, binary, parsed: found === "" ? null : JSON.parse(found), parsable: found !== "" };
}

function roboValue(name: string, row: RoboAnswered): number | undefined {
  const { answer, category, mask, response } = row;
  const masks = mask ? [maskOf(mask)] : [];
  const { value } = taskScore("robo_spatial", { answer, category }, untouched(response), { ...lmms, masks });
  const values = value as Readonly<Record<string, number>>;
  return category === "context" ? values[name] : values.accuracy;
}

export const pointMasks: VectorFile = {
  unsupported: {
    "vek.refspatial.evaluate": "VLMEvalKit's RefSpatialBench scores 0 whatever is answered: no scoring here",
  },
  setAside: ({ response }: { response: string }, fn) =>
    fn === "official.refspatial.text_absolute" && /\([^()]*\.[^()]*\)/.test(response)
      ? "fractions taken for pixels, at which the authors' script ends or leaves the question out"
      : undefined,
  // Of a yes or no their code repeats the reply.
  reference: (expected) => {
    const { binary, correct } = (expected ?? {}) as { binary?: boolean; correct?: boolean };
    return binary === true ? { correct, binary } : expected;
  },
  functions: {
    "lmms.refspatial": (input: Answered) => shareUnder("refspatial", input),
    "lmms.refspatial_json": (input: Answered) => shareUnder("refspatial_json", input),
    "lmms.where2place": (input: Answered) => shareUnder("where2place", input),
    // The task reads two forms more where no tuple stands.
    "official.refspatial.text_relative": (input: Sized) =>
      isOtherForm(input)
        ? ofRegions(refSpatialRegions(input.response, sizeOf(input)) ?? [])
        : officialPoints("refspatial", input),
    "official.refspatial.text_absolute": (input: Sized) =>
      ofRegions(refSpatialRegions(input.response, sizeOf(input)) ?? []),
    "official.refspatial.molmo_xml": (input: Sized) => ofRegions(molmoRegions(input.response, sizeOf(input))),
    "official.refspatial.gemini_json": (input: Sized) => ofRegions(geminiRegions(input.response, sizeOf(input))),
    "official.where2place": (input: Sized) => officialPoints("where2place", input),
    "vek.point2d.norm": (input: Sized) => summed([...guessedPoints(input.response, sizeOf(input))]),
    "vek.point2d.pixel": (input: Sized) => {
      const [width, height] = sizeOf(input);
      const clipped = (part: number, length: number) => roundHalfEven(Math.max(0, Math.min(part * length, length - 1)));
      const points = [...guessedPoints(input.response, sizeOf(input))];
      return summed(points.map(([x, y]) => [clipped(x, width), clipped(y, height)]));
    },
    "official.robo_spatial": (input: RoboAnswered) => roboScore(input, "official", []),
    "vek.robo_spatial": (input: RoboAnswered & Sized) => roboScore(input, vlmevalkit.scoring, [allWhite(input)]),
    "lmms.robo_spatial": (input: RoboAnswered) => roboValue("accuracy", input),
    "lmms.robo_spatial.first_point": (input: RoboAnswered) => roboValue("first_point", input),
    "lmms.refspatial.aggregate": ({ accuracy }: { accuracy: readonly number[] }) =>
      fold(
        "refspatial",
        "accuracy",
        accuracy.map((value) => ({ row: { step: 1 }, value: { accuracy: value } })),
      ),
    "lmms.robo_spatial.aggregate": ({ results }: { results: readonly { score: number; category: string }[] }) => {
      const rows = results.map(({ score, category }) => ({ row: { category }, value: { accuracy: score } }));
      const overall = fold("robo_spatial", "accuracy", rows);
      return { overall, ...foldEach("robo_spatial", "accuracy", rows, "category") };
    },
  },
};
