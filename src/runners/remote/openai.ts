/** OpenAI-compatible chat completions: OpenAI, vLLM, SGLang, llama.cpp's server, Ollama, TGI, and everybody who imitates them. */

import { defined } from "../../core/defined.js";
import { SampleFailure } from "../../core/errors.js";
import { promptImages, promptText } from "../../core/prompt.js";
import type { GenerateRequest, LikelihoodRequest } from "../../core/runner.js";
import type { OpenAiConfig, RemoteConfig } from "../config.js";
import { replyOf } from "./answered.js";
import { type Content, ofModel, readContent } from "./content.js";
import { endOf } from "./ends.js";
import { BufferPool, JsonBody } from "./json-body.js";
import {
  at,
  type Call,
  countAt,
  firstOf,
  type ImageParts,
  isSaid,
  type LikelihoodProtocol,
  listAt,
  numberAt,
  type Protocol,
  type RenderedMessage,
  type Reply,
  temperatureNotSent,
  textAt,
  withExtra,
} from "./protocol.js";

/** The API takes four stop strings; the rest is cut on our side. */
const mostStops = 4;
/** Reasoning models refuse `max_tokens` and any temperature but their own. */
const reasoningModel = /(^|\/)(o[1-9]|gpt-[5-9])/;

export function openAi(config: RemoteConfig): Protocol {
  return new OpenAi(config as OpenAiConfig);
}

class OpenAi implements Protocol {
  readonly defaultUrl = "https://api.openai.com/v1";
  readonly keyVariable = "OPENAI_API_KEY";
  private readonly buffers = new BufferPool();
  readonly likelihood?: LikelihoodProtocol;
  private readonly hosted: boolean;
  private readonly reasons: boolean;

  constructor(private readonly config: OpenAiConfig) {
    this.hosted = (config.urls ?? [this.defaultUrl]).some((url) => new URL(url).hostname.endsWith("openai.com"));
    this.reasons = reasoningModel.test(config.model);
    if (config.loglikelihood === "echo") {
      this.likelihood = {
        call: (request, _images, continuation) => this.echo(request, continuation),
        read: (reply, request, continuation) => this.readEcho(reply, request, continuation),
      };
    } else if (config.loglikelihood === "prompt_logprobs") {
      this.likelihood = {
        countsPrompt: true,
        call: (request, images, continuation) => this.continued(request, images, continuation),
        read: (reply, _request, continuation, tokens) => this.readContinued(reply, continuation, tokens),
      };
    }
  }

  headers(key: string | undefined) {
    return key === undefined ? {} : { authorization: `Bearer ${key}` };
  }

  /** OpenAI's documentation: PNG, JPEG, WebP, GIF without animation; servers that people run read what Pillow reads. */
  limits() {
    return this.hosted
      ? { maxBytes: 20 * 1024 * 1024, mediaTypes: ["image/jpeg", "image/png", "image/webp", "image/gif"] }
      : {};
  }

  generate(request: GenerateRequest, images: ImageParts): Call {
    const { options } = request;
    const { config } = this;
    const warnings: string[] = [];
    const unable = (option: string, value: unknown) =>
      warnings.push(`${option} ${value} was not sent: the endpoint does not know it`);
    const field = config.maxTokensField ?? (this.reasons ? "max_completion_tokens" : "max_tokens");
    const sendTemperature = config.temperature ?? !this.reasons;
    if (!sendTemperature) warnings.push(temperatureNotSent(options.temperature));
    if (options.topK !== undefined && !config.topK) unable("top_k", options.topK);
    const repetition = options.repetitionPenalty !== undefined && options.repetitionPenalty !== 1;
    if (repetition && !config.repetitionPenalty) unable("repetition_penalty", options.repetitionPenalty);
    const seeded = options.temperature > 0 && (config.seed ?? true);
    const body = new JsonBody(this.buffers);
    const value = {
      model: config.model,
      messages: request.prompt.messages.map((message) => this.message(message, images, body)),
      [field]: options.maxNewTokens,
      temperature: sendTemperature ? options.temperature : undefined,
      top_p: sendTemperature ? options.topP : undefined,
      top_k: config.topK ? options.topK : undefined,
      repetition_penalty: repetition && config.repetitionPenalty ? options.repetitionPenalty : undefined,
      stop: options.stop?.length && !this.reasons ? options.stop.slice(0, mostStops) : undefined,
      seed: seeded ? request.seed : undefined,
      ...mediaKwargs(request),
    };
    return { path: "/chat/completions", body: body.build(withExtra(value, this.config.body)), warnings };
  }

