/**
 * Conversation templates of the LLaVA-NeXT repository (llava/conversation.py), one row each; checked against what that code renders.
 * Two have the words of later models: `qwen_3_no_thinking`, Qwen3's own template with its thinking switched off, and `qwen_2_5_vl`.
 * A template is four texts around a turn, so a row reads like the conversation it makes.
 */
import { UserError } from "../../../core/errors.js";
import type { ShownMessage } from "../../../core/prompt.js";
import { framedPieces, imageSlot, joined, messagePieces, type Piece, trimmed } from "./pieces.js";

/** What Qwen2.5-VL's template writes where an image stands, between `<|vision_start|>` and `<|vision_end|>`. */
export const qwenImageMark = "<|image_pad|>";

export interface Template {
  readonly name: string;
  /** Ends an answer, besides the checkpoint's own ids. */
  readonly stopTokens: readonly string[];
  /**
   * A BOS that the template writes itself is the only one (transformers' `apply_chat_template`). Absent: the tokenizer puts its own in
   * front all the same, as the LLaVA repository does for Llama 3.
   */
  readonly startsOnce?: true;
  /** The prompt, ready for the answer. A last message of the assistant is an answer begun: it is continued. */
  render(messages: readonly ShownMessage<unknown>[]): Piece[];
  /** What stands between the end of a rendered prompt and its answer; part of the continuation of a log-likelihood. */
  readonly beforeAnswer: string;
}

interface Layout {
  /** Used when the prompt has no system message. */
  readonly system: string;
  /** The opening of the conversation, around the system text. */
  readonly opening: (system: string) => string;
  readonly user: readonly [before: string, after: string];
  /** Text that asks for the answer, text between it and the answer, text after the answer. */
  readonly assistant: readonly [ask: string, beforeAnswer: string, after: string];
  /** Stands between the request for the last answer and that answer, not in earlier turns. */
  readonly prefill?: string;
  readonly stopTokens: readonly string[];
  /** Images stand where their parts stand, each between these texts. Absent: as the LLaVA repository writes them. */
  readonly image?: readonly [before: string, after: string];
  /** Contents lose the white space around them (Llama 3's published template). */
  readonly trim?: boolean;
  /** The system text stands inside the first user turn (Llama 2). */
  readonly systemInFirstTurn?: boolean;
  /** Text in front of every user turn but the first. */
  readonly between?: string;
}

const assistantSystem = (who: string): string =>
  `A chat between a curious ${who} and an artificial intelligence assistant. The assistant gives helpful, detailed, and polite answers to the ${who}'s questions.`;
const visionSystem =
  "You are a helpful language and vision assistant. You are able to understand the visual content that the user provides, and assist the user with a variety of tasks using natural language.";

const chatml = (system: string, newline: string): Layout => ({
  system,
  opening: (text) => `<|im_start|>system\n${text}<|im_end|>${newline}`,
  user: ["<|im_start|>user\n", `<|im_end|>${newline}`],
  assistant: ["<|im_start|>assistant\n", "", `<|im_end|>${newline}`],
  // Chat models of these families sometimes end with the base model's token instead.
  stopTokens: ["<|im_end|>", "<|endoftext|>"],
});

const vicuna = (who: string): Layout => ({
  system: assistantSystem(who),
  opening: (text) => `${text} `,
  user: ["USER: ", " "],
  assistant: ["ASSISTANT:", " ", "</s>"],
  stopTokens: ["</s>"],
});

const llama2 = (system: string, between: string): Layout => ({
  system,
  opening: (text) => (text === "" ? "" : `<<SYS>>\n${text}\n<</SYS>>\n\n`),
  systemInFirstTurn: true,
  user: ["[INST] ", " [/INST]"],
  assistant: ["", " ", " </s>"],
  between,
  stopTokens: ["</s>"],
});

const llama3: Layout = {
  system: visionSystem,
  opening: (text) => `<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\n${text}<|eot_id|>`,
  user: ["<|start_header_id|>user<|end_header_id|>\n\n", "<|eot_id|>"],
  assistant: ["<|start_header_id|>assistant<|end_header_id|>\n\n", "", "<|eot_id|>"],
  stopTokens: ["<|eot_id|>", "<|end_of_text|>"],
  trim: true,
};

const layouts = {
  qwen_1_5: chatml("You are a helpful assistant.", "\n"),
  qwen_2: chatml("You are a helpful assistant.", "\n"),
  qwen_2_5: chatml("You are Qwen, created by Alibaba Cloud. You are a helpful assistant.", "\n"),
  // A fine-tuned Qwen3 has seen qwen_1_5's words and no thoughts (LLaVA-NeXT's scripts); one that thinks is told not to by an empty thought.
  qwen_3_no_thinking: { ...chatml("You are a helpful assistant.", "\n"), prefill: "<think>\n\n</think>\n\n" },
  // OneVision-1.5 and OneVision-2 are trained and asked in Qwen2.5-VL's words, without numbers on their images.
  qwen_2_5_vl: { ...chatml("You are a helpful assistant.", "\n"), image: ["<|vision_start|>", "<|vision_end|>"] },
  llava_llama_3: llama3,
  vicuna_v1: vicuna("user"),
  v1: vicuna("user"),
  llava_v1: vicuna("human"),
  mistral_instruct: llama2("", ""),
  llava_llama_2: llama2(visionSystem, "<s>"),
  chatml_direct: chatml("Answer the questions.", ""),
  mistral_direct: chatml("Answer the questions.", ""),
} satisfies Record<string, Layout>;

export type TemplateName = keyof typeof layouts;
export const templateNames = Object.keys(layouts) as readonly TemplateName[];
export const isTemplateName = (name: string): name is TemplateName => Object.hasOwn(layouts, name);

export function template(name: TemplateName): Template {
  const layout: Layout = layouts[name];
  return {
    name,
    stopTokens: layout.stopTokens,
    beforeAnswer: layout.assistant[1],
    render: (messages) => renderWith(layout, messages),
  };
}

function renderWith(layout: Layout, messages: readonly ShownMessage<unknown>[]): Piece[] {
  const { user, assistant, prefill = "" } = layout;
  const content = (message: ShownMessage<unknown>) => {
    const pieces = layout.image ? framedPieces(message, ...layout.image) : messagePieces(message);
    return layout.trim ? trimmed(pieces) : pieces;
  };

  const systems = messages.filter((message) => message.role === "system").map(content);
  const systemText = systems.length === 0 ? layout.system : systems.map(textOnly).join("\n");
  const turns = messages.filter((message) => message.role !== "system");

  const pieces: Piece[] = layout.systemInFirstTurn ? [] : [layout.opening(systemText)];
  turns.forEach((turn, i) => {
    if (turn.role === "user") {
      const opening = layout.systemInFirstTurn && i === 0 ? layout.opening(systemText) : "";
      pieces.push(i === 0 ? "" : (layout.between ?? ""), user[0], opening, ...content(turn), user[1]);
    } else {
      const last = i === turns.length - 1;
      pieces.push(assistant[0], last ? prefill : "", assistant[1], ...content(turn), last ? "" : assistant[2]);
    }
  });
  if (turns.at(-1)?.role !== "assistant") pieces.push(assistant[0], prefill);
  return joined(pieces);
}

function textOnly(pieces: readonly Piece[]): string {
  if (pieces.includes(imageSlot)) {
    throw new UserError("an image in a system message", "the task's prompt", "put images into user messages");
  }
  return pieces.join("");
}
