import { createServer, type IncomingMessage, type Server } from "node:http";
import { type AddressInfo, connect, createServer as createTcpServer, type Server as TcpServer } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { UserError } from "../../src/core/errors.js";
import { ProxyRules } from "../../src/http/proxy.js";
import { Transport } from "../../src/http/transport.js";
import { TransportError } from "../../src/http/transport-error.js";

const servers: Server[] = [];
const tcpServers: TcpServer[] = [];
afterEach(() => {
  for (const server of tcpServers.splice(0)) server.close();
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

/** A SOCKS5 proxy whose every target is `to`, by RFC 1928 and 1929. */
async function socks(to: string, login?: string, reply = 0) {
  const seen: string[] = [];
  const port = Number(to.split(":")[1]);
  const server = createTcpServer((socket) => {
    const steps = [
      (bytes: Buffer) => {
        const methods = [...bytes.subarray(2)];
        const wanted = login === undefined ? 0 : 2;
        socket.write(Buffer.from([5, methods.includes(wanted) ? wanted : 255]));
        if (login === undefined) steps.splice(0, 1);
      },
      (bytes: Buffer) => {
        const name = bytes.subarray(2, 2 + (bytes[1] ?? 0)).toString();
        const word = bytes.subarray(3 + name.length).toString();
        socket.write(Buffer.from([1, `${name}:${word}` === login ? 0 : 1]));
      },
      (bytes: Buffer) => {
        seen.push(`${bytes.subarray(5, 5 + (bytes[4] ?? 0)).toString()}:${bytes.readUInt16BE(bytes.length - 2)}`);
        // In two pieces: nothing says that an answer comes in one.
        socket.write(Buffer.from([5, reply, 0]));
        setImmediate(() => {
          socket.write(Buffer.from([3, 4, 97, 98, 99, 100, 0, 80]));
          const target = connect(port, "127.0.0.1", () => target.pipe(socket).pipe(target));
          target.on("error", () => socket.destroy());
        });
        socket.removeAllListeners("data");
      },
    ];
    socket.on("data", (bytes) => steps.shift()?.(bytes));
    socket.on("error", () => {});
  });
  tcpServers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  return { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

describe("a SOCKS5 proxy", () => {
  test.each(["socks5", "socks5h", "socks"])(
    "is spoken to as %s://, resolves names itself, and nobody is warned",
    async (scheme) => {
      const warnings: string[] = [];
      const onWarning = (warning: Error) => warnings.push(warning.message);
      process.on("warning", onWarning);
      const { host } = await proxy(); // stands for the endpoint
      const { host: through, seen } = await socks(host);
      await using transport = new Transport({ environment: { ALL_PROXY: `${scheme}://${through}` } });
      for (const path of ["a", "b"]) {
        expect((await transport.request(get(`http://endpoint.example:8000/${path}`))).status).toBe(200);
      }
      await new Promise(setImmediate);
      process.off("warning", onWarning);
      expect(new Set(seen)).toEqual(new Set(["endpoint.example:8000"]));
      expect(warnings).toEqual([]);
    },
  );

  test("gets a user and a password, with a bare % in it too", async () => {
    const { host } = await proxy();
    const { host: through } = await socks(host, "alice:p%zz@");
    await using transport = new Transport({ environment: { ALL_PROXY: `socks5://alice:p%zz%40@${through}` } });
    expect((await transport.request(get("http://endpoint.example/"))).status).toBe(200);
  });

  test.each([
    ["socks5://bob:wrong@", "alice:secret", 0, /does not take this user and password/, false],
    ["socks5://", "alice:secret", 0, /wants a user and a password/, false],
    ["socks5://", undefined, 5, /cannot reach this address: connection refused/, true],
    ["socks5://", undefined, 2, /cannot reach this address: not allowed by its rules/, true],
  ] as const)("%s: its refusal is its own (%s, %d)", async (begin, login, reply, words, passing) => {
    const { host } = await proxy();
    const { host: through } = await socks(host, login, reply);
    const error = await failureOf({ ALL_PROXY: `${begin}${through}` }, "http://endpoint.example/");
    expect(error).toMatchObject({ fault: "proxy", passing });
    expect(error.message).toMatch(words);
    expect(error.message).toContain(`the proxy ${through} (ALL_PROXY)`);
  });

  test("that speaks HTTP, or is not there, is named", async () => {
    const { host } = await proxy();
    const http = await failureOf({ ALL_PROXY: `socks5://${host}` }, "http://endpoint.example/");
    expect(http.message).toMatch(/the proxy .* (does not speak SOCKS5|closed the connection)/);
    const none = await failureOf({ ALL_PROXY: "socks5://127.0.0.1:9" }, "http://endpoint.example/");
    expect(none.message).toMatch(/the proxy 127\.0\.0\.1:9 \(ALL_PROXY\) does not answer/);
  });
});

test("a password with a bare % is taken as curl takes it", async () => {
  const { host } = await proxy({ password: "p%zz@" });
  await using transport = new Transport({ environment: { HTTP_PROXY: `http://alice:p%zz%40@${host}` } });
  expect((await transport.request(get("http://endpoint.example/"))).status).toBe(200);
  expect(transport.redact("it says p%zz@ and p%zz%40")).not.toContain("zz");
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
    // As Windows and Java write ranges.
    ["10.*", "http://10.1.2.3:8000/", false],
    ["10.*", "http://110.1.2.3/", true],
    ["10.*", "http://host.example/", true],
    ["192.168.1.*", "http://192.168.1.7/", false],
    ["192.168.1.*", "http://192.168.10.7/", true],
    ["*.corp.*", "http://gpu.corp.example/", false],
    ["/var/run/docker.sock,10.0.0.0/8", "http://10.1.2.3/", false],
    ["fd00::/8", "http://[fd00::1]:8000/", false],
    ["2001:DB8:0::5:1", "http://[2001:db8::5:1]:8000/", false],
    ["[2001:db8::5:1]:8000", "http://[2001:db8::5:1]:8000/", false],
    ["[2001:db8::5:1]:8000", "http://[2001:db8::5:1]:80/", true],
    // Never, whatever it says.
    ["", "http://127.0.0.1:8000/", false],
    ["", "http://127.1.2.3/", false],
    ["", "http://localhost:8000/", false],
    ["", "http://[::1]:8000/", false],
  ])("%j: %s through the proxy: %s", (noProxy, url, expected) => expect(goesThrough(noProxy, url)).toBe(expected));

  test.each([
    ["10.0.0.0/99", "10.0.0.0/99"],
    ["host.example, 10.0.0.0/33", "10.0.0.0/33"],
    ["fd00::/129", "fd00::/129"],
    ["10.0.0.0/", "10.0.0.0/"],
    ["10/8", "10/8"],
    ["10.0.0.0/255.0.0.0", "10.0.0.0/255.0.0.0"],
    ["host.example/8", "host.example/8"],
    ["http://host.example:8000/v1", "http://host.example:8000/v1"],
    ["https://me:secret@host.example", "https://...@host.example"],
    ["host.example:99999", "host.example:99999"],
  ])("%j can match no server: refused by name, where there is a proxy", (noProxy, shown) => {
    expect(() => goesThrough(noProxy, "http://host.example/")).toThrow(
      `"${shown}" in NO_PROXY is neither a host nor a range of addresses`,
    );
    expect(new ProxyRules({ NO_PROXY: noProxy }).for(new URL("http://host.example/"))).toBeUndefined();
  });
});
