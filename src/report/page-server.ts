/** A server of pages for this machine alone. */
import { randomBytes, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { UserError } from "../core/errors.js";

export interface PageServer extends AsyncDisposable {
  readonly url: string;
}

export interface PageServing {
  readonly port: number;
  /** What is posted is written: every path begins with a word that nobody can guess, or it is not there. */
  readonly isSecret: boolean;
  /** What is said where an answer throws something that is not the user's. */
  readonly failure: string;
}

/** @param pathname  below the page's own address: `/` is the page */
export type AnswerPage = (request: IncomingMessage, response: ServerResponse, pathname: string) => Promise<void>;

/**
 * Listens on 127.0.0.1, and answers only requests that name it so: a page of another site cannot read it by pointing its own name at
 * this address (DNS rebinding).
 * @throws UserError  the port is taken
 */
export async function servePages(answer: AnswerPage, { port, isSecret, failure }: PageServing): Promise<PageServer> {
  const token = isSecret ? randomBytes(16).toString("hex") : "";
  const server = createServer((request, response) => {
    guarded(request, response, { answer, token }).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(500, { "content-type": "text/plain; charset=utf-8" });
      response.end(error instanceof UserError ? error.format() : failure);
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
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/${isSecret ? `${token}/` : ""}`,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

async function guarded(
  request: IncomingMessage,
  response: ServerResponse,
  { answer, token }: { readonly answer: AnswerPage; readonly token: string },
): Promise<void> {
  response.setHeader("x-content-type-options", "nosniff");
  response.setHeader("referrer-policy", "no-referrer");
  response.setHeader("cross-origin-resource-policy", "same-origin");
  response.setHeader("x-frame-options", "DENY");
  response.setHeader("cache-control", "no-store");
  if (!/^(127\.0\.0\.1|localhost)(:\d+)?$/.test(request.headers.host ?? ""))
    return plain(response, 403, "this page is served to 127.0.0.1 only");
  const { pathname } = new URL(request.url ?? "/", "http://127.0.0.1");
  if (token === "") return await answer(request, response, pathname);
  const [, given = ""] = pathname.split("/");
  const below = pathname.slice(token.length + 1);
  if (!isToken(given, token) || below === "") return plain(response, 404, "not found");
  await answer(request, response, below);
}

function isToken(given: string, token: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(token)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Browsers name the page that posts. */
export const isForeign = ({ headers: { origin, host = "" } }: IncomingMessage): boolean =>
  origin !== undefined && origin !== `http://${host}`;

/** What was posted; undefined where it is longer. The rest of it is read and dropped: whoever sends it is still to hear why. */
export async function bodyOf(request: IncomingMessage, mostBytes: number): Promise<Buffer | undefined> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    size += piece.length;
    if (size <= mostBytes) pieces.push(piece);
  }
  return size > mostBytes ? undefined : Buffer.concat(pieces);
}

export function plain(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8" });
  response.end(text);
}
