/** Why a request has no usable response. */
export type TransportFault =
  | "refused" // nobody listens there
  | "dns"
  | "tls"
  | "proxy" // the proxy, not the endpoint
  | "reset" // the connection broke before the response was complete
  | "timeout"
  | "status" // an HTTP status of 300 and above
  | "too-large"
  | "malformed"; // not what the protocol promises: broken HTTP, broken JSON, HTML instead of JSON, no answer in it

/** A request that failed; the message is already free of secrets. */
export class TransportError extends Error {
  override readonly name = "TransportError";
  readonly status?: number;
  /** Where a redirect points; it is not followed: a key would go along. */
  readonly location?: string;
  /** What the server asked us to wait, milliseconds. */
  readonly retryAfterMs?: number;
  /** The response's body as far as it was read, at most 64 KB, secrets removed. */
  readonly body?: string;

  constructor(
    readonly fault: TransportFault,
    message: string,
    more: { status?: number; location?: string; retryAfterMs?: number; body?: string; cause?: unknown } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    if (more.status !== undefined) this.status = more.status;
    if (more.location !== undefined) this.location = more.location;
    if (more.retryAfterMs !== undefined) this.retryAfterMs = more.retryAfterMs;
    if (more.body !== undefined) this.body = more.body;
  }

  /** Asking again may help. */
  get passing(): boolean {
    switch (this.fault) {
      case "reset":
      case "timeout":
      case "refused":
      case "malformed":
        return true;
      case "dns":
        return true;
      case "status":
        return isPassingStatus(this.status ?? 0);
      case "proxy":
        // Without a status the proxy itself did not answer.
        return this.status === undefined || isPassingStatus(this.status);
      default:
        return false;
    }
  }

  /** In one word, for counts: `429`, `timeout`, `reset`, ... */
  get kind(): string {
    return this.fault === "status" ? String(this.status) : this.fault;
  }
}

/** 408 timeout, 409 conflict, 425 too early, 429, all of 5xx (529 is Anthropic's "overloaded") but 501 and 505, which say "never". */
function isPassingStatus(status: number): boolean {
  return [408, 409, 425, 429].includes(status) || (status >= 500 && status !== 501 && status !== 505);
}

const faultByCode: Readonly<Record<string, TransportFault>> = {
  ECONNREFUSED: "refused",
  EHOSTUNREACH: "refused",
  ENETUNREACH: "refused",
  ENOTFOUND: "dns",
  EAI_AGAIN: "dns",
  ECONNRESET: "reset",
  EPIPE: "reset",
  UND_ERR_SOCKET: "reset",
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: "reset",
  UND_ERR_CLOSED: "reset",
  UND_ERR_CONNECT_TIMEOUT: "timeout",
  UND_ERR_HEADERS_TIMEOUT: "timeout",
  UND_ERR_BODY_TIMEOUT: "timeout",
  ETIMEDOUT: "timeout",
  UND_ERR_HEADERS_OVERFLOW: "too-large",
};

/** What undici or Node threw, classified. */
export function faultOf(error: unknown): TransportFault {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; depth++) {
    const code = (at as { code?: unknown }).code;
    if (typeof code === "string") {
      const fault = faultByCode[code];
      if (fault) return fault;
      if (/CERT|TLS|SSL|SELF_SIGNED|VERIFY/.test(code)) return "tls";
    }
    if (at.name === "HTTPParserError") return "malformed";
    // Several addresses of one name were tried (localhost: ::1 and 127.0.0.1).
    at = at instanceof AggregateError ? at.errors[0] : at.cause;
  }
  return "reset";
}
