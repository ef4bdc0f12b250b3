/** A worker's side of data that its coordinator serves: rows as they are asked, images by digest and once for each machine. */
import { get as getPlain } from "node:http";
import { Agent, get as getSecure } from "node:https";
import { homedir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { Dataset, RowItem } from "../core/dataset.js";
import { messageOf, SampleFailure, UserError } from "../core/errors.js";
import { DatasetFacts } from "../core/result.js";
import { type Static, Type, violationOf } from "../core/schema.js";
import type { DataSource } from "./connect.js";
import { ImageCache } from "./image-cache.js";
import { blobName, fromServed } from "./served-rows.js";

const rowsAtOnce = 64;
const patienceMs = 500;
/** Bytes of images on this machine's disk, unless the worker says otherwise. */
const usualImageBytes = 20e9;
/** No row and no image is larger. */
const mostBytes = 512 * 1024 * 1024;

const Facts = Type.Object({
  facts: DatasetFacts,
  fileRows: Type.Optional(Type.Unsafe<readonly number[]>({ type: "array", items: { type: "integer" } })),
});

export class ServedData implements Disposable {
  private readonly agent: Agent | undefined;
  private readonly images: ImageCache;

  /** @param imageBytes  of images that may lie on this machine's disk */
  constructor(
    private readonly source: DataSource,
    private readonly abort: AbortSignal,
    imageBytes = usualImageBytes,
    environment = process.env,
  ) {
    if (source.url.protocol === "https:")
      this.agent = new Agent({ keepAlive: true, ...(source.ca ? { ca: source.ca } : {}) });
    const folder = join(environment.XDG_CACHE_HOME || join(homedir(), ".cache"), "llava-eval", "blobs");
    this.images = new ImageCache(folder, imageBytes);
  }

  /** @throws UserError  the coordinator serves no such task, or not to us */
  async open(label: string): Promise<Dataset> {
    const value: unknown = parsed(await this.get(`/facts/${label}`), label);
    const violation = violationOf(Facts, value);
    if (violation) throw damaged(label, `${violation.pointer} ${violation.expected}`);
    const { facts, fileRows } = value as Static<typeof Facts>;
    const read = (from: number, to: number) => this.rows(label, from, to);
    return {
      facts,
      ...(fileRows ? { fileRows } : {}),
      seeks: true,
      async *batches(offset, signal, end = Number.POSITIVE_INFINITY) {
        for (let at = offset; at < end; ) {
          signal.throwIfAborted();
          const to = Math.min(end, at + rowsAtOnce);
          const items = await read(at, to);
          if (items.length > 0) yield items;
          if (items.length < to - at) return;
          at = to;
        }
      },
      async [Symbol.asyncDispose]() {},
    };
  }

  [Symbol.dispose](): void {
    this.agent?.destroy();
  }

  private async rows(label: string, from: number, to: number): Promise<readonly RowItem[]> {
    const text = (await this.get(`/rows/${label}/${from}-${to}`)).toString("utf8");
    if (text === "") return [];
    try {
      return text.split("\n").map((line) => fromServed(JSON.parse(line), (name) => this.blob(name)));
    } catch (error) {
      if (error instanceof SyntaxError || error instanceof TypeError) throw damaged(label, messageOf(error));
      throw error;
    }
  }

  /** From this machine's cache, or the coordinator; what is not what its name says is nobody's image. */
  private async blob(name: string): Promise<Uint8Array> {
    const cached = await this.images.read(name);
    if (cached) return cached;
    const bytes = await this.get(`/blob/sha256/${name}`);
    if (blobName(bytes) !== name) throw new SampleFailure("data", `the coordinator sent another image than ${name}`);
    await this.images.write(name, bytes);
    return bytes;
  }

  /** Waits for a coordinator that is away: it is started again. */
  private async get(path: string): Promise<Buffer> {
    for (;;) {
      try {
        return await this.once(path);
      } catch (error) {
        this.abort.throwIfAborted();
        const { code } = error as NodeJS.ErrnoException;
        if (error instanceof UserError || !/^(ECONN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH)/.test(code ?? "")) {
          if (error instanceof UserError) throw error;
          throw new UserError(
            `the coordinator's data cannot be had: ${messageOf(error)}`,
            this.source.url.origin,
            "check LLAVA_EVAL_FLEET_DATA, and LLAVA_EVAL_FLEET_CA for the authority of its certificate (docs/fleet.md)",
          );
        }
        await wait(patienceMs, undefined, { signal: this.abort });
      }
    }
  }

  private once(path: string): Promise<Buffer> {
    const { url, token } = this.source;
    const get = url.protocol === "https:" ? getSecure : getPlain;
    const options = { headers: { authorization: `Bearer ${token}` }, signal: this.abort, timeout: 60_000 };
    return new Promise((resolve, reject) => {
      const request = get(new URL(path, url), this.agent ? { ...options, agent: this.agent } : options, (response) => {
        const chunks: Buffer[] = [];
        let size = 0;
        response.on("data", (chunk: Buffer) => {
          size += chunk.byteLength;
          if (size > mostBytes) request.destroy(new Error("an answer of the coordinator is too large"));
          else chunks.push(chunk);
        });
        response.on("error", reject);
        response.on("end", () => {
          const body = Buffer.concat(chunks);
          if (response.statusCode === 200) resolve(body);
          else reject(this.refusal(path, response.statusCode, body.toString("utf8").slice(0, 300)));
        });
      });
      request.on("timeout", () => request.destroy(Object.assign(new Error("no answer"), { code: "ETIMEDOUT" })));
      request.on("error", reject);
    });
  }

  private refusal(path: string, status = 0, why: string): UserError {
    return new UserError(
      `the coordinator does not serve ${path.split("/")[1]}: ${status} ${why}`,
      this.source.url.origin,
      "give both the same LLAVA_EVAL_FLEET_TOKEN, or the worker its own --data",
    );
  }
}

function parsed(bytes: Buffer, label: string): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch (error) {
    throw damaged(label, messageOf(error));
  }
}

function damaged(label: string, what: string): UserError {
  return new UserError(
    `the coordinator's rows of ${label} are damaged: ${what}`,
    "--data coordinator",
    "bring both to one version",
  );
}
