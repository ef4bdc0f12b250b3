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
