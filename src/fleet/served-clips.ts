/** Clips as a coordinator serves them: a worker asks what a row's clip is, and then for its bytes by their digest. */
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { extname } from "node:path";
import { pipeline } from "node:stream/promises";
import { SampleFailure } from "../core/errors.js";
import type { VideoRef } from "../core/video.js";
import type { FileAnswer, OwnFile } from "./row-files.js";

export class ServedClips {
  /** Those that were asked about, by their digest. */
  private readonly known = new Map<string, VideoRef>();

  /** @param digestOf  SHA-256 of a file */
  constructor(private readonly digestOf: (path: string) => Promise<string>) {}

  /** What it is, or why it cannot be shown. */
  async describe(file: OwnFile): Promise<FileAnswer> {
    try {
      if ("clip" in file) return { clip: await holding(file.clip, (path) => this.factsOf(file.clip, path)) };
      const text = await file.text.read();
      return text === undefined ? {} : { text };
    } catch (error) {
      if (!(error instanceof SampleFailure)) throw error;
      return { failure: { reason: error.reason, detail: error.detail } };
    }
  }

  /** @returns whether there is one */
  async send(name: string, response: ServerResponse, headers: Readonly<Record<string, string>>): Promise<boolean> {
    const clip = this.known.get(name);
    if (!clip) return false;
    await holding(clip, async (path) => {
      response.writeHead(200, { ...headers, "content-length": (await stat(path)).size });
      await pipeline(createReadStream(path), response);
    });
    return true;
  }

  private async factsOf(clip: VideoRef, path: string): Promise<NonNullable<FileAnswer["clip"]>> {
    const name = await this.digestOf(path);
    this.known.set(name, clip);
    // Decoders go by it where the bytes do not say what they are.
    const [ending = ""] = /^\.[a-z0-9]{1,5}$/.exec(extname(path).toLowerCase()) ?? [];
    return { name, size: (await stat(path)).size, ending };
  }
}

async function holding<T>(clip: VideoRef, use: (path: string) => Promise<T>): Promise<T> {
  const path = await clip.file();
  try {
    return await use(path);
  } finally {
    await clip.release?.();
  }
}
