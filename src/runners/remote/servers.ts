import type { TransportError } from "../../http/transport-error.js";

/** One of several equal servers. */
export interface Server {
  /** Base URL without a slash at its end. */
  readonly url: string;
}

/** A path below the server's base URL; a query of the base (Azure's `?api-version=...`) stays at the end. */
export function urlOf(server: Server, path: string): string {
  const query = server.url.indexOf("?");
  return query < 0
    ? server.url + path
    : server.url.slice(0, query).replace(/\/+$/, "") + path + server.url.slice(query);
}

interface State extends Server {
  inFlight: number;
  failures: number;
  /** When it may be tried again, `performance.now()` milliseconds; 0 = alive. */
  deadUntil: number;
}

const firstDeathMs = 2_000;
const longestDeathMs = 60_000;
/** A server that keeps a shared prefix may have this many requests more than the least busy one. */
const prefixSlack = 8;

/**
 * Balances requests over the servers of one model: the least busy one that is alive, except that requests that share a prefix
 * (one image) go to one server, whose cache then has it. A server that cannot be reached is taken out, and tried
 * again by one request after a while.
 */
export class Servers {
  private readonly servers: readonly State[];
  private readonly prefixes = new Map<string, State>();

  constructor(
    urls: readonly string[],
    private readonly now: () => number = () => performance.now(),
  ) {
    this.servers = urls.map((url) => ({ url: url.replace(/\/+$/, ""), inFlight: 0, failures: 0, deadUntil: 0 }));
  }

  get all(): readonly Server[] {
    return this.servers;
  }

  /** Every `take` needs a `done`. */
  take(prefix?: { readonly key: string; readonly remaining: number }): Server {
    const now = this.now();
    const awake = this.servers.filter((server) => server.deadUntil <= now);
    // All are out: the one that has been out longest, rather than none.
    const candidates =
      awake.length > 0 ? awake : [...this.servers].sort((a, b) => a.deadUntil - b.deadUntil).slice(0, 1);
    const least = candidates.reduce((a, b) => (b.inFlight < a.inFlight ? b : a));
    const kept = prefix && this.prefixes.get(prefix.key);
    const chosen = kept && candidates.includes(kept) && kept.inFlight <= least.inFlight + prefixSlack ? kept : least;
    if (prefix) {
      if (prefix.remaining > 0) this.prefixes.set(prefix.key, chosen);
      else this.prefixes.delete(prefix.key);
    }
    // Half open: others stay away until this request has shown whether it is back.
    if (chosen.deadUntil > 0) chosen.deadUntil = now + this.pause(chosen);
    chosen.inFlight += 1;
    return chosen;
  }

  done(server: Server, error?: TransportError): void {
    const state = server as State;
    state.inFlight -= 1;
    if (!error || !saysDead(error)) {
      if (!error) {
        state.failures = 0;
        state.deadUntil = 0;
      }
      return;
    }
    state.failures += 1;
    // Refused is certain; a reset or a timeout may be one request's bad luck.
    if (error.fault === "refused" || error.fault === "dns" || state.failures >= 3) {
      state.deadUntil = this.now() + this.pause(state);
    }
  }

  private pause(state: State): number {
    return Math.min(longestDeathMs, firstDeathMs * 2 ** Math.min(10, Math.max(0, state.failures - 1)));
  }
}

function saysDead({ fault, status }: TransportError): boolean {
  return (
    fault === "refused" ||
    fault === "dns" ||
    fault === "tls" ||
    fault === "reset" ||
    fault === "timeout" ||
    status === 502 ||
    status === 503
  );
}
