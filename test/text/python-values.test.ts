import { expect, test } from "vitest";
import { python } from "../../src/text/python-values.js";

test("literal_eval: a tuple needs no brackets if it stands in one line", () => {
  expect(python.literal("[1, 2], [3, 4]")).toEqual([
    [1, 2],
    [3, 4],
  ]);
  expect(python.literal("'a' ,\n")).toEqual(["a"]);
  expect(python.literal("(1, 2)")).toEqual([1, 2]);
  for (const text of ["[1],\n[2]", "1,,2", ", 1", "1, 2]"]) expect(python.literal(text)).toBeUndefined();
});

test("whole numbers keep their digits, and an underscore stands between two", () => {
  expect(python.str(python.literal("12345678901234567890"))).toBe("12345678901234567890");
  expect(python.str(python.json("[-98765432109876543210, 7]"))).toBe("[-98765432109876543210, 7]");
  expect(python.literal("1_000")).toBe(1000);
  for (const text of ["1_", "1__0"]) expect(python.literal(text)).toBeUndefined();
});

test("literal_eval: comments, numbers of another base, a sign before blanks and the u of Python 2 are read", () => {
  const written = (text: string) => python.str(python.literal(text));
  expect(written("{'a': 'b # c', # d: e\n 'f': 2} # g")).toBe("{'a': 'b # c', 'f': 2}");
  expect(written("[0x1F, -0o17, 0b1_1, 0XfFfFfFfFfFfFfFfF]")).toBe("[31, -15, 3, 18446744073709551615]");
  expect(written("[- 0.4, + 2]")).toBe("[-0.4, 2]");
  expect(written("{u'a': U\"b\"}")).toBe("{'a': 'b'}");
  for (const text of ["--1", "0x", "0b12", "u", "# a", "[1 # ]"]) expect(python.literal(text)).toBeUndefined();
});

test("literal_eval: a list or a dictionary is no key", () => {
  expect(python.str(python.literal("{(1, 2): 3}"))).toBe("{(1, 2): 3}");
  for (const text of ["{[1]: 2}", "{{}: 2}", "{(1, [2]): 3}"]) expect(python.literal(text)).toBeUndefined();
});

test("json.loads reads NaN and Infinity outside texts, and nothing else that is no JSON", () => {
  expect(python.str(python.json('{"a": NaN, "b": [-Infinity, Infinity], "NaN": "Infinity"}'))).toBe(
    "{'a': nan, 'b': [-inf, inf], 'NaN': 'Infinity'}",
  );
  for (const text of ["NaNs", "+Infinity", "nan", "[NaN,]", "xNaN"]) expect(python.json(text)).toBeUndefined();
});
