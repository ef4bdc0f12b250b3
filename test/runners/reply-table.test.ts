/** docs/replies.md is made here: what every form of a reply becomes. After a wanted change: `npx vitest run -u` on this file. */

import { expect, test } from "vitest";
import { anthropic } from "../../src/runners/remote/anthropic.js";
import { type End, knownEnds } from "../../src/runners/remote/ends.js";
import { errorInside } from "../../src/runners/remote/error-inside.js";
import { explain } from "../../src/runners/remote/explain.js";
import { classOf } from "../../src/runners/remote/failure-class.js";
import { gemini } from "../../src/runners/remote/gemini.js";
import { openAi } from "../../src/runners/remote/openai.js";
import type { Protocol } from "../../src/runners/remote/protocol.js";

interface Provider {
  readonly name: string;
  readonly protocol: Protocol;
  /** The reply with an end reason (undefined = without one) and a content (undefined = without one). */
  reply(end: string | null | undefined, content: unknown, more?: object, beside?: object): unknown;
  readonly ends: Readonly<Record<End | "unknown", string>>;
  readonly contents: Readonly<Record<string, unknown>>;
}

const text = { type: "text", text: "yes" };

const providers: readonly Provider[] = [
  {
    name: "OpenAI-compatible",
    protocol: openAi({ runner: "openai", model: "m" }),
    reply: (finish_reason, content, more = {}, beside = {}) => ({
      choices: [{ index: 0, finish_reason, message: { role: "assistant", content, ...more }, ...beside }],
    }),
    ends: { stop: "stop", length: "length", filter: "content_filter", tool: "tool_calls", unknown: "error" },
    contents: {
      '`"yes"`': "yes",
      '`""`': "",
      null: null,
      absent: undefined,
      "null, thoughts beside it": [null, { reasoning_content: "hm" }],
      "null, `refusal` beside it": [null, { refusal: "I cannot." }],
      "null, `tool_calls` beside it": [null, { tool_calls: [{ id: "1" }] }],
      '`""`, `refusal` beside it': ["", { refusal: "I cannot." }],
      '`""`, `tool_calls` beside it': ["", { tool_calls: { id: "1" } }],
      '`""`, `function_call` beside it': ["", { function_call: { name: "look" } }],
      '`""`, `audio` beside it': ["", { audio: { transcript: "no" } }],
      '`""`, `filtered: true` beside it': ["", {}, { content_filter_results: { hate: { filtered: true } } }],
      '`""`, `native_finish_reason: "SAFETY"` beside it': ["", {}, { native_finish_reason: "SAFETY" }],
      '`""`, `native_finish_reason: "OTHER"` beside it': ["", {}, { native_finish_reason: "OTHER" }],
      '`"ye"`, `native_finish_reason: "MALFORMED_RESPONSE"` beside it': [
        "ye",
        {},
        { native_finish_reason: "MALFORMED_RESPONSE" },
      ],
      '`""`, `stop_reason: "abort"` beside it': ["", {}, { stop_reason: "abort" }],
      '`"yes"`, `role: "user"` beside it': ["yes", { role: "user" }],
      "list with text": [[text]],
      "list with thoughts and text": [[{ type: "thinking", thinking: [{ type: "text", text: "hm" }] }, text]],
      "list with thoughts alone": [[{ type: "thinking", thinking: "hm" }]],
      "list with nothing": [[]],
      "list with an image": [[{ type: "image_url", image_url: {} }]],
      object: { a: 1 },
      number: 5,
    },
  },
  {
    name: "Anthropic",
    protocol: anthropic({ runner: "anthropic", model: "m" }),
    reply: (stop_reason, content, more = {}) => ({
      type: "message",
      role: "assistant",
      content,
      stop_reason,
      ...more,
    }),
    ends: { stop: "end_turn", length: "max_tokens", filter: "refusal", tool: "tool_use", unknown: "pause_turn" },
    contents: {
      "list with text": [[text]],
      "list with thoughts and text": [[{ type: "thinking", thinking: "hm" }, text]],
      "list with thoughts alone": [[{ type: "thinking", thinking: "hm" }]],
      "list with a call": [[{ type: "tool_use", id: "t", name: "look", input: {} }]],
      "list with nothing": [[]],
      'list with nothing, `type: "ping"` beside it': [[], { type: "ping" }],
      absent: undefined,
      null: null,
      object: { a: 1 },
    },
  },
  {
    name: "Gemini",
    protocol: gemini({ runner: "gemini", model: "m" }),
    reply: (finishReason, parts, more = {}, beside = {}) => ({
      candidates: [{ index: 0, content: { role: "model", parts }, finishReason, ...beside }],
      ...more,
    }),
    ends: { stop: "STOP", length: "MAX_TOKENS", filter: "SAFETY", tool: "tool_use", unknown: "LANGUAGE" },
    contents: {
      "parts with text": [[{ text: "yes" }]],
      "parts with thoughts and text": [[{ text: "hm", thought: true }, { text: "yes" }]],
      "parts with thoughts alone": [[{ text: "hm", thought: true }]],
      "parts with a call": [[{ functionCall: { name: "look" } }]],
      "parts with an image": [[{ inlineData: {} }]],
      "no parts": undefined,
      "no parts, thoughts counted": [undefined, { usageMetadata: { thoughtsTokenCount: 15 } }],
      "empty text": [[{ text: "" }]],
      "empty text, `finishMessage` beside it": [[{ text: "" }], {}, { finishMessage: "Model is overloaded" }],
    },
  },
];

