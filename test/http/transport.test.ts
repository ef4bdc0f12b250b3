import { createServer, type Server } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, test } from "vitest";
import { redactor } from "../../src/http/redact.js";
import { backoffMs, retryAfterOf, sleep } from "../../src/http/retry.js";
import { Transport } from "../../src/http/transport.js";
import { TransportError } from "../../src/http/transport-error.js";

const servers: { close(): unknown; closeAllConnections?(): void }[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections?.();
    server.close();
  }
});

async function serve(handler: Parameters<typeof createServer>[1]): Promise<string> {
  const server: Server = createServer(handler as never);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const signal = () => new AbortController().signal;
const get = (url: string, more: object = {}) => ({
  method: "GET" as const,
  url,
  timeoutMs: 5_000,
  signal: signal(),
  ...more,
});

async function failureOf(promise: Promise<unknown>): Promise<TransportError> {
  const error = await promise.then(
    () => new Error("it succeeded"),
    (thrown) => thrown,
  );
  expect(error).toBeInstanceOf(TransportError);
  return error as TransportError;
}

describe("the transport", () => {
  test("sends a body as often as it is asked to", async () => {
    const bodies: string[] = [];
    const url = await serve(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      bodies.push(`${request.headers["content-length"]}:${Buffer.concat(chunks)}`);
      response.end("ok");
    });
    await using transport = new Transport();
    const body = Buffer.from("abcdef");
    for (let i = 0; i < 2; i++) {
      const response = await transport.request({ ...get(url), method: "POST", body });
      expect(response.body.toString()).toBe("ok");
    }
    expect(bodies).toEqual(["6:abcdef", "6:abcdef"]);
  });

  test("sends a body that is made while it is sent, each piece where the one before lay, to whoever reads slowly", async () => {
    const seen: { length: string | undefined; body: Buffer }[] = [];
    const url = await serve(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) {
        chunks.push(chunk as Buffer);
        if (chunks.length % 16 === 1) await new Promise((resolve) => setTimeout(resolve, 1));
      }
      seen.push({ length: request.headers["content-length"], body: Buffer.concat(chunks) });
      response.end("ok");
    });
    await using transport = new Transport();
    const [pieces, pieceBytes, last] = [60, 256 * 1024, 1000];
    let begun = 0;
    const body = {
      byteLength: pieces * pieceBytes + last,
      *[Symbol.iterator]() {
        begun++;
        const memory = Buffer.alloc(pieceBytes);
        for (let i = 0; i < pieces; i++) yield memory.fill(i);
        yield memory.fill(pieces).subarray(0, last);
      },
    };
    // The second by the same connection.
    for (let i = 0; i < 2; i++) {
      const { body: said } = await transport.request({ ...get(url, { timeoutMs: 30_000 }), method: "POST", body });
      expect(said.toString()).toBe("ok");
    }
    expect(begun).toBe(2);
    for (const { length, body: received } of seen) {
      expect(length).toBe(`${body.byteLength}`);
      expect(received.byteLength).toBe(body.byteLength);
      const wrong = received.findIndex((byte, i) => byte !== Math.floor(i / pieceBytes));
      expect(wrong).toBe(-1);
    }
  });

  test("an answer that comes before such a body is sent ends it; asked again, it is sent whole", async () => {
    let asked = 0;
    let bytes = 0;
    const url = await serve(async (request, response) => {
      if (++asked === 1) return response.writeHead(429, { "retry-after": "1" }).end("later");
      for await (const chunk of request) bytes += (chunk as Buffer).byteLength;
      return response.end("ok");
    });
    await using transport = new Transport();
    const memory = Buffer.alloc(256 * 1024, "x");
    const body = {
      byteLength: 80 * memory.byteLength,
      *[Symbol.iterator]() {
        for (let i = 0; i < 80; i++) yield memory;
      },
    };
    const ask = () => transport.request({ ...get(url, { timeoutMs: 30_000 }), method: "POST", body });
    expect((await ask()).status).toBe(429);
    expect((await ask()).body.toString()).toBe("ok");
    expect(bytes).toBe(body.byteLength);
  });

  test("tells apart why there is no response", async () => {
    await using transport = new Transport();
    expect((await failureOf(transport.request(get("http://127.0.0.1:9/")))).fault).toBe("refused");
    expect((await failureOf(transport.request(get("http://no-such-host.invalid/")))).fault).toBe("dns");
    const tcp = createTcpServer((socket) => socket.once("data", () => socket.end("this is not HTTP\r\n\r\n")));
    servers.push(tcp);
    await new Promise<void>((resolve) => tcp.listen(0, "127.0.0.1", () => resolve()));
    const port = (tcp.address() as AddressInfo).port;
    expect((await failureOf(transport.request(get(`http://127.0.0.1:${port}/`)))).fault).toBe("malformed");
    expect((await failureOf(transport.request(get(`https://127.0.0.1:${port}/`)))).fault).toBe("tls");
    const cut = await serve((_, response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write("half");
      setTimeout(() => response.socket?.destroy(), 10);
    });
    expect((await failureOf(transport.request(get(cut)))).fault).toBe("reset");
  });

  test("names where a redirect points, and does not follow it", async () => {
    let asked = 0;
    const url = await serve((_, response) => {
      asked += 1;
      response.writeHead(307, { location: "https://elsewhere.example/v1?key=abcdef" });
      response.end();
    });
    await using transport = new Transport();
    const error = transport.statusError(await transport.request(get(url)));
    expect(error).toMatchObject({ location: "https://elsewhere.example/v1?key=[secret]", passing: false });
    expect(asked).toBe(1);
  });

  test("says which codings it reads, undoes them, and refuses a file that is compressed unasked", async () => {
    const accepted: unknown[] = [];
    const url = await serve((request, response) => {
      accepted.push(request.headers["accept-encoding"]);
      response.writeHead(200, { "content-encoding": "gzip" });
      response.end(gzipSync("plain text"));
    });
    await using transport = new Transport();
    expect((await transport.request(get(url))).body.toString()).toBe("plain text");
    expect((await failureOf(transport.open(get(url)))).message).toMatch(/compressed \(content-encoding: gzip\)/);
    expect(accepted).toEqual(["gzip, deflate, br", "identity"]);
  });

  test("does not inflate a bomb", async () => {
    const url = await serve((_, response) => {
      response.writeHead(200, { "content-encoding": "gzip" });
      response.end(gzipSync(Buffer.alloc(10_000_000)));
    });
    await using transport = new Transport({ maxResponseBytes: 1_000_000 });
    expect(await failureOf(transport.request(get(url)))).toMatchObject({ fault: "too-large" });
  });

  test("names an interim response that nobody asked for", async () => {
    const url = await serve((request) => {
      request.socket.write("HTTP/1.1 100 Continue\r\n\r\n");
    });
    await using transport = new Transport();
    expect((await failureOf(transport.request(get(url)))).message).toMatch(/interim response \(1xx\)/);
  });

  test("ends a request at its deadline, also while the body trickles, and when no byte comes for too long", async () => {
    const trickle = await serve((_, response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write("."), 20);
      response.on("close", () => clearInterval(timer));
    });
    const silent = await serve((_, response) => {
      response.writeHead(200);
      response.write(".");
    });
    await using transport = new Transport();
    expect(await failureOf(transport.request(get(trickle, { timeoutMs: 150 })))).toMatchObject({ fault: "timeout" });
    const read = async () => {
      for await (const _ of (await transport.open(get(silent, { idleMs: 100 }))).chunks);
    };
    expect(await failureOf(read())).toMatchObject({
      fault: "timeout",
      message: "no byte within 0.1 s",
    });
  });

  test("refuses a response that is too large, declared or not, without holding it", async () => {
    const declared = await serve((_, response) => {
      response.writeHead(200, { "content-length": String(2 ** 30) });
      response.write(Buffer.alloc(1000));
    });
    const endless = await serve((_, response) => {
      const timer = setInterval(() => response.write(Buffer.alloc(100_000)), 1);
      response.on("close", () => clearInterval(timer));
    });
    await using transport = new Transport({ maxResponseBytes: 1_000_000 });
    for (const url of [declared, endless])
      expect((await failureOf(transport.request(get(url)))).fault).toBe("too-large");
  });

  test("rejects an aborted request with the signal's own reason", async () => {
    const url = await serve(() => {});
    await using transport = new Transport();
    const stop = new AbortController();
    const reason = new Error("Ctrl-C");
    setTimeout(() => stop.abort(reason), 30);
    await expect(transport.request(get(url, { signal: stop.signal }))).rejects.toBe(reason);
    await expect(transport.request(get(url, { signal: stop.signal }))).rejects.toBe(reason);
  });

  test("keeps secrets out of what it throws", async () => {
    const url = await serve((_, response) => {
      response.writeHead(401);
      response.end('{"error": "wrong key my-very-secret-key, and Bearer abcdefghijkl"}');
    });
    await using transport = new Transport({ secrets: ["my-very-secret-key"] });
    const error = transport.statusError(await transport.request(get(url)));
    expect(error.body).toBe('{"error": "wrong key [secret], and Bearer [secret]"}');
  });
});

