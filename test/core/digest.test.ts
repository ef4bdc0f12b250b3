import { expect, test } from "vitest";
import { canonicalJson, digestOf, requestDigest, seedOf } from "../../src/core/digest.js";
import type { EncodedImage } from "../../src/core/image.js";
import type { RenderedPrompt } from "../../src/core/prompt.js";

test("equal values have equal digests whatever the order of their keys", () => {
  expect(digestOf({ a: 1, b: [{ d: null, c: "x" }] })).toBe(digestOf({ b: [{ c: "x", d: null }], a: 1 }));
  expect(canonicalJson({ b: 1, a: [true, "é"] })).toBe('{"a":[true,"é"],"b":1}');
});

const image = (digest: string) => ({ digest }) as EncodedImage;
const prompt = (text: string, digest = "i"): RenderedPrompt => ({
  messages: [
    {
      role: "user",
      parts: [
        { type: "text", text },
        { type: "image", image: image(digest) },
      ],
    },
  ],
});
const greedy = { maxNewTokens: 8, temperature: 0 };

test("a request is its words, images and options; the seed counts only when it is sampled", () => {
  const base = requestDigest(prompt("a"), greedy, 1);
  expect(requestDigest(prompt("a"), greedy, 2)).toBe(base);
  expect(requestDigest(prompt("b"), greedy, 1)).not.toBe(base);
  expect(requestDigest(prompt("a", "j"), greedy, 1)).not.toBe(base);
  expect(requestDigest(prompt("a"), { ...greedy, maxNewTokens: 9 }, 1)).not.toBe(base);
  const sampled = { ...greedy, temperature: 1 };
  expect(requestDigest(prompt("a"), sampled, 1)).not.toBe(requestDigest(prompt("a"), sampled, 2));
});

test("a seed depends on every name and on nothing else", () => {
  expect(seedOf(0, "task", "row", 1)).toBe(seedOf(0, "task", "row", 1));
  expect(
    new Set([seedOf(0, "t", "r"), seedOf(1, "t", "r"), seedOf(0, "u", "r"), seedOf(0, "t", "s"), seedOf(0, "tr")]).size,
  ).toBe(5);
});
