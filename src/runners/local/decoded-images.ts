/** Decoded images for the engine: decoded once for all questions about them, and all of them together within a memory budget. */
import { setImmediate } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { EncodedImage } from "../../core/image.js";
import { type DecodedImage, decodeImage } from "../../images/decode.js";
import { unlessAborted } from "./unless-aborted.js";

/** 134 megapixels: some hundred photographs, or one image that needs more. The engine may hold those that are asked about once more. */
const budgetBytes = 384 * 1024 * 1024;
/** libuv has four threads by default, and sharp runs on them. */
const parallelDecodes = 4;

interface Entry {
  readonly decoded: Promise<DecodedImage>;
  readonly bytes: number;
  /** Leases that hold it; without one it may be forgotten. */
  users: number;
}

export interface Lease extends Disposable {
  /** In the order they were asked for. */
  readonly images: readonly DecodedImage[];
}

interface Waiting {
  readonly images: readonly EncodedImage[];
  readonly admit: (entries: readonly Entry[]) => void;
}

export class DecodedImages {
  /** In order of use, the oldest first. */
  private readonly entries = new Map<string, Entry>();
  private readonly waiting: Waiting[] = [];
  private decoding = 0;
  private collected: Promise<void> = Promise.resolve();
  private readonly toDecode: (() => void)[] = [];

  constructor(
    private readonly decode: (image: EncodedImage) => Promise<DecodedImage> = decodeImage,
    private readonly budget = budgetBytes,
  ) {}

  /**
   * The images of one request, until the lease is disposed of. All at once: two requests that each held a part would wait for each other.
   * One that exceeds the budget by itself waits until it is alone.
   * @throws SampleFailure `data` when one cannot be decoded (the next to ask tries again); the signal's reason
   */
  async lease(images: readonly EncodedImage[], signal: AbortSignal): Promise<Lease> {
    const entries = await this.turn(images, signal);
    const release = () => {
      for (const entry of entries.splice(0)) entry.users -= 1;
      void setImmediate().then(() => this.next()); // when the request has let go of its pixels, too
    };
    try {
      signal.throwIfAborted();
      const decoded = await unlessAborted(Promise.all(entries.map((entry) => entry.decoded)), signal);
      return { images: decoded, [Symbol.dispose]: release };
    } catch (error) {
      release();
      throw error;
    }
  }

  /** Whether a lease of these is within the budget, when it is alone. */
  holds(images: readonly EncodedImage[]): boolean {
    return sum(new Map(images.map((image) => [image.digest, bytesOf(image)])).values()) <= this.budget;
  }

  private turn(images: readonly EncodedImage[], signal: AbortSignal): Promise<Entry[]> {
    return new Promise((resolve, reject) => {
      const abort = () => {
        this.waiting.splice(this.waiting.indexOf(one), 1);
        reject(signal.reason);
        this.next();
      };
      const one: Waiting = {
        images,
        admit: (entries) => {
          signal.removeEventListener("abort", abort);
          resolve([...entries]);
        },
      };
      if (this.costs(images) === 0) return one.admit(this.take(images));
      signal.addEventListener("abort", abort, { once: true });
      this.waiting.push(one);
      this.next();
    });
  }

  /** Lets in whoever comes first, for as long as there is room. */
  private next(): void {
    for (let one = this.waiting[0]; one && this.fits(one.images); one = this.waiting[0]) {
      this.waiting.shift();
      one.admit(this.take(one.images));
    }
  }

  /** Bytes in use that a request would add. */
  private costs(images: readonly EncodedImage[]): number {
    const added = images.filter(({ digest }) => (this.entries.get(digest)?.users ?? 0) === 0);
    return sum(new Map(added.map((image) => [image.digest, bytesOf(image)])).values());
  }

  private fits(images: readonly EncodedImage[]): boolean {
    const used = sum([...this.entries.values()].map(({ users, bytes }) => (users > 0 ? bytes : 0)));
    return used === 0 || used + this.costs(images) <= this.budget;
  }

  private take(images: readonly EncodedImage[]): Entry[] {
    const known = images.flatMap(({ digest }) => this.entries.get(digest) ?? []);
    for (const entry of known) entry.users += 1; // not to be forgotten for those that are new
    const fresh = images.filter(({ digest }) => !this.entries.has(digest));
    this.forget(this.budget - sum(new Map(fresh.map((image) => [image.digest, bytesOf(image)])).values()));
    for (const entry of known) entry.users -= 1;
    return images.map((image) => {
      const entry = this.entries.get(image.digest) ?? this.begin(image);
      entry.users += 1;
      this.entries.delete(image.digest); // and in again, as the newest
      this.entries.set(image.digest, entry);
      return entry;
    });
  }

  private begin(image: EncodedImage): Entry {
    const entry: Entry = { decoded: this.limited(image), bytes: bytesOf(image), users: 0 };
    entry.decoded.catch(() => {
      if (this.entries.get(image.digest) === entry) this.entries.delete(image.digest);
    });
    return entry;
  }

  /** Drops what nobody uses, the oldest first, until the rest keeps to so many bytes. */
  private forget(most: number): void {
    let kept = sum([...this.entries.values()].map(({ bytes }) => bytes));
    let largest = 0;
    for (const [digest, { users, bytes }] of this.entries) {
      if (kept <= most) break;
      if (users > 0) continue;
      this.entries.delete(digest);
      kept -= bytes;
      largest = Math.max(largest, bytes);
    }
    if (largest >= worthCollecting) this.collected = collectGarbage();
  }

  private async limited(image: EncodedImage): Promise<DecodedImage> {
    if (this.decoding >= parallelDecodes) await new Promise<void>((resume) => this.toDecode.push(resume));
    else this.decoding += 1;
    try {
      await this.collected;
      return await this.decode(image);
    } finally {
      const resume = this.toDecode.shift();
      if (resume) resume();
      else this.decoding -= 1;
    }
  }
}

const sum = (numbers: Iterable<number>): number => [...numbers].reduce((total, number) => total + number, 0);

/**
 * V8 sees a small object where an image hangs, and is in no hurry: without this a second of 500 MB is decoded beside the dead first.
 * Only for images of ten megapixels and more; it takes some ten milliseconds.
 */
const worthCollecting = 30_000_000;
let collect: (() => void) | undefined;
async function collectGarbage(): Promise<void> {
  if (!collect) {
    setFlagsFromString("--expose-gc");
    collect = runInNewContext("gc") as () => void;
  }
  await setImmediate(); // the caller's frame may hold the last reference
  collect();
  await setImmediate(); // Node frees what lies outside the heap in a task of its own
}

/** Known from the header, before anything is decoded. */
const bytesOf = ({ width, height }: EncodedImage): number => width * height * 3;