describe("redaction", () => {
  test.each([
    ["token=hf_abcdefghijklmnopqrstu&x=1", "token=[secret]&x=1"],
    ["key sk-proj-abcdefghijklmnop123", "key [secret]"],
    ["https://user:pass@host/path", "https://[secret]@host/path"],
    ["Authorization: Bearer abc.def-ghi", "Authorization: Bearer [secret]"],
    ["AIzaSyA-abcdefghijklmnopqrstuvwxyz01234", "[secret]"],
    ["an ordinary sentence about keys", "an ordinary sentence about keys"],
  ])("turns %j into %j", (text, clean) => expect(redactor([])(text)).toBe(clean));

  test("finds a known secret also encoded in a URL or as base64", () => {
    const key = "sk-proj-Zz9yXxWwVvUuTtSsRrQqPp11";
    const shown = redactor([key]);
    for (const before of ["", ":", "u:", "us:"]) {
      for (const after of ["", "x", "xy"]) {
        const base64 = Buffer.from(before + key + after).toString("base64");
        expect(shown(`it had ${base64} in it`), base64).toContain("[secret]");
      }
    }
    const parts = [
      Buffer.from(key).toString("hex"),
      key.toUpperCase(),
      key.slice(0, 16),
      key.slice(-12),
      key.slice(7, 25),
    ];
    for (const part of parts) expect(shown(`no: ${part}, and no more`)).toBe("no: [secret], and no more");
    expect(shown(`${key.slice(0, 15)} - ${key.slice(15)}`)).toBe("[secret] - [secret]");
    expect(shown("it ends in Pp11")).toBe("it ends in Pp11");
    expect(redactor(["correct-horse-battery-staple"])("correct-horse-battery is a phrase")).toContain("correct-horse");
    const redact = redactor(["p@ss/word!"]);
    expect(redact(`a ${encodeURIComponent("p@ss/word!")} b ${Buffer.from("p@ss/word!").toString("base64")} c`)).toBe(
      "a [secret] b [secret] c",
    );
  });
});

