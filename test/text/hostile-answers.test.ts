/**
 * Answers that attack a parser. Every case has 300,000 characters (`npm run soak`: two million): an algorithm that is
 * quadratic in the answer needs 10^11 steps and does not end within the test's time, so ending is the proof. No clock is read.
 */

import { describe, expect, test } from "vitest";
import { parsePythonLiteral } from "../../src/core/python-literal.js";
import { rawCaptionScores } from "../../src/metrics/caption-scores.js";
import { anls } from "../../src/scorers/anls.js";
import { exactMatch, looseMatch } from "../../src/scorers/exact-match.js";
import { easiChoice } from "../../src/text/easi-choice.js";
import { inferChoice } from "../../src/text/infer-choice.js";
import { binaryVerdict } from "../../src/text/judge-replies.js";
import { leadingLetter } from "../../src/text/leading-letter.js";
import { parseChoice } from "../../src/text/mmmu-choice.js";
import { stripReasoning } from "../../src/text/reasoning-tags.js";
import { robustChoice } from "../../src/text/robust-choice.js";
import { threeDsrLetter } from "../../tasks/3dsrbench/score.js";
import { activityVerdict } from "../../tasks/activitynetqa/judge.js";
import { babyAnswer, babyAnswerLmms } from "../../tasks/babyvision/score.js";
import { blinkChoice, blinkLetter } from "../../tasks/blink/choice.js";
import { relaxedCorrect } from "../../tasks/chartqa/score.js";
import { chartScore } from "../../tasks/chartqapro/score.js";
import { countInDigits } from "../../tasks/countbenchqa/score.js";
import { crpeFiltered } from "../../tasks/crpe/score.js";
import { cvBenchLetter } from "../../tasks/cv_bench/score.js";
import { normalText, valueIn } from "../../tasks/documents/cc-ocr-keys.js";
import { pageLikeness, tableLikeness, tokensOf } from "../../tasks/documents/cc-ocr-text.js";
import { wordsCredit } from "../../tasks/documents/ocrbench-v2-answers.js";
import { lastBox, spottedIn } from "../../tasks/documents/ocrbench-v2-boxes.js";
import { chartIn, keysIn } from "../../tasks/documents/ocrbench-v2-keys.js";
import { documentCredit, htmlCredit, markdownCredit } from "../../tasks/documents/ocrbench-v2-pages.js";
import { lmmsScore } from "../../tasks/documents/omnidocbench-lmms.js";
import { scorePage } from "../../tasks/documents/omnidocbench-page.js";
import { textLikeness } from "../../tasks/documents/page-text.js";
import { officialReading, ruledAnswer } from "../../tasks/dynamath/score.js";
import { egoSchemaLetter } from "../../tasks/egoschema/score.js";
import { emmaAnswer, emmaEqual } from "../../tasks/emma/score.js";
import { gqaAnswer } from "../../tasks/gqa/score.js";
import { hallusionContainsYes, hallusionVerdict } from "../../tasks/hallusion_bench/score.js";
import { embeddedJson } from "../../tasks/live_bench/embedded-json.js";
import { looseScorePair, strictScorePair } from "../../tasks/llava_bench/score-pair.js";
import { choiceOf, freeScore } from "../../tasks/llava_interleave/score.js";
import { extractMathVisionAnswer } from "../../tasks/mathvision/answer.js";
import { mathVisionCorrect } from "../../tasks/mathvision/score.js";
import { extractWithoutJudge, normalizeExtraction } from "../../tasks/mathvista/answer.js";
import { mindCubeLetter } from "../../tasks/mindcube/score.js";
import { letterBeforeBracket } from "../../tasks/mlvu/score.js";
import { staticLetter } from "../../tasks/mmbench/score.js";
import { lmmsMmeAnswer, mmeAnswer } from "../../tasks/mme/score.js";
import { mmeRealWorldLetter } from "../../tasks/mme_realworld/score.js";
import { parseCmmmuChoice } from "../../tasks/mmmu/cmmmu-choice.js";
import {
  majorityVerdict,
  openIsCorrect,
  parseBlank,
  parseVerdicts,
  parseVideoOpen,
} from "../../tasks/mmmu/open-answer.js";
import { parseProChoice } from "../../tasks/mmmu/score.js";
import { mmsiLetter } from "../../tasks/mmsi_bench/score.js";
import { mmstarCorrect } from "../../tasks/mmstar/score.js";
import { correctnessScore, lmmsMmvetScore } from "../../tasks/mmvet/score.js";
import { mmvpLetter } from "../../tasks/mmvp/score.js";
import { mtvqaCorrect } from "../../tasks/mtvqa/score.js";
import { multiPageAnls, stvqaAnls } from "../../tasks/multidocvqa/score.js";
import { lmmsMvbenchAnswer, namesOption } from "../../tasks/mvbench/score.js";
import { firstWord } from "../../tasks/naturalbench/score.js";
import { ocrbenchHit } from "../../tasks/ocrbench/score.js";
import { finalAnswer, olympiadCorrect } from "../../tasks/olympiadbench/answer.js";
import { answerLineLetter, firstLetter, withoutThoughts } from "../../tasks/omnispatial/score.js";
import { perceptionLetter } from "../../tasks/perceptiontest/score.js";
import {
  geminiRegions,
  lmmsPairs,
  lmmsTuples,
  molmoRegions,
  qwenPoints,
  refSpatialRegions,
  roboPointRegions,
  roboSpatialPoint,
} from "../../tasks/pointing/points.js";
import { guessedPoints, refSpatialPoints } from "../../tasks/pointing/vlmevalkit-points.js";
import { lmmsPopeAnswer, popeAnswer } from "../../tasks/pope/score.js";
import { realWorldQaCorrect } from "../../tasks/realworldqa/score.js";
import { jsonBoxes } from "../../tasks/refcoco/json-boxes.js";
import { parseBox } from "../../tasks/refcoco/score.js";
import { lmmsScienceQaCorrect, scienceQaLetter } from "../../tasks/scienceqa/letter.js";
import { anyPoint, clickedPoint, officialPoint } from "../../tasks/screenspot/points.js";
import { parseScreenBox } from "../../tasks/screenspot/score.js";
import { firstCharacter } from "../../tasks/seedbench/score.js";
import { captionVerdict, saysCorrect } from "../../tasks/tempcompass/judge.js";
import { captionMatch, choiceMatch, yesNoSaid } from "../../tasks/tempcompass/score.js";
import { visualPuzzlesLetter } from "../../tasks/visualpuzzles/score.js";
import { lmmsVisuLogicLetter, visuLogicLetter } from "../../tasks/visulogic/score.js";
import { preferredAnswer } from "../../tasks/vl_rewardbench/score.js";
import { truthAndBias } from "../../tasks/vlms_are_biased/score.js";
import { blindAnswer, blindRight } from "../../tasks/vlmsareblind/score.js";
import { evalAiVqaAccuracy, lmmsVqav2Accuracy, officialVqaAccuracy } from "../../tasks/vqa/accuracy.js";
import { simpleVqaVerdict, worldVqaVerdict } from "../../tasks/vqa/factual-judge.js";
import { firstNumber, firstWord as vsiFirstWord } from "../../tasks/vsibench/score.js";
import { lastNumber } from "../../tasks/vsibench/vlmevalkit.js";
import { vstarLetter, vstarQuestion } from "../../tasks/vstar_bench/letter.js";
import { squadF1, tokenSetF1 } from "../../tasks/websrc/token-f1.js";
import { weMathLetter } from "../../tasks/wemath/score.js";
import { lastBraces, zeroBenchEqual } from "../../tasks/zerobench/score.js";
import { parseJmmmuProChoice } from "../conformance/ported/jmmmu-pro-choice.js";

