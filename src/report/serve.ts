import { createReadStream, existsSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import type { ImageStore } from "./images.js";
import { type PageServer, servePages } from "./page-server.js";
import type { ReportSource } from "./report-source.js";
import { chunkScript, PageTemplate } from "./template.js";
import { named } from "./write-report.js";

const mediaTypes: Readonly<Record<string, string>> = {
  jpg: "image/jpeg",
  png: "image/png",
  webp: "image/webp",
  gif: "image/gif",
  bmp: "image/bmp",
  tif: "image/tiff",
};

/**
 * Serves the page on 127.0.0.1 only, and only to requests that name it so: a page of another site cannot read it by
 * pointing its own name at this address (DNS rebinding).
 * @throws UserError when the port is taken
 */
export async function servePage(
  source: ReportSource,
  store: ImageStore | undefined,
  port: number,
): Promise<PageServer> {
  const template = await PageTemplate.load();
  await source.summary();
  return await servePages(
    (request, response) => answer(request, response, { source, store, template }),
    "the report could not be read",
    port,
  );
}

interface Shown {
  readonly source: ReportSource;
  readonly store: ImageStore | undefined;
  readonly template: PageTemplate;
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { source, store, template }: Shown,
): Promise<void> {
  const host = request.headers.host ?? "";
  if (!/^(127\.0\.0\.1|localhost)(:\d+)?$/.test(host))
    return plain(response, 403, "this page is served to 127.0.0.1 only");
  if (request.method !== "GET" && request.method !== "HEAD") return plain(response, 405, "only GET");
  const { pathname } = new URL(request.url ?? "/", "http://127.0.0.1");
  response.setHeader("content-security-policy", template.policy);
  response.setHeader("x-content-type-options", "nosniff");
  response.setHeader("referrer-policy", "no-referrer");
  response.setHeader("cross-origin-resource-policy", "same-origin");
  response.setHeader("cache-control", "no-store");

  if (pathname === "/" || pathname === "/index.html")
    return send(response, "text/html; charset=utf-8", template.render(await source.summary()));
  if (pathname === "/summary.json") return send(response, "application/json", JSON.stringify(await source.summary()));
  const chunk = /^\/chunks\/([^/]+)\/(\d+)\.js$/.exec(pathname);
  if (chunk) {
    const [task, number] = [decodeURIComponent(chunk[1] ?? ""), Number(chunk[2])];
    if (number >= source.chunkCount(task)) return plain(response, 404, "no such piece");
    return send(
      response,
      "text/javascript; charset=utf-8",
      chunkScript(`${task}/${number}`, named(await source.chunk(task, number), store)),
    );
  }
  const image = /^\/(images|thumbs)\/([0-9a-f]{32}\.([a-z]+))$/.exec(pathname);
  const path = image && store && join(store.folder, image[1] ?? "", image[2] ?? "");
  if (image && path && existsSync(path)) {
    response.writeHead(200, { "content-type": mediaTypes[image[3] ?? ""] ?? "application/octet-stream" });
    createReadStream(path).pipe(response);
    return;
  }
  plain(response, 404, "not found");
}

function send(response: ServerResponse, type: string, body: string): void {
  response.writeHead(200, { "content-type": type });
  response.end(body);
}

function plain(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { "content-type": "text/plain" });
  response.end(text);
}
