import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { RowItem } from "../../src/core/dataset.js";
import type { ImageRef } from "../../src/core/image.js";
import { Image, Type } from "../../src/core/schema.js";
import { openDataset } from "../../src/datasets/index.js";
import { drawnImage } from "../fakes/images.js";
import { parquetBytes } from "../fakes/parquet-files.js";

const split = {
  sources: ["owner/GQA"],
  configs: ["questions"],
  split: "testdev",
  images: { config: "images", split: "testdev", column: "imageId", key: "id" },
  licence: "CC-BY-4.0",
  answers: "public",
} as const;
const row = Type.Object({ id: Type.String(), imageId: Type.String(), question: Type.String(), image: Image() });

test("rows get the image they name from the images' own configuration, once read for all of them", async () => {
  const data = await mkdtemp(join(tmpdir(), "llava-eval-joined-"));
  try {
    const bytes = await Promise.all([1, 2].map((seed) => drawnImage({ seed, width: 16, height: 16 })));
    const place = join(data, "owner", "GQA");
    for (const folder of ["questions", "images"]) await mkdir(join(place, folder), { recursive: true });
    const questions = ["n1", "n2", "n1", "n9"].map((imageId, i) => ({ id: String(i), imageId, question: `Q${i}` }));
    const questionColumns = { id: "string", imageId: "string", question: "string" } as const;
    await writeFile(
      join(place, "questions", "testdev-00000-of-00001.parquet"),
      parquetBytes(questionColumns, questions),
    );
    const images = bytes.map((one, i) => ({ id: `n${i + 1}`, image: { bytes: new Uint8Array(one), path: null } }));
    const file = parquetBytes({ id: "string", image: "image" }, images);
    await writeFile(join(place, "images", "testdev-00000-of-00001.parquet"), file);

    await using dataset = await openDataset({ task: "gqa", splitName: "testdev", split, row, data });
    const items: RowItem[] = [];
    for await (const batch of dataset.batches(0, new AbortController().signal)) items.push(...batch);
    const read = (item: RowItem | undefined) =>
      item && "row" in item ? (item.row.image as ImageRef).bytes() : undefined;
    expect(Buffer.from((await read(items[0])) as Uint8Array).equals(Buffer.from(bytes[0] as Uint8Array))).toBe(true);
    expect(Buffer.from((await read(items[1])) as Uint8Array).equals(Buffer.from(bytes[1] as Uint8Array))).toBe(true);
    expect(await read(items[2])).toBe(await read(items[0]));
    expect(items[3]).toMatchObject({ failure: { reason: "data", detail: expect.stringContaining("n9") } });
    expect(dataset.facts.rows).toBe(4);
  } finally {
    await rm(data, { recursive: true, force: true });
  }
});

const captions = {
  sources: ["owner/captions"],
  split: "test",
  licence: "CC-BY-4.0",
  answers: "public",
  images: { sources: ["owner/copy"], split: "val", folder: "val2014", column: "filename", key: "question_id" },
} as const;
const captionRow = Type.Object({ filename: Type.String(), image: Image() });

test("images that rows name by file are a folder's files, or come from a copy with images, and the facts say from which", async () => {
  const data = await mkdtemp(join(tmpdir(), "llava-eval-joined-"));
  try {
    const [one, other] = await Promise.all([1, 2].map((seed) => drawnImage({ seed, width: 16, height: 16 })));
    const lines = ["a.jpg", "../secret.jpg", "none.jpg"].map((filename) => `${JSON.stringify({ filename })}\n`);
    await writeFile(join(data, "captions.jsonl"), lines.join(""));
    const request = { task: "captions", splitName: "test", split: captions, row: captionRow, data };
    const opened = async () => {
      await using dataset = await openDataset(request);
      const items: RowItem[] = [];
      for await (const batch of dataset.batches(0, new AbortController().signal)) items.push(...batch);
      return { images: dataset.facts.images, items };
    };
    const bytesOf = (item: RowItem | undefined) =>
      item && "row" in item ? (item.row.image as ImageRef).bytes() : Promise.reject(item?.failure);
    await expect(opened()).rejects.toMatchObject({
      message: `the rows name images that are not in ${data}`,
      fix: `put them into ${join(data, "val2014")} under their own names, or a copy of owner/copy into ${data}`,
    });

    await mkdir(join(data, "owner", "copy", "data"), { recursive: true });
    const rows = ["z.jpg", "a.jpg"].map((name) => ({
      question_id: name,
      image: { bytes: new Uint8Array(one as Buffer), path: null },
    }));
    const file = parquetBytes({ question_id: "string", image: "image" }, rows);
    await writeFile(join(data, "owner", "copy", "data", "val-00000-of-00001.parquet"), file);
    const copy = await opened();
    expect(copy.images).toBe("owner/copy");
    expect(Buffer.from(await bytesOf(copy.items[0])).equals(one as Buffer)).toBe(true);
    await expect(bytesOf(copy.items[2])).rejects.toMatchObject({ detail: expect.stringContaining("none.jpg") });

    // A folder of them is nearer than a copy.
    await mkdir(join(data, "val2014"));
    await writeFile(join(data, "val2014", "a.jpg"), other as Buffer);
    const folder = await opened();
    expect(folder.images).toBe("val2014");
    expect(Buffer.from(await bytesOf(folder.items[0])).equals(other as Buffer)).toBe(true);
    for (const item of folder.items.slice(1)) await expect(bytesOf(item)).rejects.toMatchObject({ reason: "data" });
  } finally {
    await rm(data, { recursive: true, force: true });
  }
});