const size = Number(process.env.LLAVA_EVAL_TEST_ANSWER_SIZE ?? 300_000);
const repeat = (piece: string): string => piece.repeat(Math.ceil(size / piece.length)).slice(0, size);

const answers: Readonly<Record<string, string>> = {
  "one letter": repeat("A"),
  "one digit": repeat("1"),
  "digits and a letter": `${repeat("1")}x`,
  "digits and commas": repeat("1,111"),
  "broken exponents": repeat("1e+"),
  periods: repeat("."),
  blanks: `answer${repeat(" ")}`,
  "line breaks": repeat("is\n"),
  "open fences": repeat("```json\nx"),
  "tables in tables": repeat("<table><tr><td>"),
  "strange white space": repeat("\u2003\u0085\u001c"),
  "open brackets": repeat("("),
  "nested brackets": repeat("(A") + repeat(")"),
  "open braces": repeat("{"),
  "nested fractions": repeat("\\frac{"),
  "unclosed formulas": repeat("\\("),
  "unclosed formulas on lines": repeat("\\["),
  "unclosed boxes": repeat("\\boxed{"),
  "empty boxes": repeat("\\boxed{}"),
  signs: repeat("--+"),
  "opening tags": repeat("<think>"),
  "closing tags": repeat("</think>"),
  "tags that make tags": repeat("<th<think></think>ink>"),
  cues: repeat('The answer is "'),
  indicators: repeat("so is thus therefore "),
  quotes: repeat('{"\\"'),
  "Japanese marks": repeat("正解：【"),
  "Chinese indicators": repeat("是为所以"),
  "Arabic digits": repeat("١٢"),
  "astral letters and joiners": repeat("𝐀\u200d👍🏽\u0301"),
  "lone surrogates": repeat("\ud800\udc00\ud800"),
  "full-width letters": repeat("Ａ．"),
  "tabs and pipes": repeat("0.5\t|"),
  "open answers": repeat("<answer>"),
  "answers on lines": repeat("Answer:\n"),
};

