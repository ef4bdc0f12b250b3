/**
 * An endpoint that answers every question with a word chosen by its content, and has one fault: for the first question of a kind
 * or for ever. 91 faults: statuses, broken connections, broken HTTP, broken JSON, odd content, odd ends, compression, redirects.
 */

import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";

interface Asked {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly port: number;
  readonly text: string;
  readonly good: Readonly<Record<string, unknown>>;
}

type Fault = (asked: Asked) => void;

const type = { "content-type": "application/json" };
const json = (response: ServerResponse, value: unknown, headers: object = {}, status = 200) => {
  response.writeHead(status, { ...type, ...headers });
  response.end(JSON.stringify(value));
};
const status =
  (code: number, headers: Record<string, string> | (() => Record<string, string>) = {}): Fault =>
  ({ response }) =>
    json(response, { error: { message: `fault ${code}` } }, typeof headers === "function" ? headers() : headers, code);
const body =
  (content: string | ((asked: Asked) => string | Buffer), headers: Record<string, string> = {}): Fault =>
  (asked) => {
    asked.response.writeHead(200, { ...type, ...headers });
    asked.response.end(typeof content === "string" ? content : content(asked));
  };
/** @param more  instead of what a good reply has */
const reply =
  (more: object | ((asked: Asked) => object)): Fault =>
  (asked) =>
    json(asked.response, { ...asked.good, ...(typeof more === "function" ? more(asked) : more) });
const choice = (message: object, finish_reason: unknown = "stop") => ({
  choices: [{ index: 0, message: { role: "assistant", ...message }, finish_reason }],
});
const redirect =
  (code: number, location: (asked: Asked) => string): Fault =>
  (asked) => {
    asked.response.writeHead(code, { location: location(asked) });
    asked.response.end();
  };
/** Bytes of our own instead of a response that Node would write. */
const raw =
  (content: string | ((asked: Asked) => string), end = false): Fault =>
  (asked) => {
    const { socket } = asked.request;
    socket.write(typeof content === "string" ? content : content(asked));
    if (end) socket.end();
  };
const broken =
  (start: (asked: Asked) => string, headers: Record<string, string> = {}): Fault =>
  (asked) => {
    asked.response.writeHead(200, { ...type, ...headers });
    asked.response.write(start(asked));
    setTimeout(() => asked.request.socket.destroy(), 5);
  };
const repeatedly = (response: ServerResponse, ms: number, write: () => boolean) => {
  const timer = setInterval(() => {
    if (response.destroyed || response.socket?.destroyed || !write()) clearInterval(timer);
  }, ms);
  response.on("close", () => clearInterval(timer));
};
const megabytes = (response: ServerResponse, most: number) => {
  const block = Buffer.alloc(1 << 20, 32);
  let sent = 0;
  const more = () => {
    while (!response.destroyed && sent++ < most) if (!response.write(block)) return void response.once("drain", more);
    if (!response.destroyed) response.end();
  };
  more();
};
const written = ({ good }: Asked) => JSON.stringify(good);
const elsewhere = ({ request }: Asked, host: string) => `http://${host}:9${request.url}`;

