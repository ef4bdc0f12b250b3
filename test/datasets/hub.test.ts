import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { lstat, mkdir, mkdtemp, readdir, readFile, readlink, rm, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import type { RowItem } from "../../src/core/dataset.js";
import { SampleFailure, UserError } from "../../src/core/errors.js";
import { Image, Type } from "../../src/core/schema.js";
import type { Split } from "../../src/core/task.js";
import { openDataset } from "../../src/datasets/index.js";
import type { DatasetRequest } from "../../src/datasets/request.js";
import { readImage } from "../../src/images/encoded.js";
import { type HubOptions, startHub } from "../fakes/hub.js";
import { noiseImage } from "../fakes/images.js";
import { type ParquetOptions, parquetBytes } from "../fakes/parquet-files.js";

const id = "lmms-lab/VQAv2";
const split: Split = { sources: [id], split: "validation", licence: "CC-BY-4.0", answers: "public", rows: 60 };
const row = Type.Object({ question_id: Type.Integer(), question: Type.String(), image: Image() });
const names = [0, 1, 2].map((i) => `data/validation-0000${i}-of-00003.parquet`) as [string, string, string];
const imageBytes = 40_000;

let images: Buffer[];
let home: string;
beforeAll(async () => {
  images = await Promise.all(Array.from({ length: 60 }, (_, i) => noiseImage(imageBytes, i + 1)));
});
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "llava-eval-hub-"));
});
afterEach(() => rm(home, { recursive: true, force: true }));

/** Three shards of 20 rows, five rows a row group, the second one zstd. */
function shards(options: ParquetOptions = {}): Record<string, Uint8Array> {
  const rows = images.map((bytes, i) => ({ question_id: i, question: `q${i}`, image: { bytes, path: `${i}.jpg` } }));
  return Object.fromEntries(
    names.map((name, i) => [
      name,
      parquetBytes({ question_id: "int64", question: "string", image: "image" }, rows.slice(i * 20, i * 20 + 20), {
        rowGroupSize: 5,
        codec: i === 1 ? "ZSTD" : "SNAPPY",
        ...options,
      }),
    ]),
  );
}

function request(
  url: string,
  more: Partial<DatasetRequest> = {},
  variables: Record<string, string> = {},
): DatasetRequest {
  const environment = { HF_ENDPOINT: url, HF_HOME: home, ...variables };
  return { task: "vqav2", splitName: "val", split, row, data: "hub", environment, ...more };
}

async function read(req: DatasetRequest, offset = 0, limit = Number.POSITIVE_INFINITY): Promise<RowItem[]> {
  await using dataset = await openDataset(req);
  const items: RowItem[] = [];
  for await (const batch of dataset.batches(offset, new AbortController().signal)) {
    items.push(...batch);
    if (items.length >= limit) break;
  }
  return items.slice(0, limit);
}

// biome-ignore lint/suspicious/noExplicitAny: rows of many shapes
const rowOf = (item: RowItem | undefined) => (item as { row: any }).row;
const idsOf = (items: readonly RowItem[]) =>
  items.map((item) => ("row" in item ? rowOf(item).question_id : item.failure.reason));
const upTo = (n: number) => Array.from({ length: n }, (_, i) => i);
const hub = (options: Partial<HubOptions> = {}) => startHub({ datasets: { [id]: shards() }, ...options });

test("a limit reads by range: the first eight rows of three shards move a fraction of one shard", async () => {
  await using server = await hub();
  const items = await read(request(server.url, { partial: true }), 0, 8);
  expect(idsOf(items)).toEqual(upTo(8));
  const image = await readImage(rowOf(items[7]).image);
  expect(Buffer.from(image.bytes).equals(images[7] as Buffer)).toBe(true);
  const total = Object.values(shards()).reduce((sum, { byteLength }) => sum + byteLength, 0);
  expect(total).toBeGreaterThan(1_000_000);
  // Two row groups of five images, and one footer of at most 64 KB.
  expect(server.stats.bytes).toBeLessThan(10 * 1.2 * imageBytes + 100_000);
  expect(server.stats.storageRequests).toBeLessThan(12);
});

