/** A server on loopback whose every reply is written in the test. */
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";

export interface Question {
  readonly path: string;
  // biome-ignore lint/suspicious/noExplicitAny: what our own client sent, read by tests
  readonly body: any;
  /** The body as text. */
  readonly text: string;
  readonly hasImage: boolean;
  readonly headers: IncomingHttpHeaders;
  /** How many questions there were before this one. */
  readonly before: number;
}

export interface ScriptedReply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
}

export interface ScriptedServer extends AsyncDisposable {
  readonly url: string;
  readonly asked: Question[];
}

/** @param reply  undefined = no answer, ever */
export async function startScripted(reply: (question: Question) => ScriptedReply | undefined): Promise<ScriptedServer> {
  const asked: Question[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      if (request.method === "GET") return void response.end('{"data": []}');
      const text = Buffer.concat(chunks).toString();
      const hasImage = /"(image_url|image|inlineData)"/.test(text);
      const question = {
        path: request.url ?? "",
        body: JSON.parse(text),
        text,
        hasImage,
        headers: request.headers,
        before: asked.length,
      };
      asked.push(question);
      const answer = reply(question);
      if (!answer) return;
      response.writeHead(answer.status ?? 200, { "content-type": "application/json", ...answer.headers });
      const { body } = answer;
      response.end(typeof body === "string" || Buffer.isBuffer(body) ? body : JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    asked,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** A chat completion; prompt tokens as a server of a text model counts them, unless they are given. */
export function chat(content: unknown, { text }: Pick<Question, "text">, more: object = {}): ScriptedReply {
  const words = [...text.matchAll(/"text":"([^"]*)"|"content":"([^"]*)"/g)].map(([, a, b]) => a ?? b ?? "").join(" ");
  return {
    body: {
      model: "m",
      choices: [{ index: 0, finish_reason: "stop", message: { role: "assistant", content } }],
      usage: { prompt_tokens: words.split(/\s+/).length, completion_tokens: 1 },
      ...more,
    },
  };
}

/** The same of a server that sees: every image has its tokens. */
export function seeing(content: unknown, question: Question, more: object = {}): ScriptedReply {
  const reply = chat(content, question, more);
  const body = reply.body as { usage: { prompt_tokens: number } };
  if (question.hasImage) body.usage.prompt_tokens += 64;
  return reply;
}