  private message(message: RenderedMessage, images: ImageParts, body: JsonBody): unknown {
    const hasImages = message.parts.some((part) => part.type === "image");
    // Servers of text-only models know no parts.
    const content = hasImages
      ? message.parts.map((part) => {
          if (part.type === "text") return { type: "text", text: part.text };
          const image = images.get(part.image) ?? part.image;
          const url = `data:${image.mediaType};base64,${body.base64(image)}`;
          if (image.sampling) return { type: "video_url", video_url: { url } };
          return { type: "image_url", image_url: { url } };
        })
      : message.parts.map((part) => (part.type === "text" ? part.text : "")).join("");
    return { role: message.role, content };
  }

  read(reply: unknown): Reply {
    const choices = listAt(reply, "choices");
    const choice = firstOf(choices);
    if (choice === undefined)
      return { missing: choices.length > 1 ? "several choices, none of them the first" : "empty choices" };
    const message = at(choice, "message");
    if (typeof message !== "object" || message === null) return { missing: "a choice without a message" };
    const content = contentOf(choice);
    const isSilent = !("text" in content && content.text);
    return replyOf({ reason: reasonOf(reply, choice, isSilent), content, usage: usageOf(reply) });
  }

  /** `/completions` with echo: the continuation is scored as part of the prompt. Text only: images have no place in it. */
  private echo(request: LikelihoodRequest, continuation: string): Call {
    const value = {
      model: this.config.model,
      prompt: promptText(request.prompt) + continuation,
      max_tokens: 0,
      temperature: 0,
      logprobs: 1,
      echo: true,
    };
    return { path: "/completions", body: new JsonBody().build(withExtra(value, this.config.body)), warnings: [] };
  }

  private readEcho(reply: unknown, request: LikelihoodRequest, continuation: string): Reply {
    const logprobs = at(listAt(reply, "choices")[0], "logprobs");
    const tokens = listAt(logprobs, "token_logprobs");
    const offsets = listAt(logprobs, "text_offset") as readonly number[];
    if (tokens.length === 0) return { missing: "no log-probabilities" };
    // Offsets count code points. A token that straddles the border belongs to the continuation: it holds its beginning.
    const start = [...promptText(request.prompt)].length;
    const first = offsets.findIndex((_, i) => (offsets[i + 1] ?? Number.POSITIVE_INFINITY) > start);
    // The very first token of all has no log-probability.
    const own = tokens.slice(Math.max(1, first));
    const best = listAt(logprobs, "top_logprobs").slice(Math.max(1, first));
    if (!own.every((value) => typeof value === "number")) return { missing: "a token without a log-probability" };
    const isGreedy = own.every((value, i) => Object.values(best[i] ?? {}).every((other) => Number(other) <= value));
    const logprob = own.reduce((sum, value) => sum + value, 0);
    return {
      text: continuation,
      finish: "stop",
      usage: usageOf(reply),
      likelihoods: [{ logprob, tokens: own.length, isGreedy }],
    };
  }

  /** vLLM's `prompt_logprobs`: the continuation stands as the beginning of the assistant's answer; images are allowed. */
  private continued(request: LikelihoodRequest, images: ImageParts, continuation: string): Call {
    const body = new JsonBody(this.buffers);
    const messages = request.prompt.messages.map((message) => this.message(message, images, body));
    const value = {
      model: this.config.model,
      messages: continuation === "" ? messages : [...messages, { role: "assistant", content: continuation }],
      add_generation_prompt: continuation === "",
      continue_final_message: continuation !== "",
      max_tokens: 1,
      temperature: 0,
      // 0 = the log-probability and the rank of the prompt's own tokens, no others.
      prompt_logprobs: 0,
    };
    return { path: "/chat/completions", body: body.build(withExtra(value, this.config.body)), warnings: [] };
  }

