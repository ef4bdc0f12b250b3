/** CharXiv's judge: its questions from the parts in rubrics.ts, and what its replies say. Source: princeton-nlp/CharXiv `src/`. */

import { type JudgeQuestion, jsonOf, type Task, userPrompt } from "llava-eval";
import {
  DESCRIPTIVE_PREFIX,
  DESCRIPTIVE_RUBRICS,
  OVERARCHING,
  REASONING_PREFIX,
  REASONING_RUBRICS,
} from "./rubrics.js";

export interface Pair {
  readonly target: string;
  readonly response: string;
}

export function reasoningGrading(kind: number, question: string, { target, response }: Pair): string {
  // Word by word: a question may hold the mark of another part.
  const filled: Readonly<Record<string, string>> = { question, ground_truth: target, response };
  const rubric = REASONING_RUBRICS[kind] ?? "";
  return (
    REASONING_PREFIX +
    rubric.replace(/<\|(question|ground_truth|response)\|>/g, (_, part: string) => filled[part] ?? "")
  );
}

const rubricOf = (template: number): keyof typeof DESCRIPTIVE_RUBRICS => {
  if (template === 1) return "title";
  if (template <= 7) return "ocr";
  return ({ 11: "bool", 13: "enum", 16: "trend", 18: "layout" } as const)[template] ?? "quant";
};

/** Pairs of one template. A run asks about one at a time; the authors about five, which is part of their number. */
export function descriptiveGrading(template: number, pairs: readonly Pair[]): string {
  const keys = pairs.flatMap((_, i) => [`'extract_answer_T${i + 1}'`, `'score_T${i + 1}'`]);
  const prefix = DESCRIPTIVE_PREFIX.replace("<|NUM_TRIPLETS|>", String(pairs.length))
    .replace("<|JSON_KEYS|>", `[${keys.join(", ")}]`)
    .replace("<|OVERARCHING_QUESTION|>", OVERARCHING[template] ?? "");
  const listed = pairs.map(
    ({ target, response }, i) => `T${i + 1}:\nResponse ${i + 1}: ${response}\nGround Truth ${i + 1}: ${target}\n\n`,
  );
  return prefix + DESCRIPTIVE_RUBRICS[rubricOf(template)] + listed.join("");
}

const fieldsOf = (reply: string): Readonly<Record<string, unknown>> => {
  const value = jsonOf(reply);
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
};

const binary = (score: unknown): 0 | 1 | undefined =>
  score === 1 || score === true ? 1 : score === 0 || score === false ? 0 : undefined;

/** 0 or 1 beside an extracted answer. The authors take any score, and count others than these as 0 afterwards. */
export function reasoningVerdict(reply: string): 0 | 1 | undefined {
  const fields = fieldsOf(reply);
  return "extracted_answer" in fields ? binary(fields.score) : undefined;
}

/** One for each pair; a reply that lacks a key, or has another score, is none. */
export function descriptiveVerdicts(reply: string, pairs: number): readonly (0 | 1)[] | undefined {
  const fields = fieldsOf(reply);
  const verdicts = Array.from({ length: pairs }, (_, i) =>
    `extract_answer_T${i + 1}` in fields ? binary(fields[`score_T${i + 1}`]) : undefined,
  );
  return verdicts.includes(undefined) ? undefined : (verdicts as (0 | 1)[]);
}

/** VLMEvalKit's file has its judge's words for each question, with this mark where the reply goes. */
const PREDICTION = "{PREDICTION}";

/** Its model, asked in the row's own words; a reply in which a key is missing is a 0 there, and here asked again. */
export const vlmEvalKitJudge: NonNullable<Task<{ readonly grading_query?: string | null }>["judge"]> = {
  model: "gpt-4o-mini",
  template: `{grading_query}, ${PREDICTION} in it replaced`,
  ask: ({ grading_query: words }, { text }, verdicts) =>
    words && verdicts.length === 0
      ? {
          prompt: userPrompt(words.replaceAll(PREDICTION, () => text)),
          options: { temperature: 0, maxNewTokens: 256 },
          parse: reasoningVerdict,
          attempts: 10,
        }
      : undefined,
};

/** The authors begin with 256 new tokens, and double them to 1,024 when a reply is cut. */
export function question(words: string, parse: JudgeQuestion["parse"]): JudgeQuestion {
  return { prompt: userPrompt(words), options: { temperature: 0, maxNewTokens: 1024 }, parse, attempts: 10 };
}
