import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { SampleFailure } from "../../src/core/errors.js";
import { encodedImage, readImage } from "../../src/images/encoded.js";
import { fitImage } from "../../src/images/fit.js";
import { sniffImage } from "../../src/images/sniff.js";
import { noiseImage } from "../fakes/images.js";

const folder = fileURLToPath(new URL("data/", import.meta.url));
const file = (name: string) => readFileSync(join(folder, name));

describe("the header of an image", () => {
  test.each(["jpeg", "png", "webp", "gif", "tiff", "avif"] as const)(
    "of a %s file gives type and size without decoding",
    async (format) => {
      const bytes = await sharp({ create: { width: 37, height: 21, channels: 3, background: "teal" } })
        .toFormat(format)
        .toBuffer();
      expect(sniffImage(bytes)).toEqual({
        mediaType: `image/${format}`,
        width: 37,
        height: 21,
        ...(format === "jpeg" ? { components: 3 } : {}),
      });
    },
  );

  test("of a JPEG tells grey from colour from CMYK", async () => {
    const square = (colour: "b-w" | "srgb" | "cmyk") =>
      sharp({ create: { width: 8, height: 8, channels: 3, background: "teal" } })
        .toColourspace(colour)
        .jpeg()
        .toBuffer();
    const components = await Promise.all((["b-w", "srgb", "cmyk"] as const).map(square));
    expect(components.map((bytes) => sniffImage(bytes)?.components)).toEqual([1, 3, 4]);
  });

  test("is read for every kind of file in the decoder's tests, lossless and extended WebP included", async () => {
    const types: Record<string, string> = { jpg: "jpeg" };
    for (const name of readdirSync(folder).filter((one) => /\.(jpg|png|webp|gif|tiff|bmp)$/.test(one))) {
      const extension = name.split(".").at(-1) as string;
      const header = sniffImage(file(name));
      expect([name, header?.mediaType]).toEqual([name, `image/${types[extension] ?? extension}`]);
    }
    for (const options of [{ lossless: true }, { alphaQuality: 50 }]) {
      const create = { width: 301, height: 7, channels: 4 as const, background: { r: 1, g: 2, b: 3, alpha: 0.5 } };
      const bytes = await sharp({ create }).webp(options).toBuffer();
      expect(sniffImage(bytes)).toEqual({ mediaType: "image/webp", width: 301, height: 7 });
    }
  });

  test("may be anything at all: the answer is a header or none, never an exception or a hang", () => {
    const starts = readdirSync(folder)
      .filter((one) => /\.(jpg|png|webp|gif|tiff|bmp)$/.test(one))
      .map(file);
    fc.assert(
      fc.property(
        fc.constantFrom(...starts),
        fc.nat(400),
        fc.uint8Array({ maxLength: 40 }),
        fc.nat(64),
        (start, length, noise, at) => {
          const bytes = Buffer.from(start.subarray(0, length));
          bytes.set(noise.subarray(0, Math.max(0, bytes.length - at)), Math.min(at, bytes.length));
          const header = sniffImage(bytes);
          if (header) expect(header.width * header.height).toBeGreaterThan(0);
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe("readImage", () => {
  test("gives the dataset's own bytes and their digest", async () => {
    const bytes = file("420.jpg");
    const image = await readImage({ path: "a.jpg", bytes: async () => bytes });
    expect(image.bytes).toBe(bytes);
    expect(image.digest).toBe(createHash("sha256").update(bytes).digest("hex").slice(0, 32));
  });

  test.each([
    ["nothing", Buffer.alloc(0)],
    ["text", Buffer.from("<html>not found</html>")],
    ["a PNG signature alone", Buffer.from("89504e470d0a1a0a", "hex")],
  ])("of %s is that sample's failure", async (_, bytes) => {
    const error = await readImage({ path: "x", bytes: async () => bytes }).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(SampleFailure);
    expect(error.detail).toContain('image "x" cannot be read as an image');
  });

  test("a PNG that claims 60000 x 60000 pixels in a few bytes is refused before it is decoded", async () => {
    const bomb = Buffer.from(file("rgb.png"));
    bomb.writeUInt32BE(60_000, 16);
    bomb.writeUInt32BE(60_000, 20);
    await expect(fitImage(encodedImage(bomb), { mediaTypes: ["image/jpeg"] })).rejects.toMatchObject({
      reason: "data",
    });
  });
});

describe("fitImage", () => {
  test("returns the very bytes when they are within the limits", async () => {
    const image = encodedImage(file("420.jpg"));
    const limits = { maxBytes: 1e6, maxSide: 4000, mediaTypes: ["image/jpeg"] };
    expect(await fitImage(image, limits)).toEqual({ image });
  });

  test("turns a BMP and a CMYK JPEG into PNGs of Pillow's pixels", async () => {
    const pillow = JSON.parse(file("pillow.json").toString()) as Record<string, { sha256: string }>;
    for (const name of ["24.bmp", "cmyk.jpg"]) {
      const { image, note } = await fitImage(encodedImage(file(name)), { mediaTypes: ["image/png"] });
      expect(note).toMatch(/re-encoded as image\/png .* is not accepted/);
      const rgb = await sharp(image.bytes).removeAlpha().raw().toBuffer();
      expect(createHash("sha256").update(rgb).digest("hex")).toBe(pillow[name]?.sha256);
    }
  });

  test("enlarges an image whose shorter side is below minSide, and makes one that is too wide smaller first", async () => {
    const of = async (width: number, height: number, limits: object) => {
      const png = await sharp(await noiseImage(50_000))
        .resize(width, height, { fit: "fill" })
        .png()
        .toBuffer();
      return await fitImage(encodedImage(png), limits);
    };
    const small = await of(122, 78, { minSide: 100 });
    expect(small.image).toMatchObject({ mediaType: "image/png", width: 156, height: 100 });
    expect(small.note).toMatch(/122x78 has less than 100 a side/);
    expect(await of(122, 78, { minSide: 78 })).not.toHaveProperty("note");
    // 785 x 118 is 768 x 115 by then: nothing to enlarge.
    expect((await of(785, 118, { maxSide: 768, minSide: 100 })).image).toMatchObject({ width: 768, height: 115 });
  });

  test("jpegQuality makes a JPEG of every image, as Pillow would: chroma halved, and nothing is told of it", async () => {
    const png = await sharp(await noiseImage(50_000))
      .resize(64, 48, { fit: "fill" })
      .png()
      .toBuffer();
    const { image, note } = await fitImage(encodedImage(png), { jpegQuality: 75, mediaTypes: ["image/jpeg"] });
    expect(image).toMatchObject({ mediaType: "image/jpeg", width: 64, height: 48 });
    expect((await sharp(image.bytes).metadata()).chromaSubsampling).toBe("4:2:0");
    expect(note).toBeUndefined();
  });

  test("makes an image smaller until its bytes fit", async () => {
    const png = await sharp(await noiseImage(200_000))
      .resize(600, 400, { fit: "fill" })
      .png()
      .toBuffer();
    const { image } = await fitImage(encodedImage(png), { maxBytes: 30_000 });
    expect(image.mediaType).toBe("image/jpeg");
    expect(image.bytes.byteLength).toBeLessThanOrEqual(30_000);
    expect(image.width / image.height).toBeCloseTo(1.5, 1);
  });
});
