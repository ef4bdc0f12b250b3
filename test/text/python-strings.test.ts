import fc from "fast-check";
import { expect, test } from "vitest";
import { removePunctuation } from "../../src/text/punctuation.js";
import {
  characters,
  collapseSpaces,
  firstCharacters,
  length,
  rstrip,
  splitLines,
  splitWords,
  strip,
} from "../../src/text/python-strings.js";
import { capitalize } from "../../tasks/vqa/capitalize.js";

test("strip removes Python's white space: the separators \\x1c-\\x1f and \\x85 too, the byte order mark not", () => {
  expect(strip("\x1c\x1f\x85\u00a0\u3000 x \t\r\n")).toBe("x");
  expect(strip("\ufeffx\u200b")).toBe("\ufeffx\u200b");
});

test("strip with characters removes any of them, from both ends", () => {
  expect(strip("..a.b,.", ".,")).toBe("a.b");
  expect(rstrip("No..", ".")).toBe("No");
});

test("splitWords gives no empty words and splits at every Python white space", () => {
  expect(splitWords("  a\x1cb\u2003c\n")).toEqual(["a", "b", "c"]);
  expect(splitWords(" \t")).toEqual([]);
  expect(collapseSpaces(" a \n b ")).toBe("a b");
});

test("splitLines breaks at more than newlines and opens no empty last line", () => {
  expect(splitLines("a\r\nb\x0bc\u2028d\n")).toEqual(["a", "b", "c", "d"]);
});

test("capitalize lower-cases everything but the first letter, which is in title case", () => {
  expect(capitalize("what is the BRAND?")).toBe("What is the brand?");
  expect(capitalize("ǆABC")).toBe("ǅabc");
  expect(capitalize("ßTRASSE")).toBe("Sstrasse");
  expect(capitalize("")).toBe("");
});

test("length and firstCharacters count code points, not UTF-16 units", () => {
  expect(length("a😀b")).toBe(3);
  expect(firstCharacters("😀😀yes", 4)).toBe("😀😀ye");
  expect(characters("a😀")).toEqual(["a", "😀"]);
});

test("removePunctuation removes the 32 ASCII marks and nothing else", () => {
  expect(removePunctuation("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")).toBe("");
  expect(removePunctuation("t-shirt “x”")).toBe("tshirt “x”");
});

test("strip, split and length agree with each other on any text", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      expect(splitWords(strip(text))).toEqual(splitWords(text));
      expect(characters(text).length).toBe(length(text));
    }),
  );
});
