/** Vector file of long texts: what benchmarks ask a model or a judge, word for word. */

import { promptText } from "../../../src/core/prompt.js";
import { vlmEvalKitMatching } from "../../../src/prompts/vlmevalkit-choice.js";
import {
  DESCRIPTIVE_PREFIX,
  DESCRIPTIVE_RUBRICS,
  OVERARCHING,
  REASONING_PREFIX,
  REASONING_RUBRICS,
} from "../../../tasks/charxiv/rubrics.js";
import { DESCRIPTIVE, REASONING } from "../../../tasks/charxiv/words.js";
import { hrbenchMatching } from "../../../tasks/hrbench/judge.js";
import { logicVistaExtraction } from "../../../tasks/logicvista/judge.js";
import { ANSWER_LINE, LETTER_ONLY, LMMS_MANUAL_COT, MANUAL_COT } from "../../../tasks/omnispatial/instructions.js";
import { simpleVqaGrading } from "../../../tasks/vqa/factual-judge.js";
import { taskNamed } from "../task-score.js";
import type { VectorFile } from "../vector-file.js";

interface Placed {
  readonly template: number;
  readonly class: number;
  readonly rubric: keyof typeof DESCRIPTIVE_RUBRICS;
}

/** What stands before the user's words. */
function systemOf(task: string, row: object): string {
  const { messages } = taskNamed(task).prompt(row as Record<string, unknown>, "default");
  const parts = messages.filter(({ role }) => role === "system").flatMap((message) => message.parts);
  return parts.map((part) => (part.type === "text" ? part.text : "")).join("");
}

/** Our words to the judge hold whole options, theirs a place for them. */
const optionsOut = (words: string) => words.replace("There are several options: \nA. x\n", "{options}");

const image = { path: "x.png" };
const answerForms: Readonly<Record<string, string>> = {
  re: ANSWER_LINE,
  direct: LETTER_ONLY.slice(LETTER_ONLY.indexOf("\nNote: ")),
};

const notAsked = {
  omnispatial: "OmniSpatial in words that no profile sends",
  judge: "the words of a judge whom no task here asks",
};

const literals: VectorFile = {
  part: "the texts themselves, as the tasks and judges that send them have them",
  unsupported: {
    "omnispatial.LLM_JUDGE_SYSTEM_PROMPT": notAsked.judge,
    "omnispatial.official.LLM_JUDGE_SYSTEM_PROMPT": notAsked.judge,
    "vlmevalkit.build_prompt_wemath": notAsked.judge,
    "reasoning.JUDGE_PROMPT": notAsked.judge,
    "reasoning.JUDGE_PROMPT_WITH_ANSWER": notAsked.judge,
    "llava_in_the_wild_ko.prompt (same for every category)": notAsked.judge,
    ...Object.fromEntries(
      ["BLIND_SYSTEM_PROMPT", "DEFAULT_SYSTEM_PROMPT", "ZERO_SHOT_COT_SYSTEM_PROMPT"]
        .concat("DIRECT_FORMAT", "JSON_FORMAT", "LLM_FORMAT")
        .map((name) => [`omnispatial.official.${name}`, notAsked.omnispatial]),
    ),
  },
  setAside({ prompt_type: kind, eval_type: form }: { prompt_type?: string; eval_type?: string }, fn) {
    const isOther =
      (fn === "omnispatial.SYS_PROMPTS" && kind !== "manual_cot") ||
      (fn === "omnispatial.FORMAT_PROMPTS" && form !== "re" && form !== "direct");
    return isOther ? notAsked.omnispatial : undefined;
  },
  reference(expected, fn) {
    // Its braces are written for Python's format, with its own names of the places.
    if (fn === "simplevqa.COMPARE_ANSWER_PROMPT(vlmevalkit)")
      return String(expected)
        .replaceAll("{{", "{")
        .replaceAll("}}", "}")
        .replace("{answer}", "{target}")
        .replace("{candidates}", "{prediction}");
    return expected;
  },
  functions: {
    "charxiv.DESCRIPTIVE_RESP_INST": ({ template }: Placed) => DESCRIPTIVE[template],
    "charxiv.REASONING_RESP_INST": (input: Placed) => REASONING[input.class],
    "charxiv.DESCRIPTIVE_GRADING_PREFIX": () => DESCRIPTIVE_PREFIX,
    "charxiv.DESCRIPTIVE_GRADING_QMAP": ({ template }: Placed) => OVERARCHING[template],
    "charxiv.DESCRIPTIVE_GRADING_ICL": ({ rubric }: Placed) => DESCRIPTIVE_RUBRICS[rubric],
    "charxiv.REASONING_GRADING_PREFIX": () => REASONING_PREFIX,
    "charxiv.REASONING_GRADING_INST": (input: Placed) => REASONING_RUBRICS[input.class],
    "omnispatial.SYS_PROMPTS": () => LMMS_MANUAL_COT,
    "omnispatial.FORMAT_PROMPTS": ({ eval_type: form }: { eval_type: string }) => answerForms[form],
    "omnispatial.official.MANUAL_COT_SYSTEM_PROMPT": () => MANUAL_COT,
    "omnispatial.official.RE_FORMAT": () => ANSWER_LINE,
    "simplevqa.COMPARE_ANSWER_PROMPT(vlmevalkit)": () => simpleVqaGrading("{question}", "{target}", "{prediction}"),
    "logicvista.judge_prompt(vlmevalkit)": ({ question, prediction }: { question: string; prediction: string }) =>
      logicVistaExtraction(question, prediction),
    "vlmevalkit.build_prompt": ({ question, prediction }: { question: string; prediction: string }) =>
      optionsOut(vlmEvalKitMatching({ question, options: { A: "x" }, answer: prediction })),
    // In Chinese where the question is.
    "vlmevalkit.build_prompt_cn": ({ question, prediction }: { question: string; prediction: string }) =>
      optionsOut(vlmEvalKitMatching({ question: "什么", options: { A: "x" }, answer: prediction })).replace(
        /什么(?=\?\n选项: \{)/,
        question,
      ),
    "hrbench.judge_prompt(lmms)": () => hrbenchMatching("{question}", "A. {A}\nB. {B}\n", "{prediction}"),
    "reasoning.DEFAULT_SYSTEM_PROMPT": () => systemOf("mmstar_reasoning", { image, question: "?" }),
    "reasoning.SYSTEM_PROMPT(think)": () =>
      systemOf("mathvision_reasoning", { decoded_image: image, question: "?", options: [] }),
    "dynamath.GUIDE(vlmevalkit)": () => dynaMathForm().guide,
    "dynamath.TEXT_EXAMPLE(vlmevalkit)": () => dynaMathForm().example,
  },
};

/** Behind the question: the guide, which has a place for the type's own sentence, and an example of the form. */
function dynaMathForm(): { readonly guide: string; readonly example: string } {
  const row = { question: "?", answer_type: "text", decoded_image: image };
  const words = promptText(taskNamed("dynamath").prompt(row, "vlmevalkit"));
  const sentence = "Float numbers in the answer should be formatted as three-digit floating-point numbers.";
  const [guide = "", example = ""] = words.slice(words.indexOf("\n## Answer Instruction")).split(/(?<=\n\n)(?=\{)/);
  return { guide: guide.replace(sentence, "{INST}"), example };
}

export const catalogueLiteralVectors: Readonly<Record<string, VectorFile>> = { "catalogue/literals": literals };
