import type { EncodedImage } from "../../core/image.js";
import type { RenderedPrompt, ShownMessage } from "../../core/prompt.js";
import type { GenerateRequest, LikelihoodRequest, Output } from "../../core/runner.js";
import type { ImageLimits, RemoteConfig } from "../config.js";
import type { JsonRequestBody } from "./json-body.js";

export type ReplyUsage = Omit<Output["usage"], "cost">;

/** What a provider's reply says, before time and money are added. */
export type Reply =
  | (Pick<Output, "text" | "reasoning" | "finish" | "likelihoods"> & { readonly usage: ReplyUsage })
  | { readonly refused: string }
  /** The reply has no answer in it (`empty choices`): asking again helps, unless it is `lasting`. */
  | { readonly missing: string; readonly lasting?: true };

export interface Call {
  /** Appended to the base URL. */
  readonly path: string;
  readonly body: JsonRequestBody;
  /** Options that this protocol or model cannot honour. */
  readonly warnings: readonly string[];
}

/** One provider's way of asking: pure functions between our contract and its JSON. */
export interface Protocol {
  readonly defaultUrl: string;
  /** The environment variable that holds the key for `defaultUrl`. */
  readonly keyVariable: string;
  /** What the provider's documentation allows in a request with so many images; a config's `images` wins. */
  limits(images: number): ImageLimits;
  headers(key: string | undefined): Readonly<Record<string, string>>;
  generate(request: GenerateRequest, images: ImageParts): Call;
  read(reply: unknown): Reply;
  /** Absent when the endpoint cannot score given text. */
  readonly likelihood?: LikelihoodProtocol;
  /** The model that the reply names as its author; absent where replies name none. */
  modelOf?(reply: unknown): string | undefined;
  /** The ids in the list at `modelsPath`, for "did you mean"; absent where the provider has no list. */
  modelIds?(reply: unknown): readonly string[];
}

/** Where every provider that lists its models does so; relative to the base URL. */
export const modelsPath = "/models";

/** How given continuations are scored: one call for each. */
export interface LikelihoodProtocol {
  /** A call with an empty continuation comes first, to count the prompt's own tokens. */
  readonly countsPrompt?: boolean;
  call(request: LikelihoodRequest, images: ImageParts, continuation: string): Call;
  read(reply: unknown, request: LikelihoodRequest, continuation: string, promptTokens: number): Reply;
}

export type OpenProtocol = (config: RemoteConfig) => Protocol;

/** Images of a request after the endpoint's limits, by the image they were made of. */
export type ImageParts = ReadonlyMap<EncodedImage, EncodedImage>;

export type RenderedMessage = ShownMessage<EncodedImage>;

/** What an Output warns of when a model file says `temperature: false`, or the model is known to refuse it. */
export const temperatureNotSent = (temperature: number) =>
  `temperature ${temperature} was not sent: the model takes only its own`;

/** The system messages' text, apart from the conversation (Anthropic, Gemini). */
export function systemText(prompt: RenderedPrompt): string | undefined {
  const texts = prompt.messages
    .filter((message) => message.role === "system")
    .flatMap((message) => message.parts.flatMap((part) => (part.type === "text" ? [part.text] : [])));
  return texts.length === 0 ? undefined : texts.join("\n");
}

export function conversation(prompt: RenderedPrompt): readonly RenderedMessage[] {
  return prompt.messages.filter((message) => message.role !== "system");
}

/** A field of untrusted JSON; undefined when anything on the way is absent. */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  let here: unknown = value;
  for (const step of path) {
    if (typeof here !== "object" || here === null) return undefined;
    here = (here as Record<string | number, unknown>)[step];
  }
  return here;
}

export function numberAt(value: unknown, ...path: readonly (string | number)[]): number | undefined {
  const found = at(value, ...path);
  return typeof found === "number" && Number.isFinite(found) ? found : undefined;
}

export function textAt(value: unknown, ...path: readonly (string | number)[]): string | undefined {
  const found = at(value, ...path);
  return typeof found === "string" ? found : undefined;
}

export function listAt(value: unknown, ...path: readonly (string | number)[]): readonly unknown[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found : [];
}

/** Whether a field says anything: what there is none of is absent, or written as null, false, "", {} or []. */
export function isSaid(value: unknown): boolean {
  if (typeof value === "object" && value !== null) return Object.keys(value).length > 0;
  return value !== undefined && value !== null && value !== false && value !== "";
}

/** The one that says it is the first, wherever it stands, or that alone says nothing of it; undefined where that is open. */
export function firstOf(answers: readonly unknown[]): unknown {
  if (answers.length < 2) return answers[0];
  const first = answers.find((answer) => at(answer, "index") === 0);
  if (first !== undefined) return first;
  const [only, ...others] = answers.filter((answer) => at(answer, "index") === undefined);
  return others.length === 0 ? only : undefined;
}

/** A count of tokens; servers have been seen to write -5 and "x". */
export function countAt(value: unknown, ...path: readonly (string | number)[]): number | undefined {
  const found = numberAt(value, ...path);
  return found !== undefined && Number.isSafeInteger(found) && found >= 0 ? found : undefined;
}

/**
 * A request's fields with those of a config's `body` over them; objects are merged, so that one nested field can be set.
 * `null` removes a field: some models refuse a request that has it, whatever its value.
 */
export function withExtra(fields: object, extra: object | undefined): object {
  if (!extra) return fields;
  const merged: Record<string, unknown> = { ...fields };
  for (const [name, value] of Object.entries(extra)) {
    const own = merged[name];
    if (value === null) delete merged[name];
    else merged[name] = isPlain(own) && isPlain(value) ? withExtra(own, value) : value;
  }
  return merged;
}

function isPlain(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
