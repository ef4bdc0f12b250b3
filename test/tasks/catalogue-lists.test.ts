/** References and replies that are lists: values are those of the benchmarks' scripts (VLMEvalKit's and lmms-eval's copies), which were run on these rows. */

import { expect, test } from "vitest";
import { chartScore } from "../../tasks/chartqapro/score.js";
import { hasWord } from "../../tasks/llava_interleave/score.js";
import { documentScore } from "../../tasks/mmlongbench_doc/score.js";

test("ChartQAPro: words of an unquoted list's item are glued by Python, a reply's list must be one, and a tuple is none", () => {
  const scored = (target: string, text: string) => chartScore(text, { kind: "Factoid", target, years: [] }, false);
  expect(scored("[Yes, a b, True]", "[Yes, a b, True]")).toBe(0);
  expect(scored("[Yes, a b, True]", "['Yes', 'a b', 'True']")).toBeCloseTo((1 + 2 / 3 + 1) / 3, 12);
  expect(scored('["North America"]', '["North America"]')).toBeCloseTo(13 / 15, 12);
  expect(scored("[1, 2]", "[1, 2]")).toBe(1);
  expect(scored("[1, 2]", "(1, 2)")).toBe(0);
});

test("MMLongBench-Doc: numbers of a list are compared as Python prints them", () => {
  expect(documentScore("[1.50, 2]", "['1.5', '2']", "List")).toBe(1);
  expect(documentScore("['1.50', '2']", "[1.50, 2]", "List")).toBe(0);
  expect(documentScore("['1e5']", "1e5", "List", "lmms-eval")).toBe(0);
  expect(documentScore("['12']", "12", "List", "lmms-eval")).toBe(1);
});

test("LLaVA-Interleave: a reference of marks alone is none", () => {
  expect([".", "...", "?!", " - ", ""].filter(hasWord)).toEqual([]);
  expect(["A", "3.5", "中文", "B: x"].every(hasWord)).toBe(true);
});