test("with an offset index only the pages of the wanted rows are moved", async () => {
  const datasets = { [id]: shards({ rowGroupSize: 20, offsetIndex: true, pageSize: 1000 }) };
  await using server = await startHub({ datasets });
  expect(idsOf(await read(request(server.url, { partial: true }), 15, 2))).toEqual([15, 16]);
  expect(server.stats.bytes).toBeLessThan(7 * 1.2 * imageBytes + 100_000);
});

test("an offset into a later shard does not read the rows before it", async () => {
  await using server = await hub();
  expect(idsOf(await read(request(server.url, { partial: true }), 43, 2))).toEqual([43, 44]);
  expect(server.stats.bytes).toBeLessThan(5 * 1.2 * imageBytes + 3 * 70_000);
});

test("a whole split is downloaded once, into the cache layout of huggingface_hub", async () => {
  await using server = await hub();
  const req = request(server.url);
  await using dataset = await openDataset(req);
  expect(dataset.facts).toMatchObject({ source: id, kind: "hub", revision: server.commit, rows: 60, expectedRows: 60 });
  expect(idsOf(await read(req))).toEqual(upTo(60));
  const root = join(home, "hub", "datasets--lmms-lab--VQAv2");
  expect(await readFile(join(root, "refs", "main"), "utf8")).toBe(server.commit);
  const target = await readlink(join(root, "snapshots", server.commit, names[0]));
  const sha256 = createHash("sha256")
    .update(shards()[names[0]] as Uint8Array)
    .digest("hex");
  expect(target).toBe(`../../../blobs/${sha256}`);
  expect((await readdir(join(root, "blobs"))).every((name) => /^[0-9a-f]{64}$/.test(name))).toBe(true);
  const before = server.stats.storageRequests;
  expect(idsOf(await read(req))).toEqual(upTo(60));
  expect(server.stats.storageRequests).toBe(before);
});

test("offline, the cache is enough, the digest is the same, and what is missing is an error", async () => {
  let digest: string | undefined;
  const url = await (async () => {
    await using server = await hub();
    await read(request(server.url));
    await using dataset = await openDataset(request(server.url));
    digest = dataset.facts.digest;
    return server.url;
  })();
  const offline = request(url, {}, { HF_HUB_OFFLINE: "1" });
  expect(idsOf(await read(offline))).toEqual(upTo(60));
  await using dataset = await openDataset(offline);
  expect(dataset.facts.digest).toBe(digest);
  await rm(
    join(home, "hub", "datasets--lmms-lab--VQAv2", "snapshots", "0123456789abcdef0123456789abcdef01234567", names[1]),
  );
  await expect(read(offline)).rejects.toThrow(/2 of 3 files/);
  await rm(join(home, "hub"), { recursive: true });
  await expect(read(offline)).rejects.toThrow(/no source has split/);
});

test("transfers that break off are continued, by range and whole", async () => {
  await using server = await hub({ cutAfter: 90_000, failEvery: 7 });
  expect(idsOf(await read(request(server.url, { partial: true }), 0, 12))).toEqual(upTo(12));
  expect(idsOf(await read(request(server.url)))).toEqual(upTo(60));
  // What was cut is continued: a request begins in the middle of a shard, before its footer, and asks for the rest of it.
  const sizes = Object.fromEntries(Object.entries(shards()).map(([name, bytes]) => [name, bytes.byteLength]));
  const continued = server.stats.ranges.filter((range) => {
    const [name = "", start, end] = range.split(/[ -](?=\d+(?:-\d+)?$)/);
    const size = sizes[name] ?? 0;
    return Number(start) > 0 && Number(start) < size - 65_536 && Number(end) === size;
  });
  expect(continued.length).toBeGreaterThan(0);
}, 120_000);

