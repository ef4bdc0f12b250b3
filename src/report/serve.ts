import { createReadStream, existsSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { jsonOf } from "../files/lines.js";
import type { ImageStore } from "./images.js";
import type { NotesDesk } from "./notes-desk.js";
import { bodyOf, isForeign, type PageServer, plain, servePages } from "./page-server.js";
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
 * Serves the page on 127.0.0.1 only.
 * @param desk  takes notes; without one nothing can be posted
 * @throws UserError when the port is taken
 */
export async function servePage(
  source: ReportSource,
  store: ImageStore | undefined,
  port: number,
  desk?: NotesDesk,
): Promise<PageServer> {
  const template = await PageTemplate.load();
  await source.summary();
  return await servePages(
    (request, response, pathname) =>
      desk && request.method === "POST" && pathname === "/notes"
        ? takeNote(request, response, desk)
        : show(request, response, { pathname, source, store, template }),
    { port, isSecret: desk !== undefined, failure: "the report could not be read" },
  );
}

interface Shown {
  readonly pathname: string;
  readonly source: ReportSource;
  readonly store: ImageStore | undefined;
  readonly template: PageTemplate;
}

async function show(
  request: IncomingMessage,
  response: ServerResponse,
  { pathname, source, store, template }: Shown,
): Promise<void> {
  if (request.method !== "GET" && request.method !== "HEAD") return plain(response, 405, "only GET");
  response.setHeader("content-security-policy", template.policy);

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

/** A comment of ten thousand characters in any script fits. */
const mostNoteBytes = 200_000;

async function takeNote(request: IncomingMessage, response: ServerResponse, desk: NotesDesk): Promise<void> {
  if (isForeign(request)) return plain(response, 403, "another site's page");
  // A form of another site cannot send it without asking first, and nobody here says yes.
  if (!/^application\/json\b/.test(request.headers["content-type"] ?? "")) return plain(response, 415, "only JSON");
  const body = await bodyOf(request, mostNoteBytes);
  if (!body) return plain(response, 413, "the comment is too long");
  const notes = await desk.take(jsonOf(body));
  if (!notes) return plain(response, 400, "no note, or on a sample that is not shown");
  send(response, "application/json", JSON.stringify(notes));
}

function send(response: ServerResponse, type: string, body: string): void {
  response.writeHead(200, { "content-type": type });
  response.end(body);
}
