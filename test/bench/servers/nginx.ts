/** nginx in front of an endpoint: limits, compression, passwords, TLS, redirects, and what a user reads of each. */

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ask, cell, kindOf, type Section, wordsOf } from "./asking.js";
import { certificate } from "./certificate.js";
import { daemonEnvironment, debianPrograms, freePort, output, started } from "./programs.js";
import { startUpstream } from "./upstream.js";

const user = "alice";
const password = "secret-pw-123";

interface Case {
  readonly name: string;
  /** The `server` block behind `listen`. @param port  of any case by name, of a dead server by "dead" */
  readonly block: string;
  readonly scheme?: "http" | "https";
  /** Of the upstream. */
  readonly mode?: string;
  readonly file?: object;
  readonly environment?: Readonly<Record<string, string>>;
  /** What must have happened, and be said. */
  readonly kind: RegExp;
  readonly words?: RegExp;
}

const scored = /^12 scored "yes"$/;
const stopped = /^stopped \(exit 1\)$/;
const basic = `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
const secure =
  "ssl_certificate tls/server.pem; ssl_certificate_key tls/server.key; location / { proxy_pass http://model; }";
const squeezed = "gzip on; gzip_min_length 1; gzip_types application/json; gzip_proxied any;";

/** PORT_X stands for the port of case X. */
function casesIn(work: string): readonly Case[] {
  return [
    { name: "plain", block: "location / { proxy_pass http://model; }", kind: scored },
    {
      name: "body limit of 1 kB",
      block: "client_max_body_size 1k; location / { proxy_pass http://model; }",
      kind: /^12 failed$/,
      words: /HTTP 413: 413 Request Entity Too Large/,
    },
    {
      name: "basic authentication, nothing sent",
      block: 'auth_basic "models"; auth_basic_user_file htpasswd; location / { proxy_pass http://model; }',
      kind: stopped,
      words: /HTTP 401.*headers: \{authorization: env:NAME\}/,
    },
    {
      name: "basic authentication by a header",
      block: 'auth_basic "models"; auth_basic_user_file htpasswd; location / { proxy_pass http://model; }',
      file: { headers: { authorization: "env:BASIC" } },
      environment: { BASIC: basic },
      kind: scored,
    },
    {
      name: "own certificate, not trusted",
      block: secure,
      scheme: "https",
      kind: stopped,
      words: /NODE_EXTRA_CA_CERTS/,
    },
    {
      name: "own certificate, trusted",
      block: secure,
      scheme: "https",
      environment: { NODE_EXTRA_CA_CERTS: join(work, "nginx/tls/server.pem") },
      kind: scored,
    },
    { name: "http to a TLS port", block: secure, kind: stopped, words: /use https:\/\/ in the URL/ },
    {
      name: "https to a plain port",
      block: "location / { proxy_pass http://model; }",
      scheme: "https",
      kind: stopped,
      words: /speaks plain http.*use http:\/\//,
    },
    { name: "gzip", block: `${squeezed} location / { proxy_pass http://model; }`, kind: scored },
    {
      name: "gzip behind a second nginx that asks for it whatever the client said",
      block:
        "location / { proxy_set_header Accept-Encoding gzip; proxy_http_version 1.1; proxy_pass http://127.0.0.1:PORT_gzip; }",
      kind: scored,
    },
    {
      name: "a model that takes longer than the gateway waits",
      block: "location / { proxy_read_timeout 1s; proxy_pass http://model; }",
      mode: "hang",
      kind: /^12 failed$/,
      words: /HTTP 504: 504 Gateway Time-out/,
    },
    { name: "a dead upstream", block: "location / { proxy_pass http://dead; }", kind: stopped, words: /HTTP 502/ },
    {
      name: "limit_req, 5 a second, 503",
      block: "limit_req zone=slow burst=1 nodelay; location / { proxy_pass http://model; }",
      kind: scored,
    },
    {
      name: "limit_req, 5 a second, 429",
      block: "limit_req zone=slow burst=1 nodelay; limit_req_status 429; location / { proxy_pass http://model; }",
      kind: scored,
    },
    {
      name: "301 to https",
      block: "location / { return 301 https://$host:443$request_uri; }",
      kind: stopped,
      words: /moved to https:.*use that URL: --model openai:m@https:\/\/127\.0\.0\.1(:443)?\/openai\/ok\/v1/,
    },
    {
      name: "308 to another port",
      block: "location / { return 308 http://127.0.0.1:PORT_gzip$request_uri; }",
      kind: stopped,
      words: /moved to http:.*use that URL/,
    },
    {
      name: "a redirect to a path of the same server",
      block: "absolute_redirect off; location / { return 307 /elsewhere$request_uri; }",
      kind: stopped,
      words: /use that URL: --model openai:m@http:\/\/127\.0\.0\.1:\d+\/elsewhere\/openai\/ok\/v1/,
    },
    {
      name: "a redirect to itself",
      block: "absolute_redirect off; location / { return 307 $request_uri; }",
      kind: stopped,
      words: /redirects to itself/,
    },
    {
      name: "nginx' own 404",
      block: "location = /nothing { return 200; }",
      kind: stopped,
      words: /HTTP 404/,
    },
  ];
}

