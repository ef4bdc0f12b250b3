/** Gemini's generateContent. The key goes into a header: in the URL it would end up in logs. */
import { defined } from "../../core/defined.js";
import type { ServerSampling } from "../../core/image.js";
import type { GenerateRequest } from "../../core/runner.js";
import type { GeminiConfig, RemoteConfig } from "../config.js";
import { replyOf } from "./answered.js";
import { type Content, ofModel } from "./content.js";
import { BufferPool, JsonBody } from "./json-body.js";
import {
  at,
  type Call,
  conversation,
  countAt,
  firstOf,
  type ImageParts,
  listAt,
  type Protocol,
  type Reply,
  systemText,
  temperatureNotSent,
  textAt,
  withExtra,
} from "./protocol.js";

const mostStops = 5;

export function gemini(config: RemoteConfig): Protocol {
  return new Gemini(config as GeminiConfig);
}

class Gemini implements Protocol {
  readonly defaultUrl = "https://generativelanguage.googleapis.com/v1beta";
  readonly keyVariable = "GEMINI_API_KEY";
  private readonly buffers = new BufferPool();

  constructor(private readonly config: GeminiConfig) {}

  headers(key: string | undefined): Readonly<Record<string, string>> {
    return key === undefined ? {} : { "x-goog-api-key": key };
  }

  /** From the API's documentation: 20 MB a request with inline images, counted on the base64 text. */
  limits() {
    return { maxBytes: 14 * 1024 * 1024, mediaTypes: ["image/jpeg", "image/png", "image/webp", "image/heif"] };
  }

  generate(request: GenerateRequest, images: ImageParts): Call {
    const { options } = request;
    const warnings: string[] = [];
    const sendTemperature = this.config.temperature ?? true;
    if (!sendTemperature) warnings.push(temperatureNotSent(options.temperature));
    if (options.repetitionPenalty !== undefined && options.repetitionPenalty !== 1) {
      warnings.push(`repetition_penalty ${options.repetitionPenalty} was not sent: generateContent has no such option`);
    }
    const system = systemText(request.prompt);
    const body = new JsonBody(this.buffers);
    const value = {
      systemInstruction: system === undefined ? undefined : { parts: [{ text: system }] },
      contents: conversation(request.prompt).map((message) => ({
        role: message.role === "assistant" ? "model" : "user",
        parts: message.parts.map((part) => {
          if (part.type === "text") return { text: part.text };
          const image = images.get(part.image) ?? part.image;
          const videoMetadata = image.sampling && metadataOf(image.sampling);
          return { inlineData: { mimeType: image.mediaType, data: body.base64(image) }, ...defined({ videoMetadata }) };
        }),
      })),
      generationConfig: {
        maxOutputTokens: options.maxNewTokens,
        temperature: sendTemperature ? options.temperature : undefined,
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
    const candidates = listAt(reply, "candidates");
    const candidate = firstOf(candidates);
    if (candidate === undefined)
      return { missing: candidates.length > 1 ? "several candidates, none of them the first" : "empty candidates" };
    const words = textAt(candidate, "finishMessage");
    return replyOf({
      reason: textAt(candidate, "finishReason"),
      ...defined({ words }),
      content: ofModel(at(candidate, "content", "role"), readParts(at(candidate, "content", "parts"))),
      usage: usageOf(reply),
    });
  }

  modelOf(reply: unknown): string | undefined {
    return textAt(reply, "modelVersion");
  }

  modelIds(reply: unknown): readonly string[] {
    return listAt(reply, "models").flatMap((model) => textAt(model, "name")?.replace(/^models\//, "") ?? []);
  }
}

/** Undefined where nothing is asked for: Gemini then takes a frame a second. */
function metadataOf({ fps, start, end }: ServerSampling) {
  const offset = (seconds: number | undefined) => (seconds === undefined ? undefined : `${seconds}s`);
  const asked = defined({ fps, startOffset: offset(start), endOffset: offset(end) });
  return Object.keys(asked).length === 0 ? undefined : asked;
}

/** Parts have no type: each is known by the field it has. */
function readParts(parts: unknown): Content {
  if (parts === undefined || parts === null) return {};
  if (!Array.isArray(parts)) return { malformed: "parts is no list" };
  const texts: string[] = [];
  const thoughts: string[] = [];
  for (const part of parts) {
    if (at(part, "functionCall") !== undefined) return { toolCall: true };
    const thought = at(part, "thought") ?? false;
    if (typeof thought !== "boolean") return { malformed: `a part whose "thought" is neither true nor false` };
    const text = textAt(part, "text");
    // A signature of thoughts comes in a part of its own.
    if (text === undefined && at(part, "thoughtSignature") !== undefined) continue;
    if (text === undefined) return { malformed: `a part with ${Object.keys(part ?? {}).join(", ") || "nothing"}` };
    (thought ? thoughts : texts).push(text);
  }
  const reasoning = thoughts.join("");
  return {
    ...(texts.length === 0 ? {} : { text: texts.join("") }),
    ...(reasoning === "" ? {} : { reasoning }),
  };
}

function usageOf(reply: unknown) {
  const thoughts = countAt(reply, "usageMetadata", "thoughtsTokenCount");
  const spoken = countAt(reply, "usageMetadata", "candidatesTokenCount");
  return defined({
    promptTokens: countAt(reply, "usageMetadata", "promptTokenCount"),
    cachedTokens: countAt(reply, "usageMetadata", "cachedContentTokenCount"),
    // As elsewhere, reasoning is a part of the completion: both are paid for.
    completionTokens: spoken === undefined && thoughts === undefined ? undefined : (spoken ?? 0) + (thoughts ?? 0),
    reasoningTokens: thoughts,
  });
}
