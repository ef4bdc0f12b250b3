/** Gemini's generateContent. The key goes into a header: in the URL it would end up in logs. */
import type { GenerateRequest } from "../../core/runner.js";
import type { GeminiConfig, RemoteConfig } from "../config.js";
import { BufferPool, JsonBody } from "./json-body.js";
import {
  at,
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

const mostStops = 5;
const filterReasons = ["SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "IMAGE_SAFETY"];

export function gemini(config: RemoteConfig): Protocol {
  return new Gemini(config as GeminiConfig);
}

class Gemini implements Protocol {
  readonly defaultUrl = "https://generativelanguage.googleapis.com/v1beta";
  readonly keyVariable = "GEMINI_API_KEY";
  readonly modelsPath = "/models";
  readonly #buffers = new BufferPool();
  /** From the API's documentation: 20 MB per request with inline pictures. */
  readonly limits = { maxBytes: 14 * 1024 * 1024, mediaTypes: ["image/jpeg", "image/png", "image/webp", "image/heif"] };

  constructor(private readonly config: GeminiConfig) {}

  headers(key: string | undefined): Readonly<Record<string, string>> {
    return key === undefined ? {} : { "x-goog-api-key": key };
  }

  generate(request: GenerateRequest, images: ImageParts): Call {
    const { options } = request;
    const warnings: string[] = [];
    if (options.repetitionPenalty !== undefined && options.repetitionPenalty !== 1) {
      warnings.push(`repetition_penalty ${options.repetitionPenalty} was not sent: generateContent has no such option`);
    }
    const system = systemText(request.prompt);
    const body = new JsonBody(this.#buffers);
    const value = {
      systemInstruction: system === undefined ? undefined : { parts: [{ text: system }] },
      contents: conversation(request.prompt).map((message) => ({
        role: message.role === "assistant" ? "model" : "user",
        parts: message.parts.map((part) => {
          if (part.type === "text") return { text: part.text };
          const image = images.get(part.image) ?? part.image;
          return { inlineData: { mimeType: image.mediaType, data: body.base64(image) } };
        }),
      })),
      generationConfig: {
        maxOutputTokens: options.maxNewTokens,
        temperature: options.temperature,
        topP: options.topP,
        topK: options.topK,
        stopSequences: options.stop?.length ? options.stop.slice(0, mostStops) : undefined,
        // The field is an int32.
        seed: options.temperature > 0 ? request.seed % 2 ** 31 : undefined,
      },
    };
    return {
      path: `/models/${encodeURIComponent(this.config.model)}:generateContent`,
      body: body.build(withExtra(value, this.config.body)),
      warnings,
    };
  }

  read(reply: unknown): Reply {
    const blocked = textAt(reply, "promptFeedback", "blockReason");
    if (blocked) return { refused: `the provider's content filter (${blocked})` };
    const candidate = listAt(reply, "candidates")[0];
    if (candidate === undefined) return { missing: "empty candidates" };
    const finish = textAt(candidate, "finishReason") ?? "STOP";
    if (filterReasons.includes(finish)) return { refused: `the provider's content filter (${finish})` };
    if (finish !== "STOP" && finish !== "MAX_TOKENS") return { missing: `an answer that ended with ${finish}` };
    const parts = listAt(candidate, "content", "parts");
    const texts = (thought: boolean) =>
      parts
        .flatMap((part) => ((at(part, "thought") === true) === thought ? (textAt(part, "text") ?? []) : []))
        .join("");
    const reasoning = texts(true);
    const thoughts = numberAt(reply, "usageMetadata", "thoughtsTokenCount");
    const spoken = numberAt(reply, "usageMetadata", "candidatesTokenCount");
    return {
      text: texts(false),
      ...(reasoning === "" ? {} : { reasoning }),
      finish: finish === "MAX_TOKENS" ? "length" : "stop",
      usage: defined({
        promptTokens: numberAt(reply, "usageMetadata", "promptTokenCount"),
        cachedTokens: numberAt(reply, "usageMetadata", "cachedContentTokenCount"),
        // As elsewhere, reasoning is a part of the completion: both are paid for.
        completionTokens: spoken === undefined && thoughts === undefined ? undefined : (spoken ?? 0) + (thoughts ?? 0),
        reasoningTokens: thoughts,
      }),
    };
  }

  errorCode(body: unknown): string | undefined {
    return textAt(body, "error", "status");
  }

  modelIds(reply: unknown): readonly string[] {
    return listAt(reply, "models").flatMap((model) => textAt(model, "name")?.replace(/^models\//, "") ?? []);
  }
}