test("a download that an earlier process left half-done goes on from its bytes", async () => {
  await using server = await hub();
  const content = shards()[names[0]] as Uint8Array;
  const blobs = join(home, "hub", "datasets--lmms-lab--VQAv2", "blobs");
  const sha256 = createHash("sha256").update(content).digest("hex");
  await mkdir(blobs, { recursive: true });
  await writeFile(join(blobs, `${sha256}.incomplete`), content.subarray(0, 123_456));
  expect(idsOf(await read(request(server.url)))).toEqual(upTo(60));
  expect(server.stats.ranges).toContain(`${names[0]} 123456-${content.byteLength}`);
});

test("the lock of a process that was killed does not hold up the next one", async () => {
  await using server = await hub();
  const blobs = join(home, "hub", "datasets--lmms-lab--VQAv2", "blobs");
  const sha256 = createHash("sha256")
    .update(shards()[names[0]] as Uint8Array)
    .digest("hex");
  const { pid } = spawnSync(process.execPath, ["-e", ""]);
  await mkdir(blobs, { recursive: true });
  await writeFile(join(blobs, `${sha256}.lock`), `${pid} ${hostname()}`);
  expect(idsOf(await read(request(server.url)))).toEqual(upTo(60));
}, 30_000);

test("a shard with a wrong hash is fetched once more; if it stays wrong its rows fail and the others are read", async () => {
  await using passing = await hub({ corrupted: [names[1]], corruptedTimes: 2 });
  expect(idsOf(await read(request(passing.url)))).toEqual(upTo(60));
  await rm(join(home, "hub"), { recursive: true });
  await using lasting = await hub({ corrupted: [names[1]] });
  const items = await read(request(lasting.url));
  expect(items).toHaveLength(60);
  expect(idsOf(items.slice(0, 20))).toEqual(upTo(20));
  const failures = items.slice(20, 40).map((item) => (item as { failure: SampleFailure }).failure);
  expect(failures.every((failure) => failure instanceof SampleFailure && failure.reason === "data")).toBe(true);
  expect(failures[0]?.detail).toMatch(
    /validation-00001-of-00003.parquet has the hash [0-9a-f]{16}... where the hub lists/,
  );
  expect(idsOf(items.slice(40))).toEqual(upTo(60).slice(40));
});

test("the token goes to the hub and never to storage", async () => {
  const token = "hf_abcdefghijklmnop";
  await using server = await hub({ token });
  expect(idsOf(await read(request(server.url, { partial: true }, { HF_TOKEN: token }), 0, 3))).toEqual([0, 1, 2]);
  await writeFile(join(home, "token"), `${token}\n`);
  expect(idsOf(await read(request(server.url)))).toEqual(upTo(60));
  expect(server.stats.leakedTokens).toEqual([]);
  const wrong = await read(request(server.url, {}, { HF_TOKEN: "hf_wrongwrongwrong" })).catch((thrown) => thrown);
  expect(wrong).toBeInstanceOf(UserError);
  expect(JSON.stringify([wrong.format(), wrong.stack])).not.toContain("hf_wrongwrongwrong");
});

test("sources are tried in order, and the one used is recorded and told", async () => {
  await using server = await hub();
  const warnings: string[] = [];
  const req = request(server.url, {
    split: { ...split, sources: ["lmms-lab-encoder/VQAv2", id] },
    warn: (text) => warnings.push(text),
    partial: true,
  });
  await using dataset = await openDataset(req);
  expect(dataset.facts.source).toBe(id);
  expect(warnings.join()).toMatch(/read from lmms-lab\/VQAv2; .*lmms-lab-encoder\/VQAv2.*does not exist/);
});

test("a dataset or split that does not exist is an error before anything is read", async () => {
  await using server = await hub();
  await expect(read(request(server.url, { split: { ...split, sources: ["no/such"] } }))).rejects.toThrow(
    /no source has split "validation"/,
  );
  const error = await read(request(server.url, { split: { ...split, split: "test" } })).catch((thrown) => thrown);
  expect(error.format()).toMatch(/has no parquet files of split "test"/);
  expect(server.stats.storageRequests).toBe(0);
});

