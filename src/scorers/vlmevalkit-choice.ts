/**
 * A multiple-choice benchmark as VLMEvalKit (e8e78f05) asks and scores it, beside what the task is by its own rules. Sources:
 * `dataset/image_mcq.py`, `dataset/utils/multiple_choice.py`, `vlm/llava/llava.py`.
 */

import type { ImageRef } from "../core/image.js";
import { type Prompt, userPrompt } from "../core/prompt.js";
import type { Scored } from "../core/score.js";
import type { JudgeQuestion, Task } from "../core/task.js";
import { type ChoiceWords, vlmEvalKitMatching, vlmEvalKitWords } from "../prompts/vlmevalkit-choice.js";
import { inferChoice } from "../text/infer-choice.js";
import { isMissingCell } from "../text/missing-cells.js";
import { optionLetters } from "../text/mmmu-choice.js";
import { chosen } from "./scored.js";

/** A row as its TSV has it. */
export interface ChoiceQuestion {
  readonly question: string;
  /** The columns A, B, C, ...: one that pandas reads as missing is not asked, and the others keep their letters. */
  readonly options: readonly (string | null | undefined)[];
  /** The right letter. */
  readonly gold: string;
  readonly hint?: string | null | undefined;
  readonly images: readonly ImageRef[];
}

/** A question with the words of a profile. */
export interface AskedChoice extends ChoiceWords {
  readonly images: readonly ImageRef[];
  readonly words: string;
  readonly profile: string;
}

/** Where a data set of its differs from the others. */
export interface ChoiceRules<Row> {
  /** Images and words as the data set orders them. Undefined: the images first. */
  prompt?(asked: AskedChoice): Prompt | undefined;
  /** The question as it is scored. Default: as it is asked. */
  asScored?(row: Row): ChoiceQuestion;
  /** What is looked at of an answer. Default: its text. */
  answer?(text: string): string;
  /** The score as the task's metrics want it. */
  scored?(row: Row, score: Scored): Scored;
  /** Its judge's examples. */
  readonly examples?: "blink";
}

/** VLMEvalKit's default for options (`run.py`). */
const judgeModel = "gpt-4o-mini";

const wordsOf = ({ question, options, hint }: ChoiceQuestion): ChoiceWords => {
  const letters = optionLetters(options.length);
  const present = options.flatMap((option, i) =>
    option === null || option === undefined || isMissingCell(option) ? [] : [[letters[i] as string, option] as const],
  );
  return { question, options: Object.fromEntries(present), hint };
};

const choiceDefects = [
  'an option "None", "NA" or "null" is missing for pandas: it is not asked',
  "after three verdicts that it cannot read it draws a letter (here: no score)",
];

/** The letter by its rules: undefined where its judge is asked. */
export const inferredLetter = (question: ChoiceQuestion, text: string): string | undefined =>
  inferChoice(text, wordsOf(question).options, "vlmevalkit");

/** The question to its judge, whose verdict is a letter. */
export function matchingQuestion(question: ChoiceQuestion, answer: string, examples?: "blink"): JudgeQuestion {
  const words = wordsOf(question);
  return {
    prompt: userPrompt(vlmEvalKitMatching({ ...words, answer }, examples)),
    options: { temperature: 0 },
    parse: (reply) => inferChoice(reply, words.options, "verdict"),
  };
}

/** The words of that question, with placeholders. */
export const matchingTemplate = (examples?: "blink"): string =>
  vlmEvalKitMatching({ question: "{question}", options: { A: "{option}" }, answer: "{answer}" }, examples);

/** The mean of rows in the tables of all its choices but the circular ones. */
const overall = { vlmevalkit: { accuracy: "Overall" } };

/**
 * The task with the scoring `vlmevalkit`, the profiles `vlmevalkit` and `vlmevalkit-llava`, and its judge for answers that the rules cannot
 * read. After three replies without a letter VLMEvalKit draws one; here they are no verdict.
 */
export function withVlmEvalKit<Row>(
  task: Task<Row>,
  of: (row: Row) => ChoiceQuestion,
  rules: ChoiceRules<Row> = {},
): Task<Row> {
  const { answer = (text: string) => text, asScored = of, scored = (_: Row, score: Scored) => score } = rules;
  const inferred = (row: Row, text: string) => inferredLetter(asScored(row), answer(text));
  return {
    ...task,
    profiles: [...(task.profiles ?? ["default"]), ...Object.keys(vlmEvalKitWords)],
    prompt(row, profile) {
      const worded = vlmEvalKitWords[profile];
      if (worded === undefined) return task.prompt(row, profile);
      const question = of(row);
      const parts = wordsOf(question);
      const words = worded(parts);
      const { images } = question;
      return rules.prompt?.({ ...parts, images, words, profile }) ?? userPrompt(...images, words);
    },
    scorings: [...(task.scorings ?? []), "vlmevalkit"],
    reportedAs: { ...(task.metrics.some(({ name }) => name === "accuracy") ? overall : {}), ...task.reportedAs },
    defects: { ...task.defects, vlmevalkit: [...(task.defects?.vlmevalkit ?? []), ...choiceDefects] },
    fallbackJudge: {
      model: judgeModel,
      template: matchingTemplate(rules.examples),
      scorings: ["vlmevalkit"],
      ask: (row, output, verdicts) =>
        verdicts.length > 0 || inferred(row, output.text) !== undefined
          ? undefined
          : matchingQuestion(asScored(row), answer(output.text), rules.examples),
    },
    score(row, output, context) {
      if (context.scoring !== "vlmevalkit" || !task.score) return task.score?.(row, output, context) as Scored;
      const letter = inferred(row, output.text) ?? context.verdicts[0];
      return scored(row, chosen(typeof letter === "string" ? letter : undefined, asScored(row).gold));
    },
  };
}
