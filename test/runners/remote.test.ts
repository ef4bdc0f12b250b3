import { createHash, randomBytes } from "node:crypto";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { SampleFailure, UserError } from "../../src/core/errors.js";
import type { GenerateRequest, GenerationOptions, Runner } from "../../src/core/runner.js";
import { encodedImage } from "../../src/images/encoded.js";
import type { OpenAiConfig } from "../../src/runners/config.js";
import { openRunner } from "../../src/runners/index.js";
import { type EndpointOptions, type FakeEndpoint, type Fault, startEndpoint } from "../fakes/endpoint.js";
import { drawnImage } from "../fakes/images.js";

const signal = () => new AbortController().signal;

function ask(text: string, more: Partial<GenerationOptions> = {}, images: readonly Buffer[] = []): GenerateRequest {
  const shown = images.map((bytes) => ({ type: "image" as const, image: encodedImage(bytes) }));
  return {
    id: `test/${text}`,
    prompt: { messages: [{ role: "user", parts: [...shown, { type: "text", text }] }] },
    options: { maxNewTokens: 16, temperature: 0, ...more },
    seed: 7,
  };
}

async function withEndpoint(
  endpointOptions: EndpointOptions,
  config: Partial<OpenAiConfig>,
  body: (runner: Runner, endpoint: FakeEndpoint) => Promise<void>,
): Promise<void> {
  await using endpoint = await startEndpoint(endpointOptions);
  await using runner = await openRunner({ runner: "openai", model: "m", urls: [endpoint.url], ...config });
  await body(runner, endpoint);
}

const always = (kind: Fault) => ({ seed: 1, rate: 0, stubborn: 1, kinds: [kind] as const });