export async function nginx(work: string): Promise<Section> {
  debianPrograms({ nginx: "nginx-light", openssl: "openssl" });
  const folder = join(work, "nginx");
  const cases = casesIn(work);
  await using upstream = await startUpstream();
  const ports = await Promise.all(cases.map(() => freePort()));
  await certificate(join(folder, "tls"), ["127.0.0.1"]);
  await mkdir(join(folder, "tmp"), { recursive: true });
  await writeFile(join(folder, "htpasswd"), `${user}:${output("openssl", ["passwd", "-apr1", password]).trim()}\n`);
  await writeFile(join(folder, "nginx.conf"), configuration(cases, ports, upstream.port, await freePort()));
  await using _nginx = await started("nginx", ["-p", folder, "-c", "nginx.conf"], {
    port: ports[0] as number,
    log: join(work, "nginx.log"),
  });
  const lines = ["| nginx | what happened | words |", "| --- | --- | --- |"];
  const faults: string[] = [];
  for (const [i, one] of cases.entries()) {
    const { name, scheme = "http", mode = "ok", file = {}, environment = {}, kind, words } = one;
    const answered = await ask(work, {
      name: `nginx-${i}`,
      tasks: ["pope"],
      limit: 12,
      model: {
        runner: "openai",
        model: "m",
        urls: [`${scheme}://127.0.0.1:${ports[i]}/openai/${mode}/v1`],
        timeoutSeconds: 8,
        // The last word of a rate limit is patience.
        ...(name.startsWith("limit_req") ? {} : { attempts: 2 }),
        ...file,
      },
      environment,
    });
    const said = wordsOf(answered);
    const good = kind.test(kindOf(answered)) && (words ?? /^/).test(said);
    if (!good) faults.push(`${name}: ${kindOf(answered)}: ${said}`);
    lines.push(`| ${name} | ${cell(kindOf(answered))}${good ? "" : " **other**"} | ${cell(said, 300)} |`);
    console.log(lines.at(-1));
  }
  const versions = output("nginx", ["-v"], daemonEnvironment).trim().replace("nginx version: ", "");
  return { title: "nginx in front of an endpoint", versions, lines, faults };
}

function configuration(cases: readonly Case[], ports: readonly number[], upstream: number, dead: number): string {
  const portOf = (name: string) => String(ports[cases.findIndex((one) => one.name === name)]);
  const servers = cases.map(({ block }, i) => {
    const tls = block.includes("ssl_certificate") ? " ssl" : "";
    const written = block.replace(/PORT_(\w+)/g, (_, name: string) => portOf(name));
    return `server { listen 127.0.0.1:${ports[i]}${tls}; ${written} }`;
  });
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (name) => `${name}_temp_path tmp/${name};`,
  );
  return `worker_processes 1; daemon off; pid nginx.pid; error_log error.log;
events { worker_connections 256; }
http {
access_log off;
${temporary.join(" ")}
limit_req_zone $binary_remote_addr zone=slow:1m rate=5r/s;
upstream model { server 127.0.0.1:${upstream}; }
upstream dead { server 127.0.0.1:${dead}; }
${servers.join("\n")}
}
`;
}
