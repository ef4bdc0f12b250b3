/** What benchmarks share of VLMEvalKit's scoring and words. */

import { userPrompt } from "../core/prompt.js";
import type { Judge } from "../core/task.js";
import { vlmEvalKitYesNo } from "../prompts/vlmevalkit-yes-no.js";
import { inferChoice } from "../text/infer-choice.js";
import { withVlmEvalKit } from "./vlmevalkit-choice.js";

/** Times that it is asked, each at a higher temperature, while it says "Unknown". */
const timesAsked = 5;

/** Asked about an answer that says neither yes nor no: the last verdict is "yes", "no", or "unknown", which is wrong. */
function yesNoJudge<Row>(question: (row: Row) => string): Judge<Row> {
  return {
    model: "gpt-4o-mini",
    template: vlmEvalKitYesNo("{question}", "{answer}"),
    scorings: ["vlmevalkit"],
    ask(row, { text }, verdicts) {
      const isOpen = verdicts.length < timesAsked && (verdicts.at(-1) ?? "unknown") === "unknown";
      if (!isOpen || inferChoice(text, {}, "yes-no") !== undefined) return undefined;
      return {
        prompt: userPrompt(vlmEvalKitYesNo(question(row), text)),
        options: { temperature: verdicts.length / 2 },
        // A word alone: what is longer may be an outage ("No healthy upstream").
        parse: (reply) => /^[\s"'`*]*(yes|no|unknown)[\s"'`*.!]*$/i.exec(reply)?.[1]?.toLowerCase(),
      };
    },
  };
}

export const vlmEvalKit = { choices: withVlmEvalKit, yesNoJudge };
