import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { EncodedImage } from "../core/image.js";
import { makeFolder } from "../files/make-folder.js";

/** Makes a small WebP of an image; passed in, because only `images` knows how. */
export type Thumbnail = (bytes: Uint8Array) => Promise<Uint8Array>;

const extensions: Readonly<Record<string, string>> = {
  "image/jpeg": "jpg",
  "image/png": "png",
  "image/webp": "webp",
  "image/gif": "gif",
  "image/bmp": "bmp",
  "image/tiff": "tif",
};

/** Images of a report, each once, named by digest: originals in `images/`, small ones in `thumbs/`. Of frames of clips only these. */
export class ImageStore {
  private readonly names = new Map<string, string>();

  constructor(
    readonly folder: string,
    private readonly thumbnail: Thumbnail,
  ) {}

  async add(image: EncodedImage): Promise<void> {
    if (this.names.has(image.digest)) return;
    const name = `${image.digest}.${extensions[image.mediaType] ?? "bin"}`;
    this.names.set(image.digest, name);
    await makeFolder(join(this.folder, "images"));
    await makeFolder(join(this.folder, "thumbs"));
    await writeFile(join(this.folder, "images", name), image.bytes);
    const small = await this.thumbnail(image.bytes).catch(() => undefined);
    if (small) await writeFile(join(this.folder, "thumbs", `${image.digest}.webp`), small);
  }

  async addFrame(frame: EncodedImage): Promise<void> {
    if (this.names.has(frame.digest)) return;
    await makeFolder(join(this.folder, "thumbs"));
    await writeFile(join(this.folder, "thumbs", `${frame.digest}.webp`), await this.thumbnail(frame.bytes));
    this.names.set(frame.digest, `${frame.digest}.webp`);
  }

  /** The file name of an original, `<digest>.<ext>`, of a frame its thumbnail's; undefined for an image that is not at hand. */
  nameOf(digest: string): string | undefined {
    return this.names.get(digest);
  }

  /** An image as a data URI, for a report in one file. */
  async dataUri(digest: string): Promise<string | undefined> {
    const path = join(this.folder, "thumbs", `${digest}.webp`);
    return existsSync(path) ? `data:image/webp;base64,${(await readFile(path)).toString("base64")}` : undefined;
  }
}