describe("a request", () => {
  test("carries the dataset's own bytes, the text and the options", async () => {
    await withEndpoint({}, {}, async (runner, endpoint) => {
      const bytes = await drawnImage();
      await runner.generate(ask('what? "quoted" 😀 \u2028', { stop: ["\n"], topP: 0.9 }, [bytes]), signal());
      const [asked] = endpoint.asked;
      expect(asked?.text).toBe('what? "quoted" 😀 \u2028');
      expect(asked?.images).toEqual([createHash("sha256").update(bytes).digest("hex").slice(0, 32)]);
      expect(asked?.mediaTypes).toEqual(["image/jpeg"]);
      expect(asked?.body).toMatchObject({ model: "m", max_tokens: 16, temperature: 0, top_p: 0.9, stop: ["\n"] });
    });
  });

  test("names in warnings every option that the endpoint does not know", async () => {
    await withEndpoint({}, {}, async (runner) => {
      const { warnings } = await runner.generate(ask("q", { topK: 5, repetitionPenalty: 1.1 }), signal());
      expect(warnings.join("\n")).toMatch(/top_k 5 was not sent[\s\S]*repetition_penalty 1.1 was not sent/);
    });
  });

  test("uses max_completion_tokens and no temperature for reasoning models", async () => {
    await withEndpoint({}, { model: "gpt-5-mini" }, async (runner, endpoint) => {
      const { warnings } = await runner.generate(ask("q"), signal());
      expect(endpoint.asked[0]?.body).toMatchObject({ max_completion_tokens: 16 });
      expect(endpoint.asked[0]?.body).not.toHaveProperty("temperature");
      expect(warnings.join()).toContain("temperature 0 was not sent");
    });
  });

  test("is timed to the microsecond, and no further", async () => {
    await withEndpoint({ latencyMs: 20 }, {}, async (runner) => {
      const { totalMs, requestMs = 0 } = (await runner.generate(ask("q"), signal())).timing;
      expect(requestMs).toBeGreaterThan(15);
      expect(totalMs).toBeGreaterThanOrEqual(requestMs);
      expect(`${totalMs} ${requestMs}`).toMatch(/^\d+(\.\d{1,3})? \d+(\.\d{1,3})?$/);
    });
  });

  test("cuts the answer at the first stop string even when the server does not", async () => {
    await withEndpoint({ answer: () => "one\ntwo" }, {}, async (runner) => {
      expect((await runner.generate(ask("q", { stop: ["\n"] }), signal())).text).toBe("one");
    });
  });

  test("keeps reasoning apart and counts tokens and money", async () => {
    const prices = { input: 2, output: 8 };
    await withEndpoint({ answer: () => "two words", reasoning: "hm" }, { prices }, async (runner) => {
      const output = await runner.generate(ask("one two three"), signal());
      expect(output).toMatchObject({ text: "two words", reasoning: "hm" });
      expect(output.usage).toEqual({
        promptTokens: 3,
        completionTokens: 2,
        reasoningTokens: 7,
        cost: (3 * 2 + 2 * 8) / 1e6,
      });
    });
  });

  test("leaves <think> in the text alone", async () => {
    await withEndpoint({ answer: () => "<think>a</think>b" }, {}, async (runner) => {
      expect((await runner.generate(ask("q"), signal())).text).toBe("<think>a</think>b");
    });
  });

  test("re-encodes an image only when a limit forces it, and says so", async () => {
    await withEndpoint({}, { images: { maxSide: 32, mediaTypes: ["image/png"] } }, async (runner, endpoint) => {
      const { warnings } = await runner.generate(ask("q", {}, [await drawnImage({ width: 64 })]), signal());
      expect(endpoint.asked[0]?.mediaTypes).toEqual(["image/png"]);
      expect(warnings[0]).toMatch(
        /image re-encoded as image\/png 32x24.*image\/jpeg is not accepted; 64x48 is more than 32/,
      );
      const small = await sharp({ create: { width: 8, height: 8, channels: 3, background: "red" } })
        .png()
        .toBuffer();
      expect((await runner.generate(ask("r", {}, [small]), signal())).warnings).toEqual([]);
    });
  });

  test("sends what VLMEvalKit's API models send where the model's file asks for it: JPEG, no side below 100", async () => {
    await withEndpoint({}, { images: { minSide: 100, jpegQuality: 75 } }, async (runner, endpoint) => {
      const small = await drawnImage({ width: 64 });
      const { warnings } = await runner.generate(ask("q", {}, [small]), signal());
      expect(endpoint.asked[0]?.mediaTypes).toEqual(["image/jpeg"]);
      expect(warnings[0]).toMatch(/image re-encoded as image\/jpeg 133x100.*64x48 has less than 100 a side/);
      const large = await drawnImage({ width: 400, height: 300 });
      expect((await runner.generate(ask("r", {}, [large]), signal())).warnings).toEqual([]);
    });
  });

  test("to Anthropic keeps each image below 5 MB of base64, and 2000 pixels a side in a request with many", async () => {
    await using endpoint = await startEndpoint({});
    await using runner = await openRunner({ runner: "anthropic", model: "m", urls: [endpoint.url] });
    const noise = (side: number) =>
      sharp(randomBytes(side * side * 3), { raw: { width: side, height: side, channels: 3 } })
        .png({ compressionLevel: 0 })
        .toBuffer();
    // 4.3 MB: below 5 MB as bytes, above as base64.
    const large = await noise(1200);
    expect(large.byteLength).toBeLessThan(5 * 1024 * 1024);
    const { warnings } = await runner.generate(ask("q", {}, [large]), signal());
    expect(warnings[0]).toMatch(/image re-encoded.*bytes are more than 3932160/);
    const wide = await drawnImage({ width: 2400, height: 40 });
    expect((await runner.generate(ask("r", {}, [wide]), signal())).warnings).toEqual([]);
    const many = await runner.generate(ask("s", {}, Array(21).fill(wide)), signal());
    expect(many.warnings[0]).toMatch(/2400x40 is more than 2000 a side/);
  });

  test("has no log-likelihood unless the endpoint is said to support it", async () => {
    await withEndpoint({}, {}, async (runner) => expect(runner.loglikelihood).toBeUndefined());
    await withEndpoint({}, { loglikelihood: "echo" }, async (runner) => {
      const { options: _, ...rest } = ask("the sky is");
      const output = await runner.loglikelihood?.({ ...rest, continuations: [" blue", " green today"] }, signal());
      // The fake gives each word minus a quarter of its length.
      expect(output?.likelihoods).toEqual([
        { logprob: -1, tokens: 1, isGreedy: true },
        { logprob: -2.5, tokens: 2, isGreedy: true },
      ]);
      expect(output?.text).toBe(" blue");
    });
  });
});

