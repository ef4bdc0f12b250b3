import { test } from "vitest";
import { openRunner } from "../../../src/runners/index.js";
import { runnerContract } from "../contract.js";
import { noEngine } from "./engine-here.js";
import { askableCheckpoint, goldenCase } from "./golden-checkpoint.js";

const name = "llava-next-qwen-tiny";
const missing = noEngine() ?? (goldenCase(name) ? undefined : "the golden checkpoint is not here");

if (missing === undefined) {
  runnerContract({
    name: "local",
    open: async () => {
      const checkpoint = await askableCheckpoint(name);
      const config = { runner: "local", checkpoint: checkpoint.path, template: checkpoint.template } as const;
      return {
        runner: await openRunner(config, { device: "cpu" }),
        close: async () => checkpoint[Symbol.asyncDispose](),
      };
    },
  });
} else {
  test.skip(`the runner local (skipped: ${missing})`);
}
