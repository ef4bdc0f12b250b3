import { UserError } from "../../core/errors.js";
import { backoffMs, sleep } from "../retry.js";
import { type HttpStream, Transport } from "../transport.js";
import { TransportError } from "../transport-error.js";
import type { Environment, HubSettings } from "./environment.js";

const attempts = 5;
const mostRedirects = 5;
/** A list may take the hub a while; a transfer of a shard hours, but never this long without a byte. */
const idleMs = 60_000;
const longestTransferMs = 12 * 60 * 60_000;

/** The hub's answer that there is no such thing, or not for us: another source may have it. */
export class NotOnHub extends Error {
  override readonly name = "NotOnHub";
}

/** Above this the user decides whether to wait. The hub's windows are five minutes long. */
const longestLimitMs = 5 * 60_000 + 1000;

/** GET requests to a hub: redirects followed with the token kept at home, passing faults retried, traffic counted. */
export class HubRequests implements AsyncDisposable {
  readonly traffic = { requests: 0, bytes: 0 };
  private readonly transport: Transport;

  constructor(
    readonly settings: HubSettings,
    environment: Environment,
    /** Told before a wait that would look like a hang. */
    private readonly say: (message: string) => void = () => undefined,
  ) {
    this.transport = new Transport({ environment, secrets: [settings.token], connections: 16 });
  }

  /** The whole body, at most `maxBytes`. @throws NotOnHub; UserError when the hub does not answer */
  async whole(
    url: string,
    maxBytes: number,
    signal: AbortSignal,
  ): Promise<{ body: Buffer; headers: HttpStream["headers"] }> {
    return this.retrying(url, signal, async () => {
      const { headers, chunks } = await this.successful(url, {}, signal);
      const parts: Buffer[] = [];
      let size = 0;
      for await (const chunk of chunks) {
        size += chunk.length;
        this.traffic.bytes += chunk.length;
        if (size > maxBytes) throw new TransportError("too-large", `the reply has more than ${maxBytes} bytes`);
        parts.push(chunk);
      }
      return { body: Buffer.concat(parts), headers };
    });
  }

  /** Bytes [start, end) as they arrive; the stream may break off with a `TransportError`, the caller asks for the rest. */
  async range(url: string, start: number, end: number, signal: AbortSignal): Promise<AsyncIterable<Buffer>> {
    const { chunks } = await this.retrying(url, signal, async () => {
      const answer = await this.successful(url, { range: `bytes=${start}-${end - 1}` }, signal);
      if (answer.status === 206 ? rangeStart(answer.headers["content-range"]) === start : start === 0) return answer;
      await discard(answer);
      throw new TransportError("status", `the server does not serve byte ranges (HTTP ${answer.status})`, {
        status: answer.status,
      });
    });
    return counted(chunks, end - start, this.traffic);
  }