describe("a fault", () => {
  test.each([
    ["429", /HTTP 429: Rate limit reached/],
    ["500", /HTTP 500: internal error/],
    ["503", /HTTP 503: 503 Service Unavailable/],
    ["reset", /the connection broke/],
    ["truncated", /truncated or broken JSON/],
    ["html", /HTML instead of JSON: <!DOCTYPE html>/],
    ["empty-choices", /no answer in it: empty choices/],
    ["hang", /no complete response within 0.2 s/],
  ] as const)("%s at every attempt becomes a transport failure with the true reason", async (kind, reason) => {
    await withEndpoint({ faults: always(kind) }, { attempts: 2, timeoutSeconds: 0.2 }, async (runner, endpoint) => {
      const error = await runner.generate(ask("q"), signal()).catch((thrown) => thrown);
      expect(error).toBeInstanceOf(SampleFailure);
      expect(error.reason).toBe("transport");
      expect(error.detail).toMatch(reason);
      expect(error.detail).toMatch(/after \d attempts/);
      expect(endpoint.stats.requests).toBeGreaterThanOrEqual(2);
    });
  });

  test("that passes is retried, and the answer says how often", async () => {
    const faults = {
      seed: 3,
      rate: 0.5,
      kinds: ["500", "reset", "truncated", "html", "empty-choices", "429"] as const,
    };
    await withEndpoint({ faults, answer: ({ text }) => `to ${text}` }, { attempts: 12 }, async (runner, endpoint) => {
      const outputs = await Promise.all(Array.from({ length: 30 }, (_, i) => runner.generate(ask(`q${i}`), signal())));
      expect(outputs.map(({ text }) => text)).toEqual(Array.from({ length: 30 }, (_, i) => `to q${i}`));
      const attempts = outputs.reduce((sum, { timing }) => sum + timing.attempts, 0);
      expect(attempts).toBe(endpoint.stats.requests);
      expect(attempts).toBeGreaterThan(30);
      expect(outputs.find(({ timing }) => timing.attempts > 1)?.timing.retried?.length).toBeGreaterThan(0);
    });
  });

  test("of the content filter is a refusal, at once", async () => {
    await withEndpoint({ faults: always("refusal") }, {}, async (runner, endpoint) => {
      const error = await runner.generate(ask("q"), signal()).catch((thrown) => thrown);
      expect(error).toMatchObject({ name: "SampleFailure", reason: "refused" });
      expect(endpoint.stats.requests).toBe(1);
    });
  });

  test.each(["anthropic", "gemini"] as const)("of %s's content filter is a refusal too", async (name) => {
    await using endpoint = await startEndpoint({ faults: always("refusal") });
    await using runner = await openRunner({ runner: name, model: "m", urls: [endpoint.url] });
    await expect(runner.generate(ask("q"), signal())).rejects.toMatchObject({ reason: "refused" });
  });

  test("a response of 1 GB is refused without being read", async () => {
    await withEndpoint({ faults: always("huge") }, {}, async (runner) => {
      const before = process.memoryUsage().rss;
      const error = await runner.generate(ask("q"), signal()).catch((thrown) => thrown);
      expect(error.detail).toMatch(/at most 67108864 are read/);
      expect(process.memoryUsage().rss - before).toBeLessThan(400 * 1024 * 1024);
    });
  });

  test("an aborted request rejects at once with the signal's reason, in flight and while waiting to retry", async () => {
    for (const kind of ["hang", "500"] as const) {
      await withEndpoint({ faults: always(kind) }, { attempts: 50 }, async (runner) => {
        const stop = new AbortController();
        const reason = new Error("stop");
        setTimeout(() => stop.abort(reason), 50);
        await expect(runner.generate(ask("q"), stop.signal)).rejects.toBe(reason);
      });
    }
  });
});

