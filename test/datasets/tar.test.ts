import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { joined, NoArchive, type Ranged } from "../../src/datasets/ranged.js";
import { type TarMember, tarMembers } from "../../src/datasets/tar.js";
import { TarIndex } from "../../src/datasets/tar-index.js";
import { tarBytes } from "../fakes/tar.js";

/** Counts what is read of it. */
function ranged(bytes: Buffer): Ranged & { readonly read: { ranges: number; bytes: number } } {
  const read = { ranges: 0, bytes: 0 };
  return {
    read,
    byteLength: bytes.length,
    async slice(start, end = bytes.length) {
      const part = new Uint8Array(bytes.subarray(start, end));
      read.ranges++;
      read.bytes += part.byteLength;
      return part.buffer;
    },
  };
}

async function all(file: Ranged): Promise<TarMember[]> {
  const members: TarMember[] = [];
  for await (const member of tarMembers(file)) members.push(member);
  return members;
}

const long = (end: string) => `${"folder/".repeat(16)}${end}`;
const media = (bytes: number, fill: number) => Buffer.alloc(bytes, fill);

describe("a tar archive", () => {
  test("tells its files, in order, with names of any length and where their bytes are", async () => {
    const entries = [
      { name: "videos/", type: "5" },
      { name: "videos/a.mp4", bytes: media(1000, 1) },
      { name: long("b.mp4"), bytes: media(512, 2) },
      { name: long("ü.mp4"), bytes: media(3, 3), longBy: "pax" as const },
      { name: long("d.mp4"), bytes: media(0, 4), longBy: "ustar" as const },
      { name: "videos/link.mp4", type: "2" },
      { name: "videos/e.mp4", bytes: media(700_000, 5) },
      { name: "videos/f.mp4", bytes: media(9, 6) },
    ];
    const bytes = tarBytes(entries);
    const members = await all(ranged(bytes));
    const files = entries.filter(({ type }) => type === undefined);
    expect(members.map(({ name }) => name)).toEqual(files.map(({ name }) => name));
    for (const [i, { offset, size }] of members.entries())
      expect(bytes.subarray(offset, offset + size).equals(files[i]?.bytes as Buffer)).toBe(true);
  });

  test("is read as GNU tar writes it, in parts as in one", async () => {
    const folder = await mkdtemp(join(tmpdir(), "llava-eval-tar-"));
    try {
      await mkdir(join(folder, "videos", long("")), { recursive: true });
      const names = ["videos/a.mp4", `videos/${long("b.mp4")}`, "videos/c.mp4"];
      for (const [i, name] of names.entries()) await writeFile(join(folder, name), media(3000 * (i + 1), i));
      for (const format of ["gnu", "posix", "ustar"]) {
        execFileSync("tar", [`--format=${format}`, "-cf", "all.tar", ...names], { cwd: folder });
        const bytes = await readFile(join(folder, "all.tar"));
        const parts = [bytes.subarray(0, 700), bytes.subarray(700, 5000), bytes.subarray(5000)].map(ranged);
        for (const file of [ranged(bytes), joined(parts)])
          expect((await all(file)).map(({ name, size }) => [name, size])).toEqual([
            [names[0], 3000],
            [names[1], 6000],
            [names[2], 9000],
          ]);
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  test("costs little more than its headers where files are large, and few ranges where they are small", async () => {
    const large = ranged(
      tarBytes(Array.from({ length: 20 }, (_, i) => ({ name: `${i}.mp4`, bytes: media(1_000_000, i) }))),
    );
    expect(await all(large)).toHaveLength(20);
    expect(large.read.bytes).toBeLessThan(40_000);
    const small = ranged(
      tarBytes(Array.from({ length: 2000 }, (_, i) => ({ name: `${i}.srt`, bytes: media(900, i) }))),
    );
    expect(await all(small)).toHaveLength(2000);
    expect(small.read.ranges).toBeLessThan(20);
  });

  test("that ends early or is none says where, after what can be read", async () => {
    const bytes = tarBytes([
      { name: "a.mp4", bytes: media(1000, 1) },
      { name: "b.mp4", bytes: media(5000, 1) },
    ]);
    await expect(all(ranged(bytes.subarray(0, 3000)))).rejects.toThrow(
      new NoArchive('"b.mp4" is said to have 5000 bytes, which reach beyond its end'),
    );
    const damaged = Buffer.from(bytes);
    damaged.writeUInt8(77, 1536 + 4);
    await expect(all(ranged(damaged))).rejects.toThrow(new NoArchive('no header after "a.mp4", at byte 1536'));
    await expect(all(ranged(Buffer.from("no archive at all")))).rejects.toThrow(
      new NoArchive("no header after its beginning, at byte 0"),
    );
  });

  test.each(["14 size=-1536\n", "11 size=x\n", "17 size=1.5e300\n"])(
    "whose member has no size (%j) ends there",
    async (said) => {
      const bytes = tarBytes([
        { name: "a.mp4", bytes: media(1000, 1) },
        { name: "PaxHeaders/b", type: "x", bytes: Buffer.from(said) },
        { name: "b.mp4", bytes: media(1000, 1) },
      ]);
      await expect(all(ranged(bytes))).rejects.toThrow(/^"b\.mp4" is said to have (-1536|NaN|1\.5e\+300) bytes$/);
    },
  );
});

describe("the index of a tar archive", () => {
  const listener = (told: string[]) => ({
    onWalk: (known: number) => told.push(`walk ${known}`),
    onHeaders: (count: number) => told.push(`headers ${count}`),
    onDamage: (reason: string) => told.push(reason),
  });
  const named = (name: string) => (member: TarMember) => member.name === name;

  test("reads on to the member that is wanted, keeps what it saw, and reads no header twice", async () => {
    const folder = await mkdtemp(join(tmpdir(), "llava-eval-tar-"));
    try {
      const bytes = tarBytes(Array.from({ length: 10 }, (_, i) => ({ name: `${i}`, bytes: media(1_000_000, i) })));
      const [first, told] = [ranged(bytes), [] as string[]];
      const index = new TarIndex(first, join(folder, "deep", "x.json"), listener(told));
      const found = await Promise.all(["3", "1", "2", "3"].map((name) => index.find(named(name))));
      expect(found.map((member) => member?.name)).toEqual(["3", "1", "2", "3"]);
      expect(first.read.ranges).toBe(4);
      expect(told).toEqual(["walk 0"]);

      const second = ranged(bytes);
      const later = new TarIndex(second, join(folder, "deep", "x.json"), listener(told));
      expect((await later.find(named("2")))?.offset).toBe(found[2]?.offset);
      expect(second.read.ranges).toBe(0);
      expect((await later.find(named("5")))?.name).toBe("5");
      expect(second.read.ranges).toBe(2);
      expect(await later.find(named("none"))).toBeUndefined();
      expect(await later.find(named("none"))).toBeUndefined();
      expect(told).toEqual(["walk 0", "walk 4", "walk 6"]);

      const third = ranged(bytes);
      expect(
        await new TarIndex(third, join(folder, "deep", "x.json"), listener(told)).find(named("x")),
      ).toBeUndefined();
      expect(third.read.ranges).toBe(0);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  test("of a damaged archive has what stands before the damage, says it once, and is made anew when it is no index", async () => {
    const folder = await mkdtemp(join(tmpdir(), "llava-eval-tar-"));
    try {
      const path = join(folder, "x.json");
      await writeFile(path, '{"members":[{"name":"../../x","size":-1,"offset":0}],"whole":true}');
      const bytes = tarBytes([
        { name: "a", bytes: media(1000, 1) },
        { name: "b", bytes: media(1000, 1) },
      ]);
      bytes.writeUInt8(77, 1536 + 4);
      const told: string[] = [];
      const index = new TarIndex(ranged(bytes), path, listener(told));
      expect(await index.find(named("b"))).toBeUndefined();
      expect((await index.find(named("a")))?.size).toBe(1000);
      expect(await index.find(named("b"))).toBeUndefined();
      expect(told).toEqual(["walk 0", 'no header after "a", at byte 1536']);
      // Another process looks again: the damage may have been on the way.
      expect(JSON.parse(await readFile(path, "utf8"))).toMatchObject({ members: [{ name: "a" }], whole: false });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
