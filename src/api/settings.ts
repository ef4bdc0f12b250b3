/** The settings of a run: one table for flags, environment (`LLAVA_EVAL_*`), config file and their checks. */
import { blindWays } from "../core/blind.js";
import { defined } from "../core/defined.js";
import { UserError } from "../core/errors.js";
import { didYouMean } from "../core/nearest.js";
import { type TSchema, Type } from "../core/schema.js";
import { scorings } from "../core/score.js";
import { type LocalSetting, localFlags } from "../runners/local-settings.js";
import { frameProfiles, serverProfile } from "../video/frame-profiles.js";

export interface Setting {
  /**
   * `list` is split at commas; `several` is not (a model's URLs have commas): the flag is given once for each. `integers`: one, or several
   * with commas.
   */
  readonly type: "text" | "list" | "several" | "integer" | "integers" | "number" | "switch";
  readonly describe: string;
  readonly min?: number;
  readonly max?: number;
  readonly choices?: readonly string[];
  /** Groups the flags in --help. */
  readonly group: "What" | "Model" | "How" | "Output";
}

/** Those of a local model, declared in runners/local-settings.ts. */
const ofLocalModels = Object.fromEntries(
  Object.entries<LocalSetting>(localFlags).map(([flag, setting]) => [
    flag,
    { ...setting, group: "Model", describe: `local models: ${setting.describe}` },
  ]),
) as { readonly [Flag in keyof typeof localFlags]: Setting };

export const settings = {
  tasks: {
    type: "list",
    group: "What",
    describe: "tasks, aliases, globs, suites, task@split or paths, separated by commas",
  },
  data: { type: "text", group: "What", describe: "hub, demo, or a folder (default: hub; with no --model: demo)" },
  limit: { type: "integer", min: 1, group: "What", describe: "the first N samples of each task" },
  offset: { type: "integer", min: 0, group: "What", describe: "start at sample K" },
  seed: { type: "integer", min: 0, group: "What", describe: "seeds sampling, draws and bootstraps (default 0)" },
  shard: {
    type: "text",
    group: "What",
    describe:
      "one part of the samples, from 0: 3/16; auto under a Slurm array, auto/16 under a Kubernetes indexed job; `merge` joins them",
  },
  until: {
    type: "text",
    choices: ["decided"],
    group: "What",
    describe: "stop each task once it is decided whether it is worse than, better than or equal to --against",
  },
  against: { type: "text", group: "What", describe: "with --until: a finished run, or a model below results/" },
  delta: {
    type: "number",
    min: 0.01,
    max: 100,
    group: "What",
    describe: "with --until: less than this is equal; points, or per cent of the other run's value (default 1)",
  },
  order: {
    type: "text",
    group: "What",
    describe: "with --until: JSON lines of `items`; what all earlier runs solve, or none, is asked half as often",
  },
  repeats: { type: "integer", min: 1, max: 1000, group: "What", describe: "ask every sample K times (default 1)" },

  model: {
    type: "text",
    group: "Model",
    describe:
      "preset, local:DIR|HUB-ID, openai:ID@URL, anthropic:ID, gemini:ID, replay:FILE, stub, or a YAML file (default: the demo model)",
  },
  name: { type: "text", group: "Model", describe: "what results call the model, instead of its specification" },
  ...ofLocalModels,
  judge: {
    type: "several",
    group: "Model",
    describe:
      "judge model, as --model; `none` leaves judged samples unscored; a second --judge is compared with the first",
  },

  "prompt-profile": {
    type: "text",
    group: "How",
    describe: "which words are sent (default: the task's first profile)",
  },
  "prompt-profiles": {
    type: "list",
    group: "How",
    describe: "ask once more with each of these prompt profiles, or with `all` of a task: how much the words matter",
  },
  "option-orders": {
    type: "integer",
    min: 2,
    max: 26,
    group: "How",
    describe: "ask choice tasks with their options in N orders, each moved on by one place: how much the order matters",
  },
  scoring: {
    type: "text",
    choices: scorings,
    group: "How",
    describe: "which rule scores (default: official)",
  },
  "reasoning-tags": {
    type: "list",
    group: "How",
    describe:
      "thoughts taken out of answers before scoring: think, thinking, harmony, box, ..., all, none (default: the scoring's own; official: none)",
  },
  blind: {
    type: "text",
    choices: blindWays,
    group: "How",
    describe:
      "ask a second time without the image, with another sample's, or of clips with the first frame alone or all shuffled: what seeing was worth",
  },
  frames: {
    type: "integer",
    min: 1,
    max: 2048,
    group: "How",
    describe: "frames of a clip (default 32); recorded: numbers change",
  },
  fps: {
    type: "number",
    min: 0.001,
    max: 240,
    group: "How",
    describe: "frames of a clip by the second, instead of their number",
  },
  "max-frames": { type: "integer", min: 1, max: 2048, group: "How", describe: "with --fps: frames of a clip, at most" },
  "frame-profile": {
    type: "text",
    choices: [...Object.keys(frameProfiles), serverProfile],
    group: "How",
    describe:
      "which frames of a clip: the rule of a harness or of a model's authors (default: middles, of equal parts); server: the clip is sent whole, and its frames are the server's choice",
  },
  "clip-disk": {
    type: "number",
    min: 0.001,
    group: "How",
    describe: "GB of clips from the hub that may lie on disk at once (default 20)",
  },
  "max-new-tokens": {
    type: "integers",
    min: 1,
    group: "How",
    describe: "instead of the task's own; recorded: numbers change. Several (256,1024,4096): what each budget is worth",
  },
  temperature: {
    type: "number",
    min: 0,
    max: 5,
    group: "How",
    describe: "instead of the task's own; recorded: numbers change",
  },
  concurrency: { type: "integer", min: 1, max: 4096, group: "How", describe: "requests in flight, at most" },
  "max-failed": {
    type: "text",
    group: "How",
    describe: "unscored samples, as a count or percentage, above which a result is incomplete (default 0)",
  },
  cache: {
    type: "text",
    group: "How",
    describe: "folder of a response cache shared by runs (default: none for the model)",
  },
  "judge-budget": {
    type: "number",
    min: 0,
    group: "How",
    describe: "US dollars for judges; beyond it samples stay unscored",
  },

  out: { type: "text", group: "Output", describe: "the run's folder (default: results/<model>-<digest>)" },
  fresh: { type: "switch", group: "Output", describe: "start over; the old folder is moved aside" },
  "dry-run": { type: "switch", group: "Output", describe: "show requests, tokens and price; ask nothing" },
  view: { type: "switch", group: "Output", describe: "serve the report page while the run goes on" },
  json: { type: "switch", group: "Output", describe: "print the results as JSON" },
} as const satisfies Record<string, Setting>;

