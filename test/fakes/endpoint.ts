/**
 * A model server on loopback for tests: OpenAI-compatible chat completions and completions with echo, Anthropic messages and
 * Gemini generateContent, with a seeded fault injector. Faults depend on (seed, request's content, attempt), never on time or
 * order, so a run can be compared with a run without faults.
 *
 * As a process of its own: `node node_modules/jiti/lib/jiti-cli.mjs test/fakes/endpoint.ts --port 0 --latency 200 ...` prints
 * one JSON line `{"url": "http://127.0.0.1:PORT/v1"}` when it listens. `GET /_stats` returns `EndpointStats`.
 */

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { defined } from "../../src/core/defined.js";

/** What happens to a request instead of an answer. */
export type Fault =
  | "429" // with Retry-After
  | "500"
  | "503"
  | "reset" // in the middle of the body
  | "hang" // no answer, ever
  | "truncated" // a 200 whose JSON ends early
  | "html" // a 200 with a web page
  | "empty-choices"
  | "error-finish" // half an answer that ended by an error
  | "no-content" // a message without words
  | "error-inside" // a 200 whose body is an error
  | "refusal" // the provider's content filter
  | "huge"; // a response of 1 GB

export interface FaultPlan {
  readonly seed: number;
  /** Share of attempts that fail, 0 to 1. */
  readonly rate: number;
  /** Default: 429, 500, 503, reset, truncated, html, empty-choices. */
  readonly kinds?: readonly Fault[];
  /** Requests that never fail. Default: none. */
  readonly spares?: (asked: Asked) => boolean;
  /** Share of requests that fail at every attempt. Default 0. */
  readonly stubborn?: number;
  /** Share of requests that the content filter refuses, at every attempt. Default 0. */
  readonly refused?: number;
  /** The Retry-After header of a 429, seconds. Default 0. */
  readonly retryAfter?: number;
}

/** A request as the answer function sees it. */
export interface Asked {
  readonly api: "openai" | "completions" | "anthropic" | "gemini";
  readonly model: string;
  /** The text of the last user message. */
  readonly text: string;
  /** SHA-256 (32 hex digits) of each image's bytes, in order. */
  readonly images: readonly string[];
  readonly mediaTypes: readonly string[];
  readonly maxTokens?: number;
  /** The body as it was sent, images cut to 40 characters. */
  readonly body: Record<string, unknown>;
  readonly headers: IncomingMessage["headers"];
}

export interface EndpointOptions {
  readonly port?: number;
  /** Milliseconds before an answer. Default 0. */
  readonly latencyMs?: number;
  /** Default: one of ten words, chosen by the content. */
  readonly answer?: (asked: Asked) => string;
  /** Chat answers end at the request's budget, a word for a token. Default: they are as long as they are. */
  readonly cuts?: boolean;
  /** Kept apart from the answer, in `reasoning_content`, a thinking block or a thought part. */
  readonly reasoning?: string;
  readonly faults?: FaultPlan;
  /** Other keys get a 401 that repeats what was sent, as careless servers do. */
  readonly apiKey?: string;
  /** Other models get a 404. */
  readonly models?: readonly string[];
  /** More requests in flight than this get a 429. */
  readonly maxInFlight?: number;
  /** Do not look at the request, answer at once: for benchmarks. */
  readonly instant?: boolean;
  /** Keep what was asked (`asked`). Default true. */
  readonly keep?: boolean;
}

export interface EndpointStats {
  requests: number;
  answered: number;
  /** Faults injected, by kind. */
  faults: Record<string, number>;
  /** Requests whose content had been answered before. */
  repeated: number;
  mostInFlight: number;
  bytesIn: number;
}

