/** Images that a coordinator sent, on this machine's disk: by digest, for all its workers, and no more than they may take of it. */
import { mkdir, readdir, readFile, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { diskError } from "../files/disk-error.js";
import { writeWhole } from "../files/whole-file.js";
import { blobName } from "./served-rows.js";

const what = "the cache of images";
/** A worker looks what is there whenever it has written such a part of what may be. */
const looks = 16;

export class ImageCache {
  /** Bytes written since the last look; before the first nobody knows. */
  private unseen = Number.POSITIVE_INFINITY;
  private looking: Promise<void> | undefined;

  /** @param most  bytes that its files may have together; each further worker of this machine may be a sixteenth above it */
  constructor(
    private readonly folder: string,
    private readonly most: number,
  ) {}

  /** Undefined: it is not here, or is no longer what its name says. */
  async read(name: string): Promise<Buffer | undefined> {
    const path = this.pathOf(name);
    const bytes = await unlessGone(readFile(path));
    if (!bytes || blobName(bytes) !== name) return undefined;
    // Those used longest ago are removed first; another worker may just have removed this one.
    const now = new Date();
    await unlessGone(utimes(path, now, now));
    return bytes;
  }

  /** @throws UserError  the disk is full */
  async write(name: string, bytes: Uint8Array): Promise<void> {
    const part = this.most / looks;
    // Larger than what is checked for: it is asked for again.
    if (bytes.byteLength > part) return;
    if (this.unseen + bytes.byteLength > part) {
      this.looking ??= this.makeRoom().finally(() => {
        this.looking = undefined;
      });
      await this.looking;
    }
    this.unseen += bytes.byteLength;
    try {
      await mkdir(join(this.folder, name.slice(0, 2)), { recursive: true });
    } catch (error) {
      throw diskError(error, what, this.folder);
    }
    await writeWhole(this.pathOf(name), what, bytes);
  }

  private pathOf(name: string): string {
    return join(this.folder, name.slice(0, 2), name);
  }

  private async makeRoom(): Promise<void> {
    const found: { readonly path: string; readonly size: number; readonly mtimeMs: number }[] = [];
    for (const two of (await unlessGone(readdir(this.folder))) ?? []) {
      for (const name of (await unlessGone(readdir(join(this.folder, two)))) ?? []) {
        const path = join(this.folder, two, name);
        const facts = await unlessGone(stat(path));
        if (facts) found.push({ path, size: facts.size, mtimeMs: facts.mtimeMs });
      }
    }
    let bytes = found.reduce((sum, { size }) => sum + size, 0);
    for (const { path, size } of found.sort((a, b) => a.mtimeMs - b.mtimeMs)) {
      if (bytes <= this.most - this.most / looks) break;
      await rm(path, { force: true });
      bytes -= size;
    }
    this.unseen = 0;
  }
}

/** Undefined where there is no such file. */
async function unlessGone<T>(found: Promise<T>): Promise<T | undefined> {
  try {
    return await found;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
