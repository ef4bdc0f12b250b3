import { createReadStream, existsSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { UserError } from "../core/errors.js";
import type { ImageStore } from "./images.js";
import type { ReportSource } from "./report-source.js";
import { chunkScript, PageTemplate } from "./template.js";
import { named } from "./write-report.js";

export interface PageServer extends AsyncDisposable {
  readonly url: string;
}

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
  const server = createServer((request, response) => {
    answer(request, response, { source, store, template }).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(500, { "content-type": "text/plain" });
      response.end(error instanceof UserError ? error.format() : "the report could not be read");
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) =>
      reject(
        error.code === "EADDRINUSE"
          ? new UserError(`port ${port} is taken`, "--port", "choose another, or 0 for any")
          : error,
      ),
    );
    server.listen(port, "127.0.0.1", resolve);
  });
  const address = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${address.port}/`,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
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
