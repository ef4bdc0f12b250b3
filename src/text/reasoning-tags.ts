/** Thinking that a model writes into its answer: `<think>…</think>The answer is B`. */

import { strip } from "./python-strings.js";

export type TagPair = readonly [open: string, close: string];

/** What lmms-eval strips from every answer by default. */
export const defaultReasoningTags: readonly TagPair[] = [
  ["<think>", "</think>"],
  ["<analysis>", "</analysis>"],
];

/**
 * Removes what stands between the tags, pair after pair, and strips the rest.
 *
 * As in lmms-eval's `api/reasoning.py`: the first opening tag is closed by the next closing tag, even across other opening
 * tags; removal is repeated on what is left; a closing tag without an opening one cuts everything before it (chat templates
 * write the opening tag themselves); an opening tag that is never closed is left alone.
 */
export function stripReasoning(text: string, tags: readonly TagPair[] = defaultReasoningTags): string {
  let rest = text;
  for (const [open, close] of tags) {
    rest = removeBlocks(rest, open, close);
    if (rest.includes(close) && !rest.includes(open)) rest = rest.slice(rest.lastIndexOf(close) + close.length);
  }
  return strip(rest);
}

/**
 * One pass instead of the reference's repeated search from the start. Removing a block can bring the halves of a new
 * opening tag together, so each search also looks at the last characters kept.
 */
function removeBlocks(text: string, open: string, close: string): string {
  const kept: string[] = [];
  let at = 0;
  for (;;) {
    const tail = lastCharacters(kept, open.length - 1);
    const inSeam = (tail + text.slice(at, at + open.length - 1)).indexOf(open);
    const start = inSeam >= 0 ? at + inSeam - tail.length : text.indexOf(open, at);
    const end = start < at && inSeam < 0 ? -1 : text.indexOf(close, start + open.length);
    if (end < 0) return kept.join("") + text.slice(at);
    if (start < at) dropLast(kept, at - start);
    else kept.push(text.slice(at, start));
    at = end + close.length;
  }
}

function lastCharacters(pieces: readonly string[], count: number): string {
  let tail = "";
  for (let i = pieces.length - 1; i >= 0 && tail.length < count; i--) tail = (pieces[i] ?? "").slice(-count) + tail;
  return tail.slice(-count);
}

function dropLast(pieces: string[], count: number): void {
  for (let left = count; left > 0; ) {
    const piece = pieces.pop() ?? "";
    if (piece.length > left) pieces.push(piece.slice(0, piece.length - left));
    left -= piece.length;
  }
}

/** What stands between the first `<answer>` and the next `</answer>`, else the whole text, both without reasoning. */
export function taggedAnswer(text: string): string {
  const rest = stripReasoning(text);
  const start = rest.indexOf("<answer>");
  const end = rest.indexOf("</answer>", start);
  return start < 0 || end < 0 ? rest : strip(rest.slice(start + "<answer>".length, end));
}
