/** What a prompt says and what a server was asked, in one form to compare: texts, and a mark where an image stands. */

import type { Prompt } from "../../src/core/prompt.js";
import type { Question } from "../fakes/scripted.js";

/** Texts and images in their order, whoever says them. */
export const sentWords = ({ messages }: Prompt): string =>
  JSON.stringify(
    messages.map(({ role, parts }) => [
      role,
      parts.map((part) => (part.type === "text" ? part.text : "[image]")).join(""),
    ]),
  );

interface Message {
  readonly role: string;
  readonly content: string | readonly { readonly type: string; readonly text?: string }[];
}
export const askedWords = ({ body }: Question): string =>
  JSON.stringify(
    (body.messages as Message[]).map(({ role, content }) => [
      role,
      typeof content === "string" ? content : content.map(({ text }) => text ?? "[image]").join(""),
    ]),
  );