export interface FakeEndpoint extends AsyncDisposable {
  /** With `/v1`. */
  readonly url: string;
  readonly origin: string;
  readonly stats: EndpointStats;
  readonly asked: Asked[];
  /** Breaks all connections and stops listening; `start` listens on the same port again. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

const words = ["yes", "no", "A", "B", "C", "D", "2", "red", "a cat", "a man riding a horse"];

export async function startEndpoint(options: EndpointOptions = {}): Promise<FakeEndpoint> {
  const stats: EndpointStats = { requests: 0, answered: 0, faults: {}, repeated: 0, mostInFlight: 0, bytesIn: 0 };
  const asked: Asked[] = [];
  const attempts = new Map<string, number>();
  const answered = new Set<string>();
  const sockets = new Set<Socket>();
  let inFlight = 0;

  const server = createServer((request, response) => {
    if (request.url === "/_stats") {
      json(response, 200, stats);
      return;
    }
    inFlight += 1;
    stats.mostInFlight = Math.max(stats.mostInFlight, inFlight);
    response.on("close", () => {
      inFlight -= 1;
    });
    void handle(request, response).catch((error) => {
      if (!response.headersSent) json(response, 500, { error: { message: `fake endpoint: ${error.stack}` } });
    });
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  server.keepAliveTimeout = 60_000;

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method === "GET" && request.url?.endsWith("/models")) {
      return json(response, 200, { data: (options.models ?? ["fake"]).map((id) => ({ id, object: "model" })) });
    }
    stats.requests += 1;
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) {
      stats.bytesIn += chunk.length;
      if (!options.instant) chunks.push(chunk);
    }
    if (options.latencyMs) await new Promise((resolve) => setTimeout(resolve, options.latencyMs));
    if (options.instant) {
      stats.answered += 1;
      return json(response, 200, chatReply("fake", "yes", undefined, 100));
    }
    const raw = Buffer.concat(chunks);
    const question = readRequest(request, raw);
    if (!question) return json(response, 404, { error: { message: `no route ${request.method} ${request.url}` } });
    if (options.keep !== false) asked.push(question);
    const key = sentKey(request);
    if (options.apiKey !== undefined && key !== options.apiKey) {
      return json(response, 401, { error: { message: `Incorrect API key provided: ${key}`, code: "invalid_api_key" } });
    }
    if (options.models && !options.models.includes(question.model)) {
      return json(response, 404, {
        error: {
          message: `The model '${question.model}' does not exist`,
          code: "model_not_found",
          type: "not_found_error",
        },
      });
    }
    if (options.maxInFlight !== undefined && inFlight > options.maxInFlight) return tooMany(response, 0);

    const content = createHash("sha256").update(`${question.text}\0${question.images.join()}`).digest();
    const id = content.toString("hex");
    const attempt = (attempts.get(id) ?? 0) + 1;
    attempts.set(id, attempt);
    const isSpared = options.faults?.spares?.(question) ?? false;
    const fault = options.faults && !isSpared ? chooseFault(options.faults, id, attempt) : undefined;
    if (fault) {
      stats.faults[fault] = (stats.faults[fault] ?? 0) + 1;
      return inject(fault, question, response, options.faults?.retryAfter ?? 0);
    }
    if (answered.has(id)) stats.repeated += 1;
    answered.add(id);
    stats.answered += 1;
    const text = options.answer?.(question) ?? (words[content.readUInt32LE(0) % words.length] as string);
    const said = text
      .split(" ")
      .slice(0, options.cuts ? question.maxTokens : undefined)
      .join(" ");
    const sent = reply(question, said, options.reasoning);
    json(response, 200, said === text ? sent : cutOff(sent));
  }

  const listen = (port: number) =>
    new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, "127.0.0.1", () => resolve());
    });
  await listen(options.port ?? 0);
  const { port } = server.address() as AddressInfo;
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
  return {
    origin: `http://127.0.0.1:${port}`,
    url: `http://127.0.0.1:${port}/v1`,
    stats,
    asked,
    stop,
    start: () => listen(port),
    [Symbol.asyncDispose]: stop,
  };
}

/** A number in [0, 1) from the seed and a name. */
function roll(seed: number, name: string): number {
  return createHash("sha256").update(`${seed} ${name}`).digest().readUInt32LE(0) / 2 ** 32;
}

function chooseFault(plan: FaultPlan, id: string, attempt: number): Fault | undefined {
  if (roll(plan.seed, `refused ${id}`) < (plan.refused ?? 0)) return "refusal";
  const kinds = plan.kinds ?? ["429", "500", "503", "reset", "truncated", "html", "empty-choices"];
  const stubborn = roll(plan.seed, `stubborn ${id}`) < (plan.stubborn ?? 0);
  if (!stubborn && roll(plan.seed, `fault ${id} ${attempt}`) >= plan.rate) return undefined;
  return kinds[Math.floor(roll(plan.seed, `kind ${id} ${attempt}`) * kinds.length)];
}

function inject(fault: Fault, question: Asked, response: ServerResponse, retryAfter: number): void {
  switch (fault) {
    case "429":
      tooMany(response, retryAfter);
      break;
    case "500":
      json(response, 500, { error: { message: "internal error" } });
      break;
    case "503":
      response.writeHead(503, { "content-type": "text/html" });
      response.end("<html><body><h1>503 Service Unavailable</h1></body></html>");
      break;
    case "reset":
      response.writeHead(200, { "content-type": "application/json", "content-length": "1000" });
      response.write('{"choices": [{"mess');
      setTimeout(() => response.socket?.resetAndDestroy(), 5);
      break;
    case "hang":
      break;
    case "truncated": {
      const text = JSON.stringify(reply(question, "an answer that is cut", undefined));
      response.writeHead(200, { "content-type": "application/json" });
      response.end(text.slice(0, Math.floor(text.length / 2)));
      break;
    }
    case "html":
      response.writeHead(200, { "content-type": "text/html" });
      response.end("<!DOCTYPE html><html><body>Please log in</body></html>");
      break;
    case "empty-choices":
      json(response, 200, emptyReply(question));
      break;
    case "error-finish":
      json(response, 200, endedReply(question, { content: "half of an" }, "error"));
      break;
    case "no-content":
      json(response, 200, endedReply(question, {}, "stop"));
      break;
    case "error-inside":
      json(response, 200, { error: { message: "Provider returned error", code: 502 } });
      break;
    case "refusal":
      json(response, 200, refusalReply(question));
      break;
    case "huge":
      response.writeHead(200, { "content-type": "application/json" });
      writeSpaces(response, 1024);
  }
}

/** So many megabytes, as fast as the reader takes them. */
function writeSpaces(response: ServerResponse, megabytes: number): void {
  const chunk = Buffer.alloc(1024 * 1024, 0x20);
  let left = megabytes;
  const more = () => {
    while (left > 0) {
      left -= 1;
      if (!response.write(chunk)) {
        response.once("drain", more);
        return;
      }
    }
    response.end();
  };
  more();
}

function tooMany(response: ServerResponse, retryAfter: number): void {
  response.setHeader("retry-after", String(retryAfter));
  json(response, 429, { error: { message: "Rate limit reached", type: "rate_limit_error" } });
}

function json(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body);
  response.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(text) });
  response.end(text);
}

