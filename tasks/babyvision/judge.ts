/** BabyVision's question to its judge, word for word, and its reading. */

import { type Scoring, strip } from "llava-eval";

export function babyGrading(question: string, target: string, prediction: string): string {
  return `You are a careful and strict evaluator. You will be given:

1. **Question**
2. **Ground Truth Answer** (correct answer)
3. **Model Output** (answer from another model)

**Your goal:** Determine if the Model Output **accurately matches** the Ground Truth Answer in meaning.

* Matching means: the facts, entities, and key details are equivalent, even if phrasing differs.
* Not matching means: the Model Output is wrong, incomplete, contains extra incorrect facts, or changes the meaning.

**Process (internal reasoning):**

1. Read and understand the Question, Ground Truth Answer, and Model Output.
2. Ignore small wording differences, formatting, or synonyms.
3. If all factual content matches, conclude \`1\`. Otherwise, conclude \`0\`.

**Important:**

* Think through your decision step-by-step **internally** before responding.
* In your final output, return **only** True or False, with no extra text or explanation.

**Output format:**

True

or

False

**Input:**

Question: ${question},
Ground Truth Answer: ${target},
Model Output: ${prediction}`;
}

/** A few words that end in one of the two. */
const short = /^\P{L}*(?:\p{L}+\P{L}+){0,3}(?:un)?(?:true|false)[^\p{L}\p{N}?]*$/u;

/**
 * 1 for True, 0 for False: the word alone. lmms-eval and VLMEvalKit look for "true", then for "false", anywhere ("untrue" is a yes there), and count a
 * reply with neither as wrong; here a short reply that ends in one is read so, and any other is asked again.
 */
export function babyVerdict(reply: string, scoring: Scoring): 0 | 1 | undefined {
  const words = strip(reply).toLowerCase();
  if (scoring !== "official") return short.test(words) ? (words.includes("true") ? 1 : 0) : undefined;
  const word = /^[*"'`]*(true|false)[*"'`]*\.?$/.exec(words)?.[1];
  return word === undefined ? undefined : word === "true" ? 1 : 0;
}
