/** The engine without Node: `llava-engine` on the golden cases of the repository, its own selftests, and hostile files. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { EngineProgram, goldenFolder } from "./engine-program.js";

// Every op in every instruction set and fifteen checkpoints: minutes where other work shares the processor.
vi.setConfig({ testTimeout: 600_000 });

interface GoldenJson {
  passed: number;
  failed: number;
  cases: { case: string; passed: boolean; stages: { stage: string; compared: number; failed: number }[] }[];
}

const program = new EngineProgram("engine");
const noCompiler = program.missing;
const scratch = mkdtempSync(join(tmpdir(), "llava-engine-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe.skipIf(noCompiler !== undefined)(`llava-engine${noCompiler ? ` (skipped: ${noCompiler})` : ""}`, () => {
  describe("golden", () => {
    let report: GoldenJson;
    beforeAll(() => {
      report = JSON.parse(program.run("golden", goldenFolder, "--json").stdout) as GoldenJson;
    });

    test("every case of the repository passes on the CPU back end", () => {
      expect(report.cases.filter((one) => !one.passed)).toEqual([]);
      expect(report).toMatchObject({ passed: 18, failed: 0 });
    });

    test("every stage that the reference recorded was compared", () => {
      const stages = new Set(report.cases.flatMap((one) => one.stages.map(({ stage }) => stage)));
      for (const stage of [
        ...["decoded RGB", "pixels", "pixel_values", "token counts", "tower embeddings", "tower states", "tower"],
        ...["projected", "packed", "embeds", "decoder states", "logits", "logits, all positions", "batch"],
        ...["batch = alone, bits", "greedy ids", "repetition penalty", "log-likelihood", "is greedy", "stop tokens"],
        ...["pixels, hw", "logits, hw", "pixels, crop", "logits, crop", "logits, window W", "logits, window W+1"],
        ...["pixel_values, whole", "packed, slots", "packed, row sums", "merged length, hf445", "logits, hf445"],
        ...["token counts, anyres_max_9", "token counts, clips", "tiles of 384", "pools"],
        ...["resized sizes", "pixel_values, torchvision", "logits, hub", "packed, hub", "frame windows"],
        ...["smart resize, 4b_twice", "resize to any size, pillow13_ patches", "resize to any size, fast_ patches"],
        ...["logits, bf16", "logits, bf16 mean", "resize", "anyres canvas", "anyres tiles", "anyres pixel_values"],
      ]) {
        expect(stages).toContain(stage);
      }
    });

    test("two pipeline stages give the same", () => {
      const { stdout, code } = program.run("golden", join(goldenFolder, "llava-next-qwen-tiny"), "--stages", "2");
      expect(stdout).toMatch(/^1 passed, 0 failed$/m);
      expect(code).toBe(0);
    });

    test("the oracle passes, too", () => {
      const { stdout } = program.run("golden", join(goldenFolder, "llava15-vicuna-tiny"), "--device", "reference");
      expect(stdout).toMatch(/^1 passed, 0 failed$/m);
    });

    test("a wrong weight is noticed, and exits with 3", () => {
      const folder = join(scratch, "damaged");
      cpSync(join(goldenFolder, "llava15-vicuna-tiny"), folder, { recursive: true });
      const weights = readFileSync(join(folder, "model.safetensors"));
      weights.fill(0, weights.length - 4096);
      writeFileSync(join(folder, "model.safetensors"), weights);
      const { stdout, code } = program.run("golden", folder);
      expect(stdout).toMatch(/logits .* FAILED/);
      expect(stdout).toMatch(/^0 passed, 1 failed$/m);
      expect(code).toBe(3);
    });

    test("no case at all, and a folder of no known kind, are errors", () => {
      mkdirSync(join(scratch, "empty"));
      expect(program.run("golden", join(scratch, "empty"))).toMatchObject({ code: 1 });
      mkdirSync(join(scratch, "odd", "what-is-this"), { recursive: true });
      const odd = program.run("golden", join(scratch, "odd"));
      expect(odd.code).toBe(1);
      expect(odd.stderr).toContain("no known kind");
    });
  });

  test("answers are bit-equal alone, together, reversed, chunked, shared or not, on any number of threads and stages", () => {
    const { stdout, code } = program.run(
      "invariance",
      join(goldenFolder, "llava-next-qwen-tiny"),
      join(goldenFolder, "llava-next-mistral-tiny"),
    );
    expect(stdout).toMatch(/^4 passed, 0 failed$/m);
    expect(stdout).toMatch(/prefixes were shared/);
    expect(code).toBe(0);
  });

  test("so they are of each family after LLaVA-NeXT, clips included", () => {
    const families = ["ov-tied-tiny", "llava-video-tiny-native", "next-video-tiny", "interleave-tiny"];
    const qwen3 = ["llava-qwen3-tiny", "ov15-qwen3-tiny", "ov2-qwen3-tiny"];
    const folders = [...families, ...qwen3].map((name) => join(goldenFolder, name));
    const { stdout } = program.run("invariance", ...folders);
    expect(stdout).toMatch(/^14 passed, 0 failed$/m);
  });

  test("every op agrees with the oracle", () => {
    const { stdout, code } = program.run("selftest");
    expect(stdout).toMatch(/\d+ passed, 0 failed/);
    expect(code).toBe(0);
  });

  test("mutated configs, headers and checkpoints are errors that say what, where and what to do", () => {
    const folders = ["llava-next-qwen-tiny", "llava-next-qwen-tiny-native"].map((name) => join(goldenFolder, name));
    const { stdout, code } = program.run("fuzz", ...folders, "--seconds", "5");
    expect(stdout).toMatch(/\d+ accepted, \d+ refused, 0 failed/);
    expect(code).toBe(0);
  });

  test("load tells what a checkpoint is and costs", () => {
    const { stdout } = program.run("load", join(goldenFolder, "llava-next-qwen-tiny"), "--json");
    expect(JSON.parse(stdout)).toMatchObject({
      model: { layout: "converted", family: "llava-next", parameters: { total: 681600 } },
      weightBytes: 681600 * 2,
    });
  });

  test("more devices than layers is an error that names the layers", () => {
    const devices = Array.from({ length: 7 }, () => "cpu").join(",");
    const { stderr, code } = program.run("load", join(goldenFolder, "llava15-vicuna-tiny"), "--device", devices);
    expect(stderr).toContain("a model of 3 layers cannot be split over 7 devices");
    expect(code).toBe(1);
  });

  test("a wrong command shows the usage and exits with 1", () => {
    expect(program.run("dance")).toMatchObject({ code: 1, stderr: expect.stringContaining("llava-engine golden") });
  });
});
