/**
 * A Hugging Face hub on loopback for tests: revision and tree lists with pages, `resolve` with a redirect to storage on another
 * origin, byte ranges, and faults. Counts requests and bytes.
 *
 * As a process of its own: `node node_modules/jiti/lib/jiti-cli.mjs test/fakes/hub.ts --dir DIR` serves `DIR/<org>/<name>/...`
 * as datasets and prints `{"url": "http://127.0.0.1:PORT"}`; set HF_ENDPOINT to it. `GET /_stats` returns `HubStats`.
 */

import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join, relative, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { defined } from "../../src/core/defined.js";

export interface HubOptions {
  /** Repository id -> path -> content. */
  readonly datasets?: Readonly<Record<string, Readonly<Record<string, Uint8Array>>>>;
  readonly models?: Readonly<Record<string, Readonly<Record<string, Uint8Array>>>>;
  /** Revisions other than `main` that have files of their own: `{"org/name@refs/convert/parquet": {...}}`. */
  readonly revisions?: Readonly<Record<string, Readonly<Record<string, Uint8Array>>>>;
  /** Required from everybody; a wrong one gets a 401. */
  readonly token?: string;
  /** Files whose bytes are flipped on the way (the list keeps the right hash): `data/x.parquet`. */
  readonly corrupted?: readonly string[];
  /** Only the first so many transfers of a corrupted file are; default: all. */
  readonly corruptedTimes?: number;
  /** Each storage reply ends after this many bytes the first time that it is asked for. */
  readonly cutAfter?: number;
  /** Every so-manieth request of storage is a 503. */
  readonly failEvery?: number;
  /** Storage knows no ranges. */
  readonly noRanges?: boolean;
  /** Entries per page of a tree list. Default 1000. */
  readonly pageSize?: number;
  /** Further entries of tree lists, as a hostile repository would have them. */
  readonly hostilePaths?: readonly string[];
  /** So many requests of lists are answered by 429 first; `reset`: the seconds its `RateLimit` header tells. */
  readonly limited?: { readonly times: number; readonly reset?: number };
  /** Pages of lists name another host, as those of a mirror do that passes the hub's replies on: `https://huggingface.co`. */
  readonly linksTo?: string;
  /** Stop answering (no bytes) after this many storage requests. */
  readonly hangAfter?: number;
}

export interface HubStats {
  apiRequests: number;
  storageRequests: number;
  bytes: number;
  /** `Authorization` headers that storage saw: must stay empty. */
  leakedTokens: string[];
  /** Ranges asked of storage, in order: `data/x.parquet 0-99`. */
  ranges: string[];
}

export interface FakeHub extends AsyncDisposable {
  readonly url: string;
  readonly stats: HubStats;
  /** The commit of every repository here. */
  readonly commit: string;
  stop(): Promise<void>;
}

const commit = "0123456789abcdef0123456789abcdef01234567";

