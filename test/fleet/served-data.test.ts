/** A coordinator's data at both ends of one connection, with a coordinator that is started again in between and remembers nothing. */
import { hash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Dataset, RowItem } from "../../src/core/dataset.js";
import { SampleFailure } from "../../src/core/errors.js";
import type { ImageRef } from "../../src/core/image.js";
import { userPrompt } from "../../src/core/prompt.js";
import { Image, Type, Video } from "../../src/core/schema.js";
import type { Task } from "../../src/core/task.js";
import type { VideoRef } from "../../src/core/video.js";
import { DataServer } from "../../src/fleet/data-server.js";
import { ServedData } from "../../src/fleet/served-data.js";
import { freePort } from "../fakes/redis.js";

const never = new AbortController().signal;
const token = "a-token-of-at-least-thirty-two-letters";

interface Row {
  readonly image: ImageRef;
  readonly clip: VideoRef;
}
const task = {
  name: "t",
  row: Type.Object({ image: Image(), clip: Video() }),
  prompt: ({ image, clip }: Row) => userPrompt(image, clip),
} as unknown as Task;

test("what was named before a coordinator died is had from the next; other bytes are nobody's clip", async () => {
  const folder = await mkdtemp(join(tmpdir(), "llava-eval-served-"));
  try {
    const path = join(folder, "a.mp4");
    await writeFile(path, "a clip");
    const clip: VideoRef = { path: "a", file: async () => path, named: () => clip, beside: () => ({}) as never };
    const row = { image: { path: "a.png", bytes: async () => Buffer.from("an image") }, clip };
    const dataset: Dataset = {
      facts: { source: "s", kind: "folder", split: "test", licence: "CC0-1.0", rows: 1 },
      async *batches(offset) {
        yield [{ index: 0, row } satisfies RowItem].slice(offset);
      },
      async [Symbol.asyncDispose]() {},
    };
    const port = await freePort();
    let digest = hash("sha256", "a clip");
    const open = () =>
      DataServer.open({
        door: { host: "127.0.0.1", port, token },
        open: async () => ({ dataset, task, profile: "default" }),
        digestOf: async () => digest,
        signal: never,
      });
    let server = await open();
    const again = async () => {
      await server[Symbol.asyncDispose]();
      server = await open();
    };
    const kept: string[] = [];
    let beforeBytes = async () => {};
    const clips = {
      async hold({ key, bytes }: { readonly key: string; bytes(): AsyncIterable<Uint8Array> }) {
        await beforeBytes();
        const pieces: Uint8Array[] = [];
        for await (const piece of bytes()) pieces.push(piece);
        kept.push(`${key} ${Buffer.concat(pieces)}`);
        return key;
      },
      release: ({ key }: { readonly key: string }) => void kept.push(`released ${key}`),
    };
    const source = { url: new URL(`http://127.0.0.1:${port}`), token };
    using data = new ServedData(source, never, { clips }, { XDG_CACHE_HOME: folder });
    await using served = await data.open("t");
    const rows: Row[] = [];
    for await (const batch of served.batches(0, never, 1))
      rows.push(...batch.map((item) => ("row" in item ? item.row : {}) as unknown as Row));
    const [{ image, clip: theirs } = row] = rows;

    await again();
    expect(Buffer.from(await image.bytes()).toString()).toBe("an image");
    beforeBytes = again;
    await theirs.file();
    await theirs.release?.();
    expect(kept).toEqual([`${digest}.mp4 a clip`, `released ${digest}.mp4`]);

    digest = "0".repeat(64);
    const wrong = theirs.file();
    await expect(wrong).rejects.toThrow(SampleFailure);
    await expect(wrong).rejects.toThrow("another clip");
    await server[Symbol.asyncDispose]();
  } finally {
    await rm(folder, { recursive: true });
  }
});
