/**
 * Answers that attack a parser. Every case has 300,000 characters: an algorithm that is quadratic in the answer needs
 * 10^11 steps and does not end within the test's time, so ending is the proof. No clock is read.
 */
import { describe, expect, test } from "vitest";
import { blinkChoice } from "../../src/scorers/blink.js";
import { mathVisionCorrect } from "../../src/scorers/math-vision.js";
import { staticLetter } from "../../src/scorers/mmbench.js";
import { lmmsOpen } from "../../src/scorers/mmmu.js";
import { mmstarCorrect } from "../../src/scorers/mmstar.js";
import { correctnessScore, lmmsMmvetScore } from "../../src/scorers/mmvet.js";
import { realWorldQaCorrect } from "../../src/scorers/realworldqa.js";
import { parseCmmmuChoice } from "../../src/text/cmmmu-choice.js";
import { inferChoice, inferChoiceVlmEvalKit } from "../../src/text/infer-choice.js";
import { parseJmmmuProChoice } from "../../src/text/jmmmu-pro-choice.js";
import {
  boxedOrLastNumber,
  embeddedJson,
  firstScore,
  looseScorePair,
  strictBinary,
  strictScorePair,
  stripSpecialTokens,
  verifierVerdict,
} from "../../src/text/judge-replies.js";
import {
  firstCharacter,
  leadingLetter,
  letterBeforePeriod,
  vstarLetter,
  vstarQuestion,
} from "../../src/text/leading-letter.js";
import { extractMathVisionAnswer } from "../../src/text/math-vision-answer.js";
import { extractWithoutJudge, normalizeExtraction } from "../../src/text/math-vista-answer.js";
import { parseChoice, parseProChoice } from "../../src/text/mmmu-choice.js";
import { majorityVerdict, openIsCorrect, parseBlank, parseVerdicts } from "../../src/text/open-answer.js";
import { parsePythonLiteral } from "../../src/text/python-literal.js";
import { stripReasoning } from "../../src/text/reasoning-tags.js";
import { robustChoice } from "../../src/text/robust-choice.js";

const size = 300_000;
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
  "strange white space": repeat("\u2003\u0085\u001c"),
  "open brackets": repeat("("),
  "nested brackets": repeat("(A") + repeat(")"),
  "open braces": repeat("{"),
  "nested fractions": repeat("\\frac{"),
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
};

const options = ["a red cat", "a blue dog", "A", ""];
const choices = { A: "a red cat", B: "a blue dog", C: "A" };
const problem = { question_type: "free_form", answer_type: "float", precision: 2 };

const parsers: Readonly<Record<string, (answer: string) => unknown>> = {
  "MMMU, official": (answer) => parseChoice("official", answer, options),
  "MMMU, lmms-eval": (answer) => parseChoice("lmms", answer, options),
  JMMMU: (answer) => parseChoice("jmmmu", answer, options),
  "Video-MMMU": (answer) => parseChoice("videoMmmu", answer, options),
  "MMT-Bench": (answer) => parseChoice("mmt", answer, options),
  "MMMU-Pro": (answer) => parseProChoice(answer, options),
  "JMMMU-Pro": parseJmmmuProChoice,
  "MMMU open": (answer) => openIsCorrect(answer, ["24", "twenty-four"]),
  "MMMU open, lmms-eval": (answer) => lmmsOpen(answer, "24"),
  "CMMMU choice": (answer) => parseCmmmuChoice(answer, options),
  "CMMMU blank": (answer) => parseBlank(answer, "2"),
  "CMMMU verdict": (answer) => majorityVerdict(parseVerdicts(answer)),
  "robust letter": (answer) => robustChoice(answer, ["A", "B", "C", "D"]),
  MMBench: (answer) => inferChoice(answer, choices),
  "MMBench, static": (answer) => staticLetter(answer, choices),
  VLMEvalKit: (answer) => inferChoiceVlmEvalKit(answer, choices),
  AI2D: letterBeforePeriod,
  "SEED-Bench": firstCharacter,
  "BLINK, lmms-eval": leadingLetter,
  BLINK: (answer) => blinkChoice(answer, ["A", "B"]),
  "V*Bench": vstarLetter,
  "V*Bench question": vstarQuestion,
  MMStar: (answer) => mmstarCorrect(answer, "B", "official"),
  RealWorldQA: (answer) => realWorldQaCorrect(answer, "two"),
  "MathVista, no judge": (answer) => extractWithoutJudge(answer, problem, true),
  MathVista: (answer) => normalizeExtraction(answer, problem, "official"),
  "MATH-Vision": (answer) => mathVisionCorrect(extractMathVisionAnswer(answer), "B", ["1", "2"]),
  "MM-Vet": correctnessScore,
  "MM-Vet, lmms-eval": (answer) => lmmsMmvetScore([answer, answer, answer]),
  "review, loose": looseScorePair,
  "review, strict": (answer) => strictScorePair(answer),
  "first score": (answer) => firstScore(answer, [0, 10]),
  binary: strictBinary,
  verifier: verifierVerdict,
  "JSON in a reply": embeddedJson,
  "end marks": stripSpecialTokens,
  "last number": boxedOrLastNumber,
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
