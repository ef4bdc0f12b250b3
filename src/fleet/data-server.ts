/** The coordinator's rows and images for workers without data: read-only, and nothing but what the rows of this run name. */
import { hash, timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import { createServer as createPlain, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createSecure } from "node:https";
import type { Dataset } from "../core/dataset.js";
import { messageOf, UserError } from "../core/errors.js";
import type { DataDoor } from "./connect.js";
import { inPieces } from "./rows-in-hand.js";
import { blobPattern, toServed } from "./served-rows.js";

/** Rows in one answer, at most. */
const mostRows = 256;
/** Bytes of images that are kept for the workers that are about to ask for them; others are read again. */
const keptBytes = 256 * 1024 * 1024;

export interface DataToServe {
  readonly door: DataDoor;
  /** The run's tasks, and nothing else. */
  open(label: string): Promise<Dataset> | undefined;
  /** Aborted: no more rows are read. */
  readonly signal: AbortSignal;
}

export class DataServer implements AsyncDisposable {
  private readonly datasets = new Map<string, Promise<Dataset>>();
  /** Where each image that was named stands: it can be read again. */
  private readonly places = new Map<string, { readonly label: string; readonly row: number }>();
  private readonly kept = new Map<string, Uint8Array>();
  private bytes = 0;

  private constructor(
    private readonly serving: DataToServe,
    private readonly server: ReturnType<typeof createPlain>,
  ) {}

  /** @throws UserError  the address cannot be listened at */
  static async open(serving: DataToServe): Promise<DataServer> {
    const { host, port, tls } = serving.door;
    const server = tls ? createSecure(tls) : createPlain();
    const data = new DataServer(serving, server);
    server.on("request", (request: IncomingMessage, response: ServerResponse) => {
      data.answer(request, response).catch((error: unknown) => {
        if (!response.headersSent) response.writeHead(500, { "content-type": "text/plain" });
        response.end(messageOf(error));
      });
    });
    server.listen(port, host);
    try {
      await once(server, "listening");
    } catch (error) {
      throw new UserError(`nothing can listen there: ${messageOf(error)}`, "--listen", "name another HOST:PORT");
    }
    return data;
  }

  get port(): number {
    const address = this.server.address();
    return typeof address === "object" && address ? address.port : 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    for (const dataset of this.datasets.values()) await (await dataset)[Symbol.asyncDispose]();
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const plain = (status: number, text: string) => {
      response.writeHead(status, { "content-type": "text/plain", "x-content-type-options": "nosniff" }).end(text);
    };
    if (!this.isKnown(request.headers.authorization)) return plain(401, "the token is not this run's");
    if (request.method !== "GET") return plain(405, "only GET");
    const { pathname } = new URL(request.url ?? "/", "http://here");
    const [, blob] = new RegExp(`^/blob/sha256/(${blobPattern})$`).exec(pathname) ?? [];
    if (blob !== undefined) {
      const bytes = await this.blob(blob);
      if (!bytes) return plain(404, "no row of this run names it");
      response.writeHead(200, { "content-type": "application/octet-stream", "cache-control": "immutable" }).end(bytes);
      return;
    }
    const [, label = "", from, to] =
      /^\/(?:facts|rows)\/([A-Za-z0-9_@-]{1,200})(?:\/(\d{1,12})-(\d{1,12}))?$/.exec(pathname) ?? [];
    const dataset = await this.dataset(label);
    if (!dataset) return plain(404, "this run has nothing of that name");
    response.setHeader("content-type", "application/jsonl");
    if (from === undefined) {
      // Some know their rows only when the first is read.
      for await (const _ of dataset.batches(0, this.serving.signal, 1)) break;
      response.end(JSON.stringify({ facts: dataset.facts, fileRows: dataset.fileRows }));
      return;
    }
    const first = Number(from);
    const end = Math.min(Number(to), first + mostRows);
    const lines = await Promise.all((await this.rows(label, first, end)).map((item) => JSON.stringify(item)));
    response.end(lines.join("\n"));
  }

  private isKnown(authorization = ""): boolean {
    const digest = (text: string) => Buffer.from(hash("sha256", text), "hex");
    return timingSafeEqual(digest(authorization), digest(`Bearer ${this.serving.door.token}`));
  }

  private async rows(label: string, from: number, to: number): Promise<object[]> {
    const dataset = await this.dataset(label);
    const items: object[] = [];
    if (!dataset) return items;
    for await (const batch of dataset.batches(from, this.serving.signal, to)) {
      for (const item of batch.slice(0, to - from - items.length))
        items.push(await toServed(item, (name, bytes) => this.name(name, bytes, { label, row: item.index })));
      if (items.length >= to - from) break;
    }
    return items;
  }

  private async blob(name: string): Promise<Uint8Array | undefined> {
    const place = this.places.get(name);
    if (!place) return undefined;
    if (!this.kept.has(name)) await this.rows(place.label, place.row, place.row + 1);
    return this.kept.get(name);
  }

  private name(name: string, bytes: Uint8Array, place: { readonly label: string; readonly row: number }): void {
    this.places.set(name, place);
    this.bytes += bytes.byteLength - (this.kept.get(name)?.byteLength ?? 0);
    this.kept.delete(name);
    this.kept.set(name, bytes);
    for (const [oldest, of] of this.kept) {
      if (this.bytes <= keptBytes || oldest === name) return;
      this.kept.delete(oldest);
      this.bytes -= of.byteLength;
    }
  }

  private dataset(label: string): Promise<Dataset> | undefined {
    const known = this.datasets.get(label);
    if (known) return known;
    const opened = this.serving.open(label)?.then((dataset) => inPieces(dataset, this.serving.signal));
    if (opened) this.datasets.set(label, opened);
    return opened;
  }
}
