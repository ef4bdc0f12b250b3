/** A worker's side of data that its coordinator serves: rows as they are asked, images and clips by digest and once for each machine. */
import { createHash } from "node:crypto";
import { setMaxListeners } from "node:events";
import { get as getPlain, type IncomingMessage } from "node:http";
import { Agent, get as getSecure } from "node:https";
import { homedir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { Dataset, RowItem } from "../core/dataset.js";
import { DatasetFacts } from "../core/dataset-facts.js";
import { messageOf, SampleFailure, UserError } from "../core/errors.js";
import { type Static, Type, violationOf } from "../core/schema.js";
import { List } from "../core/schema-parts.js";
import type { DataSource } from "./connect.js";
import { ImageCache } from "./image-cache.js";
import { FileAnswer, type FilesOfRow, type NamedFile } from "./row-files.js";
import { blobName, fromServed } from "./served-rows.js";

const rowsAtOnce = 64;
const patienceMs = 500;
/** Bytes of images on this machine's disk, unless the worker says otherwise. */
const usualImageBytes = 20e9;
/** No row and no image is larger. */
const mostBytes = 512 * 1024 * 1024;

const Facts = Type.Object({
  facts: DatasetFacts,
  fileRows: Type.Optional(List(Type.Integer())),
});

/** A clip as it is fetched. */
interface ClipBytes {
  /** Its file's name here: of its digest. */
  readonly key: string;
  readonly size: number;
  readonly sha256: string;
  bytes(): AsyncIterable<Uint8Array>;
}

/** Where clips lie on this machine, and how much of its disk they may take. */
export interface ClipDisk {
  /** Its path; it stays until `release`. */
  hold(clip: ClipBytes): Promise<string>;
  release(clip: ClipBytes): void;
}

export interface ServedPlaces {
  readonly clips: ClipDisk;
  /** Bytes of images that may lie on this machine's disk. */
  readonly imageBytes?: number;
}

export class ServedData implements Disposable {
  private readonly agent: Agent | undefined;
  private readonly images: ImageCache;

  constructor(
    private readonly source: DataSource,
    private readonly abort: AbortSignal,
    private readonly places: ServedPlaces,
    environment = process.env,
  ) {
    // One for each request in flight; Node warns of a leak from the eleventh on.
    setMaxListeners(0, abort);
    if (source.url.protocol === "https:")
      this.agent = new Agent({ keepAlive: true, ...(source.ca ? { ca: source.ca } : {}) });
    const folder = join(environment.XDG_CACHE_HOME || join(homedir(), ".cache"), "llava-eval", "blobs");
    this.images = new ImageCache(folder, places.imageBytes ?? usualImageBytes);
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
    const source = {
      blob: (name: string, row: number) => this.blob(name, label, row),
      files: (named: readonly NamedFile[], row: number) => this.files(named, label, row),
    };
    try {
      return text.split("\n").map((line) => fromServed(JSON.parse(line), source));
    } catch (error) {
      if (error instanceof SyntaxError || error instanceof TypeError) throw damaged(label, messageOf(error));
      throw error;
    }
  }

  /** From this machine's cache, or the coordinator; what is not what its name says is nobody's image. */
  private async blob(name: string, label: string, row: number): Promise<Uint8Array> {
    const cached = await this.images.read(name);
    if (cached) return cached;
    const bytes = await this.get(`/blob/sha256/${name}`, () => this.get(`/rows/${label}/${row}-${row + 1}`));
    if (blobName(bytes) !== name) throw new SampleFailure("data", `the coordinator sent another image than ${name}`);
    await this.images.write(name, bytes);
    return bytes;
  }

  private files(named: readonly NamedFile[], label: string, row: number): FilesOfRow {
    const held = new Map<number, ClipBytes>();
    const { clips } = this.places;
    return {
      ...{ named, label },
      hold: async (file) => {
        const clip = await this.clip(`/file/${label}/${row}-${file}`);
        held.set(file, clip);
        return await this.untilBack(() => clips.hold(clip));
      },
      async release(file) {
        const clip = held.get(file);
        if (clip) clips.release(clip);
      },
      text: async (file) => (await this.describe(`/file/${label}/${row}-${file}`)).text,
    };
  }

  private async clip(path: string): Promise<ClipBytes> {
    const { clip } = await this.describe(path);
    if (!clip) throw damaged(path, "a text stands where a clip is named");
    const { name, size, ending } = clip;
    return { key: `${name}${ending}`, size, sha256: name, bytes: () => this.stream(name, path) };
  }

  /** @throws SampleFailure  it cannot be shown, in the coordinator's words */
  private async describe(path: string): Promise<FileAnswer> {
    const value: unknown = parsed(await this.get(path), path);
    const violation = violationOf(FileAnswer, value);
    if (violation) throw damaged(path, `${violation.pointer} ${violation.expected}`);
    const answer = value as FileAnswer;
    if (answer.failure) throw new SampleFailure(answer.failure.reason, answer.failure.detail);
    return answer;
  }

  private async *stream(name: string, path: string): AsyncGenerator<Uint8Array> {
    const hash = createHash("sha256");
    const blob = `/blob/sha256/${name}`;
    const response = await this.request(blob).catch(async (error: unknown) => {
      if (!(error instanceof NotNamed)) throw error;
      await this.describe(path);
      return await this.request(blob);
    });
    for await (const piece of response as AsyncIterable<Buffer>) {
      hash.update(piece);
      yield piece;
    }
    if (hash.digest("hex") !== name) throw new SampleFailure("data", `the coordinator sent another clip than ${name}`);
  }

  /** @param name  has the coordinator name what it does not know: it was started again, and knows what it has served since */
  private async get(path: string, name?: () => Promise<unknown>): Promise<Buffer> {
    try {
      return await this.untilBack(() => this.once(path));
    } catch (error) {
      if (!name || !(error instanceof NotNamed)) throw error;
      await name();
      return await this.get(path);
    }
  }

  /** Waits for a coordinator that is away: it is started again. */
  private async untilBack<T>(call: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await call();
      } catch (error) {
        this.abort.throwIfAborted();
        if (error instanceof UserError || error instanceof SampleFailure) throw error;
        const { code } = error as NodeJS.ErrnoException;
        if (!/^(ECONN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH)/.test(code ?? "")) {
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

  private async once(path: string): Promise<Buffer> {
    return await bodyOf(await this.request(path));
  }

  /** What was asked for, still to be read. */
  private request(path: string): Promise<IncomingMessage> {
    const { url, token } = this.source;
    const get = url.protocol === "https:" ? getSecure : getPlain;
    const options = { headers: { authorization: `Bearer ${token}` }, signal: this.abort, timeout: 60_000 };
    return new Promise((resolve, reject) => {
      const request = get(new URL(path, url), this.agent ? { ...options, agent: this.agent } : options, (response) => {
        if (response.statusCode === 200) return resolve(response);
        bodyOf(response).then((body) => reject(this.refusal(path, response.statusCode, body.toString("utf8"))), reject);
      });
      request.on("timeout", () => request.destroy(Object.assign(new Error("no answer"), { code: "ETIMEDOUT" })));
      request.on("error", reject);
    });
  }

  private refusal(path: string, status = 0, why: string): UserError {
    const Refusal = status === 404 ? NotNamed : UserError;
    return new Refusal(
      `the coordinator does not serve ${path.split("/")[1]}: ${status} ${why.slice(0, 300)}`,
      this.source.url.origin,
      "give both the same LLAVA_EVAL_FLEET_TOKEN, or the worker its own --data",
    );
  }
}

/** The coordinator knows nothing of that name. */
class NotNamed extends UserError {}

async function bodyOf(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.byteLength;
    if (size > mostBytes) throw new Error("an answer of the coordinator is too large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
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
