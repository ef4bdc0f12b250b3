import { TransportError } from "./transport-error.js";
import type { Dispatcher } from "./undici.js";

export interface HttpResponse {
  readonly status: number;
  /** Lower-case names; repeated headers are joined. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** undici's handler in its plainest form: no stream is made of a response that is wanted whole. */
type Handler = Required<
  Pick<Dispatcher.DispatchHandler, "onConnect" | "onHeaders" | "onData" | "onComplete" | "onError">
>;

/** One request and its whole response. `settled` rejects with what undici threw, or with what `fail` was given. */
export class Exchange implements Handler {
  readonly settled: Promise<HttpResponse>;
  private resolve!: (response: HttpResponse) => void;
  private reject!: (error: unknown) => void;
  private over = false;
  private abort: (() => void) | undefined;
  private status = 0;
  private headers: Readonly<Record<string, string>> = {};
  private readonly parts: Buffer[] = [];
  private size = 0;

  /** @param most  bytes of the response; a larger one fails */
  constructor(private readonly most: number) {
    this.settled = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  /** Gives the request up, sent or not: its connection is closed. */
  fail(error: unknown): void {
    if (this.over) return;
    this.over = true;
    this.reject(error);
    this.abort?.();
  }

  onConnect(abort: (error?: Error) => void): void {
    // Given up while it waited for a connection.
    if (this.over) abort();
    else this.abort = abort;
  }

  onHeaders(status: number, headers: Buffer[]): boolean {
    if (status < 200) return true;
    this.status = status;
    this.headers = namedHeaders(headers);
    const declared = Number(this.headers["content-length"]);
    if (declared > this.most) this.fail(tooLarge(`${declared}`, this.most));
    return true;
  }

  onData(chunk: Buffer): boolean {
    this.size += chunk.length;
    if (this.size > this.most) this.fail(tooLarge(`more than ${this.size}`, this.most));
    else this.parts.push(chunk);
    return true;
  }

  onComplete(): void {
    if (this.over) return;
    this.over = true;
    const body = this.parts.length === 1 ? (this.parts[0] as Buffer) : Buffer.concat(this.parts);
    this.resolve({ status: this.status, headers: this.headers, body });
  }

  onError(error: Error): void {
    if (this.over) return;
    this.over = true;
    this.reject(error);
  }
}

function tooLarge(bytes: string, most: number): TransportError {
  return new TransportError("too-large", `the response has ${bytes} bytes; at most ${most} are read`);
}

/** Names and values in turn. */
function namedHeaders(raw: readonly Buffer[]): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = (raw[i] as Buffer).toString("latin1").toLowerCase();
    const value = (raw[i + 1] as Buffer).toString("latin1");
    headers[name] = Object.hasOwn(headers, name) ? `${headers[name]}, ${value}` : value;
  }
  return headers;
}