const faults: Readonly<Record<string, Fault>> = {
  "429 with Retry-After": status(429, { "retry-after": "1" }),
  "429": status(429),
  "429 with milliseconds": status(429, { "retry-after-ms": "200" }),
  "429 with a date": status(429, () => ({ "retry-after": new Date(Date.now() + 1500).toUTCString() })),
  "429 for three years": status(429, { "retry-after": "99999999" }),
  "429 with a negative wait": status(429, { "retry-after": "-5" }),
  "429 for ever": status(429, { "retry-after": "Infinity" }),
  "500": status(500),
  "502": status(502),
  "503": status(503),
  "529": status(529),
  "501": status(501),
  "400": status(400),
  "413": status(413),
  "401": status(401),
  "418": status(418),
  "422": status(422),
  "451": status(451),
  "204": ({ response }) => void response.writeHead(204).end(),
  "302 to itself": redirect(302, ({ request }) => request.url ?? ""),
  "connection closed": ({ request }) => void request.socket.destroy(),
  "connection reset": ({ request }) => void request.socket.resetAndDestroy(),
  "closed in the body": broken(() => '{"id":"x","choices":[{"mess', { "content-length": "5000" }),
  "closed in a chunk": broken((asked) => written(asked).slice(0, 60)),
  "closed before the last chunk": broken(written),
  silence: () => {},
  "silence after the headers": ({ response }) => response.writeHead(200, type).flushHeaders(),
  "blanks for ever": ({ response }) => {
    response.writeHead(200, type);
    repeatedly(response, 20, () => response.write(" ".repeat(1000)) || true);
  },
  flood: ({ response }) => megabytes(response.writeHead(200, type), Number.POSITIVE_INFINITY),
  "a gigabyte": ({ response }) => megabytes(response.writeHead(200, { ...type, "content-length": 1 << 30 }), 1024),
  "a byte in 100 ms": (asked) => {
    const text = written(asked);
    asked.response.writeHead(200, { ...type, "content-length": text.length });
    let i = 0;
    repeatedly(asked.response, 100, () => {
      if (i >= text.length) asked.response.end();
      else asked.response.write(text[i]);
      return i++ < text.length;
    });
  },
  "headers for ever": ({ request, response }) => {
    request.socket.write("HTTP/1.1 200 OK\r\n");
    let i = 0;
    repeatedly(response, 50, () => request.socket.write(`x-${i++}: y\r\n`) || true);
  },
  "a header of 200 kB": raw(`HTTP/1.1 200 OK\r\nx-a: ${"a".repeat(200_000)}\r\ncontent-length: 0\r\n\r\n`),
  "1,500 headers": raw(
    `HTTP/1.1 200 OK\r\n${Array.from({ length: 1500 }, (_, i) => `x${i}: 1`).join("\r\n")}\r\ncontent-length: 2\r\n\r\n{}`,
    true,
  ),
  "no HTTP": raw("SSH-2.0-OpenSSH_9.0\r\n", true),
  "two responses for one": raw((asked) => {
    const text = written(asked);
    return `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${text.length}\r\n\r\n${text}HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}`;
  }),
  "two lengths": raw((asked) => {
    const text = written(asked);
    return `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 5\r\ncontent-length: ${text.length}\r\n\r\n${text}`;
  }, true),
  "JSON cut": body('{"id":"x","choices":[{"message":{"role":"assis'),
  HTML: body("<html><body>502 Bad Gateway</body></html>", { "content-type": "text/html" }),
  "JSON called HTML": body(written, { "content-type": "text/html" }),
  "empty body": body(""),
  "empty choices": reply({ choices: [] }),
  "no choices": reply({ choices: undefined }),
  "choices null": reply({ choices: null }),
  "choices 5": reply({ choices: 5 }),
  "a list": ({ response }) => json(response, []),
  null: ({ response }) => json(response, null),
  "a number": ({ response }) => json(response, 5),
  "content null": reply(choice({ content: null })),
  "no content": reply(choice({})),
  "content empty": reply(choice({ content: "" })),
  "content a number": reply(choice({ content: 5 })),
  "content a list": reply(({ text }) => choice({ content: [{ type: "text", text }] })),
  "content an object": reply(choice({ content: { a: 1 } })),
  "a tool call": reply(
    choice(
      { content: null, tool_calls: [{ id: "a", type: "function", function: { name: "x", arguments: "{}" } }] },
      "tool_calls",
    ),
  ),
  refusal: reply(choice({ content: null, refusal: "I refuse" })),
  "filter, nothing": reply(choice({ content: null }, "content_filter")),
  "filter, a part": reply(choice({ content: "partial tex" }, "content_filter")),
  length: reply(({ text }) => choice({ content: text }, "length")),
  "length, nothing": reply(choice({ content: null }, "length")),
  "end null": reply(({ text }) => choice({ content: text }, null)),
  "end unknown": reply(({ text }) => choice({ content: text }, "weird")),
  "end error": reply(choice({ content: "CUDA OOM" }, "error")),
  "error in 200": ({ response }) => json(response, { error: { message: "overloaded", code: 503 } }),
  "error beside choices": reply({ error: { message: "engine died" }, ...choice({ content: "" }, "error") }),
  "detail in 200": ({ response }) => json(response, { detail: "Internal error" }),
  "gzip, broken": body(() => Buffer.from("1f8b0800000000000003deadbeef", "hex"), { "content-encoding": "gzip" }),
  "gzip, good": body((asked) => gzipSync(written(asked)), { "content-encoding": "gzip" }),
  "gzip, cut": body((asked) => gzipSync(written(asked)).subarray(0, 40), { "content-encoding": "gzip" }),
  "gzip, a lie": body(written, { "content-encoding": "gzip" }),
  "JSON called an image": body(written, { "content-type": "image/png" }),
  "byte-order mark": body((asked) => `\ufeff${written(asked)}`),
  "Latin-1": body(
    ({ good }) => Buffer.from(JSON.stringify({ ...good, ...choice({ content: "caf\u00e9" }) }), "latin1"),
    { "content-type": "application/json; charset=latin1" },
  ),
  "events unasked": body(
    ({ good, text }) =>
      `data: ${JSON.stringify({ ...good, choices: [{ index: 0, delta: { content: text } }] })}\n\ndata: [DONE]\n\n`,
    {
      "content-type": "text/event-stream",
    },
  ),
  "five million brackets": body("[".repeat(5e6)),
  "300,000 levels": body((asked) => `${written(asked).slice(0, -1)},"x":${"[".repeat(3e5)}${"]".repeat(3e5)}}`),
  "a member __proto__": body(
    (asked) => `${written(asked).slice(0, -1)},"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}`,
  ),
  "30 million letters": reply(choice({ content: "A".repeat(30e6) })),
  "half a surrogate": body('{"choices":[{"message":{"content":"\\ud800 yes"},"finish_reason":"stop"}]}'),
  NUL: reply(choice({ content: "a\u0000b" })),
  "usage nonsense": reply({ usage: { prompt_tokens: -5, completion_tokens: "x", total_tokens: null } }),
  "usage null": reply({ usage: null }),
  "choices out of order": reply(({ text }) => ({
    choices: [
      { index: 1, message: { content: "second" }, finish_reason: "stop" },
      { index: 0, message: { content: text }, finish_reason: "stop" },
    ],
  })),
  "another model": reply({ model: "another-model" }),
  "302 elsewhere": redirect(302, (asked) => elsewhere(asked, "127.0.0.1")),
  "307 elsewhere": redirect(307, (asked) => elsewhere(asked, "127.0.0.1")),
  "308 elsewhere": redirect(308, (asked) => elsewhere(asked, "localhost")),
  "307 to itself": redirect(307, ({ request }) => request.url ?? ""),
  "302 to a file": redirect(302, () => "file:///etc/passwd"),
  "100 Continue, a hundred times": (asked) => {
    let i = 0;
    repeatedly(asked.response, 5, () => {
      if (i++ < 100) return asked.request.socket.write("HTTP/1.1 100 Continue\r\n\r\n") || true;
      json(asked.response, asked.good);
      return false;
    });
  },
  "101": raw("HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n"),
};

