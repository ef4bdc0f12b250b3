/** A server of pages for this machine alone. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { UserError } from "../core/errors.js";

export interface PageServer extends AsyncDisposable {
  readonly url: string;
}

/**
 * Listens on 127.0.0.1.
 * @param failure  what is said where `answer` throws something that is not the user's
 * @throws UserError  the port is taken
 */
export async function servePages(
  answer: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
  failure: string,
  port: number,
): Promise<PageServer> {
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(500, { "content-type": "text/plain" });
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
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
