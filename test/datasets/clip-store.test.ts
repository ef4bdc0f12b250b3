import { hash } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ClipStore } from "../../src/datasets/clip-store.js";

test("what an earlier run left is looked at before it is used, and fetched anew where it is damaged", async () => {
  const folder = await mkdtemp(join(tmpdir(), "llava-eval-clips-"));
  try {
    const fetched: string[] = [];
    const clip = (text: string) => ({
      ...{ key: `${text}.mp4`, size: text.length, sha256: hash("sha256", text) },
      async *bytes() {
        fetched.push(text);
        yield Buffer.from(text);
      },
    });
    await writeFile(join(folder, "sound.mp4"), "sound");
    await writeFile(join(folder, "damaged.mp4"), "other!!");
    const store = new ClipStore(folder, 1000, () => {});
    const paths = ["sound", "damaged", "damaged", "new"].map((text) => store.hold(clip(text)));
    expect(await Promise.all((await Promise.all(paths)).map((path) => readFile(path, "utf8")))).toEqual([
      "sound",
      "damaged",
      "damaged",
      "new",
    ]);
    expect(fetched.sort()).toEqual(["damaged", "new"]);
    // Nobody looks twice.
    await writeFile(join(folder, "sound.mp4"), "other");
    expect(await readFile(await store.hold(clip("sound")), "utf8")).toBe("other");
  } finally {
    await rm(folder, { recursive: true });
  }
});
