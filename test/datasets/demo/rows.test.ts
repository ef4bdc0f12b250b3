import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parquetMetadataAsync, parquetReadObjects } from "hyparquet";
import { compressors } from "hyparquet-compressors";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { packageRoot } from "../../../src/core/package-root.js";
import { draw, type Image } from "../../../src/datasets/demo/draw.js";
import { demoParquet } from "../../../src/datasets/demo/parquet.js";
import { Random } from "../../../src/datasets/demo/random.js";
import { DEMO_SPLITS, DEMO_TASKS, type DemoTask, demoRows } from "../../../src/datasets/demo/rows.js";
import { shapesScene } from "../../../src/datasets/demo/scene.js";

function committed(task: DemoTask) {
  return demoRows(task, DEMO_SPLITS[task], 0, 256);
}

/** Rows of a parquet file with plain numbers, and the pixels of the one image. */
async function readRows(bytes: Uint8Array) {
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
  const metadata = await parquetMetadataAsync(file);
  const rows = await parquetReadObjects({ file, metadata, compressors, utf8: false });
  return Promise.all(
    rows.map(async (row) => {
      const images = Object.entries(row).filter(
        ([name]) => name.startsWith("image") && !/^image_(id|source)$/.test(name),
      );
      const present = images.map(([, cell]) => cell).filter((cell) => cell?.bytes);
      const fields = Object.entries(row).filter(([name]) => !images.some(([image]) => image === name));
      const plain = JSON.parse(JSON.stringify(fields, (_, v) => (typeof v === "bigint" ? Number(v) : v)));
      const { data, info } = await sharp(present[0].bytes).raw().toBuffer({ resolveWithObject: true });
      return {
        fields: Object.fromEntries(plain) as Record<string, unknown>,
        images: present.length,
        pixels: { width: info.width, height: info.height, rgb: new Uint8Array(data) } satisfies Image,
      };
    }),
  );
}

