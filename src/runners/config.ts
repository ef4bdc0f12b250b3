import { type Static, Type } from "../core/schema.js";
import { Dictionary } from "../core/schema-parts.js";
import { type LocalSettings, localSchemas } from "./local-settings.js";

const Optional = Type.Optional;
const closed = { additionalProperties: false } as const;

/** A secret is never written into a config: only the name of the environment variable that holds it. */
const Secret = (description: string) => Type.String({ pattern: "^env:[A-Za-z_][A-Za-z0-9_]*$", description });

const About = {
  about: Optional(Type.String({ description: "one sentence for people" })),
  name: Optional(Type.String({ description: "shown in results instead of the specification" })),
};

/** US dollars per million tokens. */
export const Prices = Type.Object(
  {
    input: Type.Number({ minimum: 0 }),
    cachedInput: Optional(Type.Number({ minimum: 0, description: "default: as input" })),
    output: Type.Number({ minimum: 0, description: "reasoning tokens included" }),
  },
  closed,
);
export type Prices = Static<typeof Prices>;

/** What the endpoint accepts, or is to be sent; an image beyond a limit is re-encoded, and the Output says so. */
export const ImageLimits = Type.Object(
  {
    maxBytes: Optional(Type.Integer({ minimum: 1024, description: "encoded bytes of one image" })),
    maxSide: Optional(Type.Integer({ minimum: 16, description: "pixels of the longer side" })),
    minSide: Optional(
      Type.Integer({
        minimum: 1,
        maximum: 4096,
        description: "pixels of the shorter side; a smaller image is enlarged",
      }),
    ),
    jpegQuality: Optional(
      Type.Integer({ minimum: 1, maximum: 100, description: "every image is sent as a JPEG of this quality" }),
    ),
    mediaTypes: Optional(Type.Array(Type.String(), { description: "others are re-encoded as PNG" })),
    maxImages: Optional(Type.Integer({ minimum: 0, description: "images in one request; more are a failure" })),
  },
  closed,
);
export type ImageLimits = Static<typeof ImageLimits>;

const Temperature = Optional(
  Type.Boolean({ description: "false: the model refuses the field; default: by the model's name" }),
);

const Endpoint = {
  model: Type.String({ minLength: 1, description: "the model id that is sent" }),
  urls: Optional(
    Type.Array(Type.String({ pattern: "^https?://" }), {
      minItems: 1,
      description: "base URLs of equal servers of one model; requests are balanced over them",
    }),
  ),
  apiKey: Optional(Secret("env:NAME")),
  headers: Optional(Dictionary(Type.String(), { description: "further request headers; a value may be env:NAME" })),
  body: Optional(
    Type.Unsafe<Readonly<Record<string, import("../core/json.js").Json>>>({
      type: "object",
      description: "further fields of the request body, recorded in the fingerprint; null removes a field",
    }),
  ),
  prices: Optional(Prices),
  countsImages: Optional(
    Type.Boolean({
      description: "false: the server's prompt tokens leave images out, and cannot show that it sees them",
    }),
  ),
  images: Optional(ImageLimits),
  concurrency: Optional(Type.Integer({ minimum: 1, description: "requests in flight, at most; default 64" })),
  timeoutSeconds: Optional(
    Type.Number({ exclusiveMinimum: 0, maximum: 86_400, description: "one attempt; default 300" }),
  ),
  attempts: Optional(Type.Integer({ minimum: 1, description: "per request, the first included; default 6" })),
};

export const OpenAiConfig = Type.Object(
  {
    runner: Type.Literal("openai"),
    ...About,
    ...Endpoint,
    maxTokensField: Optional(
      Type.Enum(["max_tokens", "max_completion_tokens"], { description: "default: by the model's name" }),
    ),
    temperature: Temperature,
    topK: Optional(Type.Boolean({ description: "the server knows top_k (vLLM, SGLang, llama.cpp); default false" })),
    repetitionPenalty: Optional(Type.Boolean({ description: "the server knows repetition_penalty; default false" })),
    seed: Optional(Type.Boolean({ description: "the server knows seed; default true" })),
    loglikelihood: Optional(
      Type.Enum(["echo", "prompt_logprobs", "none"], {
        description:
          "how given continuations are scored: /completions with echo (text only), or vLLM's prompt_logprobs; default none",
      }),
    ),
  },
  closed,
);
export type OpenAiConfig = Static<typeof OpenAiConfig>;

