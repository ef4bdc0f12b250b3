/** The one way out: every request of runners, judges and the hub goes through here. */
import { defined } from "../core/defined.js";
import { messageOf } from "../core/errors.js";
import { acceptedEncodings, decodeBody, encodingsOf } from "./decode-body.js";
import { Exchange, type HttpResponse } from "./exchange.js";
import { allowManyListeners } from "./many-listeners.js";
import { type HttpProxy, ProxyRules } from "./proxy.js";
import { hiderOf, type Redact, redactBody, redactor } from "./redact.js";
import { retryAfterOf } from "./retry.js";
import { connectThrough, SocksRefusal } from "./socks.js";
import { faultOf, TransportError } from "./transport-error.js";
import { type AgentConnect, type Dispatcher, openAgent, openResponse, openTunnel } from "./undici.js";

/** A body that is made while it is sent. A piece may lie where the one before lay: it is asked for when that was taken. */
export interface PiecedBody extends Iterable<Buffer> {
  readonly byteLength: number;
}

export interface HttpRequest {
  readonly method: "GET" | "HEAD" | "POST";
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** In one piece it goes to the socket as it is, with the head in front, in one call. */
  readonly body?: Buffer | PiecedBody;
  /** From the first byte sent to the last received, milliseconds. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

export interface StreamRequest extends HttpRequest {
  /** Without a single byte, the wait for the headers included, milliseconds. Default: only `timeoutMs` counts. */
  readonly idleMs?: number;
}

export interface HttpStream extends Omit<HttpResponse, "body"> {
  /** Must be read to its end or left with `return()` (a `for await` does either). */
  readonly chunks: AsyncIterable<Buffer>;
}

export interface TransportOptions {
  /** Connections per origin. Default 256. */
  readonly connections?: number;
  /** Bytes of a response held in memory, at most; a larger one is refused. Default 64 MB. */
  readonly maxResponseBytes?: number;
  /** Values that must never appear in a message. */
  readonly secrets?: readonly (string | undefined)[];
  /** HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, NO_PROXY (either case). Default `process.env`. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

const connectTimeoutMs = 15_000;
const shownBodyBytes = 64 * 1024;

export class Transport implements AsyncDisposable {
  /** For messages: known secrets, and whatever looks like one. */
  readonly redact: Redact;
  /** For answers: known secrets alone. Text of a benchmark may look like a key. */
  readonly hide: Redact;
  private readonly proxies: ProxyRules;
  private readonly agent: Dispatcher;
  private readonly tunnels = new Map<string, Dispatcher>();
  private readonly openTunnel: (proxy: HttpProxy) => Dispatcher;
  private readonly maxResponseBytes: number;
  /** The last one: a run asks one URL thousands of times. */
  private target: Target | undefined;
  private readonly inFlight = new WeakMap<AbortSignal, Set<Exchange>>();

  constructor(options: TransportOptions = {}) {
    const environment = options.environment ?? process.env;
    this.proxies = new ProxyRules(environment);
    const secrets = [...(options.secrets ?? []), ...this.proxies.secrets];
    this.redact = redactor(secrets);
    this.hide = hiderOf(secrets);
    this.maxResponseBytes = options.maxResponseBytes ?? 64 * 1024 * 1024;
    const agent = {
      connections: options.connections ?? 256,
      pipelining: 1,
      connect: { timeout: connectTimeoutMs },
      // One deadline per request is ours; undici's own would cut slow answers of big models after five minutes.
      headersTimeout: 0,
      bodyTimeout: 0,
      maxResponseSize: -1,
    };
    this.agent = openAgent(agent);
    this.openTunnel = (proxy) => {
      const { url, authorization } = proxy;
      if (!isSocks(proxy)) return openTunnel({ ...agent, uri: url.origin, ...defined({ token: authorization }) });
      const connect: AgentConnect = (target, done) => {
        connectThrough(proxy, target, connectTimeoutMs).then(
          (socket) => done(null, socket),
          (error: Error) => done(error, null),
        );
      };
      return openAgent({ ...agent, connect });
    };
  }

  /** The whole response, whatever its status. @throws TransportError; the signal's reason when aborted */
  async request(request: HttpRequest): Promise<HttpResponse> {
    const { signal, timeoutMs } = request;
    signal.throwIfAborted();
    const exchange = new Exchange(this.maxResponseBytes);
    const inFlight = this.inFlightUnder(signal);
    inFlight.add(exchange);
    const timer = setTimeout(() => exchange.fail(new Deadline(timeoutMs)), timeoutMs);
    // Nothing but an open socket keeps the process.
    timer.unref();
    const route = this.routeOf(request, { "accept-encoding": acceptedEncodings });
    try {
      route.dispatcher.dispatch(route.options, exchange);
      const response = await exchange.settled;
      if (route.proxy && isOwnReply(response)) throw ownReply(route.proxy, response.status);
      return await decodeBody(response, this.maxResponseBytes);
    } catch (error) {
      throw this.failure(error, signal, route.proxy);
    } finally {
      clearTimeout(timer);
      inFlight.delete(exchange);
    }
  }