function sentKey(request: IncomingMessage): string {
  const { authorization, "x-api-key": anthropic, "x-goog-api-key": gemini } = request.headers;
  return String(anthropic ?? gemini ?? authorization?.replace(/^Bearer /, "") ?? "");
}

type Loose = Record<string, unknown>;

function readRequest(request: IncomingMessage, raw: Buffer): Asked | undefined {
  const path = (request.url ?? "").split("?")[0] as string;
  const body = JSON.parse(raw.toString("utf8")) as Loose;
  const images: string[] = [];
  const mediaTypes: string[] = [];
  const image = (base64: string, mediaType: string) => {
    images.push(createHash("sha256").update(Buffer.from(base64, "base64")).digest("hex").slice(0, 32));
    mediaTypes.push(mediaType);
  };
  const last = (list: unknown) => (list as Loose[]).at(-1) as Loose;
  const texts: string[] = [];
  const base = { headers: request.headers, images, mediaTypes };
  if (path.endsWith("/chat/completions")) {
    for (const message of body.messages as Loose[]) {
      const parts =
        typeof message.content === "string" ? [{ type: "text", text: message.content }] : (message.content as Loose[]);
      if (message === last(body.messages))
        texts.push(...parts.filter((part) => part.type === "text").map((part) => String(part.text)));
      for (const part of parts) {
        const url = (part.image_url as Loose | undefined)?.url as string | undefined;
        const match = url && /^data:([^;]+);base64,(.*)$/s.exec(url);
        if (match) image(match[2] as string, match[1] as string);
      }
    }
    const maxTokens = (body.max_tokens ?? body.max_completion_tokens) as number;
    return {
      ...base,
      api: "openai",
      model: String(body.model),
      text: texts.join(""),
      maxTokens,
      body: shortened(body),
    };
  }
  if (path.endsWith("/completions")) {
    return { ...base, api: "completions", model: String(body.model), text: String(body.prompt), body };
  }
  if (path.endsWith("/messages")) {
    for (const message of body.messages as Loose[]) {
      for (const part of message.content as Loose[]) {
        if (part.type === "text" && message === last(body.messages)) texts.push(String(part.text));
        const source = part.source as Loose | undefined;
        if (source) image(String(source.data), String(source.media_type));
      }
    }
    return {
      ...base,
      api: "anthropic",
      model: String(body.model),
      text: texts.join(""),
      maxTokens: body.max_tokens as number,
      body: shortened(body),
    };
  }
  const gemini = /\/models\/([^/:]+):generateContent$/.exec(path);
  if (gemini) {
    for (const content of body.contents as Loose[]) {
      for (const part of content.parts as Loose[]) {
        if (typeof part.text === "string" && content === last(body.contents)) texts.push(part.text);
        const inline = (part.inlineData ?? part.inline_data) as Loose | undefined;
        if (inline) image(String(inline.data), String(inline.mimeType ?? inline.mime_type));
      }
    }
    const maxTokens = (body.generationConfig as Loose | undefined)?.maxOutputTokens as number;
    return {
      ...base,
      api: "gemini",
      model: gemini[1] as string,
      text: texts.join(""),
      maxTokens,
      body: shortened(body),
    };
  }
  return undefined;
}

