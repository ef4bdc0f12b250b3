/** Anthropic's Messages API. */
import { defined } from "../../core/defined.js";
import type { GenerateRequest } from "../../core/runner.js";
import type { AnthropicConfig, RemoteConfig } from "../config.js";
import { replyOf } from "./answered.js";
import { ofModel, readContent } from "./content.js";
import { BufferPool, JsonBody } from "./json-body.js";
import {
  at,
  type Call,
  conversation,
  countAt,
  type ImageParts,
  isSaid,
  listAt,
  type Protocol,
  type Reply,
  systemText,
  temperatureNotSent,
  textAt,
  withExtra,
} from "./protocol.js";

export function anthropic(config: RemoteConfig): Protocol {
  return new Anthropic(config as AnthropicConfig);
}

class Anthropic implements Protocol {
  readonly defaultUrl = "https://api.anthropic.com/v1";
  readonly keyVariable = "ANTHROPIC_API_KEY";
  private readonly buffers = new BufferPool();

  constructor(private readonly config: AnthropicConfig) {}

  headers(key: string | undefined) {
    return {
      ...defined({ "x-api-key": key }),
      "anthropic-version": this.config.version ?? "2023-06-01",
    };
  }

  /**
   * From the API's documentation: 5 MB an image, counted on the base64 text; 8000 pixels a side, 2000 in a request with more
   * than 20 images; 100 images a request.
   */
  limits(images: number) {
    return {
      maxBytes: (5 * 1024 * 1024 * 3) / 4,
      maxSide: images > 20 ? 2000 : 8000,
      maxImages: 100,
      mediaTypes: ["image/jpeg", "image/png", "image/gif", "image/webp"],
    };
  }

  generate(request: GenerateRequest, images: ImageParts): Call {
    const { options } = request;
    const warnings: string[] = [];
    const sendTemperature = this.config.temperature ?? true;
    if (!sendTemperature) warnings.push(temperatureNotSent(options.temperature));
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
    const body = new JsonBody(this.buffers);
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
      temperature: sendTemperature ? options.temperature : undefined,
      top_k: options.topK,
      stop_sequences: stops?.length ? stops : undefined,
    };
    return { path: "/messages", body: body.build(withExtra(value, this.config.body)), warnings };
  }

  read(reply: unknown): Reply {
    const type = at(reply, "type");
    if (isSaid(type) && type !== "message")
      return { missing: `a reply of type ${JSON.stringify(type)}, not a message` };
    const content = at(reply, "content");
    return replyOf({
      reason: textAt(reply, "stop_reason"),
      content: ofModel(at(reply, "role"), readContent(content)),
      usage: usageOf(reply),
      // "Empty responses with end_turn" are documented; no list at all is not an answer.
      emptyIsText: Array.isArray(content),
    });
  }

  modelOf(reply: unknown): string | undefined {
    return textAt(reply, "model");
  }

  modelIds(reply: unknown): readonly string[] {
    return listAt(reply, "data").flatMap((model) => textAt(model, "id") ?? []);
  }
}

function usageOf(reply: unknown) {
  const cached = countAt(reply, "usage", "cache_read_input_tokens");
  const fresh = countAt(reply, "usage", "input_tokens");
  const written = countAt(reply, "usage", "cache_creation_input_tokens") ?? 0;
  return defined({
    // `input_tokens` leaves out what came from the cache or went into it.
    promptTokens: fresh === undefined ? undefined : fresh + (cached ?? 0) + written,
    cachedTokens: cached,
    completionTokens: countAt(reply, "usage", "output_tokens"),
  });
}
