import { createServer, type IncomingMessage, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { UserError } from "../../src/core/errors.js";
import { ProxyRules } from "../../src/http/proxy.js";
import { Transport } from "../../src/http/transport.js";
import { TransportError } from "../../src/http/transport-error.js";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** A proxy as squid and tinyproxy are: absolute URLs and tunnels, a password where one is asked for. */
async function proxy(
  options: { password?: string; connectOnly443?: boolean; status?: number; wrong?: 401 | 407 } = {},
) {
  const seen: string[] = [];
  const wanted =
    options.password === undefined ? undefined : `Basic ${Buffer.from(`alice:${options.password}`).toString("base64")}`;
  const refusal = ({ headers }: IncomingMessage) => {
    const sent = headers["proxy-authorization"];
    if (wanted !== undefined && sent !== wanted) return sent === undefined ? 407 : (options.wrong ?? 407);
    return options.status;
  };
  const server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url} ${request.headers.host}`);
    const status = refusal(request);
    response.writeHead(status ?? 200, status === undefined ? {} : { "x-squid-error": "ERR 0" });
    response.end(status === undefined ? "through the proxy" : "<html>squid</html>");
  });
  server.on("connect", (request, socket) => {
    seen.push(`CONNECT ${request.url}`);
    const [host = "", port = ""] = (request.url ?? "").split(":");
    const status = refusal(request) ?? (options.connectOnly443 && port !== "443" ? 403 : undefined);
    socket.on("error", () => {});
    if (status !== undefined) return void socket.end(`HTTP/1.1 ${status} No\r\n\r\n`);
    const target = connect(Number(port), host, () => {
      socket.write("HTTP/1.1 200 Connection Established\r\n\r\n");
      target.pipe(socket).pipe(target);
    });
    target.on("error", () => socket.destroy());
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  return { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

const get = (url: string) => ({
  method: "GET" as const,
  url,
  timeoutMs: 5_000,
  signal: new AbortController().signal,
});

async function failureOf(environment: Record<string, string>, url: string): Promise<TransportError> {
  await using transport = new Transport({ environment });
  const error = await transport.request(get(url)).catch((thrown) => thrown);
  expect(error).toBeInstanceOf(TransportError);
  return error as TransportError;
}

describe("a request through a proxy", () => {
  test("to an http:// server names the whole URL: squid's default rules tunnel to port 443 alone", async () => {
    const { host, seen } = await proxy({ connectOnly443: true });
    await using transport = new Transport({ environment: { HTTP_PROXY: `http://${host}` } });
    const response = await transport.request(get("http://endpoint.example:8000/v1/models?a=b"));
    expect(response.body.toString()).toBe("through the proxy");
    expect(seen).toEqual(["GET http://endpoint.example:8000/v1/models?a=b endpoint.example:8000"]);
  });

  test("sends the variable's user and password, to the proxy alone", async () => {
    const { host, seen } = await proxy({ password: "p@ss" });
    await using transport = new Transport({ environment: { http_proxy: `http://alice:p%40ss@${host}` } });
    expect((await transport.request(get("http://endpoint.example/"))).status).toBe(200);
    expect(seen).toHaveLength(1);
  });

  test("needs no scheme in the variable, as in curl", async () => {
    const { host } = await proxy();
    await using transport = new Transport({ environment: { ALL_PROXY: host } });
    expect((await transport.request(get("http://endpoint.example/"))).body.toString()).toBe("through the proxy");
  });

  test.each([
    ["http://endpoint.example/", "HTTP_PROXY"],
    ["https://endpoint.example/", "HTTPS_PROXY"],
  ])("to %s that wants a password is the proxy's fault, and is not repeated", async (url, variable) => {
    const { host } = await proxy({ password: "secret" });
    const error = await failureOf({ [variable]: `http://${host}` }, url);
    expect(error).toMatchObject({ fault: "proxy", status: 407, passing: false });
    expect(error.message).toBe(`the proxy ${host} (${variable}) wants a user and a password (HTTP 407)`);
  });

  test.each([
    ["http://endpoint.example/", "HTTP_PROXY", 407],
    ["https://endpoint.example/", "HTTPS_PROXY", 407],
    // tinyproxy 1.11.
    ["http://endpoint.example/", "HTTP_PROXY", 401],
    ["https://endpoint.example/", "HTTPS_PROXY", 401],
  ] as const)("to %s with a wrong password in %s: said to be wrong (%d)", async (url, variable, wrong) => {
    const { host } = await proxy({ password: "secret", wrong });
    const error = await failureOf({ [variable]: `http://alice:wrong@${host}` }, url);
    expect(error).toMatchObject({ fault: "proxy", status: wrong, passing: false });
    expect(error.message).toBe(`the proxy ${host} (${variable}) does not take this user and password (HTTP ${wrong})`);
  });

  test.each(["http", "https"])("to a proxy that is not there names the proxy (%s)", async (scheme) => {
    const variable = `${scheme.toUpperCase()}_PROXY`;
    const error = await failureOf({ [variable]: "http://127.0.0.1:9" }, `${scheme}://endpoint.example/`);
    expect(error).toMatchObject({ fault: "proxy" });
    expect(error.message).toContain(`the proxy 127.0.0.1:9 (${variable}) does not answer`);
  });

  test("that the proxy does not allow is told apart from the endpoint's own 403", async () => {
    const { host } = await proxy({ status: 403 });
    const error = await failureOf({ HTTP_PROXY: host }, "http://endpoint.example/");
    expect(error.message).toMatch(/does not allow this address/);
  });

  test.each(["http://", "mailto:me", "ftp://host:21"])("%j names no proxy", (value) => {
    expect(() => new Transport({ environment: { HTTPS_PROXY: value } })).toThrow(UserError);
  });
});

describe("NO_PROXY", () => {
  const goesThrough = (noProxy: string, url: string) =>
    new ProxyRules({ ALL_PROXY: "http://proxy:3128", NO_PROXY: noProxy }).for(new URL(url)) !== undefined;

  test.each([
    ["", "http://host.example/", true],
    ["host.example", "http://host.example/", false],
    [".example", "http://host.example/", false],
    ["*.example", "http://host.example/", false],
    ["example", "http://notexample/", true],
    ["other, host.example", "https://HOST.example/", false],
    ["host.example:8000", "http://host.example:8000/", false],
    ["host.example:8000", "http://host.example/", true],
    ["host.example:443", "https://host.example/", false],
    ["*", "http://host.example/", false],
    ["10.0.0.0/8", "http://10.1.2.3:8000/", false],
    ["10.0.0.0/8", "http://11.1.2.3/", true],
    ["10.0.0.0/99", "http://10.1.2.3/", true],
    ["fd00::/8", "http://[fd00::1]:8000/", false],
    // Never, whatever it says.
    ["", "http://127.0.0.1:8000/", false],
    ["", "http://127.1.2.3/", false],
    ["", "http://localhost:8000/", false],
    ["", "http://[::1]:8000/", false],
  ])("%j: %s through the proxy: %s", (noProxy, url, expected) => expect(goesThrough(noProxy, url)).toBe(expected));
});
