/** Every line of every vector file and every real output, through the code that scores runs. */

import { basename, join } from "node:path";
import { describe, expect, test } from "vitest";
import { hasFfmpeg, withoutFfmpeg } from "../video/with-ffmpeg.js";
import { checkBenchmarkFolder } from "./benchmark-folder.js";
import { outputFolders, outputsElsewhere, ownOutputs, ownVectors, sharedConformance } from "./data-folders.js";
import { findData, vectorName } from "./find-data.js";
import { benchmarks } from "./outputs/table.js";
import { checkVectorFile } from "./vector-file.js";
import { vectorFiles } from "./vectors/table.js";

describe("vectors made by running the references' code", () => {
  test("every file has a scorer, and every scorer a file", () => {
    expect([...ownVectors.keys()].sort()).toEqual(Object.keys(vectorFiles).sort());
  });

  /** And the lines that are then not counted. */
  const needsFfmpeg = new Map([["video/frames", 58]]);
  const notCounted = hasFfmpeg ? 0 : [...needsFfmpeg.values()].reduce((sum, lines) => sum + lines, 0);
  let total = 0;
  for (const [name, path] of ownVectors) {
    const skipped = needsFfmpeg.has(name) && !hasFfmpeg;
    test.skipIf(skipped)(`${name}: every line agrees${skipped ? withoutFfmpeg : ""}`, async () => {
      const report = await checkVectorFile(vectorFiles[name] ?? { functions: {} }, path);
      expect(report.differences.slice(0, 5)).toEqual([]);
      expect(report.failed).toBe(0);
      expect(report.passed).toBeGreaterThan(0);
      const unsupported = [...report.unsupported.values()].reduce((sum, count) => sum + count, 0);
      expect(unsupported).toBeLessThanOrEqual((report.passed + unsupported) / 5);
      // Either a task's own score, or said to be a part.
      expect(report.tasks.length > 0).toBe(vectorFiles[name]?.part === undefined);
      total += report.passed;
    });
  }

  test("together they are 87,934 cases", () => {
    expect(total).toBe(87_934 - notCounted);
  });
});

describe("outputs of published models, scored by the official code", () => {
  const check = (folder: string) => {
    const report = checkBenchmarkFolder(folder, benchmarks);
    expect(report?.differences.slice(0, 5)).toEqual([]);
    expect(report?.failed).toBe(0);
    expect(report?.passed).toBeGreaterThan(0);
    expect((report?.tasks.length ?? 0) > 0).toBe(benchmarks[report?.benchmark ?? ""]?.part === undefined);
  };
  for (const folder of ownOutputs) test(`${basename(folder)}: every score agrees`, () => check(folder));

  for (const name of outputsElsewhere) {
    const skipped = sharedConformance === undefined;
    const why = skipped ? " (skipped: ../shared/conformance is not on this machine)" : "";
    test.skipIf(skipped)(`${name}, kept beside the repository: every score agrees${why}`, () => {
      check(join(sharedConformance as string, name));
    });
  }

  const collections = sharedConformance === undefined ? [] : findData(sharedConformance);
  for (const { path } of collections.filter(({ kind }) => kind === "vectors")) {
    const name = vectorName(path);
    const file = name.includes("/") && !ownVectors.has(name) ? vectorFiles[name] : undefined;
    if (file === undefined) continue;
    test(`${name}, kept beside the repository: every line agrees`, async () => {
      const report = await checkVectorFile(file, path);
      expect(report.differences.slice(0, 5)).toEqual([]);
      expect(report.passed).toBeGreaterThan(0);
    });
  }

  test.skipIf(sharedConformance === undefined)("no folder beside the repository is forgotten here", () => {
    const there = outputFolders(sharedConformance as string).map((folder) => basename(folder));
    expect([...ownOutputs.map((folder) => basename(folder)), ...outputsElsewhere].sort()).toEqual(there.sort());
  });
});
