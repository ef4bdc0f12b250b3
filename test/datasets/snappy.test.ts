import fc from "fast-check";
import { compressors } from "hyparquet-compressors";
import { snappyCompress } from "hyparquet-writer/src/snappy.js";
import { describe, expect, test } from "vitest";
import { snappyDecompress } from "../../src/datasets/parquet/snappy.js";

/** Few different bytes, so that there is much to copy; or any, so that there is nothing. */
const pages = fc.oneof(
  fc.uint8Array({ maxLength: 5000 }),
  fc.array(fc.constantFrom(0, 1, 250), { maxLength: 5000 }).map((bytes) => Uint8Array.from(bytes)),
);

const other = compressors.SNAPPY as NonNullable<(typeof compressors)["SNAPPY"]>;

/** The result, or that there is none. */
function outcome(decompress: () => Uint8Array): Uint8Array | "refused" {
  try {
    return decompress();
  } catch (error) {
    expect(error).toBeInstanceOf(Error);
    return "refused";
  }
}

describe("snappy", () => {
  test("gives back what was compressed", () => {
    fc.assert(
      fc.property(pages, (page) => {
        expect(snappyDecompress(snappyCompress(page), page.length)).toEqual(page);
      }),
    );
  });

  test("a copy that overlaps itself repeats what it writes", () => {
    // Literal "ab", then ten bytes from two back: tag 01, length 10 = 4 + 6, offset 2.
    const page = Uint8Array.of(12, 1 << 2, 0x61, 0x62, (6 << 2) | 1, 2);
    expect(Buffer.from(snappyDecompress(page, 12)).toString()).toBe("abababababab");
  });

  test("literals have lengths of one to four bytes", () => {
    for (const length of [60, 61, 256, 257, 65_536, 65_537, 16_777_217]) {
      const page = new Uint8Array(length).fill(7);
      const bytes = length <= 60 ? 0 : Math.ceil(Math.log2(length) / 8);
      const size = Array.from({ length: bytes }, (_, i) => ((length - 1) / 256 ** i) & 255);
      const tag = bytes === 0 ? (length - 1) << 2 : (59 + bytes) << 2;
      const varint = [0, 7, 14, 21].map((shift, i) => ((length >> shift) & 127) | (i < 3 ? 128 : 0));
      const input = Buffer.concat([Uint8Array.of(...varint, tag, ...size), page]);
      expect(Buffer.compare(snappyDecompress(input, length), page)).toBe(0);
    }
  });

  test("a damaged page is refused, or is what another decoder makes of it", () => {
    const damage = fc.record({ at: fc.nat(), byte: fc.integer({ min: 0, max: 255 }), cut: fc.nat(20) });
    fc.assert(
      fc.property(pages, damage, (page, { at, byte, cut }) => {
        const stored = snappyCompress(page);
        stored[at % stored.length] = byte;
        const input = stored.subarray(0, Math.max(1, stored.length - cut));
        const ours = outcome(() => snappyDecompress(input, page.length));
        if (ours !== "refused") expect(ours).toEqual(outcome(() => other(input, page.length)));
      }),
      { numRuns: 500 },
    );
  });
});
