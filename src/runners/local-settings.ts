/**
 * What a user can choose about a local model, declared once: flags (`--grid-order`), their variables and keys in a run's config file, keys
 * of a model's YAML (`gridOrder`), options of `evaluate`, checks and types all follow from this table.
 */
import { type TSchema, Type } from "../core/schema.js";

export interface LocalSetting {
  readonly type: "text" | "integer";
  readonly describe: string;
  readonly choices?: readonly string[];
  readonly min?: number;
  readonly max?: number;
  /** How the checkpoint is read, so that `model` describes it so; else where and how it runs. */
  readonly isReading?: boolean;
}

export const localSettings = {
  device: { type: "text", describe: "auto, cpu, cuda, cuda:0, ...; several GPUs split the layers: cuda:0,cuda:1" },
  replicas: { type: "integer", min: 1, max: 64, describe: "engines side by side, each on devices of its own" },
  dtype: { type: "text", choices: ["bf16", "fp16", "fp32"], isReading: true, describe: "working precision" },
  quantisation: {
    type: "text",
    choices: ["none", "int8", "fp8"],
    isReading: true,
    describe: "weights of one byte; other numbers, marked in the fingerprint",
  },
  template: { type: "text", isReading: true, describe: "conversation template (default: the checkpoint's)" },
  gridOrder: {
    type: "text",
    choices: ["wh", "hw"],
    isReading: true,
    describe: "how grid pinpoints are read (default: as the layout implies)",
  },
  ropeFactor: {
    type: "integer",
    min: 2,
    max: 64,
    isReading: true,
    describe:
      "rotary positions, and the context with them, stretched so many times (linear; default: the checkpoint's)",
  },
  unpadRounding: {
    type: "text",
    choices: ["trunc", "round7"],
    isReading: true,
    describe: "arithmetic of the unpadded grid (default: trunc)",
  },
  aspectRatio: {
    type: "text",
    choices: ["anyres", "pad", "crop", "squeeze"],
    isReading: true,
    describe: "how an image becomes tiles (default: the checkpoint's)",
  },
  images: {
    type: "text",
    choices: ["anyres", "list-pad", "stacked-pad", "list-square", "stacked-square", "each", "hub"],
    isReading: true,
    describe: "how several images of one prompt are read (default: as the family's evaluation does)",
  },
  resizer: {
    type: "text",
    choices: ["pillow", "pillow-12.2", "pillow-13", "torchvision"],
    isReading: true,
    describe: "whose bicubic resize (default: pillow, up to 12.1)",
  },
  minPixels: {
    type: "integer",
    min: 1,
    isReading: true,
    describe: "pixels of a resized image, at least (OneVision-1.5, OneVision-2; default: the checkpoint's)",
  },
  maxPixels: {
    type: "integer",
    min: 1,
    isReading: true,
    describe: "pixels of a resized image, at most (OneVision-1.5, OneVision-2; default: the checkpoint's)",
  },
  resizedFirst: {
    type: "text",
    choices: ["no", "qwen-vl-utils"],
    isReading: true,
    describe: "a resize in front of the processor's, as lmms-eval has for OneVision-1.5 (default: no)",
  },
  clipAs: {
    type: "text",
    choices: ["clip", "images", "timed-images"],
    isReading: true,
    describe:
      "frames as one clip, as so many images, or those with their times (default: as the family's evaluation does)",
  },
  clipPool: {
    type: "text",
    choices: ["bilinear", "average", "max"],
    isReading: true,
    describe: "how a frame's vectors are pooled (default: the checkpoint's)",
  },
  clipPoolPlace: {
    type: "text",
    choices: ["after-projector", "before-projector"],
    isReading: true,
    describe: "where frames are pooled (default: as the family was released)",
  },
  clipNewline: {
    type: "text",
    choices: ["grid", "frame", "one_token", "no_token"],
    isReading: true,
    describe: "where newline vectors stand in a clip (default: the checkpoint's)",
  },
  visionTower: {
    type: "text",
    isReading: true,
    describe: "folder of the vision tower that a checkpoint only names",
  },
  threads: { type: "integer", min: 1, max: 4096, describe: "CPU threads of one engine (default: one per core)" },
  memory: {
    type: "integer",
    min: 1,
    describe: "bytes of one engine for weights and KV cache (default: what is free)",
  },
} as const satisfies Record<string, LocalSetting>;

type Table = typeof localSettings;
export type LocalSettings = {
  readonly [Key in keyof Table]?: Table[Key] extends { readonly choices: readonly (infer Choice)[] }
    ? Choice
    : Table[Key]["type"] extends "integer"
      ? number
      : string;
};

type Flag<Key extends string> = Key extends `${infer Head}${infer Rest}`
  ? `${Head extends Lowercase<Head> ? Head : `-${Lowercase<Head>}`}${Flag<Rest>}`
  : Key;

const keys = Object.keys(localSettings) as (keyof Table)[];

/** `gridOrder` is `--grid-order`. */
export const flagOf = <Key extends string>(key: Key): Flag<Key> =>
  key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`) as Flag<Key>;

/** The same table by flags. */
export const localFlags = Object.fromEntries(keys.map((key) => [flagOf(key), localSettings[key]])) as {
  readonly [Key in keyof Table as Flag<Key>]: Table[Key];
};

/** What was chosen, by key, out of values by flag. */
export function localChoices(byFlag: Readonly<Record<string, unknown>>): LocalSettings {
  const chosen = keys.map((key) => [key, byFlag[flagOf(key)]] as const).filter(([, value]) => value !== undefined);
  return Object.fromEntries(chosen);
}

function schemaOf({ type, choices, min, max, describe: description }: LocalSetting): TSchema {
  if (choices) return Type.Enum([...choices], { description });
  if (type === "text") return Type.String({ description });
  return Type.Integer({
    ...(min === undefined ? {} : { minimum: min }),
    ...(max === undefined ? {} : { maximum: max }),
    description,
  });
}

/** The keys of a model's YAML. */
export const localSchemas: Readonly<Record<string, TSchema>> = Object.fromEntries(
  keys.map((key) => [key, Type.Optional(schemaOf(localSettings[key]))]),
);
