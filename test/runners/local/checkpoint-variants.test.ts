/** The demo model as training scripts, converters, newer libraries and accidents leave it: the same answers, or the reason why not. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { UserError } from "../../../src/core/errors.js";
import { encodedImage } from "../../../src/images/encoded.js";
import { openLocal } from "../../../src/runners/local/index.js";
import { reportModel } from "../../../src/runners/local/model-report.js";
import type { LocalOptions } from "../../../src/runners/local/options.js";
import {
  type DemoConfig,
  demoConfig,
  demoTensors,
  nativeConfig,
  nativeTensors,
  nativeTower,
  readDemoJson,
  renamed,
  safetensorsOf,
  type Tensors,
  type Variant,
  variantFolder,
  without,
} from "../../fakes/checkpoints.js";
import { noEngine } from "./engine-here.js";

const missing = noEngine();
const never = new AbortController().signal;
const image = encodedImage(readFileSync(join(import.meta.dirname, "../../images/data/rgb.png")), "rgb.png");

/** Log-probabilities of four answers: they change with the last bit of any weight, position or pixel. */
async function numbersOf(variant: Variant, options: Partial<LocalOptions> = {}): Promise<string> {
  await using folder = await variantFolder(variant);
  await using runner = await openLocal({
    checkpoint: folder.path,
    device: "cpu",
    template: "qwen_1_5",
    gridOrder: "hw",
    ...options,
  });
  const { likelihoods } = await runner.loglikelihood(
    {
      id: "1",
      seed: 0,
      prompt: {
        messages: [
          {
            role: "user",
            parts: [
              { type: "image", image },
              { type: "text", text: "How many shapes are there, and where is the red one?" },
            ],
          },
        ],
      },
      continuations: ["yes", "no", "two", "red"],
    },
    never,
  );
  return JSON.stringify(likelihoods?.map(({ logprob }) => logprob));
}
const report = async (variant: Variant) => {
  await using folder = await variantFolder(variant);
  return await reportModel({ checkpoint: folder.path });
};
const errorOf = async (variant: Variant): Promise<string> => {
  await using folder = await variantFolder(variant);
  const opened = await openLocal({ checkpoint: folder.path, device: "cpu" }).catch((error: unknown) => error);
  expect(opened).toBeInstanceOf(UserError);
  return (opened as UserError).format();
};

const text = (change: (fields: Record<string, unknown>) => void) => demoConfig((c) => change(c.text_config));
const rope = (theta: number) => ({ rope_theta: theta, rope_type: "default" });
const withRope = (rope_parameters: unknown) =>
  text((fields) => {
    delete fields.rope_theta;
    Object.assign(fields, { rope_parameters });
  });
const noHead = without(demoTensors, /lm_head/);
const names = Object.keys(demoTensors);
const half = names.length >> 1;
const part = (from: number, to: number): Tensors =>
  Object.fromEntries(names.slice(from, to).map((name) => [name, demoTensors[name]])) as Tensors;
const shards = {
  "model-00001-of-00002.safetensors": safetensorsOf(part(0, half)),
  "model-00002-of-00002.safetensors": safetensorsOf(part(half, names.length)),
};
const index = (names: readonly string[]) =>
  JSON.stringify({
    metadata: {},
    weight_map: Object.fromEntries(
      names.map((name, i) => [name, `model-0000${i < half ? 1 : 2}-of-00002.safetensors`]),
    ),
  });
/** Names of transformers 4.52 to 5. */
const name452 = (name: string) =>
  name
    .replace(/^language_model\.model\./, "model.language_model.")
    .replace(/^language_model\.lm_head/, "lm_head")
    .replace(/^(vision_tower|multi_modal_projector|image_newline)/, "model.$1");
