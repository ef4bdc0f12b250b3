/**
 * ActivityNet-QA's question to its judge, word for word, and what a reply says. Sources: mbzuai-oryx/Video-ChatGPT
 * `quantitative_evaluation/evaluate_activitynet_qa.py`; lmms-eval `activitynetqa/utils.py`.
 */

import { type JudgeQuestion, lower, parseFloatPython, parseIntPython, type Scoring } from "llava-eval";

const SYSTEM =
  "You are an intelligent chatbot designed for evaluating the correctness of generative outputs for question-answer pairs. Your task is to compare the predicted answer with the correct answer and determine if they match meaningfully. Here's how you can accomplish the task:------##INSTRUCTIONS: - Focus on the meaningful match between the predicted answer and the correct answer.\n- Consider synonyms or paraphrases as valid matches.\n- Evaluate the correctness of the prediction compared to the answer.";

export function activityGrading(question: string, answer: string, prediction: string): string {
  return `Please evaluate the following video-based question-answer pair:\n\nQuestion: ${question}\nCorrect Answer: ${answer}\nPredicted Answer: ${prediction}\n\nProvide your evaluation only as a yes/no and score where the score is an integer value between 0 and 5, with 5 indicating the highest meaningful match. Please generate the response in the form of a Python dictionary string with keys 'pred' and 'score', where value of 'pred' is  a string of 'yes' or 'no' and value of 'score' is in INTEGER, not STRING.DO NOT PROVIDE ANY OTHER OUTPUT TEXT OR EXPLANATION. Only provide the Python dictionary string. For example, your response should look like this: {'pred': 'yes', 'score': 4.8}.`;
}

type Value = string | number | boolean | null;

const text = "'(?:[^'\\\\\\n]|\\\\.)*'|\"(?:[^\"\\\\\\n]|\\\\.)*\"";
const entry = new RegExp(`\\s*(${text})\\s*:\\s*(${text}|[+-]?\\d+(?:\\.\\d*)?|True|False|None)\\s*(,|(?=\\}))`, "y");
const names: Readonly<Record<string, Value>> = { True: true, False: false, None: null };

/** A dictionary as Python prints it, of texts, numbers, truths and None; undefined for anything else. */
export function pythonDictionary(reply: string): Readonly<Record<string, Value>> | undefined {
  const body = reply.trim();
  if (!body.startsWith("{")) return undefined;
  const read: Record<string, Value> = {};
  entry.lastIndex = 1;
  let end = 1;
  for (let found = entry.exec(body); found !== null; found = entry.exec(body)) {
    const [, key = "", value = ""] = found;
    read[unquoted(key)] = /^['"]/.test(value)
      ? unquoted(value)
      : value in names
        ? (names[value] as Value)
        : Number(value);
    end = entry.lastIndex;
  }
  return end > 1 && body.slice(end).trim() === "}" ? read : undefined;
}

const unquoted = (quoted: string): string => quoted.slice(1, -1).replace(/\\(.)/g, "$1");

/** "yes" and a mark from 0 to 5. */
export interface ActivityVerdict {
  readonly pred: string;
  readonly score: number;
}

/** lmms-eval's: the dictionary from the first brace to the next, the mark cut to an integer. */
export function lmmsVerdict(reply: string): ActivityVerdict | undefined {
  const inside = reply.split("{")[1];
  if (inside === undefined) return undefined;
  const { pred, score: mark } = pythonDictionary(`{${inside.split("}")[0]}}`) ?? {};
  const score = typeof mark === "string" ? parseIntPython(mark) : typeof mark === "object" ? undefined : Number(mark);
  if (typeof pred !== "string" || score === undefined || Number.isNaN(score)) return undefined;
  const said = lower(pred);
  return { pred: said.includes("yes") ? "yes" : said.includes("no") ? "no" : pred, score: Math.trunc(score) };
}

/** The authors read the whole reply as a dictionary, and ask again until it is one. */
export function activityVerdict(reply: string, scoring: Scoring): ActivityVerdict | undefined {
  if (scoring === "lmms-eval") return lmmsVerdict(reply);
  const { pred, score } = pythonDictionary(reply) ?? {};
  const mark = typeof score === "string" ? parseFloatPython(score) : typeof score === "number" ? score : undefined;
  return typeof pred !== "string" || mark === undefined ? undefined : { pred: lower(pred), score: Math.trunc(mark) };
}

/** A verdict that is neither yes nor no, or a mark off the scale, is none: it is asked for again. */
export function isVerdict({ pred, score }: ActivityVerdict): boolean {
  return /yes|no/.test(lower(pred)) && score >= 0 && score <= 5;
}

export function activityToJudge(words: string, scoring: Scoring): JudgeQuestion {
  return {
    prompt: {
      messages: [
        { role: "system", parts: [{ type: "text", text: SYSTEM }] },
        { role: "user", parts: [{ type: "text", text: words }] },
      ],
    },
    options: { temperature: 0, maxNewTokens: 64 },
    parse(reply) {
      const verdict = activityVerdict(reply, scoring);
      return verdict !== undefined && isVerdict(verdict) ? { ...verdict } : undefined;
    },
    attempts: 5,
  };
}
