/**
 * Answers after reasoning aloud, as lmms-eval's `*_reasoning` tasks read them: `<answer>` tags, boxes, and how well the form was kept.
 * Source: `_task_utils/reasoning_utils.py`.
 */

import { pythonRegex } from "./python-regex.js";
import { length, rstrip, strip } from "./python-strings.js";

/** What stands in the first `<answer>` tags, else in the last whole `\boxed{}`, else the number that ends the last line that ends with one. */
export const reasonedAnswer = (text: string): string => inAnswerTags(text) ?? (boxed(text) || lastNumber(text));

/** What stands in the first `<answer>` tags, if there are any. */
export function inAnswerTags(text: string): string | undefined {
  const open = text.indexOf("<answer>");
  const close = open < 0 ? -1 : text.indexOf("</answer>", open);
  return close < 0 ? undefined : text.slice(open + "<answer>".length, close);
}

const numberAtTheEnd = pythonRegex("\\b(\\d+(?:\\.\\d+)?)$");

function lastNumber(text: string): string {
  for (const line of strip(text).split("\n").reverse()) {
    const number = numberAtTheEnd.exec(rstrip(rstrip(line).replace(/\.$/, "")))?.[1];
    if (number !== undefined) return number;
  }
  return "";
}

const box = "\\boxed{";

/** The content of the last `\boxed{` whose brace is closed; "" without one. */
export function boxed(text: string): string {
  const open: number[] = [];
  const closed = new Map<number, number>();
  for (let at = text.indexOf(box); at >= 0 && at < text.length; at++) {
    if (text[at] === "{") open.push(at);
    else if (text[at] === "}") closed.set(open.pop() ?? -1, at);
  }
  for (let start = text.lastIndexOf(box); start >= 0; start = start === 0 ? -1 : text.lastIndexOf(box, start - 1)) {
    const brace = start + box.length - 1;
    const end = closed.get(brace);
    if (end !== undefined) return text.slice(brace + 1, end);
  }
  return "";
}

/** 1 for thoughts and an answer in their tags and nothing around them, or for a box; 0.8 for a longer text with a formula and an answer; else 0. */
export function formatScore(text: string): number {
  if (isTagged(text, "think") || isTagged(text, "analysis") || boxed(text) !== "") return 1;
  return length(strip(text)) > 50 && /[=+\-*/()[\]\\]/.test(text) && reasonedAnswer(text) !== "" ? 0.8 : 0;
}

function isTagged(text: string, tag: string): boolean {
  if (!text.startsWith(`<${tag}>`) || !text.endsWith("</answer>")) return false;
  const thought = text.indexOf(`</${tag}>`, tag.length + 2);
  const answer = thought < 0 ? -1 : text.indexOf("<answer>", thought);
  return answer >= 0 && answer + "<answer>".length <= text.length - "</answer>".length;
}
