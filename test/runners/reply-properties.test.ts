/** Invented nonsense as replies of endpoints: never a score of what is no answer, never an error but those that say why. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { redactor } from "../../src/http/redact.js";
import { retryAfterOf } from "../../src/http/retry.js";
import { TransportError } from "../../src/http/transport-error.js";
import { anthropic } from "../../src/runners/remote/anthropic.js";
import { askedWaitMs } from "../../src/runners/remote/asked-wait.js";
import { errorInside } from "../../src/runners/remote/error-inside.js";
import { explain, jsonOf, serverWords } from "../../src/runners/remote/explain.js";
import { classOf, refusedParameter } from "../../src/runners/remote/failure-class.js";
import { gemini } from "../../src/runners/remote/gemini.js";
import { openAi } from "../../src/runners/remote/openai.js";
import type { Protocol } from "../../src/runners/remote/protocol.js";
import { parseReply } from "../../src/runners/remote/reply.js";
import { changed, changes, invented, inventedTimeout } from "../invented.js";

// biome-ignore lint/suspicious/noExplicitAny: replies are of any form here
type Loose = any;

const goodEnds = ["stop", "eos", "eos_token", "stop_sequence", "end_turn", "complete", "completed"];
const cutEnds = ["length", "max_tokens", "max_output_tokens", "model_length", "model_context_window_exceeded"];

interface Provider {
  readonly name: string;
  readonly protocol: Protocol;
  readonly reply: Loose;
  /** What the reply says, found without our reader. */
  end(reply: Loose): unknown;
  content(reply: Loose): unknown;
  thought(reply: Loose): boolean;
}

const firstOf = (list: Loose) =>
  Array.isArray(list)
    ? (list.find((one) => one?.index === 0) ?? list.find((one) => one?.index === undefined) ?? list[0])
    : undefined;
const choiceOf = (reply: Loose) => firstOf(reply?.choices);
const candidateOf = (reply: Loose) => firstOf(reply?.candidates);

const providers: readonly Provider[] = [
  {
    name: "openai",
    protocol: openAi({ runner: "openai", model: "m" }),
    reply: {
      id: "x",
      model: "m",
      choices: [
        {
          index: 0,
          finish_reason: "stop",
          message: { role: "assistant", content: [{ type: "text", text: "yes" }], reasoning_content: "hm" },
        },
      ],
      usage: { prompt_tokens: 10, completion_tokens: 2, completion_tokens_details: { reasoning_tokens: 1 } },
    },
    end: (reply) => choiceOf(reply)?.finish_reason,
    content: (reply) => {
      const { content, refusal } = choiceOf(reply)?.message ?? {};
      const text = typeof content === "string" ? content : textsIn(content, "openai").join("");
      // No text, or an empty one, gives way to the refusal's words.
      return text === "" && typeof refusal === "string" && refusal !== "" ? refusal : content;
    },
    thought: (reply) =>
      [choiceOf(reply)?.message?.reasoning_content, choiceOf(reply)?.message?.reasoning].some(
        (words) => typeof words === "string" && words !== "",
      ) || reply?.usage?.completion_tokens_details?.reasoning_tokens > 0,
  },
  {
    name: "anthropic",
    protocol: anthropic({ runner: "anthropic", model: "m" }),
    reply: {
      type: "message",
      model: "m",
      content: [
        { type: "thinking", thinking: "hm" },
        { type: "text", text: "yes" },
      ],
      stop_reason: "end_turn",
      usage: { input_tokens: 10, output_tokens: 2 },
    },
    end: (reply) => reply?.stop_reason,
    content: (reply) => reply?.content,
    thought: () => false,
  },
  {
    name: "gemini",
    protocol: gemini({ runner: "gemini", model: "m" }),
    reply: {
      candidates: [
        {
          index: 0,
          content: { role: "model", parts: [{ text: "hm", thought: true }, { text: "yes" }] },
          finishReason: "STOP",
        },
      ],
      usageMetadata: { promptTokenCount: 10, candidatesTokenCount: 2, thoughtsTokenCount: 1 },
    },
    end: (reply) => candidateOf(reply)?.finishReason,
    content: (reply) => candidateOf(reply)?.content?.parts,
    thought: (reply) => reply?.usageMetadata?.thoughtsTokenCount > 0,
  },
];