function outcome(provider: Provider, end: string | null | undefined, content: unknown): string {
  // A list holds the content and what stands beside it.
  const [inner, more, beside] = Array.isArray(content) ? content : [content];
  const reply = provider.protocol.read(JSON.parse(JSON.stringify(provider.reply(end, inner, more, beside))));
  if ("refused" in reply) return "refused";
  if ("missing" in reply) return reply.lasting ? "**no answer**" : "**no answer**, asked again";
  const words = reply.text === "" ? "empty answer" : JSON.stringify(reply.text);
  return `${words}${reply.reasoning === undefined ? "" : " + thoughts"}${reply.finish === "length" ? ", truncated" : ""}`;
}

const errors: Readonly<Record<string, unknown>> = {
  '`{"error": {"code": 502}}` without choices': { error: { message: "Provider returned error", code: 502 } },
  '`{"error": {"code": 429}}`': { error: { message: "rate limited upstream", code: 429 } },
  '`{"error": {"code": 404}}`, words about images': {
    error: { message: "No endpoints found that support image input", code: 404 },
    choices: null,
  },
  "an `error` in the choice": {
    choices: [{ finish_reason: "error", message: { content: "" }, error: { message: "Upstream failed", code: 502 } }],
  },
  "Anthropic's `overloaded_error`": { type: "error", error: { type: "overloaded_error", message: "Overloaded" } },
  "FastAPI's `detail`": { detail: "Internal error" },
  "an `error` as text": { error: "worker died" },
  '`"error": 503`': { error: 503 },
  '`"error": true`, `message` beside it': { error: true, message: "GPU fell over" },
  "`errors`, a list": { errors: [{ message: "CUDA OOM" }] },
  "an `error` in the message": { choices: [{ message: { content: "", error: { message: "overloaded" } } }] },
  '`"status": "failed"`': { status: "failed", message: "engine died" },
  '`"success": false`': { success: false, msg: "engine died" },
  '`"type": "error"` or `"object": "error"`': { type: "error", message: "engine died" },
  "MiniMax's `base_resp`, a key": {
    choices: null,
    base_resp: { status_code: 1004, status_msg: "login fail: Please carry the API secret key" },
  },
  "MiniMax's `base_resp`, a rate": { base_resp: { status_code: 1002, status_msg: "rate limit exceeded(RPM)" } },
  "MiniMax's `base_resp`, a filter": {
    choices: [],
    base_resp: { status_code: 1027, status_msg: "output new_sensitive" },
  },
  "Baidu's `error_code`": { error_code: 336100, error_msg: "try again later" },
  "a filter's error": { error: { message: "flagged by the safety system", code: "content_policy_violation" } },
  "an empty account's error": { error: { message: "no credit", code: "insufficient_quota" } },
};

const effects = {
  refused: "unscored `refused`",
  key: "the run stops",
  account: "the run stops",
  model: "the run stops",
  parameter: "the run stops",
  image: "unscored `transport`",
  context: "unscored `transport`",
  sample: "unscored `transport`",
  passing: "asked again, then unscored `transport`",
} as const;

function page(): string {
  const lines: string[] = [
    "# What a reply becomes",
    "",
    "[All documentation](README.md)",
    "",
    "Made by `test/runners/reply-table.test.ts`, which checks it. An answer is scored; everything else leaves the sample unscored:",
    "`refused` by the provider's filter, or `transport` with the provider's words, after further attempts where those can help.",
    "",
    "## End reasons",
    "",
    "Only these are ends, in capitals too, from any provider: gateways hand on the words of the provider behind them. Any other word,",
    "and none at all, is a failure: the answer may be half of one.",
    "",
    "| end | words |",
    "| --- | --- |",
  ];
  for (const end of ["stop", "length", "filter", "tool"] as const) {
    const words = [...knownEnds].flatMap(([word, its]) => (its === end ? [`\`${word}\``] : []));
    lines.push(`| ${end} | ${words.join(", ")} |`);
  }
  for (const provider of providers) {
    const kinds = ["stop", "length", "filter", "tool", "unknown"] as const;
    lines.push("", `## ${provider.name}`, "");
    lines.push(`| content | ${kinds.map((kind) => `\`${provider.ends[kind]}\``).join(" | ")} | no reason |`);
    lines.push(`| --- |${" --- |".repeat(kinds.length + 1)}`);
    for (const [name, content] of Object.entries(provider.contents)) {
      const cells = [...kinds.map((kind) => provider.ends[kind]), undefined].map((end) =>
        outcome(provider, end, content),
      );
      lines.push(`| ${name} | ${cells.join(" | ")} |`);
    }
  }
  lines.push("", "## Errors in a reply of status 200", "", "| reply | read as | effect |", "| --- | --- | --- |");
  for (const [name, reply] of Object.entries(errors)) {
    const error = errorInside(reply, (words) => words);
    if (!error) throw new Error(`${name} is no error`);
    lines.push(`| ${name} | ${explain(error)} | ${effects[classOf(error)]} |`);
  }
  return `${lines.join("\n")}\n`;
}

test("every provider, end reason and form of content has the outcome that the documentation says", async () => {
  await expect(page()).toMatchFileSnapshot("../../docs/replies.md");
});