function shortened(body: Loose): Loose {
  return JSON.parse(
    JSON.stringify(body, (_, value) => (typeof value === "string" && value.length > 400 ? value.slice(0, 40) : value)),
  );
}

function reply(question: Asked, text: string, reasoning: string | undefined): unknown {
  const promptTokens = question.text.split(/\s+/).length + 576 * question.images.length;
  const tokens = text.split(/\s+/).length;
  switch (question.api) {
    case "openai":
      return chatReply(question.model, text, reasoning, promptTokens);
    case "completions":
      return echoReply(question);
    case "anthropic":
      return {
        type: "message",
        role: "assistant",
        model: question.model,
        content: [...(reasoning ? [{ type: "thinking", thinking: reasoning }] : []), { type: "text", text }],
        stop_reason: "end_turn",
        usage: { input_tokens: promptTokens, output_tokens: tokens },
      };
    case "gemini":
      return {
        candidates: [
          {
            content: { role: "model", parts: [...(reasoning ? [{ text: reasoning, thought: true }] : []), { text }] },
            finishReason: "STOP",
          },
        ],
        usageMetadata: {
          promptTokenCount: promptTokens,
          candidatesTokenCount: tokens,
          ...(reasoning ? { thoughtsTokenCount: 7 } : {}),
        },
      };
  }
}

function cutOff(sent: unknown): unknown {
  const { choices, ...rest } = sent as { choices: readonly object[] };
  return { ...rest, choices: choices.map((choice) => ({ ...choice, finish_reason: "length" })) };
}

function chatReply(model: string, text: string, reasoning: string | undefined, promptTokens: number): unknown {
  return {
    id: "chatcmpl-fake",
    object: "chat.completion",
    model,
    choices: [
      {
        index: 0,
        message: { role: "assistant", content: text, ...(reasoning ? { reasoning_content: reasoning } : {}) },
        finish_reason: "stop",
      },
    ],
    usage: {
      prompt_tokens: promptTokens,
      completion_tokens: text.split(/\s+/).length,
      total_tokens: promptTokens + text.split(/\s+/).length,
      ...(reasoning ? { completion_tokens_details: { reasoning_tokens: 7 } } : {}),
    },
  };
}

