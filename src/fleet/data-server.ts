/** The coordinator's rows, images and clips for workers without data: read-only, and nothing but what the rows of this run name. */
import { hash, timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import { createServer as createPlain, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createSecure } from "node:https";
import type { Dataset } from "../core/dataset.js";
import { messageOf, UserError } from "../core/errors.js";
import type { PromptProfile } from "../core/prompt.js";
import type { Task } from "../core/task.js";
import type { DataDoor } from "./connect.js";
import { filesOf, nameOf, type OwnFile } from "./row-files.js";
import { inPieces } from "./rows-in-hand.js";
import { ServedClips } from "./served-clips.js";
import { blobPattern, toServed } from "./served-rows.js";

/** Rows in one answer, at most. */
const mostRows = 256;
/** Bytes of images that are kept for the workers that are about to ask for them; others are read again. */
const keptBytes = 256 * 1024 * 1024;

export interface DataToServe {
  readonly door: DataDoor;
  /** The run's tasks, and nothing else. */
  open(label: string): Promise<ServedTask> | undefined;
  /** SHA-256 of a clip's file. */
  digestOf(path: string): Promise<string>;
  /** Aborted: no more rows are read. */
  readonly signal: AbortSignal;
}

/** One task of the run: its rows, and how it asks about them. */
export interface ServedTask {
  readonly dataset: Dataset;
  readonly task: Task;
  readonly profile: PromptProfile;
}

export class DataServer implements AsyncDisposable {
  private readonly tasks = new Map<string, Promise<ServedTask>>();
  /** Where each image that was named stands: it can be read again. */
  private readonly places = new Map<string, { readonly label: string; readonly row: number }>();
  private readonly kept = new Map<string, Uint8Array>();
  private bytes = 0;
  /** Of the rows that were served, by task and row. */
  private readonly files = new Map<string, readonly OwnFile[]>();
  private readonly clips: ServedClips;

  private constructor(
    private readonly serving: DataToServe,
    private readonly server: ReturnType<typeof createPlain>,
  ) {
    this.clips = new ServedClips((path) => serving.digestOf(path));
  }

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
    for (const task of this.tasks.values()) await (await task).dataset[Symbol.asyncDispose]();
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
      const headers = { "content-type": "application/octet-stream", "cache-control": "immutable" };
      if (await this.clips.send(blob, response, headers)) return;
      const bytes = await this.blob(blob);
      if (!bytes) return plain(404, "no row of this run names it");
      response.writeHead(200, headers).end(bytes);
      return;
    }
    const [, what, label = "", from = "", to = ""] =
      /^\/(facts|rows|file)\/([A-Za-z0-9_@-]{1,200})(?:\/(\d{1,12})-(\d{1,12}))?$/.exec(pathname) ?? [];
    const task = what !== undefined && (what === "facts") === (from === "") ? await this.task(label) : undefined;
    if (!task) return plain(404, "this run has nothing of that name");
    response.setHeader("content-type", "application/jsonl");
    if (what === "file") {
      const file = (await this.filesOf(label, Number(from)))[Number(to)];
      if (!file) return plain(404, "the row names no such file");
      response.end(JSON.stringify(await this.clips.describe(file)));
    } else if (what === "facts") {
      // Some know their rows only when the first is read.
      for await (const _ of task.dataset.batches(0, this.serving.signal, 1)) break;
      response.end(JSON.stringify({ facts: task.dataset.facts, fileRows: task.dataset.fileRows }));
    } else {
      const first = Number(from);
      const end = Math.min(Number(to), first + mostRows);
      response.end((await this.rows(label, first, end)).map((item) => JSON.stringify(item)).join("\n"));
    }
  }

  private isKnown(authorization = ""): boolean {
    const digest = (text: string) => Buffer.from(hash("sha256", text), "hex");
    return timingSafeEqual(digest(authorization), digest(`Bearer ${this.serving.door.token}`));
  }

  private async rows(label: string, from: number, to: number): Promise<object[]> {
    const served = await this.task(label);
    const items: object[] = [];
    if (!served) return items;
    const { dataset, task, profile } = served;
    for await (const batch of dataset.batches(from, this.serving.signal, to)) {
      for (const item of batch.slice(0, to - from - items.length)) {
        const place = { label, row: item.index };
        const files = "row" in item ? filesOf(item.row, task, profile) : [];
        if (files.length > 0) this.files.set(`${label} ${item.index}`, files);
        items.push(await toServed(item, (name, bytes) => this.name(name, bytes, place), files.map(nameOf)));
      }
      if (items.length >= to - from) break;
    }
    return items;
  }

  private async filesOf(label: string, row: number): Promise<readonly OwnFile[]> {
    const key = `${label} ${row}`;
    // A coordinator before this one had served the row.
    if (!this.files.has(key)) await this.rows(label, row, row + 1);
    return this.files.get(key) ?? [];
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

  private task(label: string): Promise<ServedTask> | undefined {
    const known = this.tasks.get(label);
    if (known) return known;
    const { open, signal } = this.serving;
    const opened = open(label)?.then((task) => ({ ...task, dataset: inPieces(task.dataset, signal) }));
    if (opened) this.tasks.set(label, opened);
    return opened;
  }
}
