import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { decodeImage } from "../../src/images/decode.js";
import { encodedImage } from "../../src/images/encoded.js";

const folder = fileURLToPath(new URL("data/", import.meta.url));
const read = (name: string) => encodedImage(readFileSync(join(folder, name)), name);
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly sha256: string;
}
const pillow = JSON.parse(readFileSync(join(folder, "pillow.json"), "utf8")) as Record<string, Pixels>;

describe("a decoded image", () => {
  test.each(Object.entries(pillow))("%s equals Pillow's", async (name, expected) => {
    const { width, height, rgb, warnings } = await decodeImage(read(name));
    expect({ width, height, sha256: sha256(rgb) }).toEqual(expected);
    expect(warnings).toHaveLength(name.startsWith("truncated") ? 1 : 0);
  });

  test("has the size that its header says", async () => {
    for (const name of Object.keys(pillow)) {
      const image = read(name);
      const { width, height, rgb } = await decodeImage(image);
      expect([name, image.width, image.height, rgb.length]).toEqual([name, width, height, width * height * 3]);
    }
  });

  test("that ends early is decoded as far as it goes, and says so", async () => {
    const { warnings } = await decodeImage(read("truncated.jpg"));
    expect(warnings[0]).toMatch(/^image [0-9a-f]{8}: .*decoded as far as it goes$/);
  });

  test("with too many pixels is refused before it is decoded", async () => {
    const huge = { ...read("rgb.png"), width: 20_000, height: 20_000 };
    await expect(decodeImage(huge)).rejects.toMatchObject({ name: "SampleFailure", reason: "data" });
  });

  test("may be broken in any way: it is decoded or that sample's failure, never anything else", async () => {
    const files = ["24.bmp", "8.bmp", "1.bmp", "rgba.png", "palette.gif", "420.jpg"].map((name) =>
      readFileSync(join(folder, name)),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...files),
        fc.nat(200),
        fc.nat(255),
        fc.nat(3000),
        async (file, at, value, length) => {
          const bytes = Buffer.from(file.subarray(0, length));
          if (at < bytes.length) bytes[at] = value;
          try {
            const image = encodedImage(bytes);
            if (image.width * image.height > 1_000_000) return;
            const { width, height, rgb } = await decodeImage(image);
            expect(rgb.length).toBe(width * height * 3);
          } catch (error) {
            expect(error).toMatchObject({ name: "SampleFailure" });
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  test("leaves sharp with one thread per image", () => expect(sharp.concurrency()).toBe(1));
});
