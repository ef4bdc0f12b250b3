/** squid and tinyproxy with passwords between llava-eval and an endpoint. */

import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { ask, cell, filesHolding, kindOf, type Section, wordsOf } from "./asking.js";
import { certificate } from "./certificate.js";
import { daemonEnvironment, debianPrograms, freePort, output, started } from "./programs.js";
import { startUpstream } from "./upstream.js";

const user = "alice";
const password = "secret-pw-123";

interface Case {
  readonly name: string;
  /** Of `settings`: the proxy's address, or what stands there instead. */
  readonly settings: (proxy: string, target: URL) => Readonly<Record<string, string>>;
  readonly target: "http" | "https" | "dead";
  readonly kind: RegExp;
  readonly words?: RegExp;
  /** The proxy is asked. */
  readonly isAsked?: false;
}

const scored = /^8 scored "yes"$/;
const stopped = /^stopped \(exit 1\)$/;
const both = (value: string) => ({ HTTP_PROXY: value, HTTPS_PROXY: value });
const named = (proxy: string) => `http://${user}:${password}@${proxy}`;

const cases: readonly Case[] = [
  { name: "http, user and password", settings: (proxy) => both(named(proxy)), target: "http", kind: scored },
  { name: "https, user and password", settings: (proxy) => both(named(proxy)), target: "https", kind: scored },
  {
    name: "no scheme",
    settings: (proxy) => both(`${user}:${password}@${proxy}`),
    target: "http",
    kind: scored,
  },
  { name: "ALL_PROXY", settings: (proxy) => ({ ALL_PROXY: named(proxy) }), target: "https", kind: scored },
  {
    name: "http, no password",
    settings: (proxy) => both(`http://${proxy}`),
    target: "http",
    kind: stopped,
    words:
      /the proxy .* \(HTTP_PROXY\) wants a user and a password \(HTTP 407\).*HTTP_PROXY=http:\/\/USER:PASSWORD@HOST:PORT/,
  },
  {
    name: "https, no password",
    settings: (proxy) => both(`http://${proxy}`),
    target: "https",
    kind: stopped,
    words: /the proxy .* \(HTTPS_PROXY\) wants a user and a password \(HTTP 407\)/,
  },
  {
    name: "https, a wrong password",
    settings: (proxy) => both(`http://${user}:wrong-pw-999@${proxy}`),
    target: "https",
    kind: stopped,
    words: /\(HTTPS_PROXY\) does not take this user and password \(HTTP 40[17]\)/,
  },
  {
    name: "a proxy that is not there",
    settings: () => both("http://127.0.0.1:9"),
    target: "https",
    kind: stopped,
    words: /the proxy 127\.0\.0\.1:9 \(HTTPS_PROXY\) does not answer.*correct HTTPS_PROXY/,
    isAsked: false,
  },
  {
    name: "an endpoint that is not there",
    settings: (proxy) => both(named(proxy)),
    target: "dead",
    kind: stopped,
    words: /the proxy .* cannot reach this address.*check that the server is there/,
  },
  {
    name: "NO_PROXY with a range of addresses",
    settings: (proxy, { hostname }) => ({ ...both(named(proxy)), NO_PROXY: `${hostname.replace(/\.\d+$/, ".0")}/24` }),
    target: "http",
    kind: scored,
    isAsked: false,
  },
];

/** No proxy is asked for a server on loopback: the endpoint listens on this machine's other address. */
function ownAddress(): string {
  const found = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .find(({ family, internal }) => family === "IPv4" && !internal);
  if (!found) throw new Error("this machine has no IPv4 address but loopback: proxies cannot be tried here");
  return found.address;
}

