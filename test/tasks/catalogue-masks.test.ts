/** Points looked up in masks: fractions, pixels, thousandths, boxes, and masks in the forms that the files have. */

import { expect, test } from "vitest";
import { shareIn, whole } from "../../tasks/pointing/mask-score.js";
import maskTasks from "../../tasks/pointing/mask-task.js";
import { lmmsPairs, lmmsTuples, refSpatialRegions, roboSpatialPoint } from "../../tasks/pointing/points.js";
import roboSpatial from "../../tasks/pointing/robo-spatial-task.js";
import { maskImage } from "../fakes/images.js";
import type { ColumnType } from "../fakes/parquet-files.js";
import { goldenTask } from "./golden-task.js";

const [refSpatial, refSpatialJson, where2Place, where2PlaceJson] = maskTasks;
/** 0.25 to 0.5 of 32 x 24, both ways. */
const box = [8, 6, 8, 6] as const;
const maskCell = async (given: Omit<Parameters<typeof maskImage>[0], "box">, path: string) => ({
  bytes: new Uint8Array(await maskImage({ ...given, box })),
  path,
});
const grey = await maskCell({}, "grey.png");
const colour = await maskCell({ form: "colour png" }, "colour.png");
const faint = await maskCell({ grey: 100 }, "faint.png");

const place = (id: number, mask: object) => ({
  ...{ id, image: true, mask, object: `cup ${id}`, prompt: `Please point out cup ${id}.`, step: (id % 3) + 1 },
  suffix: "Your answer should be formatted as a list of tuples.",
});
const refSpatialColumns: Readonly<Record<string, ColumnType>> = {
  ...{
    id: "int64",
    image: "image",
    mask: "image",
    object: "string",
    prompt: "string",
    suffix: "string",
    step: "int64",
  },
};
goldenTask({
  task: refSpatial,
  columns: refSpatialColumns,
  rows: [grey, colour, faint, grey, grey, grey, grey].map((mask, id) => place(id, mask)),
  // Fractions; two points; pixels in a faint mask; thousandths; a box; Gemini's list, y in front; nothing.
  answers: [
    "(0.3, 0.3)",
    "[(0.3, 0.3), (0.9, 0.9)]",
    "(10, 8)",
    "(300, 300)",
    "(0.25, 0.25, 0.5, 0.5)",
    '```json\n[{"point": [300, 260], "label": "cup"}]\n```',
    "There is none.",
  ],
  main: { official: 4.5 / 7, "lmms-eval": 1.5 / 7, vlmevalkit: 3 / 7 },
});

goldenTask({
  task: refSpatialJson,
  columns: refSpatialColumns,
  rows: [grey, faint, grey, grey].map((mask, id) => place(id, mask)),
  // Thousandths; the same in a mask that lmms-eval rounds to black; fractions; pixels, which are thousandths here.
  answers: ['[{"point_2d": [300, 300]}]', '[{"point_2d": [300, 300]}]', "[0.3, 0.3]", "(10, 8)"],
  main: { official: 3 / 4, "lmms-eval": 2 / 4, vlmevalkit: 2 / 4 },
});

const half = await maskCell({ grey: 128 }, "half.png");
const free = (id: string, mask: object) => ({ question_id: id, image: true, mask, question: `Where is room (${id})?` });
const where2PlaceColumns = { question_id: "string", image: "image", mask: "image", question: "string" } as const;
goldenTask({
  task: where2Place,
  columns: where2PlaceColumns,
  rows: [grey, half, grey, grey].map((mask, i) => free(`q${i}`, mask)),
  answers: ["(0.3, 0.3)", "(0.3, 0.3)", "(0.25, 0.25, 0.5, 0.5)", "[300, 300]"],
  main: { official: (1 + 128 / 255 + 1) / 4, "lmms-eval": 2 / 4 },
});

goldenTask({
  task: where2PlaceJson,
  columns: where2PlaceColumns,
  rows: [grey, half].map((mask, i) => free(`q${i}`, mask)),
  answers: ["[[300, 300], [900, 900]]", "[0.3, 0.3]"],
  main: { official: (1 / 2 + 128 / 255) / 2, "lmms-eval": 1.5 / 2 },
});

const square = "[(0.25, 0.25), (0.5, 0.25), (0.5, 0.5), (0.25, 0.5)]";
const TUPLES =
  "Your answer should be formatted as a list of tuples, i.e. [(x1, y1), ...], where each tuple contains the x and y coordinates of a point satisfying the conditions above. The coordinates should be between 0 and 1, indicating the normalized pixel locations of the points.";
const context = (what: string) => ({
  ...{ img: true, mask: grey, question: `Pinpoint ${what}. ${TUPLES}`, answer: square, category: "context" },
});
const yesNo = (category: string, question: string, answer: string) => ({
  ...{ img: true, mask: null, question: `${question} Answer yes or no.`, answer, category },
});
goldenTask({
  task: roboSpatial,
  columns: { img: "image", mask: "image", question: "string", answer: "string", category: "string" },
  rows: [
    yesNo("configuration", "Is the cup left of the lamp?", "yes"),
    yesNo("compatibility", "Can the chair fit there?", "No"),
    context("points left of the bowl"),
    context("points right of the bowl"),
    context("points behind the bowl"),
  ],
  // The word in front; the word in the last line; a tuple of fractions; Qwen's list, of which the authors' script reads thousandths as they are.
  answers: [
    "Yes, it is.",
    "It is too wide.\nAnswer: no",
    "[(0.3, 0.3)]",
    '```json\n[{"point_2d": [300, 300], "label": "free"}, {"point_2d": [900, 900]}]\n```',
    "(0.9, 0.9)",
  ],
  // By VLMEvalKit's test nothing lies in a rectangle.
  main: { official: 2 / 5, "lmms-eval": 3 / 5, vlmevalkit: 1 / 5 },
});

// By RoboSpatial-Eval's own function.
test("RoboSpatial's first list is read as Python reads it", () => {
  expect(roboSpatialPoint("[- 0.4, 0.5] # left")).toEqual([-0.4, 0.5]);
  expect(roboSpatialPoint("[(- 0.4, 0x1), # left\n (0.5, 0.5, 0.5)]")).toEqual([-0.4, 1]);
});

test("a list of numbers without its end is read in one pass", () => {
  // Their pattern reads "11" in two ways, and tries each number in both.
  const open = `(${"11,".repeat(50_000)}`;
  expect([lmmsTuples(open, [640, 480]), lmmsPairs(open, [640, 480])]).toEqual([[], []]);
});

test("an answer full of boxes, or far outside, is a share like any other", () => {
  const [width, height] = [64, 48];
  const mask = { width, height, digest: "", values: new Uint8Array(width * height).fill(255, 0, (width * height) / 2) };
  const regions = refSpatialRegions("(0.0, 0.0, 1.0, 1.0) ".repeat(20_000), [width, height]) ?? [];
  expect(shareIn(mask, regions, whole)).toBe(0.5);
  const outside = refSpatialRegions(`(0.1, 0.1) (${"9".repeat(400)}, 5) (1.0, 1.0)`, [width, height]) ?? [];
  expect(shareIn(mask, outside, whole)).toBeCloseTo(1 / 3, 12);
  // Cut off towards zero, a point just outside is inside.
  expect(shareIn(mask, refSpatialRegions("(-0.01, 0.0)", [width, height]) ?? [], whole)).toBe(1);
});
