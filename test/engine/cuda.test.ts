/** The CUDA back end on an emulated GPU: the kernels' own sources, thread by thread, on the CPU. */
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { EngineProgram, goldenFolder } from "./engine-program.js";

const program = new EngineProgram("engine-emulated");
const { missing } = program;
const folder = (name: string) => join(goldenFolder, name);

describe.skipIf(missing !== undefined)(`CUDA, emulated${missing ? ` (skipped: ${missing})` : ""}`, () => {
  test("every op agrees with the oracle, alone and in any batch", { timeout: 1_200_000 }, () => {
    const { stdout, code } = program.run("selftest", "--device", "cuda:0");
    expect(stdout).toMatch(/[1-9]\d* passed, 0 failed/);
    expect(code).toBe(0);
  });

  test("the golden cases pass, whole and in two pipeline stages", { timeout: 1_200_000 }, () => {
    for (const [name, stages] of [
      ["llava-next-qwen-tiny", "1"],
      ["llava15-vicuna-tiny", "2"],
    ] as const) {
      const { stdout, stderr } = program.run("golden", folder(name), "--device", "cuda:0", "--stages", stages);
      expect(stdout, stderr).toMatch(/^1 passed, 0 failed$/m);
    }
  });

  test("answers are bit-equal alone, together, reversed, chunked, shared or not, on any number of stages", {
    timeout: 1_200_000,
  }, () => {
    const { stdout, code } = program.run("invariance", folder("llava-next-mistral-tiny"), "--device", "cuda:0");
    expect(stdout).toMatch(/[1-9]\d* passed, 0 failed/);
    expect(code).toBe(0);
  });
});
