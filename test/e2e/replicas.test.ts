import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import { loadAddon } from "../../src/runners/local/addon.js";
import { IMAGE_SLOT } from "../../src/runners/local/native.js";
import { noEngine } from "../runners/local/engine-here.js";
import { root, Workplace } from "./cli.js";

const missing = noEngine();
const run = (out: string, ...more: string[]) => [
  "run",
  "--tasks",
  "vqav2,coco2017_cap",
  "--limit",
  "40",
  "--out",
  out,
  ...more,
];

/** Engine processes that `parent` started, from /proc. */
function childrenOf(parent: number | undefined): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const ppid = Number(readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ")[1]);
        return ppid === parent && readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("replicas/process.js");
      } catch (error) {
        // It has ended meanwhile.
        if (["ENOENT", "ESRCH"].includes((error as NodeJS.ErrnoException).code ?? "")) return false;
        throw error;
      }
    });
}

async function until<T>(look: () => T | undefined): Promise<T> {
  for (;;) {
    const found = look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe.skipIf(missing !== undefined)(`engines side by side${missing ? ` (skipped: ${missing})` : ""}`, () => {
  test("two give the answers of one, byte for byte", async () => {
    await using place = await Workplace.make();
    const [one, two] = [await place.run(...run("one")), await place.run(...run("two", "--replicas", "2"))];
    expect([one.exitCode, two.exitCode, two.stderr.includes("defect")]).toEqual([0, 0, false]);
    for (const file of ["vqav2.samples.jsonl", "vqav2.json", "coco2017_cap.samples.jsonl", "coco2017_cap.json"]) {
      expect(await place.read("two", file)).toBe(await place.read("one", file));
    }
  });

  test("a lost engine stops the run, which goes on where it stopped; nobody is left behind", async () => {
    await using place = await Workplace.make();
    const child = place.start(...run("out", "--replicas", "2"));
    const engines = await until(() => {
      const found = childrenOf(child.pid);
      return found.length === 2 && existsSync(place.file("out", "vqav2.samples.jsonl")) ? found : undefined;
    });
    process.kill(engines[0] as number, "SIGKILL");
    const ended = await child.ended;
    expect(ended.exitCode).not.toBe(0);
    expect(ended.stderr).toMatch(/engine process of cpu ended \(SIGKILL\)/);
    await until(() => (childrenOf(child.pid).length === 0 ? true : undefined));
    expect((await place.run(...run("out"))).exitCode).toBe(0);
    expect((await place.result("out", "vqav2")).n).toMatchObject({ total: 40, scored: 40 });
  });

  test("an image too large to be sent with others comes back as tiles, the same from every engine", async () => {
    const file = pathToFileURL(join(root, "dist", "src", "runners", "local", "replicas", "group.js"));
    const { ReplicaGroup } = (await import(file.href)) as typeof import("../../src/runners/local/replicas/group.js");
    const options = { path: join(root, "configs", "demo", "model") };
    const size = { width: 50, height: 40 };
    const rgb = Uint8Array.from({ length: 50 * 40 * 3 }, (_, at) => (at * 7) & 255);
    const group = await ReplicaGroup.open(options, ["cpu", "cpu"], () => {});
    const alone = await loadAddon().open(options);
    try {
      const tiles = await alone.tiles([size], 0, rgb);
      expect(await Promise.all([1, 2].map(() => group.tiles([size], 0, rgb)))).toEqual([tiles, tiles]);
      const request = { id: 1, tokens: Int32Array.of(5, IMAGE_SLOT, 6), maxNewTokens: 4, stopTokens: [] };
      const pixels = await alone.generate({ ...request, images: [{ ...size, digest: "a", rgb }] });
      const tiled = await group.generate({ ...request, images: [{ ...size, digest: "a", tiles }] });
      expect([...tiled.tokens]).toEqual([...pixels.tokens]);
      await expect(group.tiles([{ width: 20_000, height: 20_000 }], 0, rgb)).rejects.toThrow(/width \* height/);
    } finally {
      await Promise.all([group.close(), alone.close()]);
    }
  });

  test("devices that cannot be shared out, and a replica that cannot open, are said", async () => {
    await using place = await Workplace.make();
    const uneven = await place.run(...run("out", "--replicas", "2", "--device", "cuda:0,cuda:1,cuda:2"));
    expect(uneven).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining("3 device(s) cannot be shared out to 2 replicas"),
    });
    const none = await place.run(...run("out", "--replicas", "2", "--device", "cuda:98,cuda:99"));
    expect(none).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/^error: .+\n +at: +device cuda:9[89]\n +fix: /m),
    });
  });
});
