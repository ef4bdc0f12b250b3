/** One engine process, seen from the harness. */

import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import { defined } from "../../../core/defined.js";
import { packageRoot } from "../../../core/package-root.js";
import type {
  ImageSize,
  NativeEngineOptions,
  NativeGenerateRequest,
  NativeImage,
  NativeLikelihoodOutput,
  NativeLikelihoodRequest,
  NativeOutput,
  NativeStatistics,
} from "../native.js";
import { errorOf, type FromReplica, type Opened, type ShownImage, type ToReplica } from "./messages.js";

/** What a process keeps of images: questions about one come close together. */
const kept = { images: 64, bytes: 256 * 1024 * 1024 };

type Answered = NativeOutput | NativeLikelihoodOutput | Uint8Array;

interface Asked {
  readonly resolve: (answered: Answered) => void;
  readonly reject: (error: Error) => void;
  readonly onTokens?: NativeGenerateRequest["onTokens"];
  /** Tokens heard so far, and how many there were when enough was said. */
  heard: number;
  wanted?: number;
}

export class Replica {
  /** Requests under way. */
  get load(): number {
    return this.asked.size;
  }
  statistics: NativeStatistics | undefined;

  private readonly asked = new Map<number, Asked>();
  private readonly sent = new Map<string, number>(); // digests and bytes, the oldest first
  private readonly sizes = new Map<string, { count: Promise<number>; resolve: (count: number) => void }>();
  private readonly ended: Promise<void>;
  private lost: Error | undefined;
  /** Below zero: requests have ids of their own. */
  private lastTiles = 0;

  private constructor(
    private readonly child: ChildProcess,
    device: string,
  ) {
    this.ended = new Promise((resolve) => {
      child.once("exit", (code, signal) => {
        this.lose(`the engine process of ${device} ended (${signal ?? `exit ${code}`})`);
        resolve();
      });
    });
    child.on("message", (message: FromReplica) => this.hear(message));
    child.on("error", (error) => this.lose(`the engine process of ${device} failed: ${error.message}`));
  }

