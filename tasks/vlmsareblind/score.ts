/** VLMs are Blind (Rahmanzadehgervi et al. 2024). Sources: lmms-eval `vlmsareblind/utils.py`, VLMEvalKit's `VLMBlind`; the authors have no script. */

import { lower, parseIntPython, pythonRegex, strip } from "llava-eval";

const number = pythonRegex("\\{?(\\d+)\\}?");
const letter = /[a-z]/;
const grids = [
  "\\{(\\d+)\\}\\s*\\{(\\d+)\\}",
  "\\((\\d+)\\s*,\\s*(\\d+)\\)",
  "rows=\\{(\\d+)\\}\\scolumns=\\{(\\d+)\\}",
].map((pattern) => pythonRegex(pattern));

/** lmms-eval's: the first number, or the first letter wherever it stands ("the answer is b" is a t). */
export function blindAnswer(text: string, task: string): string | undefined {
  const words = lower(strip(text));
  const kind = lower(task);
  if (kind === "touching circles") return ["yes", "no"].includes(words) ? words : undefined;
  if (kind === "circled letter") return letter.exec(words)?.[0];
  if (!kind.startsWith("counting grid")) return number.exec(words)?.[1];
  for (const pattern of grids) {
    const [, rows, columns] = pattern.exec(words) ?? [];
    if (rows !== undefined) return `${rows},${columns}`;
  }
  return undefined;
}

/** VLMEvalKit's: what stands in the first braces; anywhere in the text for rings and circles ("15" has a 5). */
export function blindRight(text: string, target: string, task: string): boolean {
  if (task === "Touching Circles") return lower(text).includes(lower(target));
  if (task.startsWith("Olympic Counting")) return text.includes(target);
  if (!task.startsWith("Counting Grid")) return firstBraces(text) === target;
  const wanted = target.split(",").map((part) => parseIntPython(strip(part)));
  const found = [bracedAfter(text, /[Rr]ow/), bracedAfter(text, /[Cc]olumn/)];
  const [, ...pair] = found.includes(undefined) ? (pairIn.exec(text) ?? []) : ["", ...found];
  const said = pair.map((part) => parseIntPython(part ?? ""));
  return wanted.length === 2 && said.length === 2 && said.every((value, i) => value === wanted[i]);
}

const pairIn = pythonRegex("\\((\\d+),\\s*(\\d+)\\)");

/** What stands between the first brace of a line that the line closes; "" without one. */
function firstBraces(text: string): string {
  for (const line of text.split("\n")) {
    const open = line.indexOf("{");
    const close = open < 0 ? -1 : line.indexOf("}", open);
    if (close >= 0) return line.slice(open + 1, close);
  }
  return "";
}

/** The first number in braces that follows the word, with no brace between. */
function bracedAfter(text: string, word: RegExp): string | undefined {
  let from = 0;
  for (const { 0: braces, 1: digits, index } of text.matchAll(/\{(\p{Nd}+)\}|[{}]/gu)) {
    if (digits !== undefined && word.test(text.slice(from, index))) return digits;
    from = index + braces.length;
  }
  return undefined;
}