export async function startHub(options: HubOptions): Promise<FakeHub> {
  const stats: HubStats = { apiRequests: 0, storageRequests: 0, bytes: 0, leakedTokens: [], ranges: [] };
  const cut = new Set<string>();
  const transfers = new Map<string, number>();
  const hub = createServer(onHub);
  const storage = createServer(onStorage);
  await Promise.all([listen(hub), listen(storage)]);
  const url = `http://127.0.0.1:${portOf(hub)}`;
  // Another origin: the port differs.
  const storageUrl = `http://127.0.0.1:${portOf(storage)}`;

  function filesOf(type: string, id: string, revision: string): Readonly<Record<string, Uint8Array>> | undefined {
    const own = options.revisions?.[`${id}@${revision === convertedCommit ? "refs/convert/parquet" : revision}`];
    if (own) return own;
    if (revision !== "main" && revision !== commit) return undefined;
    return (type === "models" ? options.models : options.datasets)?.[id];
  }

  function onHub(request: IncomingMessage, response: ServerResponse): void {
    if (request.url === "/_stats") {
      json(response, 200, stats);
      return;
    }
    stats.apiRequests += 1;
    const { pathname, searchParams } = new URL(request.url ?? "/", url);
    if (options.token !== undefined && request.headers.authorization !== `Bearer ${options.token}`) {
      json(response, 401, { error: `Invalid credentials: ${request.headers.authorization ?? "none"}` });
      return;
    }
    if (options.limited && stats.apiRequests <= options.limited.times) {
      const { reset } = options.limited;
      if (reset !== undefined) response.setHeader("ratelimit", `"api";r=0;t=${reset}`);
      json(response, 429, {
        error: "We had to rate limit your IP. To continue using our service, create a HF account.",
      });
      return;
    }
    const api = /^\/api\/(datasets|models)\/([^/]+\/[^/]+)\/(revision|tree)\/(.+)$/.exec(pathname);
    const file = /^\/(datasets\/)?([^/]+\/[^/]+)\/resolve\/([^/]+)\/(.+)$/.exec(pathname);
    if (api) {
      const [, type, id, what, revision] = api.map(decodeURIComponent) as [string, string, string, string, string];
      const files = filesOf(type, id, revision);
      if (!files) json(response, 404, { error: "Repository not found" });
      else if (what === "revision")
        json(response, 200, { id, sha: options.revisions?.[`${id}@${revision}`] ? convertedCommit : commit });
      else tree(response, files, Number(searchParams.get("page") ?? 0), pathname);
    } else if (file) {
      const [, prefix, id, revision, path] = file.map((part) => part && decodeURIComponent(part)) as [
        string,
        string | undefined,
        string,
        string,
        string,
      ];
      const type = prefix ? "datasets" : "models";
      const from = filesOf(type, id, revision);
      if (!from?.[path]) json(response, 404, { error: "Entry not found" });
      else {
        response.writeHead(302, { location: `${storageUrl}/${type}/${id}/${revision}/${path}?signature=abc` });
        response.end();
      }
    } else json(response, 404, { error: "no such route" });
  }

  function tree(
    response: ServerResponse,
    files: Readonly<Record<string, Uint8Array>>,
    page: number,
    pathname: string,
  ): void {
    const size = options.pageSize ?? 1000;
    const entries = Object.entries(files).map(([path, content]) => ({
      type: "file",
      path,
      size: content.byteLength,
      ...hashesOf(path, content),
    }));
    for (const path of options.hostilePaths ?? []) entries.push({ type: "file", path, size: 1, oid: "0".repeat(40) });
    const more = (page + 1) * size < entries.length;
    if (more)
      response.setHeader("link", `<${options.linksTo ?? url}${pathname}?recursive=true&page=${page + 1}>; rel="next"`);
    json(response, 200, entries.slice(page * size, (page + 1) * size));
  }

  function onStorage(request: IncomingMessage, response: ServerResponse): void {
    stats.storageRequests += 1;
    const { authorization, range } = request.headers;
    if (authorization) stats.leakedTokens.push(authorization);
    if (options.hangAfter !== undefined && stats.storageRequests > options.hangAfter) return;
    if (options.failEvery && stats.storageRequests % options.failEvery === 0) {
      json(response, 503, { error: "slow down" });
      return;
    }
    const { pathname } = new URL(request.url ?? "/", storageUrl);
    const [, type, org, name, revision, ...rest] = pathname.split("/").map(decodeURIComponent) as [
      string,
      string,
      string,
      string,
      string,
    ];
    const path = rest.join("/");
    const id = `${org}/${name}`;
    const files = filesOf(type, id, revision);
    let content = files?.[path];
    if (!content) {
      json(response, 404, {});
      return;
    }
    const transfer = (transfers.get(path) ?? 0) + 1;
    transfers.set(path, transfer);
    if (options.corrupted?.includes(path) && transfer <= (options.corruptedTimes ?? Number.POSITIVE_INFINITY)) {
      content = content.slice();
      content[Math.floor(content.length / 2)] = (content[Math.floor(content.length / 2)] as number) ^ 0xff;
    }
    const match = options.noRanges ? null : /^bytes=(\d+)-(\d*)$/.exec(range ?? "");
    const start = match ? Number(match[1]) : 0;
    const end = match?.[2] ? Math.min(Number(match[2]) + 1, content.length) : content.length;
    stats.ranges.push(`${path} ${start}-${end}`);
    const body = content.subarray(start, end);
    response.writeHead(match ? 206 : 200, {
      "content-length": body.length,
      ...(match ? { "content-range": `bytes ${start}-${end - 1}/${content.length}` } : {}),
    });
    if (options.cutAfter !== undefined && body.length > options.cutAfter && !cut.has(`${path} ${start}`)) {
      cut.add(`${path} ${start}`);
      stats.bytes += options.cutAfter;
      // Closed, not reset: a reset may take back bytes that the reader has not seen yet.
      response.write(body.subarray(0, options.cutAfter), () => response.socket?.destroy());
      return;
    }
    stats.bytes += body.length;
    response.end(body);
  }

  const stop = async () => {
    for (const server of [hub, storage]) {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    }
  };
  return { url, stats, commit, stop, [Symbol.asyncDispose]: stop };
}

const convertedCommit = "fedcba9876543210fedcba9876543210fedcba98";

/** Large files (parquet, weights) are in LFS on the hub, small ones in git. */
function hashesOf(path: string, content: Uint8Array): { oid: string; lfs?: { oid: string; size: number } } {
  const git = (bytes: Uint8Array | string) =>
    createHash("sha1").update(`blob ${bytes.length}\0`).update(bytes).digest("hex");
  if (!/\.(parquet|safetensors|bin)$/.test(path)) return { oid: git(content) };
  const sha256 = createHash("sha256").update(content).digest("hex");
  return { oid: git(`pointer to ${sha256}`), lfs: { oid: sha256, size: content.byteLength } };
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

function listen(server: Server, port = 0): Promise<void> {
  return new Promise((resolve) => server.listen(port, "127.0.0.1", () => resolve()));
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

/** `DIR/<org>/<name>/...` as datasets. */
function datasetsBelow(dir: string): Record<string, Record<string, Uint8Array>> {
  const datasets: Record<string, Record<string, Uint8Array>> = {};
  for (const name of readdirSync(dir, { recursive: true, encoding: "utf8" })) {
    const path = join(dir, name);
    if (!statSync(path).isFile()) continue;
    const [org, repository, ...rest] = relative(dir, path).split(sep);
    const id = `${org}/${repository}`;
    datasets[id] ??= {};
    (datasets[id] as Record<string, Uint8Array>)[rest.join("/")] = readFileSync(path);
  }
  return datasets;
}

/** Flags: --dir DIR --token T --corrupted a,b --cut-after N --fail-every N */
async function main(): Promise<void> {
  const text = { type: "string" } as const;
  const { values } = parseArgs({
    options: { dir: text, token: text, corrupted: text, "cut-after": text, "fail-every": text },
  });
  const hub = await startHub({
    datasets: datasetsBelow(values.dir ?? "."),
    ...defined({ token: values.token }),
    ...(values.corrupted === undefined ? {} : { corrupted: values.corrupted.split(",") }),
    ...(values["cut-after"] === undefined ? {} : { cutAfter: Number(values["cut-after"]) }),
    ...(values["fail-every"] === undefined ? {} : { failEvery: Number(values["fail-every"]) }),
  });
  process.stdout.write(`${JSON.stringify({ url: hub.url })}\n`);
  process.on("SIGTERM", () => process.exit(0));
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) await main();
