/** The checks themselves: what they accept, and that they can fail. */

import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Type } from "../../src/core/schema.js";
import { PythonFloat } from "../../src/text/python-values.js";
import { type Benchmark, checkBenchmarkFolder } from "./benchmark-folder.js";
import { checkFolders } from "./check-folders.js";
import { checkVectors } from "./check-vectors.js";
import { compareOutcome, decodeInput, exactFloats } from "./compare.js";
import { findData, vectorName } from "./find-data.js";
import { checkVectorFile } from "./vector-file.js";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "llava-eval-conformance-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const differs = (expected: unknown, value: unknown, unordered?: readonly string[]) =>
  compareOutcome(expected, { value }, { tolerance: exactFloats, ...(unordered ? { unordered } : {}) }).map(
    ({ path }) => path,
  );

describe("a value agrees", () => {
  test("within 1e-12, relative above 1, and not beyond", () => {
    expect(differs(0.3, 0.1 + 0.2)).toEqual([]);
    expect(differs(1e6, 1e6 + 1e-7)).toEqual([]);
    expect(differs(0.3, 0.3 + 1e-11)).toEqual([""]);
  });

  test("key by key, and a key too many or too few is a difference", () => {
    expect(differs({ a: 1, b: [1, 2] }, { b: [1, 2], a: 1 })).toEqual([]);
    expect(differs({ a: 1, b: [1, 2] }, { a: 1, b: [2, 1] })).toEqual(["b.0", "b.1"]);
    expect(differs({ a: 1 }, {})).toEqual(["a"]);
    expect(differs({}, { a: 1 })).toEqual(["a"]);
  });

  test("with NaN where the reference has it, and nowhere else", () => {
    expect(differs({ $num: "NaN" }, Number.NaN)).toEqual([]);
    expect(differs({ $num: "-Infinity" }, Number.NEGATIVE_INFINITY)).toEqual([]);
    expect(differs({ $num: "NaN" }, 0)).toEqual([""]);
  });

  test("with an error only when it is undefined or a RangeError, never with a number", () => {
    const error = { $error: "ZeroDivisionError" };
    for (const value of [undefined, null, Number.NaN]) expect(differs(error, value)).toEqual([]);
    expect(differs(error, 0)).toEqual([""]);
    const thrown = (one: Error) => compareOutcome(error, { error: one }, { tolerance: exactFloats }).length;
    expect([thrown(new RangeError("no pairs")), thrown(new TypeError("a mistake"))]).toEqual([0, 1]);
    expect(compareOutcome(1, { error: new RangeError("no pairs") }, { tolerance: exactFloats })).toHaveLength(1);
  });

  test("with any of the letters a reference draws from, or none", () => {
    const drawn = { $random: ["A", "B"] };
    expect([differs(drawn, "B"), differs(drawn, undefined), differs(drawn, "C")]).toEqual([[], [], [""]]);
    expect(differs({ parsed_any_of: [["a"], ["b"]] }, { parsed: ["b"] })).toEqual([]);
    expect(differs({ parsed_any_of: [["a"], ["b"]] }, { parsed: ["c"] })).toEqual(["parsed_any_of"]);
  });

  test("as a multiset where a list stands for a set", () => {
    expect(differs({ set: [1, 2, 2] }, { set: [2, 1, 2] }, ["set"])).toEqual([]);
    expect(differs({ set: [1, 2, 2] }, { set: [2, 1, 1] }, ["set"])).toEqual(["set"]);
  });

  test("after Python's float was told from its int", () => {
    expect(decodeInput({ value: { $float: 1 }, list: [{ $num: "Infinity" }] })).toEqual({
      value: new PythonFloat(1),
      list: [Number.POSITIVE_INFINITY],
    });
  });
});