const flatClip = (name: string) => name.replace(/vision_tower\.vision_model\./, "vision_tower.");
const halfConstants = { image_mean: [0.5, 0.5, 0.5], image_std: [0.5, 0.5, 0.5] };
const nestedProcessor = (more: Record<string, unknown> = {}) =>
  JSON.stringify({
    processor_class: "LlavaNextProcessor",
    patch_size: 16,
    image_token: "<image>",
    image_processor: {
      image_processor_type: "LlavaNextImageProcessorFast",
      do_resize: true,
      do_normalize: true,
      size: { shortest_edge: 32 },
      crop_size: { height: 32, width: 32 },
      resample: 3,
      rescale_factor: 1 / 255,
      data_format: "channels_first",
      ...halfConstants,
      ...more,
    },
  });
const native = (more: Record<string, unknown>) =>
  numbersOf({ config: nativeConfig(more), tensors: nativeTensors, files: nativeTower });
const mistral = (more: Record<string, unknown> = {}) =>
  nativeConfig({
    architectures: ["LlavaMistralForCausalLM"],
    model_type: "llava_mistral",
    sliding_window: null,
    ...more,
  });
const mistralTensors = without(nativeTensors, /^model\.layers.*self_attn\.[qkv]_proj\.bias/);

describe.skipIf(missing !== undefined)(`variants of a checkpoint${missing ? ` (skipped: ${missing})` : ""}`, () => {
  test.each<[string, Variant]>([
    ["the names of transformers 4.52", { tensors: renamed(demoTensors, name452) }],
    ["those of 5, without vision_model", { tensors: renamed(demoTensors, (name) => flatClip(name452(name))) }],
    ["old names without vision_model", { tensors: renamed(demoTensors, flatClip) }],
    ["shards with an index", { tensors: null, files: { ...shards, "model.safetensors.index.json": index(names) } }],
    ["shards without an index", { tensors: null, files: shards }],
    [
      "the fields of transformers 5",
      {
        config: demoConfig((c) => {
          const { torch_dtype: dtype, image_token_index: image_token_id } = c;
          delete c.torch_dtype;
          delete c.image_token_index;
          Object.assign(c, { dtype, image_token_id });
          Object.assign(c.text_config, { head_dim: null });
        }),
      },
    ],
    ["a base in rope_parameters", { config: withRope(rope(1e4)) }],
    ["an adapter's file beside it", { files: { "adapter_model.safetensors": safetensorsOf({}) } }],
    ["a byte-order mark", { files: { "config.json": `\uFEFF${JSON.stringify(demoConfig())}` } }],
    [
      "the keys of the newer image processor",
      {
        files: {
          "preprocessor_config.json": JSON.stringify({
            ...readDemoJson("preprocessor_config.json"),
            image_processor_type: "LlavaNextImageProcessorFast",
            pad_size: null,
            disable_grouping: null,
            do_pad: true,
            image_seq_length: 4,
          }),
        },
      },
    ],
  ])("%s changes no bit", async (_, variant) => {
    expect(await numbersOf(variant)).toBe(await numbersOf({}));
  });

  test("the LLaVA repository's layout has the same likeliest answers, without vision_model the same bits", async () => {
    const files = nativeTower;
    const flat = await numbersOf({ config: nativeConfig(), tensors: renamed(nativeTensors, flatClip), files });
    expect(flat).toBe(await native({}));
    // Its softmax runs over the tokenizer's tokens alone: only the unlikely differ, in the last bits.
    const [yes, no] = JSON.parse(flat) as number[];
    expect((JSON.parse(await numbersOf({})) as number[]).slice(0, 2)).toEqual([yes, no]);
  });

  test("the base of the rotation is read in every layout, and changes the numbers", async () => {
    const converted = await numbersOf({ config: text((fields) => Object.assign(fields, { rope_theta: 1e6 })) });
    expect(converted).not.toBe(await numbersOf({}));
    expect(await numbersOf({ config: withRope(rope(1e6)) })).toBe(converted);
    expect(await numbersOf({ config: withRope({ full_attention: rope(1e6), sliding_attention: rope(1e6) }) })).toBe(
      converted,
    );
    expect(await native({ rope_parameters: rope(1e6), rope_theta: undefined })).toBe(await native({ rope_theta: 1e6 }));
    expect(await native({ rope_theta: 1e6 })).not.toBe(await native({}));
    for (const fields of [{ rope_theta: undefined, rope_parameters: rope(1e6) }, { rope_theta: 1e6 }]) {
      const described = await report({ config: mistral(fields), tensors: mistralTensors, files: nativeTower });
      expect(described.text?.ropeTheta).toBe(1e6);
    }
    const differing = { config: withRope({ full_attention: rope(1e6), sliding_attention: rope(1e4) }) };
    expect(await errorOf(differing)).toContain("rope_parameters");
  });

  test("the image processor inside processor_config.json counts, for numbers and for what is refused", async () => {
    const nested = (more = {}): Variant => ({
      files: { "preprocessor_config.json": null, "processor_config.json": nestedProcessor(more) },
    });
    const older = JSON.stringify({ ...readDemoJson("preprocessor_config.json"), ...halfConstants });
    const halves = await numbersOf({ files: { "preprocessor_config.json": older } });
    expect(await numbersOf(nested())).toBe(halves);
    expect(halves).not.toBe(await numbersOf({}));
    expect(await errorOf(nested({ resample: 0 }))).toMatch(/processor_config resample = 0: only bicubic/);
  });

  test.each<[string, Variant, RegExp]>([
    ["an untied head that is missing", { tensors: noHead }, /lm_head\.weight is missing[\s\S]*tie_word_embeddings/],
    [
      "a head that no shard and no index has",
      {
        tensors: null,
        files: {
          "model-00001-of-00002.safetensors": safetensorsOf(without(part(0, half), /lm_head/)),
          "model-00002-of-00002.safetensors": safetensorsOf(without(part(half, names.length), /lm_head/)),
          "model.safetensors.index.json": index(names).replace(/"language_model\.lm_head\.weight":"[^"]*",?/, ""),
        },
      },
      /lm_head\.weight is missing/,
    ],
    [
      "a shard that is missing",
      { tensors: null, files: { ...shards, "model-00002-of-00002.safetensors": "" } },
      /malformed safetensors/,
    ],
    [
      "a shard that is missing, and the index too",
      { tensors: null, files: { "model-00001-of-00002.safetensors": shards["model-00001-of-00002.safetensors"] } },
      /shard model-00002-of-00002\.safetensors is missing, and so is model\.safetensors\.index\.json/,
    ],
    ["no newline", { tensors: without(demoTensors, /image_newline/) }, /image_newline is missing/],
    ["no projector", { tensors: without(demoTensors, /^multi_modal/) }, /no projector weights found/],
    [
      "no tower in a converted checkpoint",
      { tensors: without(demoTensors, /^vision_tower/) },
      /no vision tower inside \(…embeddings\.patch_embedding\.weight\)/,
    ],
    [
      "a tower that is only named",
      {
        config: nativeConfig({
          mm_vision_tower: "openai/clip-vit-large-patch14-336",
          mm_hidden_size: 1024,
          image_grid_pinpoints: [[336, 672]],
        }),
        tensors: without(nativeTensors, /vision_tower/),
        files: { "preprocessor_config.json": null },
      },
      /it only names openai\/clip-vit-large-patch14-336[\s\S]*--vision-tower DIR/,
    ],
    [
      "an adapter that was not merged",
      {
        tensors: {
          ...demoTensors,
          "base_model.model.layers.0.lora_A.weight": { dtype: "F32", shape: [2, 2], data: Buffer.alloc(16) },
        },
      },
      /does not use.*lora_A[\s\S]*merged first/,
    ],
    [
      "weights that were not gathered",
      {
        tensors: {
          ...demoTensors,
          "language_model.model.layers.2.mlp.up_proj.weight": { dtype: "BF16", shape: [0], data: Buffer.alloc(0) },
        },
      },
      /up_proj\.weight is empty[\s\S]*ZeRO-3[\s\S]*zero_to_fp32/,
    ],
    ["a quantised tensor", { tensors: { ...demoTensors, image_newline: int8() } }, /F32, BF16 and F16/],
    ["a NaN in the config", { files: { "config.json": '{"model_type": NaN}' } }, /malformed JSON/],
  ])("%s is told as that", async (_, variant, words) => {
    expect(await errorOf(variant)).toMatch(words);
  });

  test("a tied head may be missing where either config ties it", async () => {
    const tied = (change: (config: DemoConfig) => void): Variant => ({ config: demoConfig(change), tensors: noHead });
    const inner = tied((c) => {
      delete c.tie_word_embeddings;
      Object.assign(c.text_config, { tie_word_embeddings: true });
    });
    const outer = tied((c) => Object.assign(c, { tie_word_embeddings: true }));
    expect(await numbersOf(inner)).toBe(await numbersOf(outer));
  });

  test("weights that are no numbers give no answer", async () => {
    const name = "language_model.model.norm.weight";
    const { dtype, shape, data } = demoTensors[name] as Tensors[string];
    const nan = Buffer.alloc(data.length, Buffer.from([0xc0, 0x7f]));
    await expect(numbersOf({ tensors: { ...demoTensors, [name]: { dtype, shape, data: nan } } })).rejects.toMatchObject(
      { name: "SampleFailure" },
    );
  });

  test("--rope-factor is the config's linear scaling, with a context so much longer", async () => {
    const linear = text((fields) => Object.assign(fields, { rope_scaling: { type: "linear", factor: 2 } }));
    const stretched = await numbersOf({}, { ropeFactor: 2 });
    expect(stretched).toBe(await numbersOf({ config: linear }));
    expect(stretched).not.toBe(await numbersOf({}));
    await using folder = await variantFolder({});
    const { text: plain } = await reportModel({ checkpoint: folder.path });
    const { text: longer } = await reportModel({ checkpoint: folder.path, ropeFactor: 2 });
    expect(longer).toMatchObject({ context: 2 * (plain?.context ?? 0), ropeScaling: "linear x2" });
    await expect(numbersOf({ config: linear }, { ropeFactor: 2 })).rejects.toThrow(
      "stretches its rotary positions by itself (linear)",
    );
  });

  test("a tower in a folder of its own is opened with --vision-tower, and stands in the fingerprint", async () => {
    const tower = renamed(
      Object.fromEntries(Object.entries(nativeTensors).filter(([name]) => name.includes("vision_tower"))),
      (name) => name.replace("model.vision_tower.vision_tower.", ""),
    );
    await using folder = await variantFolder({
      config: nativeConfig({ mm_vision_tower: "acme/eye" }),
      tensors: without(nativeTensors, /vision_tower/),
      files: {
        "eye/config.json": nativeTower["vision_tower/config.json"],
        "eye/preprocessor_config.json": nativeTower["vision_tower/preprocessor_config.json"],
        "eye/model.safetensors": safetensorsOf(tower),
      },
    });
    await using runner = await openLocal({
      checkpoint: folder.path,
      visionTower: join(folder.path, "eye"),
      device: "cpu",
      template: "qwen_1_5",
    });
    expect(runner.fingerprint.visionTower).toMatchObject({ weights: expect.stringMatching(/^sha256:/) });
  });

  const strangers: readonly [string, Record<string, unknown>, RegExp][] = [
    [
      "Qwen2.5-VL",
      {
        model_type: "qwen2_5_vl",
        architectures: ["Qwen2_5_VLForConditionalGeneration"],
        vision_config: { depth: 32 },
        num_attention_heads: 28,
        hidden_size: 3584,
      },
      /^qwen2_5_vl is no model of this engine: it is no LLaVA/,
    ],
    [
      "Gemma 3",
      {
        model_type: "gemma3",
        architectures: ["Gemma3ForConditionalGeneration"],
        text_config: { model_type: "gemma3_text" },
        vision_config: { model_type: "siglip_vision_model", image_size: 896 },
      },
      /^gemma3 is no model of this engine/,
    ],
    [
      "PaliGemma",
      { model_type: "paligemma", text_config: {}, vision_config: { image_size: 224 } },
      /^paligemma is no model/,
    ],
    [
      "OneVision-2 of experts",
      { model_type: "llava_onevision2_moe", text_config: {}, vision_config: { model_type: "onevision_encoder" } },
      /^llava_onevision2_moe is no model of this engine: mixtures of experts are not implemented/,
    ],
    [
      "MiniCPM in the LLaVA repository",
      { model_type: "llava_minicpm", architectures: ["LlavaMiniCPMForCausalLM"], scale_emb: 12, mm_hidden_size: 1024 },
      /^llava_minicpm is no model of this engine: its decoder/,
    ],
    ["OLMo", { model_type: "llava_olmo", mm_hidden_size: 1024, clip_qkv: 8 }, /^llava_olmo is no model/],
    [
      "StableLM",
      { model_type: "llava_stablelm_epoch", mm_hidden_size: 1024, rope_pct: 0.25 },
      /^llava_stablelm_epoch is no model/,
    ],
    ["TinyLLaVA", { model_type: "tinyllava", text_config: {}, vision_config: {} }, /^tinyllava is no model/],
    [
      "an experts' class under a known model_type",
      { model_type: "llava_qwen", architectures: ["LlavaQwenMoeForCausalLM"], mm_hidden_size: 1024 },
      /^LlavaQwenMoeForCausalLM is no model of this engine: mixtures of experts are not implemented/,
    ],
    [
      "Mixtral",
      { model_type: "llava_mixtral", architectures: ["LlavaMixtralForCausalLM"], mm_hidden_size: 1024 },
      /^llava_mixtral is no model of this engine: mixtures of experts/,
    ],
    ["Phi", { model_type: "llava_phi", mm_hidden_size: 1024 }, /^llava_phi is no model of this engine: its decoder/],
    [
      "FastVLM",
      { model_type: "fast_vlm", text_config: {}, vision_config: {} },
      /^fast_vlm is no .*: its FastViTHD tower/,
    ],
    [
      "InstructBLIP",
      { model_type: "instructblip", text_config: {}, vision_config: {} },
      /^instructblip is no model of this engine: its Q-former is not implemented; use an endpoint/,
    ],
    ["a Qwen of text", { model_type: "qwen3", architectures: ["Qwen3ForCausalLM"] }, /^qwen3 is no .* no vision tower/],
    [
      "a text model",
      { model_type: "llama", architectures: ["LlamaForCausalLM"] },
      /^llama is no model of this engine: it has no vision tower/,
    ],
    [
      "a tower alone",
      { model_type: "clip", text_config: {}, vision_config: {} },
      /^clip is no model of this engine: it is a vision tower/,
    ],
    ["no class", { hidden_size: 64 }, /^nothing is no model/],
  ];

  test.each(strangers)(
    "%s is named before any of its fields, and nothing is said of its shapes",
    async (_, config, words) => {
      const described = await report({ config });
      expect(described.refusal?.problem).toMatch(words);
      expect(described).toMatchObject({ family: null, text: null, vision: null, projector: null, grid: null });
      expect(described).toMatchObject({ weightBytes: null, kvBytesPerToken: null, memoryPlan: [] });
      expect(described.parameters).toEqual({ total: null, text: null, vision: null, projector: null });
      expect(await errorOf({ config })).toMatch(/is no model of this engine/);
    },
  );

  test("what follows from one unsupported part is unknown, the rest is told", async () => {
    const { vision_config: _, ...fields } = demoConfig();
    const config = {
      ...fields,
      vision_config: { model_type: "siglip2_vision_model", image_size: 384, patch_size: 14 },
    };
    const described = await report({ config });
    expect(described.refusal?.problem).toContain("siglip2_vision_model");
    expect(described).toMatchObject({
      vision: null,
      grid: null,
      weightBytes: null,
      text: { type: "qwen2", layers: 5 },
    });
    expect(described.parameters).toMatchObject({ total: null, vision: null, text: expect.any(Number) });
  });
});

function int8() {
  return { dtype: "I8", shape: [128], data: Buffer.alloc(128) };
}
