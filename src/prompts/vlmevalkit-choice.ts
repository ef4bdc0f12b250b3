/** VLMEvalKit's words for multiple choice, word for word: to the model by the data set or by its LLaVA classes, and to its judge. */

import { OPTION_MATCHER } from "./judge-matching.js";

export interface ChoiceWords {
  readonly question: string;
  /** By letter. */
  readonly options: Readonly<Record<string, string>>;
  readonly hint?: string | null | undefined;
}

const isChinese = (text: string): boolean => /[\u4e00-\u9fff]/.test(text);

const lines = (options: ChoiceWords["options"]): readonly string[] =>
  Object.entries(options).map(([letter, option]) => `${letter}. ${option}`);

/** Of what its data sets write: API models and endpoints, LLaVA-OneVision, LLaVA-NeXT. */
function dataSetWords({ question, options, hint }: ChoiceWords): string {
  const start = `${hint ? `Hint: ${hint}\n` : ""}Question: ${question}\n`;
  const listed = lines(options);
  if (listed.length === 0) return start;
  return `${start}Options:\n${listed.join("\n")}\nPlease select the correct answer from the options above. \n`;
}

/** Of its classes for LLaVA-1.5 and the HF LLaVA-1.6; a Chinese character anywhere makes the last line Chinese. */
function llavaWords({ question, options, hint }: ChoiceWords): string {
  const listed = lines(options);
  const asked = [...(hint ? [hint] : []), question, ...listed].join("\n");
  if (listed.length === 0)
    return `${asked}\n${isChinese(asked) ? "请直接回答问题。" : "Answer the question directly."}`;
  const last = isChinese(asked)
    ? "请直接回答选项字母。"
    : "Answer with the option's letter from the given choices directly.";
  return `${asked}\n${last}`;
}

/** By prompt profile. */
export const vlmEvalKitWords: Readonly<Record<string, (words: ChoiceWords) => string>> = {
  vlmevalkit: dataSetWords,
  "vlmevalkit-llava": llavaWords,
};

const optionExamples =
  "If the meaning of all options are significantly different from the answer, output Z. Your should output a single uppercase character in A, B, C, D (if they are valid options), and Z. \nExample 1: \nQuestion: What is the main object in image?\nOptions: A. teddy bear B. rabbit C. cat D. dog\nAnswer: a cute teddy bear\nYour output: A\nExample 2: \nQuestion: What is the main object in image?\nOptions: A. teddy bear B. rabbit C. cat D. dog\nAnswer: Spider\nYour output: Z\nExample 3: \n";

const blinkExamples =
  "If the answer says things like refuse to answer, I'm sorry cannot help, etc., output Z.If the meaning of all options are significantly different from the answer, or the answer does not select any option, output Z. Your should output one of the choices, A, B, C, D (if they are valid options), or Z.\nExample 1: \nQuestion: Which point is closer to the camera?\nSelect from the following choices.\nOptions: A. Point A\nB. Point B\n(Z) Failed\nAnswer: Point B, where the child is sitting, is closer to the camera.\nYour output: (B)\nExample 2: \nQuestion: Which point is closer to the camera?\nSelect from the following choices.\nOptions: (A) Point A\n(B) Point B\n(Z) Failed\nAnswer: I'm sorry, but I can't assist with that request.\nYour output: (Z)\nExample 3: \nQuestion: Which point is corresponding to the reference point?\nSelect from the following choices.\nOptions: (A) Point A\n(B) Point B\n(Z) Failed\nAnswer:The reference point (REF) on the first image is at the tip of the pot, which is the part used to Poke if the pots were used for that action. Looking at the second image, we need to find the part of the object that would correspond to poking.\n(A) Point A is at the tip of the spoon's handle, which is not used for poking.\n(B) Point B is at the bottom of the spoon, which is not used for poking.\n(C) Point C is on the side of the pspoonot, which is not used for poking.\n(D) Point D is at the tip of the spoon, which is not used for poking.\n\nTherefore, there is no correct answer in the choices\nYour output: (Z)\nExample 4: \n";

const chineseStart =
  "你是一个帮助我匹配答案与单选题中多个选项的 AI 助手。你会被提供：一个问题，多个选项，一个答案。你的任务是找到与答案意义最相近的选项。如果所有选项的意义都与答案显著不同，则输出 Z。你应该输出一个单个的大写字母，例如 A, B, C, D（如果它们是有效选项），或 Z。例 1:问题: 图中最主要的物体是什么?\n选项: A. 泰迪熊 B. 兔子 C. 猫 D. 狗\n答案: 一只可爱的泰迪熊\n输出: A\n例 2: \n问题: 图中最主要的物体是什么?\n选项: A. 泰迪熊 B. 兔子 C. 猫 D. 狗\n答案: 蜘蛛\n输出: Z\n例 3: \n";

/** The question to its judge, in Chinese where the question is; for BLINK it has other examples. */
export function vlmEvalKitMatching(
  { question, options, answer }: ChoiceWords & { readonly answer: string },
  examples?: "blink",
): string {
  const listed = lines(options).map((line) => `${line}\n`);
  if (isChinese(question) && examples !== "blink")
    return `${chineseStart}问题: ${question}?\n选项: There are several options: \n${listed.join("")}\n答案: ${answer}\n输出: `;
  const asked = `Question: ${question}?\nOptions: There are several options: \n${listed.join("")}`;
  const [start, last] = examples === "blink" ? [blinkExamples, "\n(Z) Failed\n"] : [optionExamples, "\n"];
  return `${OPTION_MATCHER}${start}${asked}${last}Answer: ${answer}\nYour output: `;
}
