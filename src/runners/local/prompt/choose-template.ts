/** Which template a checkpoint was trained with: what `--template` says, else read from its text model and vocabulary. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { messageOf, UserError } from "../../../core/errors.js";
import type { ShownMessage } from "../../../core/prompt.js";
import { Type } from "../../../core/schema.js";
import { readJsonFile } from "../checkpoint/json-file.js";
import type { NativeCheckpoint } from "../native.js";
import type { OpenedTokenizer } from "../tokenizer/open-tokenizer.js";
import type { Tokenizer } from "../tokenizer/tokenizer.js";
import { type TokenizerConfig, tokenText } from "../tokenizer/tokenizer-config.js";
import { chatTemplate, type Switches } from "./chat-template.js";
import { piecesText } from "./pieces.js";
import {
  isTemplateName,
  qwenImageMark,
  type Template,
  type TemplateName,
  template,
  templateNames,
} from "./templates.js";

export interface TemplateSource {
  readonly folder: string;
  /** `description.text.type` of the engine: qwen2, llama, mistral, ... */
  readonly textType: string;
  /** `description.family`, where it is known. */
  readonly family?: string;
  readonly tokenizer: Tokenizer;
  readonly config: TokenizerConfig;
}

/** Families that write an image in Qwen2.5-VL's words, whatever their decoder. */
const ofAnySize = ["llava-onevision-1.5", "llava-onevision-2"];

export function templateSource(
  folder: string,
  { text, family }: Pick<NativeCheckpoint, "text" | "family">,
  opened: OpenedTokenizer,
): TemplateSource {
  return { folder, textType: text?.type ?? "unknown", ...(family === null ? {} : { family }), ...opened };
}

/**
 * @param wanted `--template`: a name of templates.ts, `checkpoint` (its own chat template), `checkpoint_no_thinking` (the same with its
 *   switch `enable_thinking` off), or a path ending in `.jinja`
 */
export async function chooseTemplate(source: TemplateSource, wanted?: string): Promise<Template> {
  if (wanted !== undefined && isTemplateName(wanted)) return template(wanted);
  if (wanted?.endsWith(".jinja")) return fromText(source, await readTemplateFile(wanted), wanted);
  const quiet = wanted === "checkpoint_no_thinking";
  if (wanted !== undefined && wanted !== "checkpoint" && !quiet) {
    throw new UserError(
      `no template named "${wanted}"`,
      "--template",
      `choose one of ${templateNames.join(", ")}; "checkpoint" for its own chat template, "checkpoint_no_thinking" for it without thoughts; or a path to a .jinja file`,
    );
  }
  const known = wanted === undefined ? familyTemplate(source) : undefined;
  if (known !== undefined) return template(known);

  const own = await ownTemplate(source, quiet ? { enable_thinking: false } : {});
  if (own) return quiet ? { ...own, name: "checkpoint_no_thinking" } : own;
  throw new UserError(
    `the checkpoint (text model "${source.textType}") is of no known family and has no chat template`,
    source.folder,
    `name the template it was trained with: --template ${templateNames.join("|")}, or a path to a .jinja file`,
  );
}

const longestExcerpt = 240;

/**
 * A sentence for the user where the family's conversation template and the checkpoint's own write different prompts (llava-hf's 1.5 has no
 * system text, its authors' evaluation has one): which of the two a published number was made with, only they can know.
 */
export async function templateNote(source: TemplateSource, used: Template): Promise<string | undefined> {
  if (used.startsOnce) return undefined; // it is the checkpoint's own
  const question: ShownMessage<unknown> = {
    role: "user",
    parts: [
      { type: "image", image: undefined },
      { type: "text", text: "What is this?" },
    ],
  };
  const bos = tokenText(source.config.bos_token);
  const written = (template: Template): string => {
    const text = piecesText(template.render([question]));
    return bos && text.startsWith(bos) ? text.slice(bos.length) : text;
  };
  let own: string;
  try {
    const template = await ownTemplate(source);
    if (template === undefined) return undefined;
    own = written(template);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return `its own chat template is of no use (${error.message}); prompts follow ${used.name}`;
  }
  if (own === written(used)) return undefined;
  const excerpt = own.length > longestExcerpt ? `${own.slice(0, longestExcerpt)}…` : own;
  return `prompts follow ${used.name} of the LLaVA repository; its own chat template differs, and writes ${JSON.stringify(excerpt)}: --template checkpoint takes that`;
}

/** After spec chapter 7: what each published family was trained with. Vocabularies tell families of one architecture apart. */
function familyTemplate({ textType, family, tokenizer }: TemplateSource): TemplateName | undefined {
  if (family !== undefined && ofAnySize.includes(family)) return "qwen_2_5_vl";
  const has = (token: string): boolean => tokenizer.idOf(token) !== undefined;
  switch (textType) {
    case "qwen2":
    case "qwen3":
      return "qwen_1_5";
    case "mistral":
      return has("<|im_end|>") ? "mistral_direct" : "mistral_instruct";
    case "llama":
      if (has("<|eot_id|>")) return "llava_llama_3";
      if (has("<|im_end|>")) return "chatml_direct"; // Yi
      return isLlama2Vocabulary(tokenizer) ? "vicuna_v1" : undefined;
    default:
      return undefined;
  }
}

/** 32,000 pieces of Llama 2, and a few added tokens at most (converted checkpoints pad rows, not tokens). */
const isLlama2Vocabulary = (tokenizer: Tokenizer): boolean =>
  tokenizer.idOf("</s>") === 2 && tokenizer.length >= 32_000 && tokenizer.length <= 32_064;

const ChatTemplateFile = Type.Object({ chat_template: Type.String() });

/** In the order transformers looks: a file of its own, the processor's, the tokenizer's. */
async function ownTemplate(source: TemplateSource, switches: Switches = {}): Promise<Template | undefined> {
  const { folder, config } = source;
  const jinjaPath = join(folder, "chat_template.jinja");
  const text = await readTemplateFile(jinjaPath).catch((error) => {
    if ((error as { cause?: NodeJS.ErrnoException }).cause?.code === "ENOENT") return undefined;
    throw error;
  });
  if (text !== undefined) return fromText(source, text, jinjaPath, switches);

  const jsonPath = join(folder, "chat_template.json");
  const file = await readJsonFile(jsonPath, ChatTemplateFile);
  if (file) return fromText(source, file.chat_template, jsonPath, switches);

  const { chat_template: given } = config;
  const ofTokenizer = Array.isArray(given) ? given.find((each) => each.name === "default")?.template : given;
  return ofTokenizer ? fromText(source, ofTokenizer, join(folder, "tokenizer_config.json"), switches) : undefined;
}

function fromText({ config, family }: TemplateSource, text: string, where: string, switches: Switches = {}): Template {
  const tokens = {
    bosToken: tokenText(config.bos_token) ?? "",
    eosToken: tokenText(config.eos_token) ?? "",
    ...(family !== undefined && ofAnySize.includes(family) ? { imageMark: qwenImageMark } : {}),
  };
  return chatTemplate(text, tokens, where, switches);
}

async function readTemplateFile(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw new UserError(`the template cannot be read: ${messageOf(error)}`, path, "check the path", { cause: error });
  }
}