type Settings = typeof settings;
type ValueOf<S extends Setting> = S["type"] extends "list" | "several"
  ? readonly string[]
  : S["type"] extends "integer" | "number"
    ? number
    : S["type"] extends "integers"
      ? number | readonly number[]
      : S["type"] extends "switch"
        ? boolean
        : string;
export type RunSettings = { readonly [Key in keyof Settings]?: ValueOf<Settings[Key]> };

const ConfigFile = Type.Object(
  Object.fromEntries(
    Object.entries<Setting>(settings).map(([name, setting]) => [name, Type.Optional(schemaOf(setting))]),
  ),
  { additionalProperties: false },
);

function schemaOf({ type, min, max, choices, describe: description }: Setting): TSchema {
  const range = {
    ...defined({ minimum: min, maximum: max }),
    description,
  };
  switch (type) {
    case "integer":
      return Type.Integer(range);
    case "integers":
      // One type with alternatives, so that a refusal says what is wrong with the number.
      return Type.Unsafe({
        type: ["integer", "array", "string"],
        items: { type: "integer", ...defined({ minimum: min, maximum: max }) },
        ...range,
      });
    case "number":
      return Type.Number(range);
    case "switch":
      return Type.Boolean({ description });
    case "list":
    case "several":
      return Type.Union([Type.String(), Type.Array(Type.String())], { description });
    case "text":
      // `max-failed: 3` reads as a number in YAML.
      return choices
        ? Type.Enum([...choices], { description })
        : Type.Union([Type.String(), Type.Number()], { description });
  }
}

/** The JSON Schema of a config file, for editors. */
export const configFileSchema: TSchema = ConfigFile;

/**
 * Precedence: flag, environment, config file.
 * @throws UserError  a value of the wrong kind or out of range, naming the flag, variable or line it came from
 */
