import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { RowItem } from "../../src/core/dataset.js";
import { SampleFailure, UserError } from "../../src/core/errors.js";
import type { ImageRef } from "../../src/core/image.js";
import { Image, Nullable, type TSchema, Type } from "../../src/core/schema.js";
import type { Split } from "../../src/core/task.js";
import { openDataset } from "../../src/datasets/index.js";
import type { DatasetRequest } from "../../src/datasets/request.js";
import { readImage } from "../../src/images/encoded.js";
import { drawnImage } from "../fakes/images.js";
import { parquetBytes } from "../fakes/parquet-files.js";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "llava-eval-folder-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const split: Split = { sources: ["lmms-lab/VQAv2"], split: "validation", licence: "CC-BY-4.0", answers: "public" };
const vqaRow = Type.Object({
  question_id: Type.Integer(),
  question: Type.String(),
  image: Image(),
  answers: Type.Array(Type.Object({ answer: Type.String(), answer_id: Type.Integer() })),
});
const vqaColumns = {
  question_id: "int64",
  question: "string",
  image: "image",
  answers: "answers",
  extra: "string",
} as const;

async function vqaRows(count: number, from = 0) {
  return Promise.all(
    Array.from({ length: count }, async (_, i) => ({
      question_id: from + i,
      question: `what is ${from + i}?`,
      image: { bytes: await drawnImage({ seed: from + i }), path: `${from + i}.jpg` },
      answers: [{ answer: "yes", answer_confidence: "yes", answer_id: 1 }],
      extra: "unused",
    })),
  );
}

async function put(name: string, content: Uint8Array | string) {
  await mkdir(dirname(join(dir, name)), { recursive: true });
  await writeFile(join(dir, name), content);
}

function request(row: TSchema, more: Partial<DatasetRequest> = {}): DatasetRequest {
  return { task: "vqav2", splitName: "val", split, row, data: dir, ...more };
}

async function all(req: DatasetRequest, offset = 0): Promise<RowItem[]> {
  await using dataset = await openDataset(req);
  const items: RowItem[] = [];
  for await (const batch of dataset.batches(offset, new AbortController().signal)) items.push(...batch);
  return items;
}

// biome-ignore lint/suspicious/noExplicitAny: rows of many shapes
const rowOf = (item: RowItem | undefined) => (item as { row: any }).row;
const failureOf = (item: RowItem | undefined) => (item as { failure: SampleFailure }).failure;

