import { hash } from "node:crypto";
import type { Json } from "./json.js";
import type { Prompt, RenderedPrompt } from "./prompt.js";
import type { GenerationOptions } from "./runner.js";

/** SHA-256 over the canonical JSON (keys sorted) of a value; `digits` hex digits of it. */
export function digestOf(value: Json, digits = 32): string {
  return hash("sha256", canonicalJson(value)).slice(0, digits);
}

/** JSON with keys in code-unit order: equal values give equal strings. */
export function canonicalJson(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    const members = value as Readonly<Record<string, Json | undefined>>;
    let text = "";
    for (const key of Object.keys(members).sort()) {
      const item = members[key];
      if (item !== undefined) text += `${text && ","}${JSON.stringify(key)}:${canonicalJson(item)}`;
    }
    return `{${text}}`;
  }
  return JSON.stringify(value);
}

/** What makes two requests the same: words, image bytes, options and, when sampled, the seed. */
export function requestDigest(
  prompt: RenderedPrompt,
  options: GenerationOptions | { readonly continuations: readonly string[] },
  seed: number,
): string {
  const messages = prompt.messages.map((message) => ({
    role: message.role,
    parts: message.parts.map((part) => (part.type === "text" ? part.text : { image: part.image.digest })),
  }));
  const sampled = "temperature" in options && options.temperature > 0;
  return digestOf({ messages, options: { ...options } as Json, ...(sampled ? { seed } : {}) });
}

/**
 * What a sample is asked, in words: roles, texts, where images stand and what is drawn on them, and the continuations to compare.
 * The images' own bytes have digests of their own.
 */
export function promptDigest(prompt: Prompt, continuations?: readonly string[]): string {
  const messages = prompt.messages.map(({ role, parts }) => ({
    role,
    parts: parts.map((part): Json => {
      if (part.type === "text") return part.text;
      if (part.type === "video")
        return {
          video: [part.video.start ?? null, part.video.end ?? null],
          ...(part.subtitles ? { subtitles: part.subtitles.rule } : {}),
        };
      return { image: (part.image.marks ?? []) as Json };
    }),
  }));
  return digestOf({ messages, ...(continuations ? { continuations } : {}) }, 16);
}

/** SHA-256 of a text's bytes. */
export const textDigest = (text: string): string => hash("sha256", text);

/** A short digest of a text, as a number: 48 bits, for tables of hundreds of thousands. */
export function numberOf(text: string): number {
  return Number.parseInt(hash("sha1", text).slice(0, 12), 16);
}

/** A 32-bit seed from names, so that a draw depends on the sample and never on the order of samples. */
export function seedOf(...parts: readonly (string | number)[]): number {
  return Number.parseInt(digestOf(parts as readonly Json[], 8), 16);
}
