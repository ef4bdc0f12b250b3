import { expect, expectTypeOf, test } from "vitest";
import { defined } from "../../src/core/defined.js";

test("defined keeps what has a value, null, false and empty texts too, and leaves undefined members out", () => {
  const limit = undefined as number | undefined;
  const kept = defined({ limit, offset: 0, name: "", flag: false, none: null });
  expect(Object.keys(kept)).toEqual(["offset", "name", "flag", "none"]);
  expectTypeOf(kept).toMatchTypeOf<{ limit?: number; offset: number }>();
});
