import type { TransportError } from "../../http/transport-error.js";
import { codesOf, jsonOf, serverWords } from "./explain.js";
import { at, listAt, textAt } from "./protocol.js";

/** What a failed request means for this sample and for the others. */
export type FailureClass =
  | "refused" // the provider's filter: this sample is refused
  | "key" // no sample can work: a wrong key, or none
  | "account" // no sample can work: a quota, a bill
  | "model" // no sample can work: no such model or path
  | "image" // no sample with an image can work
  | "parameter" // no sample can work: an option that the model does not take
  | "context" // this sample is too long
  | "sample" // this sample cannot work, for another reason
  | "passing"; // asking again may help

/**
 * The class of an error reply. Gateways replace the provider's code by the HTTP status and keep its words alone (LiteLLM:
 * `"code": "400"` and `ContentPolicyViolationError` in the message), so both are looked at.
 */
export function classOf(error: TransportError): FailureClass {
  const { status } = error;
  if (status === undefined || error.fault === "proxy") return error.passing ? "passing" : "sample";
  const codes = codesOf(jsonOf(error.body)).join(" ");
  const words = serverWords(error.body);
  const isClient = status >= 400 && status < 500;
  if (isClient && (refusalCodes.test(codes) || (status !== 429 && refusalWords.test(words)))) return "refused";
  if (imageWords.test(words)) return "image";
  if (status === 401 || /invalid_api_key|authentication_error/i.test(codes)) return "key";
  if (status === 402 || (isClient && isSpent(error, codes, words))) return "account";
  if (status === 403) return "key";
  if (status === 404 || status === 405 || /model_not_found/i.test(codes)) return "model";
  if ((status === 400 || status === 422) && refusedParameter(error) !== undefined) return "parameter";
  if (contextWords.test(`${codes} ${words}`)) return "context";
  return error.passing ? "passing" : "sample";
}

const refusalCodes = /content_?filter|content_policy|ResponsibleAI|moderation|safety/i;
const refusalWords =
  /content management policy|content[ _-]?filter|content policy|ContentPolicyViolation|safety system|safety settings|flagged|moderation/i;

/** llama.cpp, OpenAI, OpenRouter, vLLM, SGLang, Ollama, in this order. */
const imageWords =
  /image input is not supported|image_url is only supported|support image input|not a multimodal model|does not support (image|vision|multimodal)|(image|vision|multimodal) (input )?is not (supported|enabled)|missing data required for image input/i;

const contextWords =
  /context_length_exceeded|ContextWindowExceeded|maximum context length|context (window|size|length)|prompt is too long|input is too long|too many tokens|tokens? .*must be <=/i;

/**
 * An empty account, not a rate: waiting changes nothing. Google words its rates per minute alike ("You exceeded your current
 * quota"), and says how long to wait.
 */
function isSpent({ status, retryAfterMs }: TransportError, codes: string, words: string): boolean {
  if (/insufficient_quota|billing/i.test(codes)) return true;
  if (/credit balance is too low/i.test(words)) return true;
  const spent = /insufficient_quota|exceeded your current quota|billing/i.test(words);
  return status === 429 && spent && retryAfterMs === undefined && !/RESOURCE_EXHAUSTED/.test(codes);
}

/** Fields that we send of our own accord, or a model file's `body` may hold; `prompt` and `messages` are no options. */
const parameters =
  /^(temperature|top_p|topP|top_k|topK|max_tokens|max_completion_tokens|maxOutputTokens|stop|stop_sequences|stopSequences|seed|repetition_penalty|logprobs|echo|prompt_logprobs|add_generation_prompt|continue_final_message)$/;

const naming: readonly RegExp[] = [
  /(?:unsupported|unrecogni[sz]ed|unknown|unexpected|invalid|extra)[^'"`]{0,60}['"`]([A-Za-z_]+)['"`]/i,
  /['"`]([A-Za-z_]+)['"`](?: is|:)? (?:deprecated|not supported|not permitted|unsupported|does not support|not allowed|cannot be)/i,
  /\b([a-z]+(?:_[a-z]+)+|temperature|seed|stop)\b (?:is|are) (?:deprecated|not supported|unsupported|not permitted)/i,
];

/** The field of the request that a 400 or 422 names as the fault, if it is one of ours. */
export function refusedParameter(error: TransportError): string | undefined {
  const json = jsonOf(error.body);
  const words = serverWords(error.body);
  const located = listAt(json, "detail").map((fault) => String(listAt(fault, "loc").at(-1)));
  const candidates = [
    textAt(json, "error", "param"),
    textAt(at(json, "error") ?? json, "param"),
    ...located,
    ...naming.map((form) => form.exec(words)?.[1]),
  ];
  return candidates.map((name) => name?.split(".").at(-1)).find((name) => name !== undefined && parameters.test(name));
}