describe("the demo's rows", () => {
  it.each(DEMO_TASKS)(
    "%s: the committed file holds the rows and pixels that the generator draws from seed 0",
    async (task) => {
      const path = join(packageRoot, "configs", "demo", task, `${DEMO_SPLITS[task]}-00000-of-00001.parquet`);
      const stored = await readRows(await readFile(path));
      const drawn = committed(task);
      expect(stored).toHaveLength(256);
      for (const [i, { image, ...fields }] of drawn.entries()) {
        expect(stored[i]?.fields, `row ${i}`).toEqual(fields);
        expect(stored[i]?.images).toBe(1);
        expect(Buffer.compare(stored[i]?.pixels.rgb ?? new Uint8Array(), image.rgb), `pixels of row ${i}`).toBe(0);
        expect([stored[i]?.pixels.width, stored[i]?.pixels.height]).toEqual([image.width, image.height]);
      }
    },
  );

  it.each(DEMO_TASKS)("%s: the file is written in the same bytes twice, in several row groups", async (task) => {
    const rows = demoRows(task, "validation", 3, 130);
    const [first, second] = [await demoParquet(task, rows), await demoParquet(task, rows)];
    expect(Buffer.compare(first, second)).toBe(0);
    const metadata = await parquetMetadataAsync(first.buffer.slice(0) as ArrayBuffer);
    expect(metadata.row_groups).toHaveLength(3);
  });

  it.each(DEMO_TASKS)("%s: a shorter file is the beginning of a longer one", (task) => {
    const plain = (count: number) =>
      demoRows(task, "validation", 5, count).map((row) =>
        JSON.stringify({ ...row, image: Buffer.from(row.image.rgb).toString("base64") }),
      );
    expect(plain(40)).toEqual(plain(90).slice(0, 40));
  });

  it.each(DEMO_TASKS)("%s: another seed or split draws other images", (task) => {
    const pixels = (split: string, seed: number) =>
      new Set(demoRows(task, split, seed, 60).map(({ image }) => Buffer.from(image.rgb).toString("base64")));
    const here = pixels("validation", 0);
    for (const other of [pixels("validation", 1), pixels("train", 0)]) {
      expect([...other].filter((bytes) => here.has(bytes))).toEqual([]);
    }
  });

  it("vqav2: several questions share an image, and ten annotators agree with the answer in most cases", () => {
    const rows = committed("vqav2");
    const images = new Set(rows.map((row) => row.image_id));
    expect(images.size).toBeLessThan(80);
    expect(new Set(rows.map((row) => row.question_id)).size).toBe(256);
    for (const row of rows) {
      const answers = row.answers as { answer: string; answer_id: number }[];
      expect(answers.map(({ answer_id }) => answer_id)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
      expect(answers.filter(({ answer }) => answer === row.multiple_choice_answer).length).toBeGreaterThanOrEqual(8);
    }
  });

  it("pope: half of the answers are yes, in each category, and no absent thing is asked twice of an image", () => {
    const rows = committed("pope");
    for (const category of ["random", "popular", "adversarial"]) {
      const own = rows.filter((row) => row.category === category);
      expect(own.filter((row) => row.answer === "yes")).toHaveLength(own.length / 2);
    }
    expect(new Set(rows.map((row) => `${row.image_source}${row.question}`)).size).toBe(256);
  });

  it("mmmu: the right option is among four different ones and sits at each letter about equally often", () => {
    const rows = committed("mmmu");
    const letters = new Map<unknown, number>();
    for (const row of rows) {
      const options = JSON.parse(String(row.options).replaceAll("'", '"')) as string[];
      expect(new Set(options).size).toBe(4);
      letters.set(row.answer, (letters.get(row.answer) ?? 0) + 1);
    }
    expect([...letters.keys()].sort()).toEqual(["A", "B", "C", "D"]);
    for (const count of letters.values()) expect(count).toBeGreaterThan(40);
    const subjects = new Set(rows.map((row) => String(row.id).split("_")[1]));
    expect([...subjects].sort()).toEqual(["Accounting", "Art", "Design", "Economics", "Math"]);
  });

  it("coco2017_cap: five different captions an image, and the image id follows from the question id", () => {
    for (const row of committed("coco2017_cap")) {
      expect(new Set(row.answer as string[]).size).toBeGreaterThanOrEqual(4);
      expect(Number(String(row.question_id).replace(".png", ""))).toBe(row.id);
    }
  });
});

describe("a drawn scene", () => {
  it("shows each thing in its colour where the scene says it is, and paper in the empty quarters", () => {
    let seen = 0;
    for (let i = 0; i < 200; i++) {
      const scene = shapesScene(new Random(`drawing/${i}`));
      const { rgb, width } = draw(scene);
      const pixel = (x: number, y: number) => [...rgb.subarray((y * width + x) * 3, (y * width + x) * 3 + 3)];
      const paint = {
        red: [214, 32, 32],
        green: [24, 150, 56],
        blue: [32, 72, 216],
        yellow: [240, 200, 16],
        purple: [138, 43, 190],
        black: [16, 16, 16],
      };
      for (const thing of scene.things.filter(({ shape }) => shape !== "ring")) {
        expect(pixel(Math.floor(thing.x), Math.floor(thing.y)), `${thing.colour} ${thing.shape}`).toEqual(
          paint[thing.colour],
        );
        seen++;
      }
      const paper = { white: 250, gray: 176, pink: 255 }[scene.background];
      for (const cell of [0, 1, 2, 3].filter((c) => scene.things.every((thing) => thing.cell !== c))) {
        const x = Math.floor(scene.width * ((cell % 2) * 0.5 + 0.25));
        const y = Math.floor(scene.height * (Math.floor(cell / 2) * 0.5 + 0.25));
        expect(pixel(x, y)[0]).toBe(paper);
      }
    }
    expect(seen).toBeGreaterThan(300);
  });
});
