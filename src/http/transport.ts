/** The one way out: every request of runners, judges and the hub goes through here. */
import { messageOf } from "../core/errors.js";
import { Exchange, type HttpResponse } from "./exchange.js";
import { allowManyListeners } from "./many-listeners.js";
import { type Redact, redactor } from "./redact.js";
import { retryAfterOf } from "./retry.js";
import { faultOf, TransportError } from "./transport-error.js";
import { type Dispatcher, openAgent, openProxyAgent, openResponse } from "./undici.js";

export interface HttpRequest {
  readonly method: "GET" | "HEAD" | "POST";
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** In one piece: it goes to the socket as it is, with the head in front, in one call. */
  readonly body?: Buffer;
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
  /** HTTP_PROXY, HTTPS_PROXY, NO_PROXY (either case). Default `process.env`. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

const connectTimeoutMs = 15_000;
const shownBodyBytes = 64 * 1024;

export class Transport implements AsyncDisposable {
  readonly redact: Redact;
  readonly #dispatcher: Dispatcher;
  readonly #maxResponseBytes: number;
  readonly #inFlight = new WeakMap<AbortSignal, Set<Exchange>>();

  constructor(options: TransportOptions = {}) {
    const environment = options.environment ?? process.env;
    this.redact = redactor(options.secrets ?? []);
    this.#maxResponseBytes = options.maxResponseBytes ?? 64 * 1024 * 1024;
    const agent = {
      connections: options.connections ?? 256,
      pipelining: 1,
      connect: { timeout: connectTimeoutMs },
      // One deadline per request is ours; undici's own would cut slow answers of big models after five minutes.
      headersTimeout: 0,
      bodyTimeout: 0,
      maxResponseSize: -1,
    };
    const read = (name: string) => environment[name.toLowerCase()] ?? environment[name.toUpperCase()];
    const httpProxy = read("http_proxy");
    const httpsProxy = read("https_proxy");
    const noProxy = read("no_proxy");
    this.#dispatcher =
      httpProxy || httpsProxy
        ? openProxyAgent({
            ...agent,
            httpProxy: httpProxy ?? "",
            httpsProxy: httpsProxy ?? "",
            noProxy: noProxy ?? "",
          })
        : openAgent(agent);
  }

  /** The whole response, whatever its status. @throws TransportError; the signal's reason when aborted */
  async request(request: HttpRequest): Promise<HttpResponse> {
    const { signal, timeoutMs } = request;
    signal.throwIfAborted();
    const exchange = new Exchange(this.#maxResponseBytes);
    const inFlight = this.#inFlightUnder(signal);
    inFlight.add(exchange);
    const timer = setTimeout(() => exchange.fail(new Deadline(timeoutMs)), timeoutMs);
    // Nothing but an open socket keeps the process.
    timer.unref();
    try {
      this.#dispatcher.dispatch(optionsOf(request), exchange);
      return await exchange.settled;
    } catch (error) {
      throw this.#failure(error, signal);
    } finally {
      clearTimeout(timer);
      inFlight.delete(exchange);
    }
  }

  /** One listener on the signal that all requests of a run share: a listener each would be looked through at every removal. */
  #inFlightUnder(signal: AbortSignal): Set<Exchange> {
    const known = this.#inFlight.get(signal);
    if (known) return known;
    const exchanges = new Set<Exchange>();
    this.#inFlight.set(signal, exchanges);
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
    try {
      const response = await openResponse(this.#dispatcher, { ...optionsOf(request), signal: abort.signal });
      const chunks = this.#chunksOf(response.body, signal, abort, release, idle);
      return { status: response.statusCode, headers: flat(response.headers), chunks };
    } catch (error) {
      release();
      throw this.#failure(abort.signal.aborted ? abort.signal.reason : error, signal);
    }
  }

  async *#chunksOf(
    body: Dispatcher.ResponseData["body"],
    signal: AbortSignal,
    abort: AbortController,
    release: () => void,
    idle: NodeJS.Timeout | undefined,
  ): AsyncGenerator<Buffer> {
    try {
      for await (const chunk of body) {
        yield chunk as Buffer;
        // Also covers a reader that takes its time: only the server's silence counts.
        idle?.refresh();
      }
    } catch (error) {
      throw this.#failure(abort.signal.aborted ? abort.signal.reason : error, signal);
    } finally {
      release();
      // Left before its end: the rest is not wanted, and the connection is not worth draining a gigabyte.
      body.destroy();
    }
  }

  #failure(error: unknown, signal: AbortSignal): unknown {
    if (signal.aborted) return signal.reason;
    if (error instanceof TransportError) return error;
    if (error instanceof Deadline) return new TransportError("timeout", error.message, { cause: error });
    const fault = faultOf(error);
    const cause = error instanceof AggregateError ? error.errors[0] : error;
    return new TransportError(fault, this.redact(`${saying[fault]}: ${messageOf(cause)}`), { cause: error });
  }

  /** The error of a response whose status is no success; reads what the server says about waiting. */
  statusError(response: HttpResponse): TransportError {
    const { status, headers } = response;
    const body = this.redact(response.body.subarray(0, shownBodyBytes).toString("utf8"));
    const retryAfterMs = retryAfterOf(headers);
    return new TransportError("status", `HTTP ${status}`, {
      status,
      body,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#dispatcher.destroy();
  }
}

/** A request as undici has it. */
function optionsOf({ method, url, headers, body }: HttpRequest): Dispatcher.DispatchOptions & { origin: string } {
  const { origin, pathname, search } = new URL(url);
  return { origin, path: pathname + search, method, headers: { ...headers }, ...(body ? { body } : {}) };
}

class Deadline extends Error {
  constructor(ms: number, missing = "complete response") {
    super(`no ${missing} within ${ms / 1000} s`);
  }
}

const saying = {
  refused: "nobody answers at that address",
  dns: "the host name is not known",
  tls: "the TLS connection failed",
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
