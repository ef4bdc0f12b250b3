import { describe, expect, test } from "vitest";
import { defined } from "../../src/core/defined.js";
import { TransportError } from "../../src/http/transport-error.js";
import { JsonBody, type JsonRequestBody } from "../../src/runners/remote/json-body.js";
import { type Server, Servers, urlOf } from "../../src/runners/remote/servers.js";
import { Window } from "../../src/runners/remote/window.js";

const signal = () => new AbortController().signal;
const rateLimit = (retryAfterMs?: number) =>
  new TransportError("status", "HTTP 429", { status: 429, ...defined({ retryAfterMs }) });

/** As many answers as come while requests wait for room: the window is full at each. */
async function answers(window: Window, n: number): Promise<void> {
  for (let inside = 0; inside < window.most; inside++) void window.enter(signal());
  for (let i = 0; i < n; i++) {
    window.succeeded();
    window.leave();
    void window.enter(signal());
    await Promise.resolve();
  }
}

describe("the window", () => {
  test("grows by one per answer until the first congestion, is halved by it, then grows slowly", async () => {
    const window = new Window(64);
    expect(window.size).toBe(32);
    await answers(window, 32);
    expect(window.size).toBe(64);
    window.congested(rateLimit(), performance.now());
    expect(window.size).toBe(32);
    // What is in flight still is more than it takes now.
    for (let i = 0; i < 33; i++) window.succeeded();
    expect(window.size).toBe(33);
  });

  test("does not grow while there is room in it: what is not tried is not known", async () => {
    const window = new Window(64);
    await window.enter(signal());
    for (let i = 0; i < 100; i++) window.succeeded();
    expect(window.size).toBe(32);
  });

  test("is cut once for what was sent before the cut", () => {
    const window = new Window(64);
    const sent = performance.now();
    window.congested(rateLimit(), sent);
    window.congested(rateLimit(), sent - 1);
    expect(window.size).toBe(16);
  });

  test("never falls below one, and never exceeds its bound", async () => {
    const window = new Window(20);
    await answers(window, 100);
    expect(window.size).toBe(20);
    for (let i = 0; i < 100; i++) window.congested(rateLimit(), Number.POSITIVE_INFINITY);
    expect(window.size).toBe(1);
  });

  test("lets no more in than its size, in order of arrival", async () => {
    const window = new Window(2);
    const order: number[] = [];
    const enter = async (i: number) => {
      await window.enter(signal());
      order.push(i);
    };
    const all = [1, 2, 3, 4].map(enter);
    await Promise.all(all.slice(0, 2));
    expect(order).toEqual([1, 2]);
    window.leave();
    await all[2];
    expect(order).toEqual([1, 2, 3]);
    window.leave();
    await all[3];
  });

  test("stops everybody for as long as Retry-After says, and an aborted waiter leaves the queue", async () => {
    const window = new Window(4);
    const told = performance.now();
    window.congested(rateLimit(80), told);
    const stop = new AbortController();
    const aborted = window.enter(stop.signal);
    const waiting = window.enter(signal());
    stop.abort(new Error("stop"));
    await expect(aborted).rejects.toThrow("stop");
    await waiting;
    // However late it is on a busy machine: never before the pause has ended. (Timers may be a millisecond early.)
    expect(performance.now() - told).toBeGreaterThan(78);
  });
});

test("a path is put below a base URL, before its query", () => {
  const [plain] = new Servers(["http://a/v1/"]).all;
  const [azure] = new Servers(["https://x.azure.com/openai/deployments/d?api-version=1"]).all;
  expect(urlOf(plain as Server, "/chat/completions")).toBe("http://a/v1/chat/completions");
  expect(urlOf(azure as Server, "/chat/completions")).toBe(
    "https://x.azure.com/openai/deployments/d/chat/completions?api-version=1",
  );
});

describe("several servers", () => {
  const refused = new TransportError("refused", "nobody");

  test("take turns by how busy they are", () => {
    const servers = new Servers(["http://a/", "http://b"]);
    const taken = [1, 2, 3, 4].map(() => servers.take().url);
    expect(taken.filter((url) => url === "http://a")).toHaveLength(2);
  });

  test("one that refuses is left alone for a while, tried by one request, and comes back", () => {
    let now = 0;
    const servers = new Servers(["http://a", "http://b"], () => now);
    const dead = servers.take();
    servers.done(dead, refused);
    for (let i = 0; i < 6; i++) expect(servers.take().url).toBe("http://b");
    now += 2_001;
    const trial = servers.take();
    expect(trial.url).toBe("http://a");
    expect(servers.take().url).toBe("http://b");
    servers.done(trial);
    expect(servers.take().url).toBe("http://a");
  });

  test("one reset does not take a server out; three in a row do", () => {
    let now = 0;
    const servers = new Servers(["http://a", "http://b"], () => now);
    const reset = new TransportError("reset", "broke");
    for (let i = 0; i < 3; i++) {
      const a = servers.take();
      expect(a.url).toBe("http://a");
      servers.done(a, reset);
    }
    expect(servers.take().url).toBe("http://b");
    now = 1;
  });

  test("when all are out the one that has been out longest is tried", () => {
    let now = 0;
    const servers = new Servers(["http://a", "http://b"], () => now);
    servers.done(servers.take(), refused);
    now = 10;
    servers.done(servers.take(), refused);
    expect(servers.take().url).toBe("http://a");
  });
});

describe("a JSON body with images", () => {
  /** A large body's pieces lie in the same memory: each is copied before the next is asked for. */
  const sent = ({ content }: JsonRequestBody): string =>
    (Buffer.isBuffer(content) ? content : Buffer.concat(Array.from(content, (piece) => Buffer.from(piece)))).toString();

  const made = (size: number, text: string) => {
    const image = Buffer.from(Array.from({ length: size }, (_, i) => (i * 31 + size) & 255));
    const json = new JsonBody();
    const body = json.build({
      text,
      url: `data:image/png;base64,${json.base64({ bytes: image })}`,
      after: [json.base64({ bytes: image })],
    });
    const base64 = image.toString("base64");
    return { body, expected: JSON.stringify({ text, url: `data:image/png;base64,${base64}`, after: [base64] }) };
  };
  const words = 'a "quoted" 😀 \u2028 0123456789abcdef:0: end';

  test("is what JSON.stringify would make, whatever the text and the sizes", () => {
    for (const size of [0, 1, 2, 3, 4, 12_287, 12_288, 12_289, 100_000]) {
      const { body, expected } = made(size, words);
      expect(Buffer.isBuffer(body.content)).toBe(true);
      expect(sent(body)).toBe(expected);
      expect(body.text()).toBe(expected);
    }
  });

  test("a large one is made while it is sent, as often as it is asked for", () => {
    for (const [size, text] of [
      [600_000, words],
      [1_200_001, words.repeat(20_000)],
      [0, words.repeat(40_000)],
    ] as const) {
      const { body, expected } = made(size, text);
      expect(Buffer.isBuffer(body.content)).toBe(false);
      expect(body.content.byteLength).toBe(Buffer.byteLength(expected));
      for (let i = 0; i < 2; i++) expect(sent(body) === expected).toBe(true);
      expect(body.text() === expected).toBe(true);
      // undici asks for the next at once where a piece is smaller than a socket's bound: only the last may be.
      const lengths = Array.from(body.content as Iterable<Buffer>, ({ byteLength }) => byteLength);
      expect(lengths.slice(0, -1).every((length) => length >= 64 * 1024)).toBe(true);
    }
  });
});
