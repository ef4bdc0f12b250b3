import { at, isSaid, listAt, textAt } from "./protocol.js";

/** What a message says, before it is known whether that is an answer. */
export type Content =
  | {
      /** Absent when the message has no text at all: that is not the empty text. */
      readonly text?: string;
      readonly reasoning?: string;
    }
  | { readonly malformed: string }
  | { readonly toolCall: true };

const textTypes = ["text", "output_text"];
const reasoningTypes = ["thinking", "reasoning", "reasoning_content", "redacted_thinking"];
const toolTypes = ["tool_use", "server_tool_use", "tool_call", "function_call"];

/** `content` as OpenAI-compatible endpoints and Anthropic write it: a string, null, or a list of typed parts. */
export function readContent(content: unknown): Content {
  if (content === undefined || content === null) return {};
  if (typeof content === "string") return { text: content };
  if (!Array.isArray(content)) {
    return { malformed: `content is ${typeof content === "object" ? "an object" : `a ${typeof content}`}` };
  }
  const texts: string[] = [];
  const thoughts: string[] = [];
  for (const part of content) {
    const type = typeof part === "string" ? "text" : textAt(part, "type");
    const text = typeof part === "string" ? part : textAt(part, "text");
    if (type !== undefined && textTypes.includes(type) && text !== undefined) texts.push(text);
    else if (type === "refusal" && textAt(part, "refusal") !== undefined) texts.push(textAt(part, "refusal") as string);
    else if (type !== undefined && reasoningTypes.includes(type)) thoughts.push(thoughtsOf(part, type));
    else if (type !== undefined && toolTypes.includes(type)) return { toolCall: true };
    else return { malformed: `content has a part of type ${JSON.stringify(type ?? null)} that is no text` };
  }
  const reasoning = thoughts.join("");
  return {
    ...(texts.length === 0 ? {} : { text: texts.join("") }),
    ...(reasoning === "" ? {} : { reasoning }),
  };
}

/** The content, where the model said it: a message of the user's or a tool's that comes back is no answer. */
export function ofModel(role: unknown, content: Content): Content {
  return !isSaid(role) || (typeof role === "string" && modelRoles.includes(role.toLowerCase()))
    ? content
    : { malformed: `a message of role ${JSON.stringify(role)}` };
}

/** The second is Gemini's. */
const modelRoles = ["assistant", "model"];

/** Anthropic: `thinking` is a string. Mistral: a list of text parts. Others: `text`, `reasoning`. */
function thoughtsOf(part: unknown, type: string): string {
  const inner = listAt(part, type).flatMap((one) => textAt(one, "text") ?? []);
  return textAt(part, type) ?? textAt(part, "text") ?? (at(part, type) === undefined ? "" : inner.join(""));
}
