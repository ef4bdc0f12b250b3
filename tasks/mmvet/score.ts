/** MM-Vet (Yu et al. 2023): a judge completes a table row with a correctness score. */

import { parseFloatPython, strip } from "llava-eval";

/** Capabilities of a question, of which it may have several. */
export const mmvetCapabilities = ["rec", "ocr", "know", "gen", "spat", "math"] as const;

const leadingScore =
  /^["'`*\s]*(?:(\p{Nd}{1,4}\.?)["'`*]*\s*(?:$|[\n|])|(\p{Nd}{0,4}\.\p{Nd}{1,20})(?![\p{Nd}e]|\s*[/%]|\s+(?:out\s+)?of\s(?!\s*1(?:\.0+)?(?!\.?\d))))/iu;

/**
 * The number from 0 to 1 that a reply begins with: alone in its line, or with a point in it ("0.5 because"). A whole number in prose ("0
 * credits left") is an outage's. The authors' script takes the first word as a float, and asks again where it is none ("1.0/5", "0.5%"); it
 * reads a 1 in "1.0 out of 10", which is on another scale, and asked again here.
 */
export function correctnessScore(reply: string): number | undefined {
  const [, alone, pointed = ""] = leadingScore.exec(reply) ?? [];
  const score = parseFloatPython(alone ?? pointed);
  return score !== undefined && score >= 0 && score <= 1 ? score : undefined;
}

/**
 * What lmms-eval makes of a judge's replies in order. A reply that is no number costs a second call whose reply is thrown
 * away and raises the temperature by 0.5; at 2 the sample is 0. A number outside 0..1 is asked again without bound, which
 * is why runs use `correctnessScore` and a bounded number of attempts instead.
 */
export function lmmsMmvetScore(replies: readonly string[]): {
  readonly score: number | undefined;
  readonly calls: number;
} {
  let calls = 0;
  let temperature = 0;
  for (;;) {
    const reply = replies[calls++];
    if (reply === undefined) return { score: undefined, calls };
    if (reply === "") return { score: 0, calls };
    const score = parseFloatPython(strip(reply.split(" ", 1)[0] ?? ""));
    if (score === undefined) {
      temperature += 0.5;
      if (replies[calls++] === undefined) return { score: undefined, calls };
      if (temperature >= 2) return { score: 0, calls };
    } else if (score >= 0 && score <= 1) return { score, calls };
  }
}

/** VLMEvalKit's: the whole reply is a number from 0 to 1, as Python reads one. */
export function wholeScore(reply: string): number | undefined {
  const score = parseFloatPython(reply);
  return score !== undefined && score >= 0 && score <= 1 ? score : undefined;
}
