/** Anthropic's Messages API. */
import type { GenerateRequest } from "../../core/runner.js";
import type { AnthropicConfig, RemoteConfig } from "../config.js";
import { BufferPool, JsonBody } from "./json-body.js";
import {
  type Call,
  conversation,
  defined,
  type ImageParts,
  listAt,
  numberAt,
  type Protocol,
  type Reply,
  systemText,
  textAt,
  withExtra,
} from "./protocol.js";

export function anthropic(config: RemoteConfig): Protocol {
  return new Anthropic(config as AnthropicConfig);
}

class Anthropic implements Protocol {
  readonly defaultUrl = "https://api.anthropic.com/v1";
  readonly keyVariable = "ANTHROPIC_API_KEY";
  readonly modelsPath = "/models";
  readonly #buffers = new BufferPool();
  /** From the API's documentation: 5 MB and 8000 pixels a side per picture, 100 pictures a request. */
  readonly limits = {
    maxBytes: 5 * 1024 * 1024,
    maxSide: 8000,
    maxImages: 100,
    mediaTypes: ["image/jpeg", "image/png", "image/gif", "image/webp"],
  };

  constructor(private readonly config: AnthropicConfig) {}

  headers(key: string | undefined) {
    return {
      ...(key === undefined ? {} : { "x-api-key": key }),
      "anthropic-version": this.config.version ?? "2023-06-01",
    };
  }

  generate(request: GenerateRequest, images: ImageParts): Call {
    const { options } = request;
    const warnings: string[] = [];
    const unable = (option: string, value: unknown) =>
      warnings.push(`${option} ${value} was not sent: the Messages API has no such option`);
    if (options.repetitionPenalty !== undefined && options.repetitionPenalty !== 1)
      unable("repetition_penalty", options.repetitionPenalty);
    if (options.temperature > 0) unable("seed", request.seed);
    // Newer models refuse a request that has both.
    if (options.topP !== undefined)
      warnings.push(`top_p ${options.topP} was not sent: temperature and top_p exclude each other`);
    // A stop string of white space alone is refused by the API; it is cut on our side.
    const stops = options.stop?.filter((stop) => stop.trim() !== "");
    const body = new JsonBody(this.#buffers);
    const value = {
      model: this.config.model,
      system: systemText(request.prompt),
      messages: conversation(request.prompt).map((message) => ({
        role: message.role,
        content: message.parts.map((part) => {
          if (part.type === "text") return { type: "text", text: part.text };
          const image = images.get(part.image) ?? part.image;
          return { type: "image", source: { type: "base64", media_type: image.mediaType, data: body.base64(image) } };
        }),
      })),
      max_tokens: options.maxNewTokens,
      temperature: options.temperature,
      top_k: options.topK,
      stop_sequences: stops?.length ? stops : undefined,
    };
    return { path: "/messages", body: body.build(withExtra(value, this.config.body)), warnings };
  }

  read(reply: unknown): Reply {
    const stop = textAt(reply, "stop_reason");
    if (stop === "refusal") return { refused: "the provider's content filter" };
    const blocks = listAt(reply, "content");
    // An empty answer is an answer when the model ended its turn with it.
    if (blocks.length === 0 && stop !== "end_turn" && stop !== "stop_sequence" && stop !== "max_tokens")
      return { missing: "empty content" };
    const joined = (type: string, field: string) =>
      blocks.flatMap((block) => (textAt(block, "type") === type ? (textAt(block, field) ?? []) : [])).join("");
    const reasoning = joined("thinking", "thinking");
    const cached = numberAt(reply, "usage", "cache_read_input_tokens");
    const fresh = numberAt(reply, "usage", "input_tokens");
    const written = numberAt(reply, "usage", "cache_creation_input_tokens") ?? 0;
    return {
      text: joined("text", "text"),
      ...(reasoning === "" ? {} : { reasoning }),
      finish: stop === "max_tokens" || stop === "model_context_window_exceeded" ? "length" : "stop",
      usage: defined({
        // `input_tokens` leaves out what came from the cache or went into it.
        promptTokens: fresh === undefined ? undefined : fresh + (cached ?? 0) + written,
        cachedTokens: cached,
        completionTokens: numberAt(reply, "usage", "output_tokens"),
      }),
    };
  }

  errorCode(body: unknown): string | undefined {
    return textAt((body as { error?: unknown } | undefined)?.error, "type");
  }

  modelIds(reply: unknown): readonly string[] {
    return listAt(reply, "data").flatMap((model) => textAt(model, "id") ?? []);
  }
}
