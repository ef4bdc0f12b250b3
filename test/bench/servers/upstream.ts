/**
 * An endpoint that speaks three protocols and misbehaves by the first part of its path: `/openai/list/v1/chat/completions`
 * answers with a list of parts. Questions without an image are answered well, so that what comes first passes.
 */

import { createServer, type RequestListener, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";

export interface Upstream extends AsyncDisposable {
  readonly port: number;
  readonly url: string;
}

export type Family = "openai" | "anthropic" | "gemini";

/** @param n  which question with an image this is, from 1 */
type Answer = (response: ServerResponse, n: number) => void;

const json =
  (status: number, value: unknown, headers: Record<string, string> = {}): Answer =>
  (response) => {
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(JSON.stringify(value));
  };
const page =
  (status: number, html: string): Answer =>
  (response) => {
    response.writeHead(status, { "content-type": "text/html" });
    response.end(html);
  };
/** The first answer twice, then the second once, and again. */
const twoOfThree =
  (usual: Answer, third: Answer): Answer =>
  (response, n) =>
    (n % 3 ? usual : third)(response, n);

const chat = (message: object, finish = "stop") =>
  json(200, {
    id: "c1",
    object: "chat.completion",
    created: 1,
    model: "m",
    choices: [{ index: 0, finish_reason: finish, message: { role: "assistant", ...message } }],
    usage: { prompt_tokens: 10, completion_tokens: 2, total_tokens: 12 },
  });
const openAiError = (status: number, message: string, code: string | null, type = "invalid_request_error") =>
  json(status, { error: { message, type, param: null, code } });
const toolCall = { id: "t1", type: "function", function: { name: "look", arguments: '{"x":1}' } };

const openai = {
  ok: chat({ content: "yes" }),
  r429: twoOfThree(
    json(
      429,
      { error: { message: "Rate limit reached for m", type: "requests", param: null, code: "rate_limit_exceeded" } },
      { "retry-after": "2" },
    ),
    chat({ content: "yes" }),
  ),
  quota: openAiError(
    429,
    "You exceeded your current quota, please check your plan and billing details.",
    "insufficient_quota",
    "insufficient_quota",
  ),
  e500: openAiError(500, "CUDA out of memory", null, "server_error"),
  flaky: twoOfThree(chat({ content: "yes" }), openAiError(500, "worker died", null, "server_error")),
  e503html: page(503, "<html><h1>503 Service Temporarily Unavailable</h1></html>"),
  hang: () => {},
  cf400: json(400, {
    error: {
      message: "The response was filtered due to the prompt triggering the content management policy.",
      type: null,
      param: "prompt",
      code: "content_filter",
      status: 400,
      innererror: {
        code: "ResponsibleAIPolicyViolation",
        content_filter_result: { violence: { filtered: true, severity: "medium" } },
      },
    },
  }),
  cf200: chat({ content: "" }, "content_filter"),
  cfpolicy: openAiError(400, "Your request was rejected by the safety system.", "content_policy_violation"),
  ctx: openAiError(
    400,
    "This model's maximum context length is 4096 tokens. However, your messages resulted in 5120 tokens.",
    "context_length_exceeded",
  ),
  tools: chat({ content: null, tool_calls: [toolCall] }, "tool_calls"),
  nul: chat({ content: null }),
  list: chat({ content: [{ type: "text", text: "yes" }] }),
  think: chat({ content: "yes", reasoning_content: "let me see. no ..." }),
  thinktag: chat({ content: "<think>no ...</think>yes" }),
  nochoice: json(200, { id: "c1", object: "chat.completion", created: 1, model: "m", choices: [] }),
  err200: json(200, { error: { message: "Provider returned error", code: 502 } }),
  html: page(200, "<!doctype html><title>Sign in</title><p>Sign in to continue"),
  k401: openAiError(401, "Incorrect API key provided", "invalid_api_key"),
  k404: openAiError(404, "The model m does not exist", "model_not_found"),
  noimg: openAiError(400, "Invalid content type. image_url is only supported by certain models.", null),
  big: openAiError(413, "Request Entity Too Large", null),
} satisfies Record<string, Answer>;

const message = (content: readonly object[], stop = "end_turn") =>
  json(200, {
    id: "m1",
    type: "message",
    role: "assistant",
    model: "claude",
    content,
    stop_reason: stop,
    stop_sequence: null,
    usage: { input_tokens: 10, output_tokens: 2 },
  });
const anthropicError = (status: number, type: string, text: string, headers = {}) =>
  json(status, { type: "error", error: { type, message: text } }, headers);
const said = (text: string) => ({ type: "text", text });

const anthropic = {
  ok: message([said("yes")]),
  think: message([{ type: "thinking", thinking: "no ...", signature: "s" }, said("yes")]),
  redacted: message([{ type: "redacted_thinking", data: "abc" }, said("yes")]),
  two: message([said("ye"), said("s")]),
  refusal: message([], "refusal"),
  tools: message([{ type: "tool_use", id: "t", name: "look", input: {} }], "tool_use"),
  empty: message([]),
  window: message([said("yes")], "model_context_window_exceeded"),
  over: anthropicError(529, "overloaded_error", "Overloaded"),
  toolong: anthropicError(400, "invalid_request_error", "prompt is too long: 210000 tokens > 200000 maximum"),
  bigimg: anthropicError(
    400,
    "invalid_request_error",
    "messages.0.content.0.image.source.base64: image exceeds 5 MB maximum: 6000000 bytes > 5242880 bytes",
  ),
  r429: twoOfThree(
    anthropicError(429, "rate_limit_error", "This request would exceed your organization's rate limit", {
      "retry-after": "2",
    }),
    message([said("yes")]),
  ),
} satisfies Record<string, Answer>;

const candidates = (candidate: object | undefined, more: object = {}) =>
  json(200, {
    ...(candidate ? { candidates: [{ index: 0, ...candidate }] } : {}),
    usageMetadata: { promptTokenCount: 10, candidatesTokenCount: 2, totalTokenCount: 12 },
    ...more,
  });
const parts = (...list: readonly object[]) => ({ content: { role: "model", parts: list }, finishReason: "STOP" });
const googleError = (code: number, text: string, status: string, details: readonly object[] = []) =>
  json(code, { error: { code, message: text, status, details } });

const gemini = {
  ok: candidates(parts({ text: "yes" })),
  thought: candidates(parts({ text: "no ...", thought: true }, { text: "yes" })),
  blocked: candidates(undefined, { promptFeedback: { blockReason: "PROHIBITED_CONTENT" } }),
  safety: candidates({
    finishReason: "SAFETY",
    safetyRatings: [{ category: "HARM_CATEGORY_HARASSMENT", probability: "HIGH", blocked: true }],
  }),
  recitation: candidates({ finishReason: "RECITATION" }),
  max: candidates({ content: { role: "model" }, finishReason: "MAX_TOKENS" }),
  r429: twoOfThree(
    googleError(429, "Resource has been exhausted (e.g. check quota).", "RESOURCE_EXHAUSTED", [
      { "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "2s" },
    ]),
    candidates(parts({ text: "yes" })),
  ),
  e503: googleError(503, "The model is overloaded. Please try again later.", "UNAVAILABLE"),
} satisfies Record<string, Answer>;

const families: Readonly<Record<Family, Readonly<Record<string, Answer>>>> = { openai, anthropic, gemini };

/** Every kind of reply: 43. */
export const replies = (Object.keys(families) as Family[]).flatMap((family) =>
  Object.keys(families[family]).map((mode) => ({ family, mode })),
);

export interface UpstreamOptions {
  /** Default: loopback. */
  readonly host?: string;
  readonly tls?: { readonly key: string; readonly cert: string };
}

export async function startUpstream({ host = "127.0.0.1", tls }: UpstreamOptions = {}): Promise<Upstream> {
  const seen = new Map<string, number>();
  const answer: RequestListener = (request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      const [, family = "", mode = ""] = (request.url ?? "").split("/");
      const modes = Object.hasOwn(families, family) ? families[family as Family] : undefined;
      const asked = modes?.[mode];
      if (!modes || !asked) return json(404, { error: { message: `no ${request.url}` } })(response, 0);
      if (request.method === "GET")
        return json(200, { object: "list", data: [{ id: "m", object: "model" }] })(response, 0);
      const hasImage = /"(image_url|image|inline_data|inlineData)"/.test(Buffer.concat(chunks).toString());
      if (!hasImage) return (modes.ok as Answer)(response, 0);
      const n = (seen.get(`${family}/${mode}`) ?? 0) + 1;
      seen.set(`${family}/${mode}`, n);
      asked(response, n);
    });
  };
  const server = tls ? createSecureServer(tls, answer) : createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `${tls ? "https" : "http"}://${host}:${port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
