import { defined } from "../../core/defined.js";
import type { Content } from "./content.js";
import { type End, endOf } from "./ends.js";
import type { Reply, ReplyUsage } from "./protocol.js";

/** What a provider's reply says, wherever its protocol keeps it. */
export interface Said {
  /** The provider's own word; undefined = it gives none. */
  readonly reason: string | undefined;
  /** The provider's further words about the end. */
  readonly words?: string;
  readonly content: Content;
  readonly usage: ReplyUsage;
  /** An empty list of parts is the empty text (Anthropic's way of ending a turn without a word). */
  readonly emptyIsText?: boolean;
}

const filtered = "the provider's content filter";

/** The one rule of what is an answer: a known good end, and a content of a known form. */
export function replyOf({ reason, words, content, usage, emptyIsText }: Said): Reply {
  const end = endOf(reason);
  if (end === "filter") return { refused: reason === "content_filter" ? filtered : `${filtered} (${reason})` };
  if (end === undefined) {
    const why = words === undefined ? "" : `: ${words}`;
    return { missing: reason === undefined ? `no end reason${why}` : `the answer ended with "${reason}"${why}` };
  }
  if (end === "tool" || "toolCall" in content) {
    return {
      missing: "the server answered with a tool call: start it without a tool parser (no tools were offered)",
      lasting: true,
    };
  }
  if ("malformed" in content) return { missing: content.malformed };
  const { reasoning } = content;
  const text = content.text ?? (explained(end, reasoning, usage) || emptyIsText ? "" : undefined);
  // A provider that explains an end without a word had no answer (Gemini: "Model is overloaded").
  if (!text && words && end === "stop") return { missing: `no content: ${words}` };
  if (text === undefined) return { missing: "no content" };
  return { text, ...defined({ reasoning }), finish: end, usage };
}

/** Why there is no text: all of the budget, or of the answer, was thought. */
function explained(end: End, reasoning: string | undefined, { reasoningTokens = 0 }: ReplyUsage): boolean {
  return end === "length" || reasoning !== undefined || reasoningTokens > 0;
}