describe("waiting", () => {
  test("doubles with jitter up to a bound", () => {
    expect(backoffMs(1, undefined, {}, () => 0)).toBe(250);
    expect(backoffMs(1, undefined, {}, () => 1)).toBe(500);
    expect(backoffMs(4, undefined, {}, () => 1)).toBe(4_000);
    expect(backoffMs(30, undefined, {}, () => 1)).toBe(60_000);
    // A wait of nothing (a server whose clock is behind) does not take the pauses away.
    expect(backoffMs(4, 0, {}, () => 1)).toBe(4_000);
    expect(backoffMs(1, 3_000, {}, () => 0)).toBe(3_000);
  });

  test("reads the waits that LiteLLM hands on", () => {
    expect(retryAfterOf({ "llm_provider-retry-after": "2" })).toBe(2_000);
    expect(retryAfterOf({ "llm_provider-retry-after": "2", "retry-after": "1" })).toBe(1_000);
  });

  test("honours Retry-After as seconds, milliseconds or a date, and bounds it", () => {
    expect(retryAfterOf({ "retry-after": "3" })).toBe(3_000);
    // No number and no HTTP date: Date.parse takes the first for the year 2001.
    for (const none of ["-5", "soon", "0x10", "1 2", ""]) expect(retryAfterOf({ "retry-after": none })).toBeUndefined();
    expect(retryAfterOf({ "retry-after-ms": "-5", "retry-after": "2" })).toBe(2_000);
    expect(retryAfterOf({ "retry-after-ms": "120", "retry-after": "3" })).toBe(120);
    expect(retryAfterOf({ "retry-after": "Wed, 21 Oct 2015 07:28:10 GMT" }, Date.parse("2015-10-21T07:28:00Z"))).toBe(
      10_000,
    );
    expect(retryAfterOf({ "retry-after": "soon" })).toBeUndefined();
    expect(backoffMs(1, 3_000, {}, () => 0)).toBe(3_000);
    expect(backoffMs(1, 86_400_000, {}, () => 0)).toBe(300_000);
  });

  test("ends at once when it is aborted", async () => {
    const stop = new AbortController();
    const waiting = sleep(60_000, stop.signal);
    stop.abort(new Error("stop"));
    await expect(waiting).rejects.toThrow("stop");
  });
});
