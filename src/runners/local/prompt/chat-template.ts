/**
 * The checkpoint's own chat template (Jinja), for families without a row in templates.ts.
 * Images are marked in the rendered text; words that look like the mark are disguised while the template runs.
 */
import { Template as Jinja } from "@huggingface/jinja";
import { messageOf, UserError } from "../../../core/errors.js";
import type { Message } from "../../../core/prompt.js";
import { imageSlot, joined, messagePieces, type Piece, piecesText } from "./pieces.js";
import type { Template } from "./templates.js";

const imageMark = "<image>";
/** Stands for a literal `<image>` of the user's text; a private-use character that no tokenizer gives a meaning. */
const disguise = "<\uF8FFimage>";
/** The day that templates print (Llama 3.1's own default): with the real one prompts would change every day. */
const frozenDate: Readonly<Record<string, string>> = {
  "%Y": "2024",
  "%m": "07",
  "%B": "July",
  "%b": "Jul",
  "%d": "26",
  "%H": "12",
  "%M": "00",
  "%%": "%",
};
const frozenStrftime = (pattern: string): string => pattern.replace(/%./g, (token) => frozenDate[token] ?? token);

/** Real ones have at most some 10 kB. */
const maxCharacters = 1_000_000;

export interface SpecialTokens {
  readonly bosToken: string;
  readonly eosToken: string;
}

/** @param where the file the template was read from, for messages */
export function chatTemplate(source: string, tokens: SpecialTokens, where: string): Template {
  const fix = `use --template with the name of a family the checkpoint was trained with`;
  if (source.length > maxCharacters) throw new UserError(`a chat template of ${source.length} characters`, where, fix);
  // The library's own strftime_now reads the clock and cannot be replaced: the template gets another name for ours.
  const run = attempt(() => new Jinja(source.replaceAll("strftime_now", "frozen_strftime")), where, fix);

  const format = (messages: unknown[]): string =>
    run.render({
      messages,
      add_generation_prompt: true,
      bos_token: tokens.bosToken,
      eos_token: tokens.eosToken,
      frozen_strftime: frozenStrftime,
    });
  const takesLists = understandsLists(format);

  return {
    name: "checkpoint",
    stopTokens: [],
    beforeAnswer: "",
    render: (messages) => {
      if (messages.at(-1)?.role === "assistant") {
        throw new UserError("a chat template cannot continue an answer that is begun", where, fix);
      }
      const converted = messages.map((message) => ({
        role: message.role,
        content: takesLists ? contentList(message) : piecesText(disguised(messagePieces(message))),
      }));
      const text = attempt(() => format(converted), where, fix);
      const pieces = text.split(imageMark).flatMap((part, i): Piece[] => (i === 0 ? [part] : [imageSlot, part]));
      const images = messages.flatMap(({ parts }) => parts.filter(({ type }) => type === "image")).length;
      const slots = pieces.filter((piece) => piece === imageSlot).length;
      if (slots !== images) {
        throw new UserError(`the chat template writes ${slots} placeholders for ${images} images`, where, fix);
      }
      return joined(pieces.map((piece) => (typeof piece === "string" ? piece.replaceAll(disguise, imageMark) : piece)));
    },
  };
}

/** llava-hf templates loop over content lists and write the placeholder themselves; others want a string. */
function understandsLists(format: (messages: unknown[]) => string): boolean {
  try {
    const probe = format([{ role: "user", content: [{ type: "image" }, { type: "text", text: "probe-7f3a" }] }]);
    return probe.includes("probe-7f3a") && probe.split(imageMark).length === 2 && !probe.includes('"type"');
  } catch {
    return false; // a template for strings fails on lists: that is the answer
  }
}

const contentList = (message: Message<unknown>) =>
  message.parts.map((part) =>
    part.type === "image" ? { type: "image" } : { type: "text", text: part.text.replaceAll(imageMark, disguise) },
  );

const disguised = (pieces: readonly Piece[]): Piece[] =>
  pieces.map((piece) => (typeof piece === "string" ? piece.replaceAll(imageMark, disguise) : piece));

function attempt<T>(work: () => T, where: string, fix: string): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`the chat template fails: ${messageOf(error)}`, where, fix, { cause: error });
  }
}