  private readContinued(reply: unknown, continuation: string, promptTokens: number): Reply {
    const positions = listAt(reply, "prompt_logprobs").slice(promptTokens);
    const tokens = positions.map((position) => Object.values(position ?? {})[0]);
    const logprobs = tokens.map((token) => numberAt(token, "logprob"));
    if (logprobs.length === 0 || logprobs.includes(undefined)) return { missing: "no prompt_logprobs" };
    return {
      text: continuation,
      finish: "stop",
      usage: usageOf(reply),
      likelihoods: [
        {
          logprob: logprobs.reduce<number>((sum, value) => sum + (value as number), 0),
          tokens: tokens.length,
          isGreedy: tokens.every((token) => numberAt(token, "rank") === 1),
        },
      ],
    };
  }

  modelOf(reply: unknown): string | undefined {
    return textAt(reply, "model");
  }

  modelIds(reply: unknown): readonly string[] {
    return listAt(reply, "data").flatMap((model) => textAt(model, "id") ?? []);
  }
}

/** vLLM's words for how many frames to take of a clip. No API can say here which part of it is meant. */
function mediaKwargs({ prompt }: GenerateRequest) {
  const [sampling] = promptImages(prompt).flatMap(({ sampling }) => sampling ?? []);
  if (sampling === undefined) return {};
  const { frames, fps, start, end } = sampling;
  if (start !== undefined || end !== undefined)
    throw new SampleFailure("data", "a part of a clip is asked about, and video_url takes only whole ones");
  const video = defined({ num_frames: frames, fps });
  return Object.keys(video).length === 0 ? {} : { media_io_kwargs: { video } };
}

/** What the message says, in whichever of its fields. */
function contentOf(choice: unknown): Content {
  const message = at(choice, "message");
  // The second is the old form, of one call.
  if (isSaid(at(message, "tool_calls")) || isSaid(at(message, "function_call"))) return { toolCall: true };
  const content = ofModel(at(message, "role"), readContent(at(message, "content")));
  if ("malformed" in content || "toolCall" in content) return content;
  // `refusal` is the model's own words in a field of their own: ordinary text.
  const text = content.text || textAt(message, "refusal") || content.text;
  const elsewhere = text ? undefined : otherPlaces.find((path) => isSaid(at(choice, ...path)));
  if (elsewhere) return { malformed: `no text in the message, but something in ${elsewhere.join(".")}` };
  const reasoning =
    content.reasoning ?? (textAt(message, "reasoning_content") || textAt(message, "reasoning") || undefined);
  return defined({ text, reasoning });
}

/** Where an answer stands that is no text, or that is not where it belongs. */
const otherPlaces = [["message", "audio"], ["message", "images"], ["delta", "content"], ["text"]] as const;

/** The end that counts: a gateway's `stop` may hide what the server behind it says. */
function reasonOf(reply: unknown, choice: unknown, isSilent: boolean): string | undefined {
  const reason = textAt(choice, "finish_reason");
  const end = endOf(reason);
  if (end !== "stop" && end !== "length") return reason;
  // vLLM: a token, the stop string, or that there was no end.
  const stopped = textAt(choice, "stop_reason");
  if (stopped === "abort" || stopped === "error") return stopped;
  // OpenRouter: the word of the provider behind it.
  const native = textAt(choice, "native_finish_reason") || undefined;
  const nativeEnd = endOf(native);
  if (nativeEnd === "filter") return native;
  if (native !== undefined && nativeEnd === undefined && end === "stop") return native;
  if (!isSilent) return reason;
  if (endOf(stopped) === "filter") return stopped;
  // Azure.
  if (isFiltered(choice) || listAt(reply, "prompt_filter_results").some(isFiltered)) return "content_filter";
  return nativeEnd === "tool" && end === "stop" ? native : reason;
}

function isFiltered(holder: unknown): boolean {
  return Object.values(at(holder, "content_filter_results") ?? {}).some((one) => at(one, "filtered") === true);
}

function usageOf(reply: unknown) {
  return defined({
    promptTokens: countAt(reply, "usage", "prompt_tokens"),
    cachedTokens: countAt(reply, "usage", "prompt_tokens_details", "cached_tokens"),
    completionTokens: countAt(reply, "usage", "completion_tokens"),
    reasoningTokens: countAt(reply, "usage", "completion_tokens_details", "reasoning_tokens"),
  });
}
