/** Decoded pictures for the engine: decoded once for all questions about them, a few at a time, within a memory budget. */
import type { EncodedImage } from "../../core/image.js";
import { type DecodedImage, decodeImage } from "../../images/decode.js";

/** Enough for some hundred photographs; more only helps when one group's questions are far apart. */
const budgetBytes = 384 * 1024 * 1024;
/** libuv has four threads by default, and sharp runs on them. */
const parallelDecodes = 4;

interface Entry {
  readonly picture: Promise<DecodedImage>;
  bytes: number;
}

export class Pictures {
  /** In order of use, the oldest first. */
  private readonly entries = new Map<string, Entry>();
  private bytes = 0;
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(
    private readonly decode: (image: EncodedImage) => Promise<DecodedImage> = decodeImage,
    private readonly budget = budgetBytes,
  ) {}

  /** @throws SampleFailure `data` when the picture cannot be decoded; the next one to ask tries again. */
  get(image: EncodedImage): Promise<DecodedImage> {
    const known = this.entries.get(image.digest);
    if (known) {
      this.entries.delete(image.digest);
      this.entries.set(image.digest, known);
      return known.picture;
    }
    const entry: Entry = { picture: this.limited(image), bytes: 0 };
    this.entries.set(image.digest, entry);
    entry.picture.then(
      (picture) => this.weigh(image.digest, entry, picture.rgb.byteLength),
      () => this.entries.delete(image.digest),
    );
    return entry.picture;
  }

  private weigh(digest: string, entry: Entry, bytes: number): void {
    if (this.entries.get(digest) !== entry) return;
    entry.bytes = bytes;
    this.bytes += bytes;
    for (const [oldest, { bytes: freed }] of this.entries) {
      if (this.bytes <= this.budget) break;
      if (freed === 0 || oldest === digest) continue; // still being decoded, or just asked for
      this.entries.delete(oldest);
      this.bytes -= freed;
    }
  }

  private async limited(image: EncodedImage): Promise<DecodedImage> {
    if (this.running >= parallelDecodes) await new Promise<void>((resume) => this.waiting.push(resume));
    else this.running += 1;
    try {
      return await this.decode(image);
    } finally {
      const next = this.waiting.shift();
      if (next) next();
      else this.running -= 1;
    }
  }
}
