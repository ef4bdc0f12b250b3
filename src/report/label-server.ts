import type { IncomingMessage, ServerResponse } from "node:http";
import { type Answering, type AskedPerson, type LabelProgress, labelPage } from "./label-page.js";
import { bodyOf, isForeign, type PageServer, plain, servePages } from "./page-server.js";

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
  return await servePages((request, response, pathname) => answer(request, response, { labelling, pathname }), {
    ...{ port, isSecret: true, failure: "the label could not be kept" },
  });
}

interface Asked {
  readonly labelling: Labelling;
  readonly pathname: string;
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { labelling, pathname }: Asked,
): Promise<void> {
  if (request.method === "GET" && pathname === "/") {
    response.writeHead(200, { "content-type": "text/html; charset=utf-8" });
    response.end(labelPage(labelling.progress(), await labelling.next(), labelling.answering));
    return;
  }
  if (request.method !== "POST") return plain(response, 405, "only GET and POST");
  // A form of a page without referrers hides where it comes from, as ours does.
  if (isForeign(request) && request.headers.origin !== "null") return plain(response, 403, "another site's page");
  const body = await bodyOf(request, mostBytes);
  if (!body) return plain(response, 413, "too long");
  const form = new URLSearchParams(body.toString("utf8"));
  if (pathname === "/back") labelling.back();
  else if (pathname === "/label") {
    const [index, value] = [Number(form.get("index")), saidIn(form, labelling.answering)];
    if (!Number.isSafeInteger(index) || index < 0 || value === undefined) return plain(response, 400, "no label");
    await labelling.label(index, value);
  } else return plain(response, 404, "not found");
  response.writeHead(303, { location: "./" });
  response.end();
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
