/** BabyVision (UniPat 2026): what of a reply goes to the judge. Sources: UniPat-AI/BabyVision; lmms-eval `babyvision/utils.py`. */

import { firstCharacters, pythonRegex, strip } from "llava-eval";

const OPEN = "\\boxed{";

interface Span {
  readonly end: number;
  /** How deep braces are nested inside. */
  readonly depth: number;
}

/** Where each opening brace of the text closes. One pass, whatever the model wrote. */
function spans(text: string): ReadonlyMap<number, Span> {
  const closed = new Map<number, Span>();
  const open: { at: number; depth: number }[] = [];
  for (let i = 0; i < text.length; i++) {
    if (text[i] === "{") open.push({ at: i, depth: 0 });
    if (text[i] !== "}") continue;
    const brace = open.pop();
    if (brace === undefined) continue;
    closed.set(brace.at, { end: i, depth: brace.depth });
    const outer = open.at(-1);
    if (outer) outer.depth = Math.max(outer.depth, brace.depth + 1);
  }
  return closed;
}

/** The last `\boxed{...}`. @param nested how many braces may stand inside each other in it */
function lastBoxed(text: string, nested: number): string | undefined {
  const closed = spans(text);
  let last: string | undefined;
  for (let at = text.indexOf(OPEN); at >= 0; ) {
    const start = at + OPEN.length;
    const span = closed.get(start - 1);
    const found = span !== undefined && span.depth <= nested;
    if (found) last = text.slice(start, span.end);
    at = text.indexOf(OPEN, found ? span.end : start);
  }
  return last;
}

const markedBox = /<\|begin_of_box\|>([^\n]*?)<\|end_of_box\|>/g;

/** The authors': the last box, also GLM's. */
export function babyAnswer(text: string): string | undefined {
  const marked = [...text.matchAll(markedBox)].at(-1)?.[1];
  return lastBoxed(text, Number.POSITIVE_INFINITY) ?? (marked === undefined ? undefined : strip(marked));
}

const phrases = ["answer|Answer|ANSWER", "final answer|Final Answer"].map((words) =>
  pythonRegex(`(?:${words})\\s*(?:is|:)\\s*["']?([A-Za-z0-9,\\s\\(\\)\\-]+)["']?`),
);

/** lmms-eval's: the last box, first of what follows thoughts, else what follows "answer is". */
export function babyAnswerLmms(text: string): string | undefined {
  const thought = text.indexOf("</think>");
  const boxed = (thought < 0 ? undefined : lastBoxed(text.slice(thought + "</think>".length), 1)) ?? lastBoxed(text, 1);
  if (boxed !== undefined) return strip(boxed);
  for (const phrase of phrases) {
    const said = phrase.exec(text)?.[1];
    if (said !== undefined) return strip(said);
  }
  return undefined;
}

/** What the judge is shown of a reply: without an answer the word None, or with lmms-eval's scoring the reply's beginning. */
export function shownToJudge(text: string, lmms: boolean): string {
  if (!lmms) return babyAnswer(text) ?? "None";
  return (babyAnswerLmms(text) ?? firstCharacters(text, 500)) || "(No answer provided)";
}