  static async open(
    options: NativeEngineOptions & { readonly device: string },
    onProgress: (loaded: number, total: number) => void,
  ): Promise<{ replica: Replica; engine: Opened }> {
    const child = fork(join(packageRoot, "dist/src/runners/local/replicas/process.js"), {
      serialization: "advanced",
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    const replica = new Replica(child, options.device);
    const engine = new Promise<Opened>((resolve, reject) => {
      child.on("message", (message: FromReplica) => {
        if (message.kind === "progress") onProgress(message.loaded, message.total);
        if (message.kind === "opened") resolve(message.engine);
        if (message.kind === "notOpened") reject(errorOf(message.failure));
      });
      void replica.ended.then(() => reject(replica.lost));
    });
    replica.tell({ kind: "open", options });
    try {
      return { replica, engine: await engine };
    } catch (error) {
      await replica.close();
      throw error;
    }
  }

  generate({ onTokens, ...request }: NativeGenerateRequest): Promise<NativeOutput> {
    const images = this.show(request.images);
    const message: ToReplica = { kind: "generate", request: { ...request, images }, streams: onTokens !== undefined };
    return this.ask(request.id, message, onTokens) as Promise<NativeOutput>;
  }

  loglikelihood(request: NativeLikelihoodRequest): Promise<NativeLikelihoodOutput> {
    const images = this.show(request.images);
    const message: ToReplica = { kind: "loglikelihood", request: { ...request, images } };
    return this.ask(request.id, message, undefined) as Promise<NativeLikelihoodOutput>;
  }

  abort(id: number): void {
    if (this.asked.has(id)) this.tell({ kind: "abort", id });
  }

  imageTokens(images: readonly ImageSize[]): Promise<number> {
    if (this.lost) return Promise.reject(this.lost);
    const key = sizesKey(images);
    let size = this.sizes.get(key);
    if (!size) {
      let resolve: (count: number) => void = () => {};
      const count = new Promise<number>((settle) => {
        resolve = settle;
      });
      size = { count, resolve };
      this.sizes.set(key, size);
      this.tell({ kind: "imageTokens", images: images.map(sizeOnly) });
    }
    const lost = this.ended.then(() => Promise.reject(this.lost));
    return Promise.race([size.count, lost]);
  }

  tiles(images: readonly ImageSize[], at: number, rgb: Uint8Array): Promise<Uint8Array> {
    const id = --this.lastTiles;
    const message: ToReplica = { kind: "tiles", id, images: images.map(sizeOnly), at, rgb };
    return this.ask(id, message, undefined) as Promise<Uint8Array>;
  }

  async close(): Promise<void> {
    this.lose("the engine was closed", "CLOSED");
    if (this.child.connected) this.child.disconnect();
    await this.ended;
  }

  private ask(id: number, message: ToReplica, onTokens: NativeGenerateRequest["onTokens"]) {
    if (this.lost) return Promise.reject(this.lost);
    return new Promise<Answered>((resolve, reject) => {
      this.asked.set(id, { resolve, reject, heard: 0, ...defined({ onTokens }) });
      this.tell(message);
    });
  }

  private show(images: readonly NativeImage[]): ShownImage[] {
    for (const { clip: _clip, frame: _frame, ...image } of images) {
      const known = this.sent.delete(image.digest);
      this.sent.set(image.digest, bytesOf(image)); // now the youngest
      if (!known) this.tell({ kind: "image", image });
    }
    return images.map(({ digest, clip, frame }) => ({ digest, ...defined({ clip, frame }) }));
  }

  /** Images are let go only after the request that named them last. */
  private forgetOldImages(): void {
    let bytes = [...this.sent.values()].reduce((sum, one) => sum + one, 0);
    for (const [digest, size] of this.sent) {
      if (this.sent.size <= kept.images && bytes <= kept.bytes) return;
      bytes -= size;
      this.sent.delete(digest);
      this.tell({ kind: "forget", digest });
    }
  }

  private tell(message: ToReplica): void {
    if (this.child.connected) this.child.send(message, () => {}); // what cannot be sent: the exit says why
    if (message.kind === "generate" || message.kind === "loglikelihood") this.forgetOldImages();
  }

  private hear(message: FromReplica): void {
    switch (message.kind) {
      case "tokens":
        this.hearTokens(message.id, message.tokens);
        return;
      case "answer": {
        this.statistics = message.statistics;
        const asked = this.take(message.id);
        asked?.resolve(asked.wanted === undefined ? message.output : cut(message.output as NativeOutput, asked.wanted));
        return;
      }
      case "tiles":
        this.take(message.id)?.resolve(message.tiles);
        return;
      case "failure":
        this.take(message.id)?.reject(errorOf(message.failure));
        return;
      case "imageTokens":
        this.sizes.get(sizesKey(message.images))?.resolve(message.count);
        return;
    }
  }

  private hearTokens(id: number, tokens: Int32Array): void {
    const asked = this.asked.get(id);
    if (!asked?.onTokens || asked.wanted !== undefined) return;
    asked.heard += tokens.length;
    if (asked.onTokens(tokens)) return;
    asked.wanted = asked.heard;
    this.tell({ kind: "enough", id });
  }

  private take(id: number): Asked | undefined {
    const asked = this.asked.get(id);
    this.asked.delete(id);
    return asked;
  }

  private lose(why: string, code = "DEVICE"): void {
    if (this.lost) return;
    this.lost = errorOf({ message: why, code });
    for (const { reject } of this.asked.values()) reject(this.lost);
    this.asked.clear();
  }
}

/** The engine hears "enough" some tokens late: how many depends on the machine's load, and an answer must not. */
function cut(output: NativeOutput, wanted: number): NativeOutput {
  return {
    ...output,
    tokens: output.tokens.slice(0, wanted),
    finish: "stop",
    usage: { ...output.usage, completionTokens: Math.min(output.usage.completionTokens, wanted) },
  };
}

const bytesOf = (image: NativeImage): number => ("tiles" in image ? image.tiles : image.rgb).byteLength;
const sizeOnly = ({ width, height, clip }: ImageSize): ImageSize => ({ width, height, ...defined({ clip }) });
const sizesKey = (images: readonly ImageSize[]): string =>
  images.map(({ width, height, clip }) => `${width}x${height}${clip === undefined ? "" : `c${clip}`}`).join(" ");
