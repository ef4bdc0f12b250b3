/** Files of clips that are fetched when they are asked about, and removed again when the disk that they may take is full. */

import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, readdir, rename, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { SampleFailure } from "../core/errors.js";
import { diskError } from "../files/disk-error.js";

/** What is fetched. */
export interface ClipBytes {
  /** Names its content, as a file's name: another content has another one. */
  readonly key: string;
  readonly size: number;
  /** Of its bytes, where it is known: what an earlier run left is looked at before it is used. */
  readonly sha256?: string;
  /** Throws `SampleFailure("data")` at its end where they are not what was promised. */
  bytes(): AsyncIterable<Uint8Array>;
}

interface Held {
  readonly bytes: number;
  /** Whoever reads it now. */
  readers: number;
  ready: Promise<void>;
  /** It lay here before this process began, and nobody has looked at it. */
  isOld: boolean;
}

/** Of clips that are fetched, on disk, unless somebody says otherwise: as much as 20 hours of 720p. */
export const usualClipBytes = 20e9;
/** What another process left half done is removed after so long. */
const abandonedMs = 60 * 60_000;

export class ClipStore {
  /** By key, those used last at the end. */
  private readonly held = new Map<string, Held>();
  private waiting: (() => void)[] = [];
  private listed: Promise<void> | undefined;

  /** @param most  bytes that its files may have together */
  constructor(
    private readonly folder: string,
    private readonly most: number,
    private readonly beforeFirst: () => void,
  ) {}

  /** Its path; it stays until `release`. @throws SampleFailure `data`  damaged, or larger than all may be; UserError  the disk is full */
  async hold(clip: ClipBytes): Promise<string> {
    const path = join(this.folder, clip.key);
    this.listed ??= this.list();
    await this.listed;
    for (;;) {
      while (!this.held.has(clip.key) && !this.hasRoom(clip)) await this.makeRoom();
      const known = this.held.get(clip.key);
      const held = known ?? { bytes: clip.size, readers: 0, ready: this.fetch(clip, path), isOld: false };
      if (held.isOld) held.ready = this.check(clip, path);
      held.isOld = false;
      this.held.delete(clip.key);
      this.held.set(clip.key, held);
      held.readers++;
      try {
        await held.ready;
        await utimes(path, new Date(), new Date());
        return path;
      } catch (error) {
        if (this.held.get(clip.key) === held) this.held.delete(clip.key);
        this.wake();
        // Another process that shares the folder has removed it.
        if (known !== undefined && (error as NodeJS.ErrnoException).code === "ENOENT") continue;
        throw diskError(error, "the cache", path);
      }
    }
  }

  release({ key }: ClipBytes): void {
    const held = this.held.get(key);
    if (held !== undefined) held.readers--;
    this.wake();
  }

  private wake(): void {
    const { waiting } = this;
    this.waiting = [];
    for (const go of waiting) go();
  }

  private hasRoom({ size }: ClipBytes): boolean {
    if (size > this.most)
      throw new SampleFailure(
        "data",
        `the clip has ${size} bytes; those that are fetched may have ${this.most} together (--clip-disk)`,
      );
    return [...this.held.values()].reduce((sum, { bytes }) => sum + bytes, size) <= this.most;
  }

  /** Removes the one used longest ago, or waits for one to be released. */
  private async makeRoom(): Promise<void> {
    const idle = [...this.held].find(([, { readers }]) => readers === 0);
    if (idle === undefined) return new Promise<void>((go) => this.waiting.push(go));
    this.held.delete(idle[0]);
    await rm(join(this.folder, idle[0]), { force: true });
  }

  /** What is not what it was is fetched anew. */
  private async check(clip: ClipBytes, path: string): Promise<void> {
    if (clip.sha256 === undefined) return;
    const hash = createHash("sha256");
    for await (const piece of createReadStream(path)) hash.update(piece as Buffer);
    if (hash.digest("hex") !== clip.sha256) await this.fetch(clip, path);
  }

  private async fetch(clip: ClipBytes, path: string): Promise<void> {
    const part = `${path}.${process.pid}.incomplete`;
    try {
      await using file = await open(part, "w");
      for await (const piece of clip.bytes()) await file.appendFile(piece);
      await file.sync();
    } catch (error) {
      await rm(part, { force: true });
      throw error;
    }
    await rename(part, path);
  }

  /** What earlier runs left there. */
  private async list(): Promise<void> {
    this.beforeFirst();
    try {
      await mkdir(this.folder, { recursive: true });
      const found = [];
      for (const name of await readdir(this.folder)) {
        const { size, mtimeMs } = await stat(join(this.folder, name));
        if (!name.endsWith(".incomplete")) found.push({ name, size, mtimeMs });
        else if (Date.now() - mtimeMs > abandonedMs) await rm(join(this.folder, name), { force: true });
      }
      for (const { name, size } of found.sort((a, b) => a.mtimeMs - b.mtimeMs))
        this.held.set(name, { bytes: size, readers: 0, ready: Promise.resolve(), isOld: true });
    } catch (error) {
      throw diskError(error, "the cache", this.folder);
    }
  }
}