const documentPage = {
  layout_dets: [
    { category_type: "title", order: 1, text: "a red cat" },
    { category_type: "equation_isolated", order: 2, latex: "$$x^2$$" },
    { category_type: "table", order: 3, html: "<table><tr><td>a</td></tr></table>" },
  ],
};
const table = "<table><tr><td>a</td></tr></table>";
const options = ["a red cat", "a blue dog", "A", ""];
const choices = { A: "a red cat", B: "a blue dog", C: "A" };
const people = ["red", "red", "dark red", "red", "2", "red", "red", "red", "red", "no"];
const problem = { question_type: "free_form", answer_type: "float", precision: 2 };

const pointReaders = [
  ...[refSpatialRegions, roboPointRegions, molmoRegions, geminiRegions, lmmsTuples, lmmsPairs, qwenPoints],
  roboSpatialPoint,
];

const parsers: Readonly<Record<string, (answer: string) => unknown>> = {
  "VQA, official": (answer) => officialVqaAccuracy(answer, people),
  "VQA, EvalAI": (answer) => evalAiVqaAccuracy(answer, people),
  "VQA, lmms-eval": (answer) =>
    lmmsVqav2Accuracy(
      answer,
      people.map((answer) => ({ answer })),
    ),
  ANLS: (answer) => anls(people, answer),
  "ANLS, ST-VQA": (answer) => stvqaAnls(people, answer),
  "ANLS, several pages": (answer) => multiPageAnls(people, answer),
  "relaxed accuracy": (answer) => relaxedCorrect(answer, "24.5%"),
  OCRBench: (answer) => [ocrbenchHit(answer, people, "HME100k"), ocrbenchHit(answer, people, "IAM", true)],
  "exact match": (answer) => exactMatch(answer, "red", looseMatch),
  GQA: gqaAnswer,
  POPE: (answer) => [popeAnswer(answer), lmmsPopeAnswer(answer)],
  MME: (answer) => [mmeAnswer(answer), lmmsMmeAnswer(answer)],
  HallusionBench: (answer) => [hallusionVerdict(answer), hallusionContainsYes(answer, "1")],
  ScienceQA: (answer) => [scienceQaLetter(answer), lmmsScienceQaCorrect(answer, "B")],
  "token F1": (answer) => [squadF1(answer, "a red cat"), tokenSetF1(answer, "a red cat")],
  box: (answer) => [parseBox(answer), parseScreenBox(answer)],
  points: (answer) => [anyPoint(answer), officialPoint(answer), clickedPoint(answer)],
  "points in masks": (answer) => pointReaders.map((read) => read(answer, [640, 480])),
  "RoboSpatial, VLMEvalKit": (answer) => [guessedPoints(answer, [640, 480]).next(), refSpatialPoints(answer)],
  "boxes in JSON": jsonBoxes,
  captions: (answer) => rawCaptionScores([{ references: ["a red cat"], prediction: answer }]),
  "MMMU, official": (answer) => parseChoice("official", answer, options),
  "MMMU, lmms-eval": (answer) => parseChoice("lmms", answer, options),
  JMMMU: (answer) => parseChoice("jmmmu", answer, options),
  "Video-MMMU": (answer) => parseChoice("videoMmmu", answer, options),
  "MMT-Bench": (answer) => parseChoice("mmt", answer, options),
  "MMMU-Pro": (answer) => parseProChoice(answer, options),
  "JMMMU-Pro": parseJmmmuProChoice,
  "MMMU open": (answer) => openIsCorrect(answer, ["24", "twenty-four"]),
  "CMMMU choice": (answer) => parseCmmmuChoice(answer, options),
  "CMMMU blank": (answer) => parseBlank(answer, "2"),
  "CMMMU verdict": (answer) => majorityVerdict(parseVerdicts(answer)),
  "robust letter": (answer) => robustChoice(answer, ["A", "B", "C", "D"]),
  MMBench: (answer) => inferChoice(answer, choices, "mmbench"),
  "MMBench, static": (answer) => staticLetter(answer, choices),
  VLMEvalKit: (answer) => inferChoice(answer, choices, "vlmevalkit"),
  AI2D: (answer) => leadingLetter(answer, "period"),
  "SEED-Bench": firstCharacter,
  "CV-Bench, lmms-eval": leadingLetter,
  "BLINK, lmms-eval": (answer) => blinkLetter(answer, ["A", "B", "C"]),
  BLINK: (answer) => blinkChoice(answer, ["A", "B"]),
  "V*Bench": vstarLetter,
  "V*Bench question": vstarQuestion,
  MMStar: (answer) => mmstarCorrect(answer, "B", "official"),
  RealWorldQA: (answer) => realWorldQaCorrect(answer, "two"),
  "MathVista, no judge": (answer) => extractWithoutJudge(answer, problem, true),
  MathVista: (answer) => normalizeExtraction(answer, problem, "official"),
  "MATH-Vision": (answer) =>
    mathVisionCorrect(extractMathVisionAnswer(answer), { answer: "B", options: ["1", "2"] }, "lmms-eval"),
  "MM-Vet": correctnessScore,
  "MM-Vet, lmms-eval": (answer) => lmmsMmvetScore([answer, answer, answer]),
  "review, loose": looseScorePair,
  "review, strict": (answer) => strictScorePair(answer),
  "CV-Bench": (answer) => cvBenchLetter(answer, "Omni3D"),
  CountBench: countInDigits,
  "MME-RealWorld": (answer) => [
    mmeRealWorldLetter(answer, ["(A) x"], "official"),
    mmeRealWorldLetter(answer, [], "lmms-eval"),
  ],
  ZeroBench: (answer) => [lastBraces(answer), zeroBenchEqual(answer, "12")],
  MMSI: (answer) => [mmsiLetter(answer, "official"), mmsiLetter(answer, "lmms-eval")],
  CRPE: (answer) => crpeFiltered(answer, "Which?\nA. a red cat\nB. a blue dog"),
  EASI: (answer) => easiChoice(answer),
  "HR-Bench": (answer) => inferChoice(answer, choices, "hrbench"),
  MMVP: mmvpLetter,
  VisuLogic: (answer) => [visuLogicLetter(answer), lmmsVisuLogicLetter(answer)],
  VisualPuzzles: (answer) => visualPuzzlesLetter(answer, options),
  MTVQA: (answer) => mtvqaCorrect(answer, "red", "official"),
  MindCube: mindCubeLetter,
  NaturalBench: (answer) => [firstWord(answer, "yes_no"), firstWord(answer, "multiple_choice")],
  "3DSRBench": threeDsrLetter,
  "VLMs are biased": (answer) => truthAndBias(answer, "5", "4"),
  "VLMs are blind": (answer) => [
    ...["Circled Letter", "Nested Squares", "Counting Grid - Word Grids"].flatMap((task) => [
      blindAnswer(answer, task),
      blindRight(answer, "3,4", task),
    ]),
  ],
  ChartQAPro: (answer) => chartScore(answer, { kind: "Factoid", target: "[2019, 2021]", years: [] }, false),
  BabyVision: (answer) => [babyAnswer(answer), babyAnswerLmms(answer)],
  "VL-RewardBench": preferredAnswer,
  "We-Math": weMathLetter,
  EMMA: (answer) => [emmaAnswer(answer), emmaEqual(answer, "0.5")],
  OlympiadBench: (answer) => [finalAnswer(answer), olympiadCorrect(answer, "$x+1$", [1e-8])],
  "LLaVA-Interleave-Bench": (answer) => [
    choiceOf(answer, "reply", "official"),
    choiceOf(answer, "reply", "lmms-eval"),
    freeScore(answer, "The dog is now brown.", "official"),
  ],
  DynaMath: (text) => officialReading(text, "multiple choice", "B"),
  "DynaMath (VLMEvalKit)": (text) => ruledAnswer(text, "float"),
  "fact judges": (answer) => [simpleVqaVerdict(answer), worldVqaVerdict(answer)],
  OmniSpatial: (answer) => [answerLineLetter(answer), firstLetter(withoutThoughts(answer))],
  "Video-MME": (answer) => [inferChoice(answer, {}, "video-mme"), inferChoice(answer, {}, "video-mme-v2")],
  MVBench: (answer) => [lmmsMvbenchAnswer(answer), namesOption(answer, "B")],
  EgoSchema: (answer) => egoSchemaLetter(answer, ["A. a red cat", "B. a blue dog", "C. A", "D. ", "E. two"]),
  "Perception Test": perceptionLetter,
  MLVU: letterBeforeBracket,
  TempCompass: (answer) => [
    ...[
      choiceMatch(answer, "A. a red cat"),
      yesNoSaid(answer),
      saysCorrect(answer),
      captionVerdict(answer, "A. a red cat"),
    ],
    captionMatch(answer, "Which?\nCaption A: a red cat\nCaption B: a blue dog", "Caption A: a red cat"),
  ],
  "OCRBench v2": (answer) => [
    ...[keysIn(answer), chartIn(answer), spottedIn(answer), lastBox(answer), wordsCredit(answer, people)],
    ...[htmlCredit(answer, table), markdownCredit(answer, "|a|\n|-|\n|b|"), documentCredit(answer, "# a\nb")],
    textLikeness(answer, "a red cat"),
  ],
  OmniDocBench: (answer) => [scorePage(documentPage, answer), lmmsScore(documentPage, answer)],
  "CC-OCR": (answer) => [
    ...[tokensOf(answer, { words: true, plain: true }), normalText(answer), valueIn(answer, "lmms-eval")],
    ...(["official", "vlmevalkit"] as const).flatMap((scoring) => [
      pageLikeness(answer, "a red cat", scoring),
      tableLikeness(answer, table, scoring),
    ]),
  ],
  "Video-MMMU open": parseVideoOpen,
  "VSI-Bench": (answer) => [vsiFirstWord(answer), firstNumber(answer), lastNumber(answer)],
  "ActivityNet-QA": (answer) => [activityVerdict(answer, "official"), activityVerdict(answer, "lmms-eval")],
  binary: (answer) => binaryVerdict(answer, "official"),
  "JSON in a reply": embeddedJson,
  reasoning: (answer) => stripReasoning(answer),
  "Python literal": (answer) => {
    try {
      parsePythonLiteral(answer);
    } catch (error) {
      expect(error).toBeInstanceOf(RangeError);
    }
  },
};

describe.each(Object.entries(parsers))("%s", (_, parse) => {
  test.each(Object.keys(answers))("ends on %s", (name) => {
    parse(answers[name] as string);
  });
});
