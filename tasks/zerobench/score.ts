/** ZeroBench (Roberts et al. 2025). Source of lmms-eval's rule: `zerobench/utils.py`. The authors' script was not at hand. */

import { lower, parseIntPython, pythonRegex, rstrip, splitWords, strip } from "llava-eval";

const number = pythonRegex("^-?(?:\\d+\\.\\d+|\\d+|\\.\\d+)$");

/** Equal as numbers where both are (`3.50` is `3.5`, `1,250` is `1250`), else as texts without case, outer quotes and final period. */
export function zeroBenchEqual(answer: string, target: string): boolean {
  const [said, wanted] = [plain(answer), plain(target)];
  const [a, b] = [decimal(said), decimal(wanted)];
  return a !== undefined && b !== undefined ? a === b : said === wanted;
}

function plain(text: string): string {
  const words = joined(strip(lower(strip(text)), "\"'`"));
  return words.endsWith(".") ? rstrip(words.slice(0, -1)) : words;
}

/** Runs of white space as one blank, outer ones too. */
function joined(text: string): string {
  const blank = (at: number) => (text !== "" && strip(text.at(at) ?? "") === "" ? " " : "");
  const inner = splitWords(text).join(" ");
  return inner === "" ? blank(0) : blank(0) + inner + blank(-1);
}

/** The number without what does not change it: signs of zero, outer zeros, commas. Exact, however long. */
function decimal(text: string): string | undefined {
  const candidate = strip(text).replaceAll(",", "");
  if (!number.test(candidate) || candidate.endsWith("\n")) return undefined;
  const ascii = candidate.replace(/\p{Nd}/gu, (digit) => String(parseIntPython(digit)));
  const [whole = "", fraction = ""] = ascii.replace("-", "").split(".");
  const size = `${whole.replace(/^0+/, "")}.${fraction.replace(/0+$/, "")}`;
  return ascii.startsWith("-") && size !== "." ? `-${size}` : size;
}

/** What stands in the last `{…}` of a line. A brace opens at the first one that its line closes. */
export function lastBraces(text: string): string | undefined {
  let last: string | undefined;
  for (let at = 0; ; ) {
    const first = text.indexOf("{", at);
    const close = first < 0 ? -1 : text.indexOf("}", first);
    if (close < 0) return last;
    const open = text.indexOf("{", Math.max(first, text.lastIndexOf("\n", close)));
    if (open >= 0 && open < close) last = text.slice(open + 1, close);
    at = close + 1;
  }
}