/** Words that a reply may hold where another was. */
const word = fc.oneof(
  fc.constantFrom(
    ...["stop", "STOP", "length", "MAX_TOKENS", "error", "abort", "content_filter", "SAFETY", "tool_calls", "tool_use"],
    ...["pause_turn", "end_turn", "text", "thinking", "image_url", "refusal", "", "yes", "null", "__proto__"],
  ),
  fc.string({ maxLength: 12 }),
);
const value = fc.oneof(
  word,
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom(null, 0, -5, Number.POSITIVE_INFINITY, [], {}, true),
  word.map((text) => [{ type: "text", text }]),
  word.map((text) => ({ message: text, code: 502 })),
  fc.constant([{ id: "1", function: { name: "look" } }]),
);
const added = fc.constantFrom(
  ...[
    "error",
    "content",
    "tool_calls",
    "refusal",
    "reasoning",
    "finish_reason",
    "stop_reason",
    "finishReason",
    "index",
  ],
  ...["choices", "parts", "text", "thought", "type", "functionCall", "promptFeedback", "detail", "usage", "model"],
);
const change = changes(added, value);

const nothingHidden = { redact: redactor([]), hide: (text: string) => text };

for (const { name, protocol, reply, end, content, thought } of providers) {
  test(
    `a reply of ${name} is an answer only with a known good end and a content of a known form`,
    () => {
      fc.assert(
        fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (made) => {
          const odd = changed(reply, made);
          const error = errorInside(odd, nothingHidden.redact);
          if (error) {
            expect(error).toBeInstanceOf(TransportError);
            expect(classOf(error)).toEqual(expect.any(String));
            expect(explain(error).length).toBeLessThan(500);
            return;
          }
          const read = protocol.read(odd);
          if ("refused" in read) return void expect(read.refused).toEqual(expect.any(String));
          if ("missing" in read) return void expect(read.missing).not.toBe("");
          const said = String(end(odd)).toLowerCase();
          expect(read.finish === "length" ? cutEnds : goodEnds).toContain(said);
          expect(typeof read.text).toBe("string");
          const body = content(odd);
          if (read.text !== "") {
            // Every word of it stands in the content.
            const texts = typeof body === "string" ? [body] : textsIn(body, name);
            expect(texts.join("")).toContain(read.text);
          } else {
            const explained =
              body === "" ||
              Array.isArray(body) ||
              read.finish === "length" ||
              read.reasoning !== undefined ||
              thought(odd);
            expect(explained).toBe(true);
          }
          for (const count of Object.values(read.usage)) expect(Number.isSafeInteger(count) && count >= 0).toBe(true);
        }),
        invented(),
      );
    },
    inventedTimeout,
  );
}

/** The visible texts of a list of parts, in order. */
function textsIn(parts: Loose, provider: string): string[] {
  if (!Array.isArray(parts)) return [];
  return parts.flatMap((part) => {
    if (typeof part === "string") return [part];
    if (provider === "gemini" ? part?.thought === true : part?.type === "thinking") return [];
    return typeof part?.text === "string" ? [part.text] : typeof part?.refusal === "string" ? [part.refusal] : [];
  });
}

describe("any bytes", () => {
  const headers = fc.record({
    "content-type": fc.constantFrom(
      "application/json",
      "text/html",
      "text/event-stream",
      "application/json; charset=utf-16le",
      "x; charset=nonsense",
    ),
  });
  const body = fc.oneof(
    fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    fc.json().map((text) => Buffer.from(text)),
    fc.json().map((text) => Buffer.from(`\ufeff${text}`)),
    fc.json().map((text) => Buffer.from(text.slice(0, -1))),
  );

  test(
    "are an object, or a failure that can be shown",
    () => {
      fc.assert(
        fc.property(headers, body, (sent, bytes) => {
          try {
            expect(typeof parseReply({ status: 200, headers: sent, body: bytes }, nothingHidden)).toBe("object");
          } catch (error) {
            expect(error).toBeInstanceOf(TransportError);
            expect((error as TransportError).message).not.toMatch(/[\u0000-\u0008\u000e-\u001f]/);
          }
        }),
        // The engine names the character that it stumbled upon.
        { ...invented(), examples: [[{ "content-type": "application/json" }, Buffer.from([91, 0])]] },
      );
    },
    inventedTimeout,
  );

  test(
    "with an error status have a class, words of bounded length, and no wait below zero",
    () => {
      fc.assert(
        fc.property(fc.integer({ min: 300, max: 599 }), body, fc.jsonValue(), word, (status, bytes, json, words) => {
          for (const text of [
            bytes.toString(),
            JSON.stringify({ error: json }),
            JSON.stringify({ error: { message: words } }),
          ]) {
            const error = new TransportError("status", `HTTP ${status}`, { status, body: text });
            expect(classOf(error)).toEqual(expect.any(String));
            expect(explain(error).length).toBeLessThan(500);
            refusedParameter(error);
            expect(askedWaitMs(jsonOf(text), serverWords(text)) ?? 0).toBeGreaterThanOrEqual(0);
          }
          expect(retryAfterOf({ "retry-after": words, "retry-after-ms": words }) ?? 0).toBeGreaterThanOrEqual(0);
        }),
        invented(),
      );
    },
    inventedTimeout,
  );
});
