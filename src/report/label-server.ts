import { randomBytes, timingSafeEqual } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { type Answering, type AskedPerson, type LabelProgress, labelPage } from "./label-page.js";
import { type PageServer, servePages } from "./page-server.js";

/** Whom the page asks for samples, and tells what was said. */
export interface Labelling {
  readonly answering: Answering;
  progress(): LabelProgress;
  next(): Promise<AskedPerson | undefined>;
  /** @param value  null: he cannot tell */
  label(index: number, value: number | null): Promise<void>;
  /** The last one is asked again. */
  back(): void;
}

/** A form has a number and a word. */
const mostBytes = 10_000;

/**
 * Serves the labelling page on 127.0.0.1 alone, below a path that nobody can guess: what is posted is written, so a page of another site must
 * not be able to post it. No script runs in it.
 * @throws UserError  the port is taken
 */
export async function serveLabels(labelling: Labelling, port: number): Promise<PageServer> {
  const token = randomBytes(16).toString("hex");
  const server = await servePages(
    (request, response) => answer(request, response, { labelling, token }),
    "the label could not be kept",
    port,
  );
  return { ...server, url: `${server.url}${token}/` };
}

interface Served {
  readonly labelling: Labelling;
  readonly token: string;
}

async function answer(request: IncomingMessage, response: ServerResponse, { labelling, token }: Served): Promise<void> {
  const { host = "", origin } = request.headers;
  if (!/^(127\.0\.0\.1|localhost)(:\d+)?$/.test(host))
    return plain(response, 403, "this page is served to 127.0.0.1 only");
  const [, given = "", what = ""] = new URL(request.url ?? "/", "http://127.0.0.1").pathname.split("/");
  if (!isToken(given, token)) return plain(response, 404, "not found");
  response.setHeader("x-content-type-options", "nosniff");
  response.setHeader("referrer-policy", "no-referrer");
  response.setHeader("cross-origin-resource-policy", "same-origin");
  response.setHeader("x-frame-options", "DENY");
  response.setHeader("cache-control", "no-store");
  if (request.method === "GET" && what === "") {
    response.writeHead(200, { "content-type": "text/html; charset=utf-8" });
    response.end(labelPage(labelling.progress(), await labelling.next(), labelling.answering));
    return;
  }
  if (request.method !== "POST") return plain(response, 405, "only GET and POST");
  // Browsers name the page that posts; `null` is one that hides it, as ours does by its referrer policy.
  if (origin !== undefined && origin !== "null" && origin !== `http://${host}`)
    return plain(response, 403, "another site's page");
  const form = await formOf(request);
  if (form === undefined) return plain(response, 413, "too long");
  if (what === "back") labelling.back();
  else if (what === "label") {
    const [index, value] = [Number(form.get("index")), saidIn(form, labelling.answering)];
    if (!Number.isSafeInteger(index) || index < 0 || value === undefined) return plain(response, 400, "no label");
    await labelling.label(index, value);
  } else return plain(response, 404, "not found");
  response.writeHead(303, { location: `/${token}/` });
  response.end();
}

const isToken = (given: string, token: string) =>
  given.length === token.length && timingSafeEqual(Buffer.from(given), Buffer.from(token));

async function formOf(request: IncomingMessage): Promise<URLSearchParams | undefined> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    size += piece.length;
    if (size > mostBytes) return undefined;
    pieces.push(piece);
  }
  return new URLSearchParams(Buffer.concat(pieces).toString("utf8"));
}

/** Undefined for what is no answer: an empty number, one outside the range. */
function saidIn(form: URLSearchParams, answering: Answering): number | null | undefined {
  const word = form.get("value");
  if (word === "unsure") return null;
  if (answering.by === "verdict") return word === "right" ? 1 : word === "wrong" ? 0 : undefined;
  const text = form.get("score")?.trim() ?? "";
  const score = Number(text);
  const [low, high] = answering.range;
  return word === "score" && text !== "" && score >= low && score <= high ? score : undefined;
}

function plain(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { "content-type": "text/plain" });
  response.end(text);
}