test("a hub that cannot be reached is an error that says what to do", async () => {
  const error = await read(request("http://127.0.0.1:9")).catch((thrown) => thrown);
  expect(error).toBeInstanceOf(UserError);
  expect(error.format()).toMatch(/the hub does not answer[\s\S]*--data DIR/);
}, 60_000);

test("lists with pages, splits named by the README, and the converted branch are found", async () => {
  const [first] = Object.values(shards());
  await using paged = await hub({ pageSize: 1 });
  expect(idsOf(await read(request(paged.url, { partial: true }), 0, 1))).toEqual([0]);
  await rm(join(home, "hub"), { recursive: true });

  const readme =
    "---\nconfigs:\n- config_name: default\n  data_files:\n  - split: validation\n    path: odd/val_*.parquet\n---\n# text";
  const files = {
    "README.md": Buffer.from(readme),
    "odd/val_1.parquet": first as Uint8Array,
    "odd/train_1.parquet": Buffer.from("x"),
  };
  await using named = await startHub({ datasets: { [id]: files } });
  expect(idsOf(await read(request(named.url, { partial: true }), 0, 1))).toEqual([0]);
  await rm(join(home, "hub"), { recursive: true });

  await using converted = await startHub({
    datasets: { [id]: { "data.zip": Buffer.from("x") } },
    revisions: { [`${id}@refs/convert/parquet`]: { "default/validation/0000.parquet": first as Uint8Array } },
  });
  expect(idsOf(await read(request(converted.url, { partial: true }), 0, 1))).toEqual([0]);
});

test("several splits are read one after the other, and all of them must be there", async () => {
  const [first] = Object.values(shards());
  const file = first as Uint8Array;
  await using both = await startHub({ datasets: { [id]: { "data/b-0.parquet": file, "data/a-0.parquet": file } } });
  const asked = request(both.url, { partial: true });
  const joined = (split: string) => ({ ...asked, split: { ...asked.split, split } });
  const ids = idsOf(await read(joined("b+a")));
  expect(ids.length).toBeGreaterThan(1);
  expect(ids.slice(ids.length / 2)).toEqual(ids.slice(0, ids.length / 2));
  await expect(read(joined("b+c"))).rejects.toThrow('has split "b+c"');
});

test.each(["../../evil.parquet", "/etc/passwd", "a/../../b", "a\\..\\b"])(
  "a repository that lists %j is refused",
  async (path) => {
    await using server = await hub({ hostilePaths: [path] });
    await expect(read(request(server.url))).rejects.toThrow(/lists a file named/);
  },
);

test("a server without ranges is an error for ranges and works for whole files", async () => {
  await using server = await hub({ noRanges: true });
  await expect(read(request(server.url, { partial: true }), 0, 1)).rejects.toThrow(/does not serve byte ranges/);
});

test("a file that is in the cache keeps its link: whoever reads it meanwhile loses nothing", async () => {
  await using server = await hub();
  expect(idsOf(await read(request(server.url)))).toEqual(upTo(60));
  const [repository = ""] = await readdir(join(home, "hub"));
  const snapshot = join(home, "hub", repository, "snapshots", server.commit);
  const links = async () => {
    const entries = await readdir(snapshot, { recursive: true });
    const facts = await Promise.all(entries.map((name) => lstat(join(snapshot, name))));
    return facts.filter((entry) => entry.isSymbolicLink()).map(({ ino }) => ino);
  };
  const before = await links();
  expect(before).toHaveLength(3);
  expect(idsOf(await read(request(server.url)))).toEqual(upTo(60));
  expect(await links()).toEqual(before);
});

test("two readers at once fetch each shard once", async () => {
  await using server = await hub();
  const [a, b] = await Promise.all([read(request(server.url)), read(request(server.url))]);
  expect(idsOf(a)).toEqual(upTo(60));
  expect(idsOf(b)).toEqual(upTo(60));
  const whole = server.stats.ranges.filter((range) => range.startsWith(`${names[0]} 0-`));
  expect(whole).toHaveLength(1);
}, 60_000);
