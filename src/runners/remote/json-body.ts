import { randomBytes } from "node:crypto";
import type { EncodedImage } from "../../core/image.js";

/** Unguessable, so that no text of a prompt can contain it. */
const nonce = randomBytes(16).toString("hex");
const marker = new RegExp(`${nonce}:(\\d+):`);

export interface JsonRequestBody {
  /** The same for every attempt. */
  readonly bytes: Buffer;
  /** After a complete answer: the memory serves the next request. Optional; never while an attempt may run. */
  release(): void;
}

/**
 * A JSON request body with images in it, made in one piece of memory: each image is written into it as base64, once. No
 * string of the whole body is ever made.
 */
export class JsonBody {
  private readonly images: Uint8Array[] = [];

  constructor(private readonly pool = new BufferPool()) {}

  /** What stands for the image inside `build`'s value: use it within a string of its own. */
  base64(image: Pick<EncodedImage, "bytes">): string {
    this.images.push(image.bytes);
    return `${nonce}:${this.images.length - 1}:`;
  }

  build(value: unknown): JsonRequestBody {
    const parts = JSON.stringify(value)
      .split(marker)
      .map((part, i) => (i % 2 === 1 ? (this.images[Number(part)] as Uint8Array) : part));
    const bytes = this.pool.take(
      parts.reduce((sum, part) => sum + (typeof part === "string" ? Buffer.byteLength(part) : base64Length(part)), 0),
    );
    let at = 0;
    for (const part of parts) at += typeof part === "string" ? bytes.write(part, at) : writeBase64(part, bytes, at);
    let held = true;
    const release = () => {
      if (held) this.pool.give(bytes);
      held = false;
    };
    return { bytes, release };
  }
}

const base64Length = ({ byteLength }: Uint8Array) => Math.ceil(byteLength / 3) * 4;

/** A multiple of 3, so that pieces join without padding. */
const pieceBytes = 12 * 1024;

/**
 * Base64 as bytes, made piece by piece: one string of a whole image costs more in page faults than in encoding
 * (100 KB: 0.39 CPU-ms against 0.09, measured on a busy two-core machine). Returns the bytes written.
 */
function writeBase64(image: Uint8Array, output: Buffer, at: number): number {
  const source = Buffer.from(image.buffer, image.byteOffset, image.byteLength);
  let written = 0;
  for (let from = 0; from < source.length; from += pieceBytes) {
    written += output.write(source.toString("base64", from, from + pieceBytes), at + written, "latin1");
  }
  return written;
}

/** Smaller ones come from Node's own pool; larger ones are rare. */
const smallestKept = 16 * 1024;
const largestKept = 4 * 1024 * 1024;
const mostKeptBytes = 32 * 1024 * 1024;

/**
 * Buffers that are used again. New ones of an image's size cost page faults, and as memory outside the heap they make the
 * garbage collector run (per 100 KB request 0.55 CPU-ms without the pool, 0.37 with it, same machine).
 */
export class BufferPool {
  /** By capacity, a power of two. */
  private readonly free = new Map<number, ArrayBuffer[]>();
  private keptBytes = 0;

  take(bytes: number): Buffer {
    if (bytes < smallestKept || bytes > largestKept) return Buffer.allocUnsafe(bytes);
    const capacity = 2 ** Math.ceil(Math.log2(bytes));
    const kept = this.free.get(capacity)?.pop();
    if (kept) this.keptBytes -= capacity;
    return Buffer.from(kept ?? new ArrayBuffer(capacity), 0, bytes);
  }

  give({ buffer, length }: Buffer): void {
    const capacity = buffer.byteLength;
    if (length < smallestKept || length > largestKept || this.keptBytes + capacity > mostKeptBytes) return;
    this.keptBytes += capacity;
    const list = this.free.get(capacity);
    if (list) list.push(buffer as ArrayBuffer);
    else this.free.set(capacity, [buffer as ArrayBuffer]);
  }
}