describe("pre-flight", () => {
  const preflight = async (config: Partial<OpenAiConfig>, environment: Record<string, string> = {}) => {
    await using runner = await openRunner({ runner: "openai", model: "m", ...config }, { environment });
    return (await runner.preflight?.(signal()).catch((thrown) => thrown)) as UserError;
  };

  test("passes when the endpoint answers, also after passing faults", async () => {
    await using endpoint = await startEndpoint({ faults: { seed: 5, rate: 0.4, kinds: ["503", "429"] } });
    expect(await preflight({ urls: [endpoint.url] })).toBeUndefined();
  });

  test("names the resolved URL when nobody listens there", async () => {
    const error = await preflight({ urls: ["http://127.0.0.1:9/v1"] });
    expect(error).toBeInstanceOf(UserError);
    expect(error.format()).toMatch(/nobody answers[\s\S]*127.0.0.1:9\/v1\/chat\/completions[\s\S]*start the server/);
  });

  test("suggests the nearest of the models that the endpoint has", async () => {
    await using endpoint = await startEndpoint({ models: ["llava-next-72b", "other"] });
    expect(await preflight({ urls: [endpoint.url], model: "other" })).toBeUndefined();
    const error = await preflight({ urls: [endpoint.url], model: "llava-next-27b" });
    expect(error.format()).toMatch(/did you mean "llava-next-72b"/);
  });

  test("says which variable holds the wrong key, and never the key", async () => {
    await using endpoint = await startEndpoint({ apiKey: "right" });
    const error = await preflight({ urls: [endpoint.url], apiKey: "env:MY_KEY" }, { MY_KEY: "wrong-key-0123456789" });
    expect(error.format()).toContain("check the key in MY_KEY");
    expect(error.format()).toContain("Incorrect API key provided: [secret]");
    expect(JSON.stringify([error, error.cause, error.stack])).not.toContain("wrong-key-0123456789");
  });

  test("gives up on a server that accepts and never answers", async () => {
    await using endpoint = await startEndpoint({ faults: always("hang") });
    const error = await preflight({ urls: [endpoint.url], timeoutSeconds: 0.2 });
    expect(error.format()).toMatch(/no complete response within 0.2 s[\s\S]*busy or still loading/);
    // Silent twice: the first silence may have been the loading of the model.
    expect(endpoint.stats.requests).toBe(2);
  });

  test("an unset variable is an error before any request", async () => {
    const error = await preflight({ apiKey: "env:NOT_SET" }).catch((thrown) => thrown);
    expect(error.format()).toMatch(/NOT_SET is not set/);
  });

  test("a provider's key is not sent to another server", async () => {
    await using endpoint = await startEndpoint({});
    await preflight({ urls: [endpoint.url] }, { OPENAI_API_KEY: "sk-openai-0123456789abcdef" });
    expect(endpoint.asked[0]?.headers.authorization).toBeUndefined();
  });
});

describe("several servers of one model", () => {
  test("share the load; one that dies is taken out and no sample is lost", async () => {
    await using one = await startEndpoint({ latencyMs: 5 });
    await using two = await startEndpoint({ latencyMs: 5 });
    await using runner = await openRunner({ runner: "openai", model: "m", urls: [one.url, two.url] });
    const some = (from: number) =>
      Promise.all(Array.from({ length: 40 }, (_, i) => runner.generate(ask(`q${from + i}`), signal())));
    await some(0);
    expect(one.stats.requests).toBeGreaterThan(10);
    expect(two.stats.requests).toBeGreaterThan(10);
    await two.stop();
    const outputs = await some(100);
    expect(outputs).toHaveLength(40);
    const refused = outputs.flatMap(({ timing }) => timing.retried ?? []);
    expect(refused.length).toBeGreaterThan(0);
    expect(refused.length).toBeLessThanOrEqual(40);
  });

  test("requests that share a prefix go to one server", async () => {
    await using one = await startEndpoint({});
    await using two = await startEndpoint({});
    await using runner = await openRunner({ runner: "openai", model: "m", urls: [one.url, two.url] });
    for (let i = 0; i < 5; i++)
      await runner.generate({ ...ask(`q${i}`), prefix: { key: "image", remaining: 4 - i } }, signal());
    expect([one.stats.requests, two.stats.requests].sort()).toEqual([0, 5]);
  });
});

test("an endpoint that takes four requests at once is found out, and everything is answered", async () => {
  await withEndpoint({ maxInFlight: 4, latencyMs: 5 }, { concurrency: 64 }, async (runner, endpoint) => {
    let next = 0;
    const worker = async () => {
      while (next < 120) await runner.generate(ask(`q${next++}`), signal());
    };
    await Promise.all(Array.from({ length: 16 }, worker));
    expect(endpoint.stats.answered).toBe(120);
    // Cut from 32, and not grown by answers that had room to spare.
    expect(runner.concurrency).toBeLessThanOrEqual(16);
  });
});