const lines = (...rows: unknown[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join("");
const anlsLines = (expected: number) =>
  lines(
    { id: "a-1", fn: "pix2struct.anls", input: { references: ["abcd"], prediction: "abcd" }, expected: 100 },
    { id: "a-2", fn: "pix2struct.anls", input: { references: ["abcd"], prediction: "abcx" }, expected },
  );

describe("npm run vectors", () => {
  const run = async (...args: string[]) => {
    const printed: string[] = [];
    const exitCode = await checkVectors(args, (text) => printed.push(text));
    return { exitCode, printed, last: printed.at(-1) };
  };

  test("counts lines that agree and exits 3 on a difference, plain or gzip'd", async () => {
    const [right, wrong] = [join(folder, "right.jsonl.gz"), join(folder, "wrong.jsonl")];
    await writeFile(right, gzipSync(anlsLines(75)));
    await writeFile(wrong, anlsLines(76));
    expect(await run("anls", right)).toMatchObject({ exitCode: 0, printed: ["2 passed, 0 failed"] });
    const failed = await run("anls", wrong);
    expect(failed).toMatchObject({ exitCode: 3, last: "1 passed, 1 failed" });
    expect(failed.printed.join("\n")).toContain("a-2");
  });

  test("a file without cases has failed", async () => {
    const empty = join(folder, "empty.jsonl");
    await writeFile(empty, "\n");
    expect(await run("anls", empty)).toMatchObject({ exitCode: 3, last: "0 passed, 0 failed" });
  });

  test("a line with an unknown function or without expected has failed", async () => {
    const odd = join(folder, "odd.jsonl");
    await writeFile(
      odd,
      lines({ id: "x", fn: "nothing", input: {}, expected: 1 }, { id: "y", fn: "lmms.anls", input: {} }),
    );
    expect((await run("anls", odd)).last).toBe("0 passed, 2 failed");
  });

  test("a misspelt name is the user's error with the nearest name, and so is a missing file", async () => {
    await expect(run()).rejects.toThrow(/no vectors named ""/);
    await expect(run("vqa_acuracy", "x")).rejects.toThrow(/no vectors named "vqa_acuracy"/);
    await expect(run("anls")).rejects.toThrow(/one file is wanted/);
    await expect(run("anls", join(folder, "absent.jsonl"))).rejects.toThrow(/no such file/);
  });

  test("runs from a clone by its own line in package.json", async () => {
    const path = join(folder, "clone.jsonl");
    await writeFile(path, anlsLines(76));
    const { status, stdout } = spawnSync("npm", ["run", "--silent", "vectors", "--", "anls", path], {
      encoding: "utf8",
    });
    expect([status, stdout.trimEnd().split("\n").at(-1)]).toEqual([3, "1 passed, 1 failed"]);
  });
});

describe("benchmark folders", () => {
  const toy: Benchmark = {
    row: Type.Object({ answer: Type.String(), response: Type.String() }),
    evaluate: (rows: readonly { answer: string; response: string }[]) => {
      const official = rows.map((row) => ({ correct: row.answer === row.response ? 1 : 0 }));
      return { metrics: { accuracy: official.filter(({ correct }) => correct === 1).length / rows.length }, official };
    },
  };
  const write = async (name: string, expected: object, ...rows: object[]) => {
    const path = join(folder, name);
    await mkdir(path, { recursive: true });
    await writeFile(
      join(path, "expected.json"),
      JSON.stringify({ predictions: "p.jsonl", tolerance: 1e-9, ...expected }),
    );
    await writeFile(join(path, "p.jsonl"), lines(...rows));
    return checkBenchmarkFolder(path, { toy });
  };
  const row = (response: string, correct: number) => ({ case: "m", answer: "a", response, official: { correct } });

  test("the number of rows, every metric and every row's own score are compared", async () => {
    const cases = { m: { n: 2, metrics: { accuracy: 0.5 } } };
    expect(await write("good", { benchmark: "toy", cases }, row("a", 1), row("b", 0))).toMatchObject({
      passed: 4,
      failed: 0,
    });
    const wrong = await write("wrong", { benchmark: "toy", cases }, row("a", 1), row("b", 1));
    expect(wrong?.differences.map(({ path, row: at }) => [path, at])).toEqual([["official.correct", 1]]);
    expect(await write("short", { benchmark: "toy", cases }, row("a", 1))).toMatchObject({ failed: 2 });
  });

  test("an unknown metric and a folder without cases have failed; an unknown benchmark has no report", async () => {
    expect(await write("unknown", { benchmark: "nobody", cases: {} })).toBe(undefined);
    expect(await write("none", { benchmark: "toy", cases: {} })).toMatchObject({ passed: 0, failed: 1 });
    const metric = { m: { n: 1, metrics: { bleu: 1 } } };
    expect(await write("metric", { benchmark: "toy", cases: metric }, row("a", 1))).toMatchObject({ failed: 1 });
  });

  test("folders are found at any depth, and a row without a field names its line", async () => {
    const path = join(folder, "deep", "er");
    await mkdir(path, { recursive: true });
    await writeFile(
      join(path, "expected.json"),
      JSON.stringify({ benchmark: "toy", predictions: "p.jsonl", tolerance: 1, cases: { m: { n: 1, metrics: {} } } }),
    );
    await writeFile(join(path, "p.jsonl"), lines({ case: "m", answer: "a" }));
    expect(findData(join(folder, "deep"))).toEqual([{ kind: "outputs", path }]);
    expect(() => checkBenchmarkFolder(path, { toy })).toThrow(/response/);
  });
});

describe("npm run conformance", () => {
  const run = async (...args: string[]) => {
    const printed: string[] = [];
    const exitCode = await checkFolders(args, (text) => printed.push(text));
    return { exitCode, printed, last: printed.at(-1) };
  };
  const put = async (path: string, text: string) => {
    await mkdir(join(folder, path, ".."), { recursive: true });
    await writeFile(join(folder, path), text);
  };

  test("exits 3 where nothing was checked", async () => {
    await mkdir(join(folder, "nothing"), { recursive: true });
    expect(await run(join(folder, "nothing"))).toMatchObject({ exitCode: 3, last: "0 passed, 0 failed" });
    await put("alone/never_seen.jsonl", anlsLines(75));
    expect(await run(join(folder, "alone"))).toMatchObject({ exitCode: 3, last: "0 passed, 0 failed" });
    await expect(run(join(folder, "absent"))).rejects.toThrow(/no such folder/);
    await expect(run("--al", folder)).rejects.toThrow(/no option "--al"/);
  });

  test("names what has no adapter, goes on, and counts it as a failure only with --all", async () => {
    await put("some/anls.jsonl", anlsLines(75));
    await put("some/never_seen.jsonl", anlsLines(75));
    await put(
      "some/nobody/expected.json",
      JSON.stringify({ benchmark: "nobody", predictions: "p", tolerance: 1, cases: {} }),
    );
    await put("some/their-run/reference.json", "{}");
    await put("some/their-run/judge.jsonl", "{}");
    const { exitCode, printed, last } = await run(join(folder, "some"));
    expect([exitCode, last]).toEqual([0, "2 passed, 0 failed"]);
    expect(printed.filter((text) => text.endsWith("not yet")).map((text) => text.split(" ")[0])).toEqual([
      "never_seen.jsonl",
      "nobody",
      "their-run",
    ]);
    expect(printed.at(-2)).toBe("3 not yet: no adapter for them here");
    expect(await run("--all", join(folder, "some"))).toMatchObject({ exitCode: 3, last: "2 passed, 0 failed" });
  });

  test("a file or folder that cannot be read has failed, and the rest is still checked", async () => {
    await put("broken/anls.jsonl", "no json");
    await put("broken/deeper/expected.json", "{");
    await put("broken/more/anls.jsonl", anlsLines(75));
    expect(await run(join(folder, "broken"))).toMatchObject({ exitCode: 3, last: "2 passed, 2 failed" });
  });

  test("knows a file of a collection by its folder too", () => {
    expect(vectorName("/x/scorers/anls.jsonl.gz")).toBe("anls");
    expect(vectorName("/x/anls.jsonl")).toBe("anls");
    expect(vectorName("/x/vlmevalkit/mathvista.jsonl.gz")).toBe("vlmevalkit/mathvista");
    expect(vectorName("/x/video/scorers/mvbench.jsonl")).toBe("video/mvbench");
  });
});

test("a difference is reported with its input, so that it can be repeated", async () => {
  const path = join(folder, "one.jsonl");
  await writeFile(path, lines({ id: "q", input: { text: "x" }, expected: "y" }));
  const report = await checkVectorFile({ functions: { "": ({ text }: { text: string }) => text } }, path);
  expect(report).toEqual({
    passed: 0,
    failed: 1,
    unsupported: new Map(),
    tasks: [],
    linesByTask: 0,
    differences: [{ id: "q", input: { text: "x" }, path: "", expected: "y", actual: "x" }],
    byScoring: new Map(),
  });
});
