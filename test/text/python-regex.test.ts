import { expect, test } from "vitest";
import { pythonRegex } from "../../src/text/python-regex.js";

const found = (pattern: string, text: string) => pythonRegex(pattern).exec(text)?.[0];

test("\\d, \\w, \\s and \\b know all scripts", () => {
  expect(found("\\d+", "x١٢")).toBe("١٢");
  expect(found("\\b\\w+\\b", "«été»")).toBe("été");
  expect(found("a\\sb", "a\x1cb")).toBe("a\x1cb");
  expect(found("[\\d.]+", "v٣.1")).toBe("٣.1");
});

test("a dot excludes only the newline, and $ also matches before a last one", () => {
  expect(found("a.b", "a\rb")).toBe("a\rb");
  expect(found("a.b", "a\nb")).toBeUndefined();
  expect(found("b$", "b\n")).toBe("b");
  expect(found("b$", "b\n\n")).toBeUndefined();
});

test("escapes that JavaScript's Unicode mode refuses are taken literally", () => {
  expect(found("\\-\\,\\%", "a-,%")).toBe("-,%");
  expect(found("[^]a]", "]ab")).toBe("b");
  expect(pythonRegex("(?P<letter>[A-Z])").exec("aB")?.groups?.letter).toBe("B");
});
