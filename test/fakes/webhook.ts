import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface Webhook extends AsyncDisposable {
  readonly url: string;
  /** What was posted, in order. */
  readonly posted: { readonly text: string }[];
}

/** A chat's incoming webhook on loopback. @param statuses  answers in turn; then 200 */
export async function startWebhook(statuses: number[] = []): Promise<Webhook> {
  const posted: { text: string }[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (chunk: string) => {
      body += chunk;
    });
    request.on("end", () => {
      const isOurs = request.method === "POST" && request.headers["content-type"] === "application/json";
      const status = isOurs ? (statuses.shift() ?? 200) : 400;
      if (status === 200) posted.push(JSON.parse(body));
      response.writeHead(status).end("ok");
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/services/T0/B0/secret-path`,
    posted,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
