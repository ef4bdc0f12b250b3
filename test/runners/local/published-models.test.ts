import { describe, expect, test } from "vitest";
import { reportModel } from "../../../src/runners/local/model-report.js";
import { checkpointFolder } from "./checkpoint-folder.js";
import { noEngine } from "./engine-here.js";
import { publishedModels } from "./published-models.js";

const missing = noEngine();

describe.skipIf(missing !== undefined)(
  `published checkpoints, from their configs${missing ? ` (skipped: ${missing})` : ""}`,
  () => {
    test.each(publishedModels)(
      "$name has the published size",
      async ({ config, parameters, projector, gib, kvBytes }) => {
        await using folder = await checkpointFolder({ "config.json": config });
        const report = await reportModel({ checkpoint: folder.path });
        expect(report.unsupported).toEqual([]);
        expect(report.hasWeights).toBe(false);
        expect(report.parameters.total).toBe(parameters);
        const newline = config.image_aspect_ratio === "anyres" ? config.hidden_size : 0;
        expect(report.parameters.projector).toBe(projector + newline);
        expect((parameters * 2) / 2 ** 30).toBeCloseTo(gib, 2);
        expect(report.kvBytesPerToken).toBe(kvBytes);
        // 576 of the whole image; anyres adds 48 rows of 48 and a newline for each.
        expect(report.mostImageTokens).toBe(config.image_aspect_ratio === "anyres" ? 576 + 48 * 49 : 576);
        expect(report.memoryPlan.length).toBeGreaterThan(0);
      },
    );

    test("llava-next-72b has 72.7 billion parameters", async () => {
      const { config } = publishedModels[0];
      await using folder = await checkpointFolder({ "config.json": config });
      const { parameters } = await reportModel({ checkpoint: folder.path });
      expect(((parameters.total ?? 0) / 1e9).toFixed(1)).toBe("72.7");
    });
  },
);
