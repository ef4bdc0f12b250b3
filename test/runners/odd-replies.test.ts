import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SampleFailure, UserError } from "../../src/core/errors.js";
import { encodedImage } from "../../src/images/encoded.js";
import { openRunner } from "../../src/runners/index.js";
import { drawnImage } from "../fakes/images.js";
import { anthropicReplies, geminiReplies, type OddReply, type Outcome, openAiReplies } from "./odd-replies.js";

const tables = { openai: openAiReplies, anthropic: anthropicReplies, gemini: geminiReplies } as const;
type Provider = keyof typeof tables;

/** Answers `/PROVIDER/ENTRY/...` with that entry of the table: always, or the first time only. */
let server: Server;
const asked = new Map<string, number>();
beforeAll(async () => {
  server = createServer((request, response) => {
    request.resume().on("end", () => {
      const [, provider, entry = "", times] = (request.url ?? "").split("/").map(decodeURIComponent);
      const key = `${provider} ${entry} ${times}`;
      asked.set(key, (asked.get(key) ?? 0) + 1);
      const table: Readonly<Record<string, OddReply>> = tables[provider as Provider];
      const odd = times === "once" && (asked.get(key) ?? 0) > 1 ? table["an answer"] : table[entry];
      const { status = 200, headers = {}, body } = odd as OddReply;
      response.writeHead(status, { "content-type": "application/json", ...headers });
      response.end(typeof body === "string" || Buffer.isBuffer(body) ? body : JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

async function outcomeOf(provider: Provider, entry: string, times: "always" | "once"): Promise<unknown> {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/${provider}/${encodeURIComponent(entry)}/${times}`;
  await using runner = await openRunner({ runner: provider, model: "m", urls: [url], attempts: 2 });
  const image = encodedImage(await drawnImage());
  const request = {
    id: entry,
    prompt: { messages: [{ role: "user" as const, parts: [{ type: "image" as const, image }] }] },
    options: { maxNewTokens: 16, temperature: 0 },
    seed: 0,
  };
  return await runner.generate(request, new AbortController().signal).catch((error) => error);
}

function expectOutcome(outcome: unknown, becomes: Outcome): void {
  if ("text" in becomes) {
    if (outcome instanceof Error) throw outcome;
    expect(outcome).toMatchObject(becomes);
    if (becomes.reasoning === undefined) expect(outcome).not.toHaveProperty("reasoning");
  } else if ("stops" in becomes) {
    expect(outcome).toBeInstanceOf(UserError);
    expect((outcome as UserError).format()).toMatch(becomes.stops);
  } else {
    expect(outcome).toBeInstanceOf(SampleFailure);
    const [reason, words] = "refused" in becomes ? ["refused", becomes.refused] : ["transport", becomes.transport];
    expect((outcome as SampleFailure).reason).toBe(reason);
    expect((outcome as SampleFailure).detail.replace(/ \(after .*$/, "")).toMatch(words as RegExp);
  }
}

for (const provider of Object.keys(tables) as Provider[]) {
  describe(`a reply of ${provider}`, () => {
    for (const [entry, { becomes }] of Object.entries(tables[provider])) {
      test.concurrent(`with ${entry}, every time`, async ({ expect: expects }) => {
        expectOutcome(await outcomeOf(provider, entry, "always"), becomes);
        if ("transport" in becomes && becomes.asked !== undefined)
          expects(asked.get(`${provider} ${entry} always`)).toBe(becomes.asked);
      });

      // What passes is answered at the second attempt as if nothing had been.
      if ("transport" in becomes && becomes.asked !== 1) {
        test.concurrent(`with ${entry}, once`, async () => {
          expectOutcome(await outcomeOf(provider, entry, "once"), { text: "yes", finish: "stop" });
        });
      }
    }
  });
}