/** `echo` with `logprobs`: one token per word; a word's log-probability follows from its length. */
function echoReply(question: Asked): unknown {
  const tokens = question.text.match(/\s*\S+/g) ?? [];
  const offsets: number[] = [];
  tokens.reduce((at, token) => {
    offsets.push(at);
    return at + token.length;
  }, 0);
  const logprobs = tokens.map((token, i) => (i === 0 ? null : -token.trim().length / 4));
  const top = tokens.map((token, i) => (i === 0 ? null : { [token]: -token.trim().length / 4 }));
  return {
    model: question.model,
    choices: [
      {
        text: question.text,
        finish_reason: "length",
        logprobs: { tokens, token_logprobs: logprobs, top_logprobs: top, text_offset: offsets },
      },
    ],
    usage: { prompt_tokens: tokens.length, completion_tokens: 0 },
  };
}

function emptyReply({ api, model }: Asked): unknown {
  switch (api) {
    case "anthropic":
      return { type: "message", role: "assistant", model, content: [], stop_reason: null };
    case "gemini":
      return { candidates: [] };
    default:
      return { object: "chat.completion", model, choices: [] };
  }
}

/** A chat completion with this message; the other providers have their own forms of a lost answer. */
function endedReply(asked: Asked, message: object, end: string): unknown {
  if (asked.api !== "openai") return emptyReply(asked);
  const choice = { index: 0, message: { role: "assistant", ...message }, finish_reason: end };
  return { object: "chat.completion", model: asked.model, choices: [choice] };
}

function refusalReply({ api, model }: Asked): unknown {
  switch (api) {
    case "anthropic":
      return {
        type: "message",
        role: "assistant",
        model,
        content: [],
        stop_reason: "refusal",
        usage: { input_tokens: 9, output_tokens: 0 },
      };
    case "gemini":
      return { promptFeedback: { blockReason: "SAFETY" }, usageMetadata: { promptTokenCount: 9 } };
    default:
      return {
        object: "chat.completion",
        model,
        choices: [{ index: 0, message: { role: "assistant", content: null }, finish_reason: "content_filter" }],
      };
  }
}

/** Flags: --port --latency --answers FILE (JSON: question text -> answer) --answer TEXT --fault-seed --fault-rate --fault-kinds a,b
 * --stubborn --refused --api-key --model --max-in-flight --instant */
async function main(): Promise<void> {
  const text = { type: "string" } as const;
  const { values } = parseArgs({
    options: {
      port: text,
      latency: text,
      answers: text,
      answer: text,
      "fault-seed": text,
      "fault-rate": text,
      "fault-kinds": text,
      stubborn: text,
      refused: text,
      "api-key": text,
      model: text,
      "max-in-flight": text,
      instant: { type: "boolean" },
    },
  });
  const number = (value: string | undefined) => (value === undefined ? undefined : Number(value));
  const answers = values.answers
    ? (JSON.parse(readFileSync(values.answers, "utf8")) as Record<string, string>)
    : undefined;
  const fallback = values.answer;
  const kinds = values["fault-kinds"]?.split(",") as Fault[] | undefined;
  const endpoint = await startEndpoint({
    port: number(values.port) ?? 0,
    latencyMs: number(values.latency) ?? 0,
    keep: false,
    instant: values.instant ?? false,
    ...(answers || fallback !== undefined
      ? { answer: (question: Asked) => answers?.[question.text] ?? fallback ?? "unknown question" }
      : {}),
    ...(values["fault-rate"] === undefined && values.refused === undefined && values.stubborn === undefined
      ? {}
      : {
          faults: {
            seed: number(values["fault-seed"]) ?? 1,
            rate: number(values["fault-rate"]) ?? 0,
            stubborn: number(values.stubborn) ?? 0,
            refused: number(values.refused) ?? 0,
            ...(kinds ? { kinds } : {}),
          },
        }),
    ...defined({ apiKey: values["api-key"] }),
    ...(values.model === undefined ? {} : { models: [values.model] }),
    ...(values["max-in-flight"] === undefined ? {} : { maxInFlight: Number(values["max-in-flight"]) }),
  });
  process.stdout.write(`${JSON.stringify({ url: endpoint.url })}\n`);
  process.on("SIGTERM", () => process.exit(0));
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) await main();