export const faultNames = Object.keys(faults);

const words = ["yes", "no", "A", "B", "C", "D", "1", "2", "3", "red", "blue", "green", "two dogs on a beach"];

interface Message {
  readonly content: unknown;
}

/**
 * @param name  undefined = no fault
 * @param times  of each question; a question without an image is answered well where it is Infinity
 */
export async function startFaulty(name: string | undefined, times: number): Promise<AsyncDisposable & { url: string }> {
  const asked = new Map<string, number>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      if (request.method === "GET") return json(response, { object: "list", data: [{ id: "m" }] });
      const { messages } = JSON.parse(Buffer.concat(chunks).toString()) as { messages: readonly Message[] };
      const sent = JSON.stringify(messages);
      const digest = createHash("sha256").update(sent).digest();
      const key = digest.toString("hex");
      const n = asked.get(key) ?? 0;
      asked.set(key, n + 1);
      const text = words[(digest[0] as number) % words.length] as string;
      const good = {
        id: "x",
        model: "m",
        ...choice({ content: text }),
        usage: {
          prompt_tokens: 10 + (sent.includes("image_url") ? 64 : 0) + sent.split(" ").length,
          completion_tokens: 3,
        },
      };
      const isSpared = times === Number.POSITIVE_INFINITY && !sent.includes("image_url");
      if (name === undefined || n >= times || isSpared) return json(response, good);
      const { port } = server.address() as AddressInfo;
      (faults[name] as Fault)({ request, response, port, text, good });
    });
  }).on("clientError", () => {});
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
