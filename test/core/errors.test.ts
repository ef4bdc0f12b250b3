import { expect, test } from "vitest";
import { firstThrown } from "../../src/core/errors.js";

test("what failed first is what a user hears, however much fails on the way out of it", async () => {
  const full = new Error("no space left on device");
  const failing = (words: string): AsyncDisposable => ({
    [Symbol.asyncDispose]: () => Promise.reject(new Error(words)),
  });
  const run = async () => {
    await using _cache = failing("the cache cannot be closed");
    await using _folder = failing("the folder cannot be closed");
    throw full;
  };
  const thrown: unknown = await run().catch((error: unknown) => error);
  expect(thrown).not.toBe(full);
  expect(firstThrown(thrown)).toBe(full);
  expect(firstThrown(full)).toBe(full);
  expect(firstThrown("words")).toBe("words");
});
