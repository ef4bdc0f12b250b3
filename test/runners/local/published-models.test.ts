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

    test("a decoder that is unknown is what is said of a checkpoint, not the grid that follows from it", async () => {
      await using folder = await checkpointFolder({
        "config.json": {
          ...{ architectures: ["LlavaNextForConditionalGeneration"], model_type: "llava_next" },
          ...{ image_grid_pinpoints: [[336, 672]], image_token_index: 32_000, vision_feature_layer: -2 },
          text_config: { model_type: "granite", hidden_size: 2048 },
          vision_config: {
            ...{ model_type: "siglip_vision_model", image_size: 384, patch_size: 14, hidden_size: 1152 },
            ...{ num_hidden_layers: 26, num_attention_heads: 16, intermediate_size: 4304 },
          },
        },
      });
      const report = await reportModel({ checkpoint: folder.path });
      expect(report.unsupported.map(({ value }) => value)).toContain("granite");
    });

    // Sizes of the towers and of the KV cache, and the most tokens of an image, as the specification derives them.
    test("LLaVA-OneVision 7B: SigLIP without its last layer, up to 8,765 tokens an image, several padded and stacked", async () => {
      await using folder = await checkpointFolder({
        "config.json": {
          ...{ model_type: "llava_qwen", architectures: ["LlavaQwenForCausalLM"], torch_dtype: "bfloat16" },
          ...{ hidden_size: 3584, num_hidden_layers: 28, num_attention_heads: 28, num_key_value_heads: 4 },
          ...{ intermediate_size: 18_944, vocab_size: 152_064, rope_theta: 1e6, max_position_embeddings: 32_768 },
          ...{ mm_vision_tower: "google/siglip-so400m-patch14-384", mm_hidden_size: 1152 },
          ...{ mm_projector_type: "mlp2x_gelu", mm_vision_select_layer: -2, mm_patch_merge_type: "spatial_unpad" },
          ...{ image_aspect_ratio: "anyres_max_9", image_grid_pinpoints: "(1x1),...,(6x6)" },
          ...{ mm_spatial_pool_mode: "bilinear", mm_tunable_parts: "mm_vision_tower,mm_mlp_adapter,mm_language_model" },
        },
      });
      const report = await reportModel({ checkpoint: folder.path });
      expect(report.unsupported).toEqual([]);
      expect(report.unknown).toEqual([]);
      expect(report).toMatchObject({ family: "llava-onevision", mostImageTokens: 8765, images: "stacked-pad" });
      expect(report).toMatchObject({ kvBytesPerToken: 57_344, parameters: { vision: 397_747_744 } });
      expect(report.vision).toMatchObject({ type: "siglip", layers: 26, layersUsed: 26, imageSize: 384 });
      expect(report.clips).toEqual({
        ...{ pool: "bilinear", place: "after-projector", newline: "one_token", refusal: null },
      });
    });

    test("llava-next-72b has 72.7 billion parameters", async () => {
      const { config } = publishedModels[0];
      await using folder = await checkpointFolder({ "config.json": config });
      const { parameters } = await reportModel({ checkpoint: folder.path });
      expect(((parameters.total ?? 0) / 1e9).toFixed(1)).toBe("72.7");
    });
  },
);