describe("a folder of parquet files", () => {
  test("is read across shards and row groups, in order, with only the columns that the task names", async () => {
    const rows = await vqaRows(25);
    await put(
      "vqav2/data/validation-00000-of-00002.parquet",
      parquetBytes(vqaColumns, rows.slice(0, 12), { rowGroupSize: 5 }),
    );
    await put(
      "vqav2/data/validation-00001-of-00002.parquet",
      parquetBytes(vqaColumns, rows.slice(12), { rowGroupSize: 5, codec: "ZSTD" }),
    );
    await using dataset = await openDataset(request(vqaRow));
    expect(dataset.facts.rows).toBe(25);
    const items = await all(request(vqaRow));
    expect(items.map(({ index }) => index)).toEqual(rows.map((_, i) => i));
    expect(items.map((item) => rowOf(item).question_id)).toEqual(rows.map((_, i) => i));
    expect(Object.keys(rowOf(items[0]))).toEqual(["question_id", "question", "image", "answers"]);
    const image = await readImage(rowOf(items[20]).image as ImageRef);
    expect(image).toMatchObject({ mediaType: "image/jpeg", width: 64, height: 48 });
    expect(Buffer.from(image.bytes).equals(rows[20]?.image.bytes as Buffer)).toBe(true);
  });

  test.each([undefined, ["DocVQA"], ["default"]])(
    "that is missing is asked for where it is then found, with the configurations %j",
    async (configs) => {
      const wanted = request(vqaRow, { split: { ...split, ...(configs && { configs }) } });
      const error = await openDataset(wanted).catch((thrown: UserError) => thrown);
      const places = [...((error as UserError).fix ?? "").matchAll(/\S+\*\.parquet/g)].map(([place]) => place);
      expect(places).toHaveLength(2);
      for (const place of places) {
        const file = place.replace("*", "00000-of-00001");
        await put(file, parquetBytes(vqaColumns, await vqaRows(1)));
        expect(await all(wanted), place).toHaveLength(1);
        await rm(join(dir, file));
      }
    },
  );

  test.each(["SNAPPY", "ZSTD", "GZIP", "UNCOMPRESSED"] as const)("is read when its pages are %s", async (codec) => {
    await put(
      "vqav2/data/validation-0.parquet",
      parquetBytes(vqaColumns, await vqaRows(7), { codec, rowGroupSize: 3 }),
    );
    expect((await all(request(vqaRow))).map((item) => rowOf(item).question_id)).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  test("begins at the offset, in the middle of a row group and of a later shard", async () => {
    const rows = await vqaRows(20);
    await put(
      "lmms-lab/VQAv2/data/validation-0.parquet",
      parquetBytes(vqaColumns, rows.slice(0, 10), { rowGroupSize: 4 }),
    );
    await put(
      "lmms-lab/VQAv2/data/validation-1.parquet",
      parquetBytes(vqaColumns, rows.slice(10), { rowGroupSize: 4 }),
    );
    expect((await all(request(vqaRow), 5))[0]?.index).toBe(5);
    const items = await all(request(vqaRow), 13);
    expect(items.map(({ index }) => index)).toEqual([13, 14, 15, 16, 17, 18, 19]);
    expect(rowOf(items[0]).question_id).toBe(13);
  });

  test("does not take the shards of a split whose name merely begins alike", async () => {
    await put("vqav2/data/validation_private-0.parquet", parquetBytes(vqaColumns, await vqaRows(3, 100)));
    await put("vqav2/data/validation-0.parquet", parquetBytes(vqaColumns, await vqaRows(2)));
    expect((await all(request(vqaRow))).map((item) => rowOf(item).question_id)).toEqual([0, 1]);
  });

  test("reads several configurations one after the other", async () => {
    const row = Type.Object({ id: Type.String() });
    await put("mmmu/Art/validation-0.parquet", parquetBytes({ id: "string" }, [{ id: "a" }]));
    await put("mmmu/Math/validation-0.parquet", parquetBytes({ id: "string" }, [{ id: "m" }]));
    const items = await all({ ...request(row), task: "mmmu", split: { ...split, configs: ["Art", "Math"] } });
    expect(items.map((item) => rowOf(item).id)).toEqual(["a", "m"]);
  });

  test("reads several splits one after the other, in the order of their names", async () => {
    const row = Type.Object({ id: Type.String() });
    await put("spots/data/near-0.parquet", parquetBytes({ id: "string" }, [{ id: "n" }]));
    await put("spots/data/far-0.parquet", parquetBytes({ id: "string" }, [{ id: "f" }]));
    const items = await all({ ...request(row), task: "spots", split: { ...split, split: "near+far" } });
    expect(items.map((item) => rowOf(item).id)).toEqual(["n", "f"]);
  });

  test("a null image struct is null, an optional null column is left out, an unsafe int64 stays exact", async () => {
    const row = Type.Object({
      big: Type.Union([Type.Integer(), Type.String()]),
      image_1: Image(),
      image_2: Nullable(Image()),
      hint: Type.Optional(Type.String()),
      images: Type.Array(Image()),
    });
    const bytes = await drawnImage();
    const cells = {
      big: 2n ** 60n,
      image_1: { bytes, path: "x" },
      image_2: null,
      hint: null,
      images: [{ bytes, path: "y" }],
    };
    await put(
      "vqav2/validation.parquet",
      parquetBytes({ big: "int64", image_1: "image", image_2: "image", hint: "string", images: "images" }, [cells]),
    );
    const [item] = await all(request(row));
    expect(rowOf(item)).toMatchObject({ big: "1152921504606846976", image_2: null });
    expect("hint" in rowOf(item)).toBe(false);
    expect((await readImage(rowOf(item).images[0])).width).toBe(64);
  });

  test("images that a file only names are found beside it, and never outside the folder", async () => {
    const row = Type.Object({ image: Image(), mark: Image() });
    const cells = [
      { image: "a.jpg", mark: { bytes: null, path: "a.jpg" } },
      { image: "../../secret.jpg", mark: { bytes: null, path: "/etc/passwd" } },
    ];
    await put("vqav2/data/validation-0.parquet", parquetBytes({ image: "string", mark: "image" }, cells));
    await put("vqav2/images/a.jpg", await drawnImage());
    await put("vqav2/data/images/a.jpg", await drawnImage());
    const [good, bad] = await all(request(row));
    for (const ref of [rowOf(good).image, rowOf(good).mark]) expect((await readImage(ref)).width).toBe(64);
    for (const ref of [rowOf(bad).image, rowOf(bad).mark])
      await expect(readImage(ref)).rejects.toMatchObject({ reason: "data" });
  });

  test("a bad row in the middle is that row's failure", async () => {
    const rows: Record<string, unknown>[] = await vqaRows(6);
    rows[3] = { ...rows[3], question: null };
    await put("vqav2/data/validation-0.parquet", parquetBytes(vqaColumns, rows));
    const items = await all(request(vqaRow));
    expect(items).toHaveLength(6);
    expect(failureOf(items[3])).toBeInstanceOf(SampleFailure);
    expect(failureOf(items[3])?.detail).toContain('field "question" must be string (found null)');
    expect(rowOf(items[4]).question_id).toBe(4);
  });

  test("a damaged row group fails its own rows and no others", async () => {
    const bytes = parquetBytes(vqaColumns, await vqaRows(9), { rowGroupSize: 3 });
    // The second group's pages lie in the middle of the file.
    bytes.fill(0xee, Math.floor(bytes.length * 0.45), Math.floor(bytes.length * 0.55));
    await put("vqav2/data/validation-0.parquet", bytes);
    const items = await all(request(vqaRow));
    expect(items.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(items.filter((item) => "failure" in item).map(({ index }) => index)).toEqual([3, 4, 5]);
    expect(failureOf(items[3])?.reason).toBe("data");
  });

  test("a first row with a mistyped field is an error that names dataset, split, row and field", async () => {
    const wrong = Type.Object({ question_id: Type.String(), question: Type.String() });
    await put("vqav2/data/validation-0.parquet", parquetBytes(vqaColumns, await vqaRows(2)));
    const error = await all(request(wrong)).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(UserError);
    expect(error.format()).toMatch(/field "question_id" must be string \(found 0\)[\s\S]*split validation, row 0/);
  });

  test("a column that the file lacks is an error that lists what it has", async () => {
    const wrong = Type.Object({ question: Type.String(), nonsense: Type.String() });
    await put("vqav2/data/validation-0.parquet", parquetBytes(vqaColumns, await vqaRows(1)));
    const error = await all(request(wrong)).catch((thrown) => thrown);
    expect(error.format()).toMatch(/"nonsense" is missing/);
  });

  test("a decompression bomb is refused before anything of its size is allocated", async () => {
    const rows = Array.from({ length: 50 }, (_, i) => ({ text: `${i} `.repeat(100) }));
    await put("vqav2/validation.parquet", withHugePage(parquetBytes({ text: "string" }, rows, { pageSize: 500 })));
    const items = await all(request(Type.Object({ text: Type.String() })));
    expect(failureOf(items[0])?.detail).toMatch(/claims 10737418\d\d bytes decompressed/);
  });

  test("an empty folder is an error that says where the rows should be", async () => {
    const error = await all(request(vqaRow)).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(UserError);
    expect(error.format()).toContain("vqav2/data/validation-*.parquet");
  });
});

/** Rewrites the uncompressed size in the first page's header to 1 GB. The header grows; the footer counts from the file's end. */
function withHugePage(bytes: Uint8Array): Uint8Array {
  // "PAR1", then thrift's compact form: 0x15 page type, 0x15 uncompressed size, 0x15 compressed size, ...
  expect([bytes[4], bytes[6]]).toEqual([0x15, 0x15]);
  let end = 7;
  while ((bytes[end] as number) & 0x80) end += 1;
  const zigzagOf2To30 = [0x80, 0x80, 0x80, 0x80, 0x08];
  return Buffer.concat([bytes.subarray(0, 7), Uint8Array.from(zigzagOf2To30), bytes.subarray(end + 1)]);
}

describe("JSONL with image files", () => {
  const row = Type.Object({ id: Type.Integer(), image: Image() });

  test("is read line by line; images are found beside it or in images/", async () => {
    await put("mine/val.jsonl", '{"id":1,"image":"a.jpg"}\n\n{"id":2,"image":"b.png"}\n');
    await put("mine/a.jpg", await drawnImage());
    await put("mine/images/b.png", await drawnImage({ format: "png" }));
    const items = await all({ ...request(row), task: "mine" });
    expect((await readImage(rowOf(items[0]).image)).mediaType).toBe("image/jpeg");
    expect((await readImage(rowOf(items[1]).image)).mediaType).toBe("image/png");
  });

  test("pieces anywhere are what the whole file has there, also once the way to them is known", async () => {
    const broken = new Set([120, 333]);
    const lines = Array.from({ length: 450 }, (_, id) =>
      broken.has(id) ? `{"id":${id},` : JSON.stringify({ id, image: `${"é".repeat(id % 700)}.jpg` }),
    );
    // A mark of the byte order, ends of lines as Windows has them, and a line without a row in it now and then.
    const text = lines.map((line, id) => `${line}\r\n${id % 97 === 0 ? "\n" : ""}`).join("");
    await put("mine.jsonl", `\uFEFF${text}`);
    const told = (items: readonly RowItem[]) =>
      items.map((item) =>
        "failure" in item ? item.failure.detail : [item.index, item.row.id, (item.row.image as ImageRef).path],
      );
    const whole = told(await all({ ...request(row), task: "mine" }));
    expect(whole).toHaveLength(450);

    await using dataset = await openDataset({ ...request(row), task: "mine" });
    const piece = async (from: number, to: number) => {
      const items: RowItem[] = [];
      for await (const batch of dataset.batches(from, new AbortController().signal, to)) items.push(...batch);
      return told(items);
    };
    const asked = [
      [310, 340],
      [0, 48],
      [119, 122],
      [399, 401],
      [100, 300],
      [448, 500],
      [310, 340],
      [450, 460],
    ] as const;
    for (const [from, to] of asked) expect(await piece(from, to)).toEqual(whole.slice(from, to));
    expect(await Promise.all(asked.map(([from, to]) => piece(from, to)))).toEqual(
      asked.map(([from, to]) => whole.slice(from, to)),
    );
  });

  test("a line nested deeper than the stack is that row's failure, and no other's", async () => {
    const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
    await put("mine.jsonl", `{"id":1,"image":"a.jpg"}\n{"id":${deep},"image":"b.jpg"}\n{"id":3,"image":"c.jpg"}`);
    const items = await all({ ...request(row), task: "mine" });
    expect(failureOf(items[1])?.detail).toMatch(/mine\.jsonl:2: .*nested too deeply/);
    expect(rowOf(items[2]).id).toBe(3);
  });

  test("a line in another encoding is that row's failure: its words would be others", async () => {
    await put("mine.jsonl", Buffer.from('{"id":1,"image":"a.jpg"}\n{"id":2,"image":"caf\xe9.jpg"}\n', "latin1"));
    const items = await all({ ...request(row), task: "mine" });
    expect(rowOf(items[0]).id).toBe(1);
    expect(failureOf(items[1])?.detail).toBe("mine.jsonl:2: it is not in UTF-8");
  });

  test("a malformed line in the middle is that row's failure and names the line", async () => {
    await put("mine.jsonl", '{"id":1,"image":"a.jpg"}\n{"id":2,"ima\n{"id":3,"image":"c.jpg"}');
    const items = await all({ ...request(row), task: "mine" });
    expect(items.map(({ index }) => index)).toEqual([0, 1, 2]);
    expect(failureOf(items[1])?.detail).toContain("mine.jsonl:2");
    expect(rowOf(items[2]).id).toBe(3);
  });

  test.each([
    "../../etc/passwd",
    "../secret.jpg",
    "/etc/passwd",
    "link/secret.jpg",
    "https://example.org/a.jpg",
    "file:///etc/passwd",
    "absent.jpg",
    "a.jpg\u0000.png",
    "pipe",
  ])("an image named %j is that row's failure and nothing is read", async (name) => {
    const outside = await mkdtemp(join(tmpdir(), "llava-eval-outside-"));
    await writeFile(join(outside, "secret.jpg"), await drawnImage());
    await put("mine/mine.jsonl", JSON.stringify({ id: 1, image: name }));
    await symlink(outside, join(dir, "mine", "link"));
    await writeFile(join(dir, "secret.jpg"), "not under mine, but under the root");
    const [item] = await all({ ...request(row), task: "mine", data: join(dir, "mine") });
    const error = await readImage(rowOf(item).image).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(SampleFailure);
    expect(error.reason).toBe("data");
    await rm(outside, { recursive: true });
  });

  test("the digest of the facts follows the content", async () => {
    const digestOf = async (content: string) => {
      await put("mine/val.jsonl", content);
      await put("mine/a.jpg", await drawnImage());
      await using dataset = await openDataset({ ...request(row), task: "mine" });
      return dataset.facts.digest;
    };
    const one = await digestOf('{"id":1,"image":"a.jpg"}');
    expect(await digestOf('{"id":1,"image":"a.jpg"}')).toBe(one);
    expect(await digestOf('{"id":2,"image":"a.jpg"}')).not.toBe(one);
  });
});

test("one letter of an answer changes the digest of a parquet file of any size", async () => {
  const large = new Uint8Array(3 * 1024 * 1024).map((_, i) => (i * 7919) >> 3);
  const columns = { question_id: "int64", question: "string", image: "image", answers: "answers" } as const;
  const digestOf = async (answer: string) => {
    const rows = [0, 1, 2].map((id) => ({
      ...{ question_id: id, question: "q", image: { bytes: large, path: "a.jpg" } },
      answers: [{ answer: id === 1 ? answer : "yes", answer_id: 1, answer_confidence: "yes" }],
    }));
    const path = join(dir, "vqav2", "data", "validation-00000-of-00001.parquet");
    await mkdir(dirname(path), { recursive: true });
    const bytes = parquetBytes(columns, rows, { codec: "UNCOMPRESSED" });
    await writeFile(path, bytes);
    await using dataset = await openDataset({ ...request(vqaRow), task: "vqav2" });
    return { digest: dataset.facts.digest, size: bytes.length };
  };
  const [red, again, blue] = [await digestOf("red"), await digestOf("red"), await digestOf("led")];
  expect(red.size).toBe(blue.size);
  expect(again).toEqual(red);
  expect(blue.digest).not.toBe(red.digest);
});

describe("TSV with base64 images", () => {
  const row = Type.Object({
    index: Type.Integer(),
    image: Image(),
    question: Type.String(),
    options: Type.Optional(Type.Array(Type.String())),
    hint: Type.Optional(Type.String()),
  });

  test("cells become what the schema says; quotes, line ends inside quotes and references to another row's image work", async () => {
    const base64 = (await drawnImage({ seed: 3 })).toString("base64");
    await put(
      "mmbench/val.tsv",
      `index\timage\tquestion\toptions\thint\r\n7\t${base64}\t"two\nlines, ""quoted"""\t['a', "b"]\t\r\n8\t7\tplain\t\t\r\n9\tbroken\r\n`,
    );
    const items = await all({ ...request(row), task: "mmbench" });
    expect(rowOf(items[0])).toMatchObject({ index: 7, question: 'two\nlines, "quoted"', options: ["a", "b"] });
    const [own, referred] = await Promise.all([readImage(rowOf(items[0]).image), readImage(rowOf(items[1]).image)]);
    expect(referred.digest).toBe(own.digest);
    expect("hint" in rowOf(items[1])).toBe(false);
    expect(failureOf(items[2])?.detail).toContain("2 cells where the header has 5");
  });
});