export async function proxies(work: string): Promise<Section> {
  debianPrograms({ squid: "squid", tinyproxy: "tinyproxy", openssl: "openssl" });
  const folder = join(work, "proxies");
  const host = ownAddress();
  await certificate(folder, [host]);
  const trusted = join(folder, "server.pem");
  await using open = await startUpstream({ host });
  await using secure = await startUpstream({
    host,
    tls: { key: await readFile(join(folder, "server.key"), "utf8"), cert: await readFile(trusted, "utf8") },
  });
  const targets = { http: open.url, https: secure.url, dead: `http://${host}:${await freePort()}` };
  const lines = ["| proxy | case | what happened | words |", "| --- | --- | --- | --- |"];
  const faults: string[] = [];
  for (const start of [squid, tinyproxy]) {
    await using proxy = await start(folder, secure.port);
    for (const [i, { name, settings, target, kind, words, isAsked = true }] of cases.entries()) {
      const before = await requestsIn(proxy.log);
      const question = `${proxy.name}-${i}`;
      const answered = await ask(work, {
        name: question,
        tasks: ["pope"],
        limit: 8,
        model: {
          runner: "openai",
          model: "m",
          urls: [`${targets[target]}/openai/ok/v1`],
          timeoutSeconds: 8,
          attempts: 2,
        },
        environment: { ...settings(`127.0.0.1:${proxy.port}`, new URL(targets[target])), NODE_EXTRA_CA_CERTS: trusted },
      });
      const said = wordsOf(answered);
      const leaks = await filesHolding(work, question, [password, "wrong-pw-999"]);
      const problems = [
        ...(kind.test(kindOf(answered)) && (words ?? /^/).test(said) ? [] : ["other"]),
        ...((await requestsIn(proxy.log)) > before === isAsked ? [] : [isAsked ? "not asked" : "asked"]),
        ...(leaks.length === 0 ? [] : [`the password in ${leaks.join(", ")}`]),
      ];
      if (problems.length > 0)
        faults.push(`${proxy.name}, ${name}: ${problems.join(", ")}: ${kindOf(answered)}: ${said}`);
      const mark = problems.length > 0 ? ` **${problems.join(", ")}**` : "";
      lines.push(`| ${proxy.name} | ${name} | ${cell(kindOf(answered))}${mark} | ${cell(said, 300)} |`);
      console.log(lines.at(-1));
    }
  }
  const version = /Version (\S+)/.exec(output("squid", ["-v"], daemonEnvironment))?.[1];
  const other = output("tinyproxy", ["-v"], daemonEnvironment).trim();
  return { title: "squid and tinyproxy with passwords", versions: `squid ${version}, ${other}`, lines, faults };
}

interface Proxy extends AsyncDisposable {
  readonly name: string;
  readonly port: number;
  readonly log: string;
}

/** Debian's rules: CONNECT to the ports of TLS alone. */
async function squid(folder: string, securePort: number): Promise<Proxy> {
  const port = await freePort();
  // squid becomes another user when root starts it.
  await mkdir(join(folder, "squid"), { recursive: true });
  await chmod(join(folder, "squid"), 0o777);
  await writeFile(join(folder, "htpasswd"), `${user}:${output("openssl", ["passwd", "-apr1", password]).trim()}\n`);
  const log = join(folder, "squid/access.log");
  await writeFile(
    join(folder, "squid.conf"),
    `http_port 127.0.0.1:${port}
auth_param basic program /usr/lib/squid/basic_ncsa_auth ${join(folder, "htpasswd")}
auth_param basic realm proxy
acl known proxy_auth REQUIRED
acl SSL_ports port 443 ${securePort}
acl CONNECT method CONNECT
http_access deny CONNECT !SSL_ports
http_access allow known
http_access deny all
cache deny all
pid_filename ${join(folder, "squid/squid.pid")}
access_log stdio:${log}
cache_log ${join(folder, "squid/cache.log")}
coredump_dir ${join(folder, "squid")}
shutdown_lifetime 1 seconds
shared_memory_locking off
memory_cache_shared off
workers 1
`,
  );
  const args = ["-N", "-f", join(folder, "squid.conf")];
  const server = await started("squid", args, { port, log: join(folder, "squid.out"), cwd: folder });
  return { name: "squid", port, log, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

async function tinyproxy(folder: string): Promise<Proxy> {
  const port = await freePort();
  const log = join(folder, "tinyproxy.out");
  await writeFile(
    join(folder, "tinyproxy.conf"),
    `Port ${port}
Listen 127.0.0.1
Timeout 60
MaxClients 50
LogLevel Connect
BasicAuth ${user} ${password}
`,
  );
  const args = ["-d", "-c", join(folder, "tinyproxy.conf")];
  const server = await started("tinyproxy", args, { port, log, cwd: folder });
  return { name: "tinyproxy", port, log, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

/** Lines about requests. squid writes its log a moment after the reply. */
async function requestsIn(log: string): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, 300));
  return (await readFile(log, "utf8")).split("\n").filter((line) => /CONNECT|POST|GET/.test(line)).length;
}
