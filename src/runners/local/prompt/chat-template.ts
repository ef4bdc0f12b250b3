/**
 * The checkpoint's own chat template (Jinja), for families without a row in templates.ts.
 * Images are marked in the rendered text; words that look like the mark are disguised while the template runs.
 */
import { Environment, Interpreter, Template as Jinja } from "@huggingface/jinja";
import { messageOf, UserError } from "../../../core/errors.js";
import type { ShownMessage } from "../../../core/prompt.js";
import { withinTime } from "../within-time.js";
import { imageSlot, joined, messagePieces, type Piece, piecesText } from "./pieces.js";
import type { Template } from "./templates.js";

/** Stands inside a literal image mark of the user's text; a private-use character that no tokenizer gives a meaning. */
const disguised = "\uF8FF";
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

/** Real ones have at most some 10 kB, and render in a millisecond. */
const maxCharacters = 1_000_000;
const secondsToRender = 2;

/** Templates count messages with it. The library's own makes a list of any length, and V8 dies of the longest. */
const mostNumbers = 100_000;
function boundedRange(first: number, second?: number, step = 1): number[] {
  const [start, stop] = second === undefined ? [0, first] : [first, second];
  const length = Math.max(0, Math.ceil((stop - start) / step));
  if (!(length <= mostNumbers)) throw new Error(`range() of more than ${mostNumbers} numbers`);
  return Array.from({ length }, (_, i) => start + i * step);
}

/**
 * What a template may call. `Jinja.render` brings names of its own that cannot be replaced: its `range` has no bound, and its
 * `strftime_now` reads the clock.
 */
const globals = {
  true: true,
  True: true,
  false: false,
  False: false,
  none: null,
  None: null,
  range: boundedRange,
  strftime_now: frozenStrftime,
  raise_exception: (words: unknown): never => {
    throw new Error(String(words));
  },
};

export interface SpecialTokens {
  readonly bosToken: string;
  readonly eosToken: string;
  /** What the template writes where an image stands. Default `<image>`. */
  readonly imageMark?: string;
}

/** Variables that templates ask about; absent, a template follows its own default. */
export interface Switches {
  /** Qwen3 and its kin: false writes an empty thought in front of the answer. */
  readonly enable_thinking?: boolean;
}

/** @param where the file the template was read from, for messages */
export function chatTemplate(source: string, tokens: SpecialTokens, where: string, switches: Switches = {}): Template {
  const fix = `use --template with the name of a family the checkpoint was trained with`;
  if (source.length > maxCharacters) throw new UserError(`a chat template of ${source.length} characters`, where, fix);
  const { imageMark = "<image>" } = tokens;
  const disguise = `${imageMark.slice(0, 1)}${disguised}${imageMark.slice(1)}`;
  const hide = (words: string): string => words.replaceAll(imageMark, disguise);
  const { parsed } = attempt(() => new Jinja(source), where, fix);
  const format = (messages: unknown[]): string => {
    const environment = new Environment();
    const names = {
      ...globals,
      messages,
      add_generation_prompt: true,
      bos_token: tokens.bosToken,
      eos_token: tokens.eosToken,
      ...switches,
    };
    for (const [name, value] of Object.entries(names)) environment.set(name, value);
    return String(new Interpreter(environment).run(parsed).value);
  };
  const takesLists = attempt(() => understandsLists(format, imageMark), where, fix);

  return {
    name: "checkpoint",
    stopTokens: [],
    startsOnce: true,
    beforeAnswer: "",
    render: (messages) => {
      if (messages.at(-1)?.role === "assistant") {
        throw new UserError("a chat template cannot continue an answer that is begun", where, fix);
      }
      if (
        takesLists &&
        messages.some(({ parts }) => parts.some((part) => part.type === "image" && part.clip !== undefined))
      ) {
        throw new UserError("a chat template writes an image for every frame of a clip", where, fix);
      }
      const converted = messages.map((message) => ({
        role: message.role,
        content: takesLists ? contentList(message, hide) : piecesText(hidden(messagePieces(message), hide), imageMark),
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
function understandsLists(format: (messages: unknown[]) => string, imageMark: string): boolean {
  try {
    const probe = format([{ role: "user", content: [{ type: "image" }, { type: "text", text: "probe-7f3a" }] }]);
    return probe.includes("probe-7f3a") && probe.split(imageMark).length === 2 && !probe.includes('"type"');
  } catch (error) {
    // A template for strings fails on lists, in words of its own: that is the answer.
    if (!(error instanceof Error)) throw error;
    return false;
  }
}

const contentList = (message: ShownMessage<unknown>, hide: (words: string) => string) =>
  message.parts.map((part) => (part.type === "image" ? { type: "image" } : { type: "text", text: hide(part.text) }));

const hidden = (pieces: readonly Piece[], hide: (words: string) => string): Piece[] =>
  pieces.map((piece) => (typeof piece === "string" ? hide(piece) : piece));

function attempt<T>(work: () => T, where: string, fix: string): T {
  try {
    return withinTime(secondsToRender, work);
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`the chat template fails: ${messageOf(error)}`, where, fix, { cause: error });
  }
}