  /**
   * Where a request goes. An http:// target is asked of the proxy by its whole URL, as curl, requests and pip do: squid's
   * default rules allow CONNECT to port 443 alone. https:// is tunnelled.
   */
  private routeOf(request: HttpRequest, extra: Readonly<Record<string, string>>): Route {
    const { url, origin, path, proxy } = this.targetOf(request.url);
    const { method, body } = request;
    const options = {
      origin,
      path,
      method,
      headers: { ...extra, ...request.headers, ...(isPieced(body) ? { "content-length": `${body.byteLength}` } : {}) },
      // Its documentation names iterators, its types do not.
      ...(body ? { body: body as Buffer } : {}),
    };
    if (!proxy) return { dispatcher: this.agent, options };
    if (url.protocol === "https:" || isSocks(proxy)) {
      const tunnel = this.tunnels.get(proxy.url.href) ?? this.openTunnel(proxy);
      this.tunnels.set(proxy.url.href, tunnel);
      return { dispatcher: tunnel, options, proxy };
    }
    const { authorization } = proxy;
    const headers = {
      host: url.host,
      ...options.headers,
      ...defined({ "proxy-authorization": authorization }),
    };
    const asked = { ...options, origin: proxy.url.origin, path: url.href.replace(/#.*$/, ""), headers };
    return { dispatcher: this.agent, options: asked, proxy };
  }

  private targetOf(text: string): Target {
    if (this.target?.text === text) return this.target;
    const url = new URL(text);
    const { origin, pathname, search } = url;
    this.target = { text, url, origin, path: pathname + search, proxy: this.proxies.for(url) };
    return this.target;
  }

  /** One listener on the signal that all requests of a run share: a listener each would be looked through at every removal. */
  private inFlightUnder(signal: AbortSignal): Set<Exchange> {
    const known = this.inFlight.get(signal);
    if (known) return known;
    const exchanges = new Set<Exchange>();
    this.inFlight.set(signal, exchanges);
    signal.addEventListener("abort", () => {
      for (const exchange of exchanges) exchange.fail(signal.reason);
    });
    return exchanges;
  }

  /** The response as it arrives: for files. The deadline covers the body too. */
  async open(request: StreamRequest): Promise<HttpStream> {
    const { signal } = request;
    signal.throwIfAborted();
    allowManyListeners(signal);
    const abort = new AbortController();
    const onAbort = () => abort.abort(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    const timer = setTimeout(() => abort.abort(new Deadline(request.timeoutMs)), request.timeoutMs);
    const { idleMs } = request;
    const idle = idleMs === undefined ? undefined : setTimeout(() => abort.abort(new Deadline(idleMs, "byte")), idleMs);
    // A response that nobody reads (a redirect) must not keep the process: the socket alone does, while it is open.
    timer.unref();
    idle?.unref();
    const release = () => {
      clearTimeout(timer);
      clearTimeout(idle);
      signal.removeEventListener("abort", onAbort);
    };
    // A range counts the bytes of what is sent: compressed ones are another file's.
    const route = this.routeOf(request, { "accept-encoding": "identity" });
    try {
      const response = await openResponse(route.dispatcher, { ...route.options, signal: abort.signal });
      const opened = { status: response.statusCode, headers: flat(response.headers) };
      const fault = route.proxy && isOwnReply(opened) ? ownReply(route.proxy, opened.status) : codedAnyway(opened);
      if (fault) {
        response.body.on("error", () => {}).destroy();
        throw fault;
      }
      return { ...opened, chunks: this.chunksOf(response.body, signal, { abort, release, idle }) };
    } catch (error) {
      release();
      throw this.failure(abort.signal.aborted ? abort.signal.reason : error, signal, route.proxy);
    }
  }

  private async *chunksOf(
    body: Dispatcher.ResponseData["body"],
    signal: AbortSignal,
    { abort, release, idle }: { abort: AbortController; release(): void; idle: NodeJS.Timeout | undefined },
  ): AsyncGenerator<Buffer> {
    try {
      for await (const chunk of body) {
        yield chunk as Buffer;
        // Also covers a reader that takes its time: only the server's silence counts.
        idle?.refresh();
      }
    } catch (error) {
      throw this.failure(abort.signal.aborted ? abort.signal.reason : error, signal);
    } finally {
      release();
      // Left before its end: the rest is not wanted, and the connection is not worth draining a gigabyte.
      body.destroy();
    }
  }

  private failure(error: unknown, signal: AbortSignal, proxy?: HttpProxy): unknown {
    if (signal.aborted) return signal.reason;
    if (error instanceof TransportError) return error;
    if (error instanceof Deadline) return new TransportError("timeout", error.message, { cause: error });
    const fault = faultOf(error);
    const cause = error instanceof AggregateError ? error.errors[0] : error;
    const said = this.redact(messageOf(cause));
    if (proxy) {
      const refused = /^Proxy response \((\d+)\)/.exec(said);
      if (refused) return ownReply(proxy, Number(refused[1]));
      if (cause instanceof SocksRefusal) {
        const words = `the proxy ${proxy.shown} (${proxy.variable}) ${said}`;
        return new TransportError("proxy", words, { ...defined({ status: cause.status }), cause: error });
      }
      // Nothing but the proxy is ever connected to.
      if (fault === "refused" || fault === "dns") {
        return new TransportError("proxy", `the proxy ${proxy.shown} (${proxy.variable}) does not answer: ${said}`, {
          cause: error,
        });
      }
    }
    // undici's words for a 100 Continue that nobody asked for.
    if (said === "bad response")
      return new TransportError("malformed", "the server sent an interim response (1xx) that was not asked for");
    return new TransportError(fault, `${saying[fault]}: ${tlsWords(said)}`, { cause: error });
  }

  /**
   * The error of a response whose status is no success; reads what the server says about waiting.
   * @param asked  its URL: a redirect may name its target by the path alone
   */
  statusError(response: HttpResponse, asked?: string): TransportError {
    const { status, headers } = response;
    // A key may stand across the cut: twice as much is looked through.
    const start = response.body.subarray(0, 2 * shownBodyBytes).toString("utf8");
    const body = redactBody(start, this.redact).slice(0, shownBodyBytes);
    const retryAfterMs = retryAfterOf(headers);
    const location = status < 400 && headers.location ? this.redact(absolute(headers.location, asked)) : undefined;
    return new TransportError("status", `HTTP ${status}${location === undefined ? "" : `: moved to ${location}`}`, {
      status,
      body,
      ...defined({ location, retryAfterMs }),
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.agent, ...this.tunnels.values()].map((dispatcher) => dispatcher.destroy()));
  }
}

/** What a URL's text says. */
interface Target {
  readonly text: string;
  readonly url: URL;
  readonly origin: string;
  readonly path: string;
  readonly proxy: HttpProxy | undefined;
}

interface Route {
  readonly dispatcher: Dispatcher;
  readonly options: Dispatcher.DispatchOptions & { origin: string };
  readonly proxy?: HttpProxy;
}

const isPieced = (body: HttpRequest["body"]): body is PiecedBody => body !== undefined && !Buffer.isBuffer(body);

const isSocks = ({ url }: HttpProxy) => url.protocol.startsWith("socks");

/** A proxy's own refusal of an http:// request: 407, or an error page that it signs. */
function isOwnReply({ status, headers }: Pick<HttpResponse, "status" | "headers">): boolean {
  if (status === 407) return true;
  return status >= 400 && (headers["x-squid-error"] !== undefined || /squid|tinyproxy/i.test(headers.server ?? ""));
}

function ownReply({ shown, variable, authorization }: HttpProxy, status: number): TransportError {
  const why =
    // tinyproxy says 401 to a wrong password.
    status === 407 || status === 401
      ? authorization === undefined
        ? "wants a user and a password"
        : "does not take this user and password"
      : status === 403
        ? "does not allow this address"
        : "cannot reach this address";
  return new TransportError("proxy", `the proxy ${shown} (${variable}) ${why} (HTTP ${status})`, { status });
}

/** A redirect's target in full. */
function absolute(location: string, asked: string | undefined): string {
  return URL.canParse(location, asked) ? new URL(location, asked).href : location;
}

/** A file whose bytes are compressed on the way although that was not asked for. */
function codedAnyway({ status, headers }: Pick<HttpResponse, "status" | "headers">): TransportError | undefined {
  const [coding] = encodingsOf(headers);
  if (coding === undefined || status >= 300) return undefined;
  return new TransportError(
    "malformed",
    `the reply is compressed (content-encoding: ${coding}) although that was not asked for`,
    { status },
  );
}

/** OpenSSL's words for an answer in plain HTTP are its own file and line. */
const tlsWords = (said: string) =>
  /wrong version number|packet length too long/.test(said) ? "the server there speaks plain http" : said;

class Deadline extends Error {
  constructor(ms: number, missing = "complete response") {
    super(`no ${missing} within ${ms / 1000} s`);
  }
}

const saying = {
  refused: "nobody answers at that address",
  dns: "the host name is not known",
  tls: "the TLS connection failed",
  proxy: "the proxy failed",
  reset: "the connection broke",
  timeout: "the connection timed out",
  status: "an error status",
  "too-large": "the response is too large",
  malformed: "the response is no valid HTTP",
} as const;

function flat(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) result[name.toLowerCase()] = Array.isArray(value) ? value.join(", ") : value;
  }
  return result;
}
