/** Which requests go through a proxy: HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY (either case), read as curl reads them. */

import { BlockList, isIP } from "node:net";
import { UserError } from "../core/errors.js";

type Environment = Readonly<Record<string, string | undefined>>;

export interface HttpProxy {
  readonly url: URL;
  readonly user?: string;
  readonly password?: string;
  /** The variable that names it, for messages. */
  readonly variable: string;
  /** Host and port: never its password. */
  readonly shown: string;
  /** `Basic ...`, when the variable holds a user and a password. */
  readonly authorization?: string;
}

const schemes = ["http:", "https:", "socks5:", "socks5h:", "socks:"];

/** The proxies of an environment. @throws UserError  a variable that names no proxy */
export class ProxyRules {
  private readonly http: HttpProxy | undefined;
  private readonly https: HttpProxy | undefined;
  private readonly exceptions: readonly Exception[];

  constructor(environment: Environment) {
    const all = proxyIn(environment, "ALL_PROXY");
    this.http = proxyIn(environment, "HTTP_PROXY") ?? all;
    this.https = proxyIn(environment, "HTTPS_PROXY") ?? all;
    // Without a proxy nobody reads the exceptions: what is wrong in them harms nothing.
    const exceptions = this.http || this.https ? (environment.no_proxy ?? environment.NO_PROXY ?? "") : "";
    this.exceptions = exceptions
      .split(/[\s,]+/)
      .filter((word) => word !== "")
      .map(exceptionOf);
  }

  /** What must not appear in a message. */
  get secrets(): readonly string[] {
    return [this.http, this.https].flatMap((proxy) =>
      proxy === undefined || proxy.authorization === undefined
        ? []
        : [proxy.authorization, proxy.url.password, unescaped(proxy.url.password)],
    );
  }

  /** The proxy of a request to `target`; undefined = straight there. */
  for(target: URL): HttpProxy | undefined {
    const proxy = target.protocol === "https:" ? this.https : this.http;
    if (!proxy || isLoopback(hostOf(target))) return undefined;
    return this.exceptions.some((holds) => holds(target)) ? undefined : proxy;
  }
}

function proxyIn(environment: Environment, variable: string): HttpProxy | undefined {
  const value = (environment[variable.toLowerCase()] || environment[variable])?.trim();
  if (!value) return undefined;
  // curl, requests and Go take `proxy.company:3128` for http://proxy.company:3128.
  const written = /^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value.replace(/^socks5h:/i, "socks5:") : `http://${value}`;
  const url = URL.canParse(written) ? new URL(written) : undefined;
  if (!url || url.hostname === "" || !schemes.includes(url.protocol)) {
    throw new UserError(
      `${variable} names no proxy`,
      `the environment variable ${variable}`,
      `write it as ${variable}=http://HOST:PORT, http://USER:PASSWORD@HOST:PORT or socks5://HOST:PORT; or unset it`,
    );
  }
  const { username, password } = url;
  const named = { url, variable, shown: url.host };
  if (username === "") return named;
  const login = { user: unescaped(username), password: unescaped(password) };
  return {
    ...named,
    ...login,
    authorization: `Basic ${Buffer.from(`${login.user}:${login.password}`).toString("base64")}`,
  };
}

/** As curl reads it: `%40` is a character, any other `%` is one by itself. */
function unescaped(text: string): string {
  const bytes = text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, "latin1").toString("utf8");
}

/** A server on this machine is never behind a proxy (what Go, Chromium and Firefox do without being told). */
function isLoopback(host: string): boolean {
  return host === "localhost" || host.endsWith(".localhost") || /^127\./.test(host) || host === "::1";
}

type Exception = (target: URL) => boolean;

/**
 * `*`, `host`, `.domain`, `*.domain`, any of them with `:port`, an address, or a range of addresses (`10.0.0.0/8`, `10.*`).
 * @throws UserError  a range or a URL that no server can match: what was to stay away from the proxy would go through it
 */
function exceptionOf(word: string): Exception {
  if (word === "*") return () => true;
  // The path of a socket (/var/run/docker.sock) is other programs' exception: no URL of ours can match it.
  if (word.startsWith("/")) return () => false;
  if (word.includes("/")) {
    const [, address = "", bits] = /^\[?([0-9a-f.:]+)\]?\/(\d{1,3})$/i.exec(word) ?? [];
    const family = isIP(address);
    if (family === 0 || Number(bits) > (family === 6 ? 128 : 32)) throw neverMatches(word);
    const block = new BlockList();
    block.addSubnet(address, Number(bits), family === 6 ? "ipv6" : "ipv4");
    return (target) => {
      const host = hostOf(target);
      return isIP(host) === family && block.check(host, family === 6 ? "ipv6" : "ipv4");
    };
  }
  if (word.lastIndexOf("*") > 0) {
    // What Windows and Java write: the star stands for anything.
    const pattern = new RegExp(`^${word.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*")}$`, "i");
    return (target) => pattern.test(hostOf(target));
  }
  const [, name = word, port] = (isIP(word) === 6 ? null : /^(.*[^:]):(\d+)$/.exec(word)) ?? [];
  const written = name.replace(/^\[|\]$/g, "").replace(/^\*?\./, "");
  // An address of version 6 has many forms; a URL has one.
  const domain = isIP(written) === 6 ? hostOf(new URL(`http://[${written}]`)) : written.toLowerCase();
  if (Number(port) > 65_535) throw neverMatches(word);
  return (target) => {
    if (port !== undefined && port !== (target.port || (target.protocol === "https:" ? "443" : "80"))) return false;
    const host = hostOf(target);
    return host === domain || host.endsWith(`.${domain}`);
  };
}

function neverMatches(word: string): UserError {
  // A URL may have a password in it.
  const shown = word.replace(/\/\/[^/@]*@/, "//...@");
  return new UserError(
    `"${shown}" in NO_PROXY is neither a host nor a range of addresses`,
    "the environment variable NO_PROXY (or no_proxy)",
    "write a host (models.internal, .internal, models.internal:8000), an address, or a range such as 10.0.0.0/8 or fd00::/8",
  );
}

const hostOf = ({ hostname }: URL) => hostname.replace(/^\[|\]$/g, "").toLowerCase();
