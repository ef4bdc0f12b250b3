/**
 * Answers that attack a scorer. An algorithm that is quadratic in the answer needs billions of steps for each and does not
 * end within the test's time, so ending is the proof. No clock is read.
 */

import { describe, expect, test } from "vitest";
import { rawCaptionScores } from "../../src/metrics/caption-scores.js";
import { anls } from "../../src/scorers/anls.js";
import { boxMeasures, noBox } from "../../src/scorers/boxes.js";
import { exactMatch, looseMatch } from "../../src/scorers/exact-match.js";
import { relaxedCorrect } from "../../tasks/chartqa/score.js";
import { gqaCorrect } from "../../tasks/gqa/score.js";
import { hallusionContainsYes, hallusionVerdict } from "../../tasks/hallusion_bench/score.js";
import { lmmsMmeAnswer, mmeAnswer } from "../../tasks/mme/score.js";
import { multiPageAnls, pix2structAnls, stvqaAnls } from "../../tasks/multidocvqa/score.js";
import { ocrbenchHit } from "../../tasks/ocrbench/score.js";
import { lmmsPopeAnswer, popeAnswer } from "../../tasks/pope/score.js";
import { jsonBoxes } from "../../tasks/refcoco/json-boxes.js";
import { parseBox } from "../../tasks/refcoco/score.js";
import { lmmsScienceQaCorrect, scienceQaLetter } from "../../tasks/scienceqa/letter.js";
import { anyPoint, clickedPoint, officialPoint } from "../../tasks/screenspot/points.js";
import { parseScreenBox } from "../../tasks/screenspot/score.js";
import { evalAiVqaAccuracy, lmmsVqav2Accuracy, officialVqaAccuracy } from "../../tasks/vqa/accuracy.js";
import { squadF1, tokenSetF1 } from "../../tasks/websrc/token-f1.js";
import { multipleChoiceFilter, regexFilter, simpleChoiceFilter } from "../conformance/ported/response-filters.js";

const repeat = (piece: string, size: number): string => piece.repeat(Math.ceil(size / piece.length)).slice(0, size);
const pieces = [
  ...[
    "a",
    "A",
    "1",
    " ",
    "\n",
    ".",
    ",",
    "'",
    '"',
    "-",
    "(",
    "[",
    "{",
    "<",
    "\\",
    "$",
    "%",
    ":",
    "/",
    "@",
    "#",
    "&",
    "_",
  ],
  ...["a.", "a,", "a-", "a'", "a/", "a@", "a&", "1,", "1 ", "1/", "1-", "U.S. ", "n't", "'s", ". . ", "<a", "http://a"],
  ...[
    "[1,2,3,",
    "{[",
    "The answer is A",
    "yes ",
    "no,",
    "é",
    "e\u0301",
    "😀",
    "\ufeff",
    "\u00a0",
    "１",
    "\ud800",
    "\r",
    "\0",
  ],
];

const people = ["yes", "no", "a red cup", "1,000"];
const scorers: Readonly<Record<string, (answer: string) => unknown>> = {
  "VQA, EvalAI": (answer) => evalAiVqaAccuracy(answer, people).accuracy,
  "VQA, official": (answer) => officialVqaAccuracy(answer, people).accuracy,
  "VQA, lmms-eval": (answer) =>
    lmmsVqav2Accuracy(
      answer,
      people.map((one, answer_id) => ({ answer: one, answer_id })),
    ).accuracy,
  ANLS: (answer) => [
    anls(people, answer),
    stvqaAnls(people, answer),
    pix2structAnls(people, answer),
    multiPageAnls(people, answer),
  ],
  "exact match": (answer) => [exactMatch(answer, "x", looseMatch), gqaCorrect(answer, "x")],
  "relaxed accuracy": (answer) => relaxedCorrect(answer, "5%"),
  "yes or no": (answer) => [popeAnswer(answer), lmmsPopeAnswer(answer), mmeAnswer(answer), lmmsMmeAnswer(answer)],
  ScienceQA: (answer) => [scienceQaLetter(answer), lmmsScienceQaCorrect(answer, "A")],
  OCRBench: (answer) => [ocrbenchHit(answer, people, "HME100k"), ocrbenchHit(answer, people, "IAM", true)],
  HallusionBench: (answer) => [hallusionVerdict(answer), hallusionContainsYes(answer, "1")],
  boxes: (answer) => [parseBox(answer), parseScreenBox(answer), boxMeasures(parseBox(answer) ?? noBox, noBox)],
  points: (answer) => [anyPoint(answer), officialPoint(answer), clickedPoint(answer)],
  "JSON boxes": (answer) => jsonBoxes(answer),
  "token F1": (answer) => [squadF1(answer, "a b"), tokenSetF1(answer, "a b")],
  filters: (answer) => [
    regexFilter(answer),
    multipleChoiceFilter(answer, ["red", "blue"], { ignoreCase: true, ignorePunctuation: true, remove: ["\\s+"] }),
    simpleChoiceFilter(answer, "Which?\nA. red\nB. blue"),
  ],
};

describe("every scorer takes 60,000 characters of anything", () => {
  for (const [name, score] of Object.entries(scorers))
    test(name, () => {
      for (const piece of pieces) expect(score(repeat(piece, 60_000)), piece).toBeDefined();
    });
});

test("the caption metrics take 10,000 characters of anything", () => {
  const images = pieces.map((piece) => ({
    prediction: repeat(piece, 10_000),
    references: ["a dog", "two dogs on a mat"],
  }));
  const { bleu, rougeL, cider } = rawCaptionScores(images);
  for (const value of [...bleu, rougeL, cider as number]) expect(Number.isFinite(value)).toBe(true);
});
