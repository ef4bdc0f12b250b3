import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import sharp from "sharp";
import { expect, test } from "vitest";
import { noEngine } from "../runners/local/engine-here.js";
import { root, Workplace } from "./cli.js";

const missing = noEngine();
const count = 4;

test.skipIf(missing !== undefined)(
  `four images of 170 megapixels take the memory of one${missing ? ` (skipped: ${missing})` : ""}`,
  { timeout: 300_000 },
  async () => {
    await using place = await Workplace.make();
    await mkdir(place.file("rows", "images"), { recursive: true });
    const rows: string[] = [];
    const background = { r: 200, g: 100, b: 50 };
    const jpeg = await sharp({ create: { width: 13_000, height: 13_100, channels: 3, background } })
      .jpeg()
      .toBuffer();
    for (let i = 0; i < count; i++) {
      // What follows the end of a JPEG is not looked at, but makes another file of it.
      await writeFile(place.file("rows", "images", `${i}.jpg`), Buffer.concat([jpeg, Buffer.from([i])]));
      rows.push(JSON.stringify({ id: i, image: `images/${i}.jpg`, question: "Is it red?", answer: "yes" }));
    }
    await writeFile(place.file("rows", "single_image.jsonl"), `${rows.join("\n")}\n`);
    const watch = `import { writeFileSync } from "node:fs";
process.on("exit", () => writeFileSync(${JSON.stringify(place.file("peak"))}, String(process.resourceUsage().maxRSS)));`;
    await writeFile(place.file("watch.mjs"), watch);
    await using watched = await Workplace.make({ NODE_OPTIONS: `--import=${pathToFileURL(place.file("watch.mjs"))}` });
    const { exitCode, stderr } = await watched.run(
      ...["run", "--tasks", join(root, "test", "forms", "single-image.ts"), "--data", place.file("rows")],
      ...["--model", `local:${join(root, "configs", "demo", "model")}`, "--device", "cpu", "--out", "out"],
    );
    expect(exitCode, stderr).toBe(0);
    expect((await watched.result("out", "single_image")).n).toMatchObject({ total: count, scored: count });
    // 170 megapixels are 511 MB decoded, and twice that while the engine tiles them. All four at once took 3.9 GB.
    expect(Number(await place.read("peak")) / 1e6).toBeLessThan(1.5);
  },
);
