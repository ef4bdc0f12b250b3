import { mkdtemp, readdir, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ImageCache } from "../../src/fleet/image-cache.js";
import { blobName } from "../../src/fleet/served-rows.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "llava-eval-images-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const imageOf = (n: number) => Buffer.alloc(100, `image ${n} `);
const pathOf = (name: string) => join(folder, name.slice(0, 2), name);

async function bytesThere(): Promise<number> {
  const names = (await readdir(folder, { recursive: true })).filter((name) => name.includes("/"));
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

test("no more lies there than may, and what was used longest ago goes first", async () => {
  const cache = new ImageCache(folder, 3200);
  for (let n = 0; n < 100; n++) {
    const name = blobName(imageOf(n));
    await cache.write(name, imageOf(n));
    // Files have their times in the order in which they were written; the first is used again and again.
    await utimes(pathOf(name), n, n);
    expect(await cache.read(blobName(imageOf(0)))).toEqual(imageOf(0));
    expect(await bytesThere()).toBeLessThanOrEqual(3200);
  }
  expect(await bytesThere()).toBeGreaterThan(2800);
  expect(await cache.read(blobName(imageOf(1)))).toBeUndefined();
  // What another worker left there is found, and counts.
  const next = new ImageCache(folder, 3200);
  expect(await next.read(blobName(imageOf(99)))).toEqual(imageOf(99));
  await next.write(blobName(imageOf(100)), imageOf(100));
  expect(await bytesThere()).toBeLessThanOrEqual(3200);
});

test("what is not what its name says is not there, and what is larger than there is room for is not kept", async () => {
  const cache = new ImageCache(folder, 3200);
  const name = blobName(imageOf(1));
  await cache.write(name, imageOf(1));
  await writeFile(pathOf(name), imageOf(2));
  expect(await cache.read(name)).toBeUndefined();
  await cache.write(name, imageOf(1));
  expect(await cache.read(name)).toEqual(imageOf(1));
  const large = Buffer.alloc(5000, 1);
  await cache.write(blobName(large), large);
  expect(await cache.read(blobName(large))).toBeUndefined();
});
