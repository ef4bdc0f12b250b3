import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "vitest";
import { packageRoot } from "../../../src/core/package-root.js";
import { openRunner } from "../../../src/runners/index.js";
import { runnerContract } from "../contract.js";
import { noEngine } from "./engine-here.js";
import { askableCheckpoint, goldenCase } from "./golden-checkpoint.js";

const name = "llava-next-qwen-tiny";
const missing = noEngine() ?? (goldenCase(name) ? undefined : "the golden checkpoint is not here");

const demo = join(packageRoot, "configs", "demo", "model");

if (noEngine() === undefined && existsSync(join(demo, "model.safetensors"))) {
  runnerContract({
    name: "local, the demo model",
    open: async () => ({ runner: await openRunner({ runner: "local", checkpoint: demo }), close: async () => {} }),
    secrets: [packageRoot],
  });
}

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
