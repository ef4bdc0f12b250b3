import { expect, test } from "vitest";
import {
  formatFixed,
  formatFloat,
  parseFloatPython,
  parseIntPython,
  roundHalfEven,
} from "../../src/text/python-numbers.js";

test("float() accepts outer white space, underscores between digits, any script's digits, and the names of infinity", () => {
  expect(parseFloatPython(" 1_000.5\n")).toBe(1000.5);
  expect(parseFloatPython("١٢.٥")).toBe(12.5);
  expect(parseFloatPython("-Infinity")).toBe(Number.NEGATIVE_INFINITY);
  expect(parseFloatPython("NaN")).toBeNaN();
  expect(parseFloatPython("1e3")).toBe(1000);
});

test("float() refuses hexadecimal, separators, units, an empty text and \\x1c", () => {
  for (const text of ["0x10", "1,000", "5%", "", "_1", "1__0", "1\x1c"]) expect(parseFloatPython(text)).toBeUndefined();
});

test("int() refuses what has a fraction", () => {
  expect(parseIntPython(" +1_0 ")).toBe(10);
  expect(parseIntPython("1.0")).toBeUndefined();
});

test("str(float) has a fraction or an exponent of two digits", () => {
  expect([5, 1e16, 1e-5, 0.1, -0, 123456789].map(formatFloat)).toEqual([
    ...["5.0", "1e+16", "1e-05", "0.1", "-0.0", "123456789.0"],
  ]);
});

test("rounding works on the binary double, and ties go to the even digit", () => {
  expect(roundHalfEven(0.125, 2)).toBe(0.12);
  expect(roundHalfEven(0.375, 2)).toBe(0.38);
  expect(roundHalfEven(2.675, 2)).toBe(2.67); // the double is below the tie
  expect(roundHalfEven(2.5)).toBe(2);
  expect(formatFixed(0.5, 0)).toBe("0");
  expect(formatFixed(-1.005, 2)).toBe("-1.00");
});