  private async successful(
    url: string,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<HttpStream> {
    const answer = await this.follow(url, headers, signal);
    if (answer.status >= 200 && answer.status < 300) return answer;
    const parts: Buffer[] = [];
    for await (const chunk of answer.chunks) if (parts.push(chunk) >= 4) break;
    const { headers: told } = answer;
    const wait = told["retry-after"] ?? secondsToReset(told.ratelimit);
    const asked = wait === undefined ? told : { ...told, "retry-after": wait };
    throw this.transport.statusError({ ...answer, headers: asked, body: Buffer.concat(parts) });
  }

  private async follow(
    url: string,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<HttpStream> {
    const home = new URL(this.settings.endpoint).origin;
    const { token } = this.settings;
    let here = new URL(url);
    for (let hop = 0; hop <= mostRedirects; hop++) {
      // Storage has signed URLs of its own: the token must not leave the hub's origin.
      const credentials: Record<string, string> =
        here.origin === home && token ? { authorization: `Bearer ${token}` } : {};
      this.traffic.requests += 1;
      const answer = await this.transport.open({
        method: "GET",
        url: here.href,
        headers: { ...headers, ...credentials },
        timeoutMs: longestTransferMs,
        idleMs,
        signal,
      });
      if (answer.status < 300 || answer.status >= 400) return answer;
      await discard(answer);
      const { location } = answer.headers;
      if (location === undefined)
        throw new TransportError("malformed", `a redirect (HTTP ${answer.status}) without a target`);
      const target = new URL(location, here);
      if (!/^https?:$/.test(target.protocol) || (here.protocol === "https:" && target.protocol === "http:")) {
        throw new TransportError("tls", `a redirect from ${here.protocol} to ${target.protocol} is not followed`);
      }
      here = target;
    }
    throw new TransportError("status", `more than ${mostRedirects} redirects`, { status: 310 });
  }

  private async retrying<T>(url: string, signal: AbortSignal, attempt: () => Promise<T>): Promise<T> {
    for (let failures = 1; ; failures++) {
      try {
        return await attempt();
      } catch (error) {
        if (!(error instanceof TransportError)) throw error;
        if (error.status === 401 && this.settings.token !== undefined && isAboutToken(error))
          throw this.badToken(url, error);
        if (error.status === 404 || error.status === 401 || error.status === 403) throw this.notThere(url, error);
        if (!error.passing || failures >= attempts) throw this.unreachable(url, error);
        const wait = error.retryAfterMs;
        if (error.status === 429) {
          if (wait !== undefined && wait > longestLimitMs) throw this.unreachable(url, error);
          if (wait !== undefined && wait > 5000) {
            this.say(`the hub limits requests (HTTP 429): waiting ${Math.ceil(wait / 1000)} s, as it asks`);
          }
        }
        await sleep(backoffMs(failures, wait), signal);
      }
    }
  }

  private notThere(url: string, error: TransportError): NotOnHub {
    const hasToken = this.settings.token !== undefined;
    const words =
      error.status === 403 || /gated|restricted|awaiting/i.test(error.body ?? "")
        ? `access is restricted: accept its terms in a browser, then set HF_TOKEN (HTTP ${error.status})`
        : error.status === 401 && !hasToken
          ? "it does not exist, or it is private and HF_TOKEN is not set (HTTP 401)"
          : `it does not exist${hasToken ? ", or HF_TOKEN may not read it" : ""} (HTTP ${error.status})`;
    return new NotOnHub(`${this.transport.redact(url)}: ${words}`, { cause: error });
  }

  private badToken(url: string, error: TransportError): UserError {
    const { tokenFrom = "HF_TOKEN" } = this.settings;
    return new UserError(
      `the hub refuses the token of ${tokenFrom} (HTTP 401)${wordsOf(error)}`,
      this.transport.redact(url),
      "it is expired, revoked or not whole: make a new one in the hub's settings (hf auth login); public repositories need none",
      { cause: error },
    );
  }

  unreachable(url: string, error: TransportError): UserError {
    const where = this.transport.redact(url);
    if (error.status === 429) {
      const wait = error.retryAfterMs === undefined ? "wait some minutes" : `wait ${waitText(error.retryAfterMs)}`;
      const more = this.settings.token === undefined ? ", or set HF_TOKEN: with one the limit is higher" : "";
      return new UserError(
        `the hub limits how often it is asked (HTTP 429)${wordsOf(error)}`,
        where,
        `${wait}${more}; the same command goes on from what is in the cache`,
        { cause: error },
      );
    }
    return new UserError(
      `the hub does not answer${error.status === undefined ? "" : " as it should"}: ${error.message}${wordsOf(error)}`,
      where,
      `check the network, HTTPS_PROXY and HF_ENDPOINT; or use what is there: ${inHand(url)}, or HF_HUB_OFFLINE=1 with a filled cache`,
      { cause: error },
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.transport[Symbol.asyncDispose]();
  }
}

/** The hub names its reason; for a repository that only others may read it gives `RepoNotFound` or `GatedRepo` and says nothing of tokens. */
const isAboutToken = ({ body = "" }: TransportError): boolean =>
  /credentials|expired|invalid (?:user|token|access)|bad token/i.test(body) &&
  !/gated|restricted|not found/i.test(body);

/** What the server wrote, as far as it is a sentence. */
function wordsOf({ body = "" }: TransportError): string {
  const words = /"error"\s*:\s*"((?:[^"\\]|\\.)*)"/.exec(body)?.[1];
  return words ? `: ${words.slice(0, 200)}` : "";
}

/** The option that names what the hub was asked for in a folder. */
const inHand = (url: string) => (/\/datasets\//.test(url) ? "rows (--data DIR)" : "a checkpoint (local:DIR)");

/** `RateLimit: "api";r=0;t=120`: the seconds until the window is over (draft-ietf-httpapi-ratelimit-headers). */
const secondsToReset = (header: string | undefined): string | undefined =>
  header && /;\s*r=0\b/.test(header) ? /;\s*t=(\d+)/.exec(header)?.[1] : undefined;

const waitText = (ms: number): string => (ms < 120_000 ? `${Math.ceil(ms / 1000)} s` : `${Math.ceil(ms / 60_000)} min`);

/** At most `left` bytes: a server that ignores the range sends the whole file. */
async function* counted(
  chunks: AsyncIterable<Buffer>,
  left: number,
  traffic: { bytes: number },
): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    traffic.bytes += chunk.length;
    yield chunk.length <= left ? chunk : chunk.subarray(0, left);
    left -= chunk.length;
    if (left <= 0) return;
  }
}

function rangeStart(header: string | undefined): number | undefined {
  const match = header && /^bytes (\d+)-/.exec(header);
  return match ? Number(match[1]) : undefined;
}

/** Leaves a response unread. */
async function discard({ chunks }: HttpStream): Promise<void> {
  await chunks[Symbol.asyncIterator]().return?.();
}
