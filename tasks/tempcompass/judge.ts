/** TempCompass's questions to its judge, word for word: llyx97/TempCompass `prompt_templates.py`. */

import { type JudgeQuestion, lower, strip } from "llava-eval";
import type { TempCompassForm } from "./score.js";

const SYSTEM = "You are an AI assistant for question answering.";

const named: Readonly<Record<Exclude<TempCompassForm, "captioning">, readonly [instruction: string, title: string]>> = {
  "multi-choice": ["multi-choice", "Multi-Choice"],
  yes_no: ["Yes/No", "Yes/No"],
  caption_matching: ["caption matching", "Caption Matching"],
};

/** Is the answer right? */
export function answerGrading(
  form: Exclude<TempCompassForm, "captioning">,
  { question, answer, text }: { readonly question: string; readonly answer: string; readonly text: string },
): string {
  const [kind, title] = named[form];
  const instruction = `\nYou will receive a ${kind} question, the ground-truth answer and the prediction from a question answering (QA) model. Your task is to determine whether QA model prediction is correct, based on the question and ground-truth answer. If the prediction is correct, respond "Correct". If the prediction is incorrect, respond "Incorrect".\n`;
  return `${instruction}\n${title} Question:\n${question}\nGround-Truth Answer: ${answer}\nModel Prediction: ${text}`;
}

/** Which option does the caption speak for? */
export function captionGrading(caption: string, question: string): string {
  return `
You will receive a video description and a multi-choice question. Your task is to choose the correct answer and briefly explain the reason why you choose the answer. If none of the choice candidates are correct or the video description lacks enough information to answer the question, just answer "None of the choices are correct". Please organize your response in this format:
\`\`\`
Reasoning: [Your reason to obtain the answer]
Answer: [Your answer]
\`\`\`

Here are some examples of video description, multi-choice question and the expected answer:
\`\`\`
Video Description: A person is palying football.
Multi-Choice Question:
What is the person doing in the video?
A. cooking
B. palying football
C. playing basketball
D. reading book
Reasoning: The video description mentions that the person is playing football.
Answer: B. palying football

Video Description: A bird is flying clockwise.
Multi-Choice Question:
In which direction is the bird flying?
A. backwark
B. counter-clockwise
C. clockwise
D. downward
Reasoning: The video description mentions that the bird is flying clockwise
Answer: C. clockwise

Video Description: An air balloon is inflating.
Multi-Choice Question:
What is happening to the air balloon?
A. exploding
B. getting smaller
C. flying
Reasoning: The video description mentions that the air balloon is inflating, while none of the coices can be explained as inflating.
Answer: None of the choices are correct
\`\`\`

Video Description:${caption}
Multi-Choice Question:
${question}
`;
}

/** Both harnesses' reading; a reply with neither word is no verdict. "It is not Correct" is a yes there. */
export function saysCorrect(reply: string): boolean | undefined {
  if (!reply.includes("Correct") && !reply.includes("Incorrect")) return undefined;
  if (reply.startsWith("Correct")) return true;
  return !reply.includes("Incorrect");
}

/** What the reply says, by lines; without a line "Answer:" all of it. */
export function captionVerdict(
  reply: string,
  gold: string,
): { reasoning: string | null; answer: string; right: boolean } {
  let reasoning: string | null = null;
  let answer: string | undefined;
  for (const line of reply.split("\n").map((one) => strip(one))) {
    if (line.includes("Reasoning")) reasoning = strip(line.replaceAll("Reasoning:", ""));
    if (line.includes("Answer")) answer = strip(line.replaceAll("Answer:", ""));
  }
  const said = answer ?? reply;
  const options = ["A.", "B.", "C.", "D."].reduce((sum, mark) => sum + said.split(mark).length - 1, 0);
  return { reasoning, answer: said, right: options === 1 && said.split(". ")[0] === gold.split(". ")[0] };
}

const verdictAlone =
  /^[*"'`\s]*(?:(?:The )?(?:Answer|Output|Verdict|Judge?ment|(?:Model )?Prediction)[*"'`]*(?::| is)[*"'`\s]*)?(?:Correct|Incorrect)[*"'`.!\s]*$/i;

/** The word that was asked for, alone in the first line; anything else is asked for again: "Incorrect API key provided" is no verdict. */
export function correctVerdict(reply: string): boolean | undefined {
  const [first = ""] = strip(reply).split("\n", 1);
  return verdictAlone.test(first) ? saysCorrect(first) : undefined;
}

/** What was asked for: an option's letter or its words, or that none fits; anything else is asked for again. */
export function optionVerdict(reply: string, question: string, gold: string): boolean | undefined {
  const { answer, right } = captionVerdict(reply, gold);
  const bare = (text: string) => lower(strip(text, " *\"'`.()"));
  const options = question.split("\n").filter((line) => /^[A-D]\. ./.test(line));
  const forms = options.flatMap((line) => {
    const [letter, text] = [line.charAt(0), line.slice(3)];
    return [letter, text, ...[".", ")", ":"].map((mark) => `${letter}${mark} ${text}`)].map(bare);
  });
  const none = /^none of the (?:choices|candidates|options|choice candidates)(?: are| is)?(?: correct)?$/;
  return forms.includes(bare(answer)) || none.test(bare(answer)) ? right : undefined;
}

export function tempCompassQuestion(words: string, parse: JudgeQuestion["parse"]): JudgeQuestion {
  return {
    prompt: {
      messages: [
        { role: "system", parts: [{ type: "text", text: SYSTEM }] },
        { role: "user", parts: [{ type: "text", text: words }] },
      ],
    },
    // The authors' script asks at temperature 1 with a presence penalty; a verdict that can be had again is worth more.
    options: { temperature: 0, maxNewTokens: 128 },
    parse,
    attempts: 10,
  };
}
