/** A server that says the key it was sent, in every form that JSON has for it: no word of ours holds it. */

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import type { GenerateRequest } from "../../src/core/runner.js";
import { openRunner } from "../../src/runners/index.js";

const request: GenerateRequest = {
  id: "test/1",
  prompt: { messages: [{ role: "user", parts: [{ type: "text", text: "q" }] }] },
  options: { maxNewTokens: 16, temperature: 0 },
  seed: 7,
};

interface Answer {
  readonly body: string;
  readonly status?: number;
  readonly type?: string;
}

async function saidOf(
  key: string,
  answer: Answer,
  runner: "openai" | "anthropic" | "gemini" = "openai",
): Promise<string> {
  const server = createServer((asked, response) => {
    asked.resume();
    response.writeHead(answer.status ?? 200, { "content-type": answer.type ?? "application/json" });
    response.end(answer.body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  try {
    await using model = await openRunner(
      { runner, model: "m", urls: [url], apiKey: "env:THE_KEY", attempts: 1 },
      { environment: { THE_KEY: key } },
    );
    return await model.generate(request, new AbortController().signal).then(
      (output) => JSON.stringify([output.text, output.reasoning, output.answeredBy]),
      (error: Error) => JSON.stringify([error.message, String(error.cause), Object.entries(Object(error.cause))]),
    );
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const slashed = "Zq81/mXv0pT5+rLw3k/9dKx7Bv2Hn4Jm6Cw==";
const quoted = 'Zq81"mXv0pT5\\rLw3k-9dKx7Bv2Hn4Jm6Cw';
const plain = "Zq81mXv0pT5rLw3k9dKx7Bv2Hn4Jm6Cw";

/** No seven characters in a row of the key's plain parts. */
function expectNothingOf(key: string, said: string): void {
  const runs = key.match(/[A-Za-z0-9]{4,}/g) ?? [];
  for (const run of runs) expect(said).not.toContain(run.slice(0, 6));
}

const chat = (content: unknown, more: object = {}) =>
  JSON.stringify({ choices: [{ index: 0, message: { role: "assistant", content }, finish_reason: "stop", ...more }] });
const slashesEscaped = (text: string) => text.replaceAll("/", "\\/");
const numbered = (text: string) => text.replace(/[m/"]/g, (c) => `\\u00${c.charCodeAt(0).toString(16).toUpperCase()}`);

const forms: readonly (readonly [string, (key: string) => Answer])[] = [
  ["an answer", (key) => ({ body: chat(`yes ${key}`) })],
  ["an answer with escaped slashes", (key) => ({ body: slashesEscaped(chat(`yes ${key}`)) })],
  ["two parts", (key) => ({ body: chat([key.slice(0, 9), key.slice(9)].map((text) => ({ type: "text", text }))) })],
  [
    "two thoughts",
    (key) => ({
      body: chat([
        ...[key.slice(0, 9), key.slice(9)].map((thinking) => ({ type: "thinking", thinking })),
        { type: "text", text: "a" },
      ]),
    }),
  ],
  ["an end reason", (key) => ({ body: slashesEscaped(chat("a", { finish_reason: `denied ${key}` })) })],
  ["an error inside", (key) => ({ body: slashesEscaped(JSON.stringify({ error: { message: `bad ${key}` } })) })],
  ["an error's code inside", (key) => ({ body: JSON.stringify({ error: { [key]: 1, code: key } }) })],
  ["an error of a status", (key) => ({ status: 400, body: slashesEscaped(JSON.stringify({ error: `bad ${key}` })) })],
  [
    "a status, JSON in JSON",
    (key) => ({
      status: 500,
      body: JSON.stringify({
        error: { message: slashesEscaped(JSON.stringify({ error: { message: `bad ${key}` } })) },
      }),
    }),
  ],
  [
    "a status, numbered",
    (key) => ({
      status: 400,
      body: `{"error": {"message": "${numbered(JSON.stringify(key).slice(1, -1).replaceAll('\\"', '"'))}"}}`,
    }),
  ],
  ["broken JSON", (key) => ({ body: slashesEscaped(JSON.stringify({ error: key })).slice(0, -1) })],
  ["broken JSON with the fault in the key", (key) => ({ body: `{"a": ${key}` })],
  ["text across the cut", (key) => ({ type: "text/plain", body: `${"x".repeat(185)}${key} no` })],
  ["text far across the cut", (key) => ({ type: "text/plain", body: `${"x".repeat(108)}${key} no` })],
  [
    "a status across the cut",
    (key) => ({
      status: 400,
      type: "text/html",
      body: `<html><script>${"x".repeat(64 * 1024 - 30)}</script>${key} no`,
    }),
  ],
];

test.each(forms.flatMap(([what, form]) => [slashed, quoted, plain].map((key) => ({ what, key, answer: form(key) }))))(
  "$what shows nothing of the key $key",
  async ({ key, answer }) => expectNothingOf(key, await saidOf(key, answer)),
);

test("a key as the name of a field is not shown", async () => {
  const body = JSON.stringify({ candidates: [{ content: { parts: [{ [quoted]: 1 }] }, finishReason: "STOP" }] });
  expectNothingOf(quoted, await saidOf(quoted, { body }, "gemini"));
});

test("what is no key is said as it was, and the server's words stay readable", async () => {
  expect(await saidOf(slashed, { body: slashesEscaped(chat('a/b \\frac{1}{2} "c"\n')) })).toContain(
    JSON.stringify('a/b \\frac{1}{2} "c"\n').slice(1, -1),
  );
  const said = await saidOf(quoted, {
    status: 400,
    body: JSON.stringify({ error: { message: `no "${quoted}": bad` } }),
  });
  expect(said).toContain(JSON.stringify('no "[secret]": bad').slice(1, -1));
});
