/** What benchmarks share of VLMEvalKit's scoring and words. */

import { userPrompt } from "../core/prompt.js";
import { isTextList, parseStringList } from "../core/python-literal.js";
import type { Output } from "../core/runner.js";
import type { Judge, TextCells } from "../core/task.js";
import { extractionHints, extractionWords } from "../prompts/vlmevalkit-extraction.js";
import { vlmEvalKitYesNo } from "../prompts/vlmevalkit-yes-no.js";
import { inferChoice } from "../text/infer-choice.js";
import { isMissingCell } from "../text/missing-cells.js";
import { strip } from "../text/python-strings.js";
import { inferredLetter, matchingQuestion, matchingTemplate, withVlmEvalKit } from "./vlmevalkit-choice.js";

/** Times that it is asked, each at a higher temperature, while it says "Unknown". */
const timesAsked = 5;

/** Asked about an answer that says neither yes nor no: the last verdict is "yes", "no", or "unknown", which is wrong. */
function yesNoJudge<Row>(question: (row: Row) => string): Judge<Row> {
  return {
    model: "gpt-4o-mini",
    template: vlmEvalKitYesNo("{question}", "{answer}"),
    scorings: ["vlmevalkit"],
    ask(row, { text }, verdicts) {
      const isOpen = verdicts.length < timesAsked && (verdicts.at(-1) ?? "unknown") === "unknown";
      if (!isOpen || inferChoice(text, {}, "yes-no") !== undefined) return undefined;
      return {
        prompt: userPrompt(vlmEvalKitYesNo(question(row), text)),
        options: { temperature: verdicts.length / 2 },
        // A word alone: what is longer may be an outage ("No healthy upstream").
        parse: (reply) => /^[\s"'`*]*(yes|no|unknown)[\s"'`*.!]*$/i.exec(reply)?.[1]?.toLowerCase(),
      };
    },
  };
}

/** What its judge extracts from the solution of a problem of mathematics. */
export interface Extraction<Row> {
  /** Whose hints the examples have. */
  readonly of: keyof typeof extractionHints;
  question(row: Row): string;
  /** Whether the rules read the answer themselves. */
  isRead(row: Row, text: string): boolean;
  /** Whether a reply is an extraction: anything else, an outage's words above all, is asked again. */
  isExtraction(row: Row, extraction: string, text: string): boolean;
}

/** Asked about a solution in which its rules find no answer: the verdict is the answer. */
function extractionJudge<Row>({ of, question, isRead, isExtraction }: Extraction<Row>): Judge<Row> {
  const hints = extractionHints[of];
  return {
    model: "gpt-4o-mini",
    template: extractionWords(hints, "{question}", "{response}"),
    ask(row: Row, { text }: Output, verdicts) {
      if (verdicts.length > 0 || isRead(row, text)) return undefined;
      return {
        prompt: userPrompt(extractionWords(hints, question(row), text)),
        options: { temperature: 0, maxNewTokens: 128 },
        parse(reply) {
          const extraction = strip(reply);
          return extraction !== "" && isExtraction(row, extraction, text) ? extraction : undefined;
        },
        attempts: timesAsked,
      };
    },
  };
}

/** The options of a row of its TSV: its columns A, B, C, ... up to the last that is not empty. */
function optionsOf(cells: TextCells): readonly string[] {
  const columns = "ABCDEFGHIJ".split("").map((letter) => cells[letter] ?? "");
  return columns.slice(0, columns.findLastIndex((cell) => cell !== "") + 1);
}

/** References of a cell: a list as Python writes it, or a text alone. */
const listOf = (cell = ""): readonly string[] =>
  cell.startsWith("[") && isTextList(cell) ? parseStringList(cell) : [cell];

export const vlmEvalKit = {
  choices: withVlmEvalKit,
  /** Of a task whose rows are not all options. */
  choice: { inferred: inferredLetter, toJudge: matchingQuestion, template: matchingTemplate() },
  yesNoJudge,
  extractionJudge,
  optionsOf,
  listOf,
  isMissingCell,
};