export const AnthropicConfig = Type.Object(
  {
    runner: Type.Literal("anthropic"),
    ...About,
    ...Endpoint,
    version: Optional(Type.String()),
    temperature: Temperature,
  },
  closed,
);
export type AnthropicConfig = Static<typeof AnthropicConfig>;

export const GeminiConfig = Type.Object(
  { runner: Type.Literal("gemini"), ...About, ...Endpoint, temperature: Temperature },
  closed,
);
export type GeminiConfig = Static<typeof GeminiConfig>;

/** Models behind HTTP: a name for each provider, and what its model files hold. */
export const remoteSchemas = { openai: OpenAiConfig, anthropic: AnthropicConfig, gemini: GeminiConfig } as const;

export type RemoteName = keyof typeof remoteSchemas;
export type RemoteConfig = { [Name in RemoteName]: Static<(typeof remoteSchemas)[Name]> }[RemoteName];

const question = "the task makes the question: another one is a task of its own (llava-eval tasks new)";
const model = "write the id under model";
const whole = "answers are read whole, one to a question; run --repeats K asks for more";
const length = "write run --max-new-tokens N";
export const temperatureFix = "write run --temperature T";

/**
 * What a `body` must not set, and what to write instead: it would ask something else than the task asks and the Result says. What
 * neither says anything of (`top_k`, `stop`, `seed`) may stand there, and is in the fingerprint.
 */
export const takenFields: Record<RemoteName, Readonly<Record<string, string>>> = {
  openai: {
    ...{ model, messages: question, prompt: question, stream: whole, n: whole, best_of: whole, echo: whole },
    ...{ max_tokens: length, max_completion_tokens: length, temperature: temperatureFix },
  },
  anthropic: {
    model,
    messages: question,
    system: question,
    stream: whole,
    max_tokens: length,
    temperature: temperatureFix,
  },
  gemini: {
    ...{ model, contents: question, systemInstruction: question, system_instruction: question },
    // A whole prompt on the provider's side.
    ...{ cachedContent: question, cached_content: question },
    ...inBothSpellings({ maxOutputTokens: length, candidateCount: whole, temperature: temperatureFix }),
  },
};

/** Google's servers read `generationConfig.candidateCount` and `generation_config.candidate_count` alike. */
function inBothSpellings(fields: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  const groups = ["generationConfig", "generation_config"];
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, fix]) =>
      groups.flatMap((group) => [name, snake(name)].map((spelt) => [`${group}.${spelt}`, fix])),
    ),
  );
}

const LocalCheckpoint = Type.Object({
  runner: Type.Literal("local"),
  ...About,
  checkpoint: Type.String({ minLength: 1, description: "a folder, or a Hub model id" }),
  revision: Optional(Type.String({ description: "commit or branch of the Hub model" })),
  licence: Optional(Type.String()),
  cite: Optional(Type.String()),
});
export const LocalConfig = Type.Object({ ...LocalCheckpoint.properties, ...localSchemas }, closed);
export type LocalConfig = Static<typeof LocalCheckpoint> & LocalSettings;

export const ReplayConfig = Type.Object(
  { runner: Type.Literal("replay"), ...About, file: Type.String({ minLength: 1 }) },
  closed,
);
export type ReplayConfig = Static<typeof ReplayConfig>;

export const StubConfig = Type.Object(
  { runner: Type.Literal("stub"), ...About, answer: Optional(Type.String({ description: "said to everything" })) },
  closed,
);
export type StubConfig = Static<typeof StubConfig>;

/** One model: what `configs/models/*.yaml` holds, and what a specification such as `openai:ID@URL` is turned into. */
export type ModelConfig = RemoteConfig | LocalConfig | ReplayConfig | StubConfig;

export const modelSchemas = {
  ...remoteSchemas,
  local: LocalConfig,
  replay: ReplayConfig,
  stub: StubConfig,
} as const;

export type RunnerName = keyof typeof modelSchemas;

export const isRemote = (config: ModelConfig): config is RemoteConfig => Object.hasOwn(remoteSchemas, config.runner);