export async function readSettings(
  flags: Readonly<Record<string, unknown>>,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<RunSettings> {
  const { config } = flags;
  const file: Record<string, unknown> = typeof config === "string" ? await readConfig(config) : {};
  const values: Record<string, unknown> = {};
  for (const [name, setting] of Object.entries<Setting>(settings)) {
    const variable = `LLAVA_EVAL_${name.toUpperCase().replaceAll("-", "_")}`;
    if (flags[name] !== undefined) values[name] = parse(setting, flags[name], `--${name}`);
    else if (environment[variable] !== undefined && environment[variable] !== "")
      values[name] = parse(setting, environment[variable], variable);
    else if (file[name] !== undefined) values[name] = parse(setting, file[name], `${String(config)}: ${name}`);
  }
  return values as RunSettings;
}

/**
 * Settings that a program gives, by their names here.
 * @param where what the program calls a setting
 * @throws UserError  an unknown name, a value of the wrong kind or out of range
 */
export function parseSettings(
  given: Readonly<Record<string, unknown>>,
  where: (name: string) => string = (name) => name,
): RunSettings {
  const values = Object.entries(given).map(([name, value]) => {
    if (Object.hasOwn(settings, name)) return [name, parse(settings[name as keyof Settings], value, where(name))];
    const known = Object.keys(settings);
    throw new UserError("unknown option", where(name), `${didYouMean(name, known)}options: ${known.join(", ")}`);
  });
  return Object.fromEntries(values) as RunSettings;
}

async function readConfig(path: string): Promise<Record<string, unknown>> {
  const { readYaml } = await import("../core/yaml.js");
  return readYaml(path, ConfigFile);
}

function parse(setting: Setting, value: unknown, where: string): unknown {
  if (Array.isArray(value) && !["list", "several", "integers"].includes(setting.type)) {
    throw new UserError("the option was given more than once", where, "give it once");
  }
  switch (setting.type) {
    case "list": {
      const items = (Array.isArray(value) ? value : [value]).flatMap((item) => String(item).split(","));
      return items.map((item) => item.trim()).filter((item) => item !== "");
    }
    case "integers": {
      const numbers = (Array.isArray(value) ? value : String(value).split(",")).map((item) =>
        parseNumber({ ...setting, type: "integer" }, String(item).trim(), where),
      );
      return numbers.length === 1 ? numbers[0] : numbers;
    }
    case "several":
      return (Array.isArray(value) ? value : [value]).map((item) => String(item).trim());
    case "switch":
      if (typeof value === "boolean") return value;
      if (value === "1" || value === "true") return true;
      if (value === "0" || value === "false") return false;
      throw new UserError(`"${value}" is neither true nor false`, where, "write true or false");
    case "integer":
    case "number":
      return parseNumber(setting, String(value), where);
    case "text": {
      const text = String(value);
      if (setting.choices && !setting.choices.includes(text)) {
        throw new UserError(`"${text}" is not known`, where, `choose one of ${setting.choices.join(", ")}`);
      }
      return text;
    }
  }
}

function parseNumber(
  { type, min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY }: Setting,
  text: string,
  where: string,
): number {
  const value = /^[-+]?(\d[\d_]*\.?\d*|\.\d+)([eE][-+]?\d+)?$/.test(text)
    ? Number(text.replaceAll("_", ""))
    : Number.NaN;
  if (Number.isNaN(value) || (type === "integer" && !Number.isSafeInteger(value))) {
    throw new UserError(
      `"${text}" is not ${type === "integer" ? "a whole number" : "a number"}`,
      where,
      "write a number such as 8",
    );
  }
  if (value < min || value > max) {
    const range = max === Number.POSITIVE_INFINITY ? `at least ${min}` : `from ${min} to ${max}`;
    throw new UserError(`${text} is out of range`, where, `it must be ${range}`);
  }
  return value;
}

/** `3` or `2.5%`. */
export function parseMaxFailed(text: string | undefined): { readonly count: number } | { readonly percent: number } {
  if (text === undefined) return { count: 0 };
  const percent = /^(\d+(?:\.\d+)?)%$/.exec(text);
  if (percent && Number(percent[1]) <= 100) return { percent: Number(percent[1]) };
  if (/^\d+$/.test(text)) return { count: Number(text) };
  throw new UserError(`"${text}" is neither a count nor a percentage`, "--max-failed", "write 3 or 1%");
}
