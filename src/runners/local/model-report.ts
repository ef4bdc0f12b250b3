/** What `llava-eval model X` tells: a checkpoint as the engine reads it, without loading a weight. */
import { defined } from "../../core/defined.js";
import { UserError } from "../../core/errors.js";
import { asUserError, loadAddon } from "./addon.js";
import { imageConstantsNote } from "./checkpoint/image-constants.js";
import { resolveCheckpoint } from "./checkpoint/resolve.js";
import { type ClipAs, clipAs } from "./clip-as.js";
import type { NativeAddon, NativeCheckpoint } from "./native.js";
import { stopIds } from "./open-model.js";
import { type LocalOptions, modelOptions } from "./options.js";
import { chooseTemplate, templateNote, templateSource } from "./prompt/choose-template.js";
import { severalImagesNote } from "./several-images.js";
import { openTokenizer } from "./tokenizer/open-tokenizer.js";

export interface ModelReport extends NativeCheckpoint {
  readonly name: string;
  readonly folder: string;
  readonly revision?: string;
  readonly clipAs: ClipAs;
  readonly tokenizer?: { readonly source: string; readonly tokens: number; readonly start: readonly number[] };
  readonly template?: string;
  /** Ids that end an answer: the checkpoint's and the template's. */
  readonly stopTokens?: readonly number[];
  /** What is missing for running it: weights, tokenizer, template. */
  readonly problems: readonly string[];
  /** What it is good to know before a number is compared. */
  readonly notes: readonly string[];
}

/** @throws UserError  no engine for this machine (it reads the config); no such checkpoint; a malformed one */
export async function reportModel(options: LocalOptions, addon: NativeAddon = loadAddon()): Promise<ModelReport> {
  const checkpoint = await resolveCheckpoint({ ...options, weights: false });
  const { folder, name, revision } = checkpoint;
  const described = await addon.describe(modelOptions(folder, options)).catch((error: unknown) => {
    throw asUserError(error);
  });
  const several = options.images === undefined ? severalImagesNote(described) : undefined;
  const constants = await imageConstantsNote(folder, described);
  const vocabulary = await readVocabulary(folder, described, options.template);
  return {
    ...described,
    name,
    folder,
    ...defined({ revision }),
    clipAs: clipAs(described.family, options.clipAs),
    ...vocabulary.facts,
    ...(described.layout === "native" && described.text && vocabulary.facts.tokenizer
      ? { logitRows: Math.min(vocabulary.facts.tokenizer.tokens, described.text.vocabularyRows) }
      : {}),
    problems: [
      ...(described.hasWeights || checkpoint.remote
        ? []
        : ["no weights in this folder: described from its config only"]),
      ...vocabulary.problems,
    ],
    notes: [...vocabulary.notes, ...[constants, several].filter((note) => note !== undefined)],
  };
}

type Vocabulary = Pick<ModelReport, "tokenizer" | "template" | "stopTokens">;

/** A folder without a tokenizer can still be described. */
async function readVocabulary(
  folder: string,
  described: NativeCheckpoint,
  wanted: string | undefined,
): Promise<{ facts: Vocabulary; problems: string[]; notes: string[] }> {
  let facts: Vocabulary = {};
  // Which tokenizer and template belong to an unknown class nobody here can say.
  if (described.text === null) return { facts, problems: [], notes: [] };
  try {
    const { layout, imageTokenId: id } = described;
    const imageTokenId = layout === "converted" && id !== null ? { imageTokenId: id } : {};
    const { tokenizer, config } = await openTokenizer(folder, imageTokenId);
    facts = { tokenizer: { source: tokenizer.source, tokens: tokenizer.length, start: tokenizer.start } };
    const source = templateSource(folder, described, { tokenizer, config });
    const template = await chooseTemplate(source, wanted);
    const stopTokens = stopIds(described, template, tokenizer);
    const note = wanted === undefined ? await templateNote(source, template) : undefined;
    return {
      facts: { ...facts, template: template.name, stopTokens },
      problems: [],
      notes: note === undefined ? [] : [note],
    };
  } catch (error) {
    if (!(error instanceof UserError) || error.where === "--template") throw error;
    return { facts, problems: [error.message], notes: [] };
  }
}
