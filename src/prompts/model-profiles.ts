/**
 * Words that lmms-eval sends to named models in place of a benchmark's usual ones, by benchmark and prompt profile. Published numbers of
 * those models were made with them. The only place that knows a model's name; chat templates belong to runners, and the two whose words
 * hold template tokens are as lmms-eval sends them.
 */

import { letteredOptions } from "./choices.js";
import { WORD_OR_PHRASE } from "./short-answer.js";

/** What of a row the words are made of. */
export interface QuestionParts {
  readonly question: string;
  readonly options?: readonly string[];
  readonly hint?: string | null | undefined;
  readonly isOpen?: boolean;
}
type Wording = (parts: QuestionParts) => string;

/** A table whose rows are known and whose profiles are looked up by the flag. */
const table = <Benchmark extends string>(
  rows: Readonly<Record<Benchmark, Readonly<Record<string, Wording>>>>,
): Readonly<Record<Benchmark, Readonly<Record<string, Wording>>>> => rows;

const bare: Wording = ({ question }) => question;
const answer: Wording = ({ question }) => `${question} Answer:`;
const line =
  (last: string): Wording =>
  ({ question }) =>
    `${question}\n${last}`;

/** MME's questions carry an instruction of their own. */
const withoutYesOrNo =
  (wording: Wording): Wording =>
  ({ question }) =>
    wording({ question: question.replaceAll(" Please answer yes or no.", "") });

const gpt4vChoice =
  "Above choices are given in {option}. {content} format.\nPlease answer with the option letter from the given choices directly.";
const qwen3Choice: Wording = ({ question, options = [] }) =>
  `Question: ${question}\nOptions:\n${letteredOptions(options)}\nAnswer with the option letter only.`;
const qwenMmmu =
  (open: string): Wording =>
  ({ question, options = [], isOpen }) =>
    `Question: ${question}\nOptions:\n${letteredOptions(options)}\n${isOpen ? open : "Answer with the option letter only."}`;
const qwenScienceQa: Wording = ({ question, options = [], hint }) =>
  `Context: ${hint || "N/A"}\nQuestion: ${question}\nOptions: ${letteredOptions(options)}\nAnswer:`;

export const MODEL_PROFILES = table({
  ai2d: {
    gpt4v: ({ question, options = [] }) => `${question}\n${letteredOptions(options)}\n${gpt4vChoice}`,
    qwen_vl: ({ question, options = [] }) => `${question}${options.join("\n")} Answer:`,
    xcomposer2_4khd: ({ question, options = [] }) =>
      `[UNUSED_TOKEN_146]user\nQuestion: ${question}\nContext: N/A\n${letteredOptions(options, " ")}[UNUSED_TOKEN_145]\n[UNUSED_TOKEN_146]assistant\nThe answer is`,
  },
  chartqa: { qwen_vl: answer, vlmevalkit: line(WORD_OR_PHRASE) },
  docvqa: { qwen_vl: answer, vlmevalkit: line(WORD_OR_PHRASE) },
  gqa: { qwen_vl: answer, vlmevalkit: line(WORD_OR_PHRASE) },
  mme: {
    vlmevalkit: bare,
    gpt4v: withoutYesOrNo(line("Answer the question with Yes or No.")),
    qwen_vl: withoutYesOrNo(answer),
    otterhd: withoutYesOrNo(answer),
    plm: bare,
    xcomposer2_4khd: withoutYesOrNo(
      ({ question }) =>
        `[UNUSED_TOKEN_146]user\n${question} Answer this question briefly[UNUSED_TOKEN_145]\n[UNUSED_TOKEN_146]assistant\n`,
    ),
  },
  mmmu: {
    qwen3_vl: qwenMmmu("Please select the correct answer from the options above."),
    qwen: qwenMmmu("Please answer the question directly."),
  },
  mmmu_pro: { qwen3_vl: qwen3Choice },
  mmstar: { qwen3_vl: ({ question }) => `Question: ${question}Answer with the option letter only.` },
  nocaps: { plm: () => "Describe the image briefly." },
  ocrbench: { plm: line("Provide a short and direct response."), vlmevalkit: bare },
  okvqa: { plm: line("Respond with one word.") },
  pope: { plm: line("Your response must be concise."), vlmevalkit: bare },
  scienceqa: { qwen_vl: qwenScienceQa },
  scienceqa_img: {
    qwen_vl: qwenScienceQa,
    idefics2: ({ question, options = [], hint }) =>
      `${hint ? `Context: ${hint}\n` : ""}${question}\n${letteredOptions(options)}\nAnswer:`,
  },
  textvqa: { qwen_vl: answer, plm: line("Provide a short and direct response.") },
  vqav2: { plm: bare },
});
