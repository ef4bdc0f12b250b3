import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { noEngine } from "../runners/local/engine-here.js";
import { root, Workplace } from "./cli.js";

const missing = noEngine();
const count = 4;

/** The peak memory, in GB, of a run over four JPEGs of 170 megapixels, whose rows `rows` writes. */
async function peakOf(task: string, rows: (images: readonly string[]) => readonly object[]) {
  await using place = await Workplace.make();
  await mkdir(place.file("rows", "images"), { recursive: true });
  const background = { r: 200, g: 100, b: 50 };
  const jpeg = await sharp({ create: { width: 13_000, height: 13_100, channels: 3, background } })
    .jpeg()
    .toBuffer();
  const images = Array.from({ length: count }, (_, i) => `images/${i}.jpg`);
  for (const [i, name] of images.entries()) {
    // What follows the end of a JPEG is not looked at, but makes another file of it.
    await writeFile(place.file("rows", name), Buffer.concat([jpeg, Buffer.from([i])]));
  }
  const lines = rows(images).map((row) => `${JSON.stringify(row)}\n`);
  await writeFile(place.file("rows", `${task.replace("-", "_")}.jsonl`), lines.join(""));
  const watch = `import { writeFileSync } from "node:fs";
process.on("exit", () => writeFileSync(${JSON.stringify(place.file("peak"))}, String(process.resourceUsage().maxRSS)));`;
  await writeFile(place.file("watch.mjs"), watch);
  await using watched = await Workplace.make({ NODE_OPTIONS: `--import=${pathToFileURL(place.file("watch.mjs"))}` });
  const { exitCode, stderr } = await watched.run(
    ...["run", "--tasks", join(root, "test", "forms", `${task}.ts`), "--data", place.file("rows")],
    ...["--model", `local:${join(root, "configs", "demo", "model")}`, "--device", "cpu", "--out", "out"],
  );
  expect(exitCode, stderr).toBe(0);
  const { n } = await watched.result("out", task.replace("-", "_"));
  return { n, peak: Number(await place.read("peak")) / 1e6 };
}

describe.skipIf(missing !== undefined)(`170 megapixels${missing ? ` (skipped: ${missing})` : ""}`, () => {
  test("four images in four requests take the memory of one", { timeout: 300_000 }, async () => {
    const { n, peak } = await peakOf("single-image", (images) =>
      images.map((image, id) => ({ id, image, question: "Is it red?", answer: "yes" })),
    );
    expect(n).toMatchObject({ total: count, scored: count });
    // 170 megapixels are 511 MB decoded. All four at once took 3.9 GB.
    expect(peak).toBeLessThan(1.5);
  });

  test("four images in one request take the memory of one", { timeout: 300_000 }, async () => {
    const { n, peak } = await peakOf("four-images", (images) => [{ id: "a", images, answer: "yes" }]);
    expect(n).toMatchObject({ total: 1, scored: 1 });
    expect(peak).toBeLessThan(1.5);
  });
});
