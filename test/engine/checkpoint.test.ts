/** Checkpoint folders through the addon: every field that changes inference is honoured or refused by name. */
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { messageOf } from "../../src/core/errors.js";
import { loadAddon } from "../../src/runners/local/addon.js";
import type { NativeCheckpoint, NativeModelOptions } from "../../src/runners/local/native.js";
import { goldenFolder } from "./engine-program.js";

const missing = (() => {
  try {
    loadAddon();
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
})();

const scratch = mkdtempSync(join(tmpdir(), "llava-checkpoint-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
let copies = 0;

type Config = Record<string, unknown> & {
  text_config: Record<string, unknown>;
  vision_config: Record<string, unknown>;
};

/** A copy of a golden checkpoint whose JSON file was changed. */
function changed(change: (config: Config) => void, name = "llava-next-qwen-tiny", file = "config.json"): string {
  const folder = join(scratch, String(copies++));
  cpSync(join(goldenFolder, name), folder, { recursive: true });
  const path = join(folder, file);
  const json = existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as Config) : ({} as Config);
  change(json);
  writeFileSync(path, JSON.stringify(json));
  return folder;
}

const describeFolder = (path: string): Promise<NativeCheckpoint> => loadAddon().describe({ path });
const refused = async (path: string) => (await describeFolder(path)).unsupported.map(({ field }) => field);
/** The first error of opening a folder: code, message, where, fix. */
const openError = (path: string): Promise<Error & { code: string; where: string; fix: string }> =>
  loadAddon()
    .open({ path })
    .then(
      async (engine) => {
        await engine.close();
        throw new Error("the checkpoint was opened");
      },
      (error) => error,
    );

describe.skipIf(missing !== undefined)(`checkpoints${missing ? ` (skipped: ${missing})` : ""}`, () => {
  test("both layouts of one model are read as the same model, but for their defaults", async () => {
    const converted = await describeFolder(join(goldenFolder, "llava-next-qwen-tiny"));
    const native = await describeFolder(join(goldenFolder, "llava-next-qwen-tiny-native"));
    expect(native.text).toEqual(converted.text);
    expect(native.vision).toEqual(converted.vision);
    expect(native.parameters).toEqual(converted.parameters);
    expect(converted).toMatchObject({ layout: "converted", gridOrder: "hw", imageTokenId: 507, penalizePrompt: true });
    expect(native).toMatchObject({ layout: "native", gridOrder: "wh", imageTokenId: -200, penalizePrompt: false });
    expect([...converted.unsupported, ...native.unsupported, ...converted.unknown, ...native.unknown]).toEqual([]);
  });

  test.each<[string, string, (config: Config) => void]>([
    ["projector_hidden_act", "projector_hidden_act", (c) => Object.assign(c, { projector_hidden_act: "relu" })],
    ["a list of feature layers", "vision_feature_layer", (c) => Object.assign(c, { vision_feature_layer: [-2, -5] })],
    ["another decoder", "text_config.model_type", (c) => Object.assign(c.text_config, { model_type: "gemma2" })],
    [
      "another class, whose pinpoints need not fit the tile",
      "model_type",
      (c) => Object.assign(c, { model_type: "llava_onevision2_moe", image_grid_pinpoints: [[50, 60]] }),
    ],
    ["another activation", "hidden_act", (c) => Object.assign(c.text_config, { hidden_act: "gelu" })],
    [
      "long rope",
      "rope_scaling.type",
      (c) => Object.assign(c.text_config, { rope_scaling: { type: "longrope", factor: 4 } }),
    ],
    ["experts", "num_local_experts", (c) => Object.assign(c.text_config, { num_local_experts: 8 })],
    [
      "a SigLIP 2 tower of flexible sizes",
      "vision model_type",
      (c) => Object.assign(c.vision_config, { model_type: "siglip2_vision_model" }),
    ],
    [
      "quantised files",
      "quantization_config",
      (c) => Object.assign(c, { quantization_config: { quant_method: "awq" } }),
    ],
  ])("%s is refused by name, and opening it says so", async (_, field, change) => {
    const folder = changed(change);
    expect(await refused(folder)).toContain(field);
    const error = await openError(folder);
    expect(error).toMatchObject({ code: "INPUT", where: join(folder, "config.json") });
    expect(error.message).toContain(field === "model_type" ? "llava_onevision2_moe is no model of this engine" : field);
  });

  test.each<[string, string, Record<string, unknown>]>([
    ["a resampler", "mm_resampler_type", { mm_resampler_type: "perceiver" }],
    ["features of several scales", "s2", { s2: true, s2_scales: "336,672,1008", mm_hidden_size: 288 }],
    ["another projector", "mm_projector_type", { mm_projector_type: "pooler" }],
    ["another merge", "mm_patch_merge_type", { mm_patch_merge_type: "spatial_maxpool2x2" }],
    ["an aspect ratio without a number", "image_aspect_ratio", { image_aspect_ratio: "anyres_max_all" }],
    ["FastViTHD", "mm_vision_tower", { mm_vision_tower: "mobileclip_l_1024" }],
    ["SigLIP 2 of flexible sizes", "mm_vision_tower", { mm_vision_tower: "google/siglip2-so400m-patch16-naflex" }],
    ["a Q-former", "mm_resampler_type", { mm_resampler_type: "qformer" }],
    ["an unknown mm_ field", "mm_secret_sauce", { mm_secret_sauce: 2 }],
    ["a tower nobody knows", "mm_vision_tower", { mm_vision_tower: "acme/eye-9b" }],
  ])("native: %s is refused by name", async (_, field, fields) => {
    expect(await refused(changed((c) => Object.assign(c, fields), "llava-next-qwen-tiny-native"))).toContain(field);
  });

  test("a select layer that the reference does not ask of a SigLIP tower is told", async () => {
    const path = changed((c) => Object.assign(c, { mm_vision_select_layer: -3 }), "ov-tied-tiny-native");
    const { ignored, refusal } = await loadAddon().describe({ path });
    expect(ignored).toContainEqual(expect.stringContaining("mm_vision_select_layer -3"));
    expect(refusal?.problem ?? "").not.toContain("mm_vision_select_layer");
  });

  test("several images follow an aspect ratio that was changed, and not one that was said again", async () => {
    const path = join(goldenFolder, "ov-tied-tiny-native");
    const several = async (options: Partial<NativeModelOptions>) =>
      (await loadAddon().describe({ path, ...options })).images;
    expect(await several({})).toBe("stacked-pad");
    expect(await several({ aspectRatio: "anyres" })).toBe("stacked-pad");
    expect(await several({ aspectRatio: "pad" })).toBe("list-pad");
    expect(await several({ aspectRatio: "pad", images: "stacked-square" })).toBe("stacked-square");
  });

  test("clips: what the config says, what cannot run, and what an option says instead", async () => {
    const clips = async (change: Record<string, unknown>, options: Partial<NativeModelOptions> = {}) =>
      (
        await loadAddon().describe({
          path: changed((c) => Object.assign(c, change), "ov-tied-tiny-native"),
          ...options,
        })
      ).clips;
    expect(await clips({})).toMatchObject({ pool: "bilinear", newline: "one_token", refusal: null });
    expect(await clips({ mm_newline_position: "grid" })).toMatchObject({ newline: "grid", refusal: null });
    expect((await clips({ add_faster_video: true }, { clipPool: "max" }))?.refusal).toContain("add_faster_video");
    expect((await clips({ mm_spatial_pool_mode: "conv" }))?.refusal).toContain("conv");
    expect((await clips({ mm_newline_position: "row" }))?.refusal).toContain("mm_newline_position row");
    expect((await clips({ mm_spatial_pool_mode: null }))?.refusal).toContain("--clip-pool");
    expect(await clips({ mm_spatial_pool_mode: null }, { clipPool: "max" })).toMatchObject({
      ...{ pool: "max", refusal: null },
    });
    expect((await clips({}, { clipPoolPlace: "before-projector", clipNewline: "grid" }))?.refusal).toContain(
      "newlines",
    );
  });

  test("a preprocessor with another filter or size is refused", async () => {
    const file = "preprocessor_config.json";
    const name = "llava-next-qwen-tiny";
    expect(await refused(changed((c) => Object.assign(c, { resample: 2 }), name, file))).toEqual([
      "preprocessor_config resample",
    ]);
    expect(await refused(changed((c) => Object.assign(c, { size: 384 }), name, file))).toEqual([
      "preprocessor_config size",
    ]);
  });

  test("generation_config decides stop ids and repetition penalty", async () => {
    const folder = changed(
      (c) => Object.assign(c, { eos_token_id: [7, 9], repetition_penalty: 1.05 }),
      "llava-next-qwen-tiny",
      "generation_config.json",
    );
    expect(await describeFolder(folder)).toMatchObject({ eosTokenIds: [7, 9], repetitionPenalty: 1.05 });
    expect((await describeFolder(join(goldenFolder, "llava-next-qwen-tiny"))).eosTokenIds).toEqual([509]);
  });

  test.each<[string, object, string]>([
    ["generation_config.json", { eos_token_id: 1e18 }, "eos_token_id is 1000000000000000000, expected an integer"],
    ["generation_config.json", { eos_token_id: [-1] }, "eos_token_id is [-1], expected an integer"],
    ["generation_config.json", { eos_token_id: [] }, "eos_token_id is [], expected an integer"],
    ["generation_config.json", { eos_token_id: "x" }, 'eos_token_id is "x", expected an integer'],
    ["config.json", { eos_token_id: 1.5 }, "eos_token_id is 1.5, expected an integer"],
    ["config.json", { vision_feature_layer: "-1" }, 'vision_feature_layer is "-1", expected an integer'],
    ["config.json", { vision_feature_layer: true }, "vision_feature_layer is true, expected an integer"],
    ["config.json", { text_config: "x" }, 'text_config is "x", expected an object'],
    ["config.json", { vision_config: [] }, "vision_config is [], expected an object"],
    ["preprocessor_config.json", { size: "x" }, 'size is "x", expected an integer, or an object'],
    ["preprocessor_config.json", { crop_size: {} }, "crop_size is {}, expected an integer, or an object"],
  ])("a value of a wrong kind is an error, not a default: %s %j", async (file, wrong, words) => {
    const folder = changed((c) => Object.assign(c, wrong), "llava-next-qwen-tiny", file);
    await expect(describeFolder(folder)).rejects.toThrow(words);
  });

  test("an image size that is no square is refused", async () => {
    const folder = changed(
      (c) => Object.assign(c, { size: { height: 32, width: 64 } }),
      "llava-next-qwen-tiny",
      "preprocessor_config.json",
    );
    expect(await refused(folder)).toEqual(["preprocessor_config size"]);
  });

  test("what generate() of the reference would honour, and this engine does not, is told; sampling and neutral values are not", async () => {
    const folder = changed(
      (c) =>
        Object.assign(c, {
          ...{ no_repeat_ngram_size: 3, suppress_tokens: [1], num_beams: 4, min_new_tokens: 2 },
          ...{ do_sample: true, top_p: 0.8, encoder_repetition_penalty: 1.0, num_beam_groups: 1, max_new_tokens: 2048 },
        }),
      "llava-next-qwen-tiny",
      "generation_config.json",
    );
    const told = ["no_repeat_ngram_size", "suppress_tokens", "num_beams", "min_new_tokens"];
    expect((await describeFolder(folder)).unknown.toSorted()).toEqual(
      told.map((name) => `generation_config.${name}`).toSorted(),
    );
  });

  test("an absent sliding window of Mistral means 4096, an explicit null means none", async () => {
    const name = "llava-next-mistral-tiny";
    expect((await describeFolder(join(goldenFolder, name))).text?.slidingWindow).toBe(0);
    const absent = changed((c) => delete c.text_config.sliding_window, name);
    expect((await describeFolder(absent)).text?.slidingWindow).toBe(4096);
  });

  test("unknown fields are told, training fields are listed as ignored", async () => {
    const folder = changed(
      (c) => Object.assign(c, { mm_tunable_parts: "x", mm_projector_lr: 1e-3, shiny: 1 }),
      "llava-next-qwen-tiny-native",
    );
    expect(await describeFolder(folder)).toMatchObject({
      ignored: expect.arrayContaining(["mm_tunable_parts", "mm_projector_lr"]),
      unknown: ["shiny"],
      unsupported: [],
    });
  });

  test("a folder with pickled weights only is refused with the way out", async () => {
    const folder = changed(() => undefined);
    unlinkSync(join(folder, "model.safetensors"));
    writeFileSync(join(folder, "pytorch_model.bin"), "");
    const error = await openError(folder);
    expect(error.message).toContain("pickled");
    expect(error.fix).toContain("safe_serialization");
  });

  test("a config alone is described, with its parameters and a memory plan", async () => {
    const folder = changed(() => undefined);
    unlinkSync(join(folder, "model.safetensors"));
    const description = await describeFolder(folder);
    expect(description).toMatchObject({ hasWeights: false, parameters: { total: 681600 } });
    expect(description.memoryPlan[0]).toMatchObject({ device: "cpu", fits: true });
  });

  test("an index that names a file outside its folder is refused", async () => {
    const folder = changed(() => undefined);
    unlinkSync(join(folder, "model.safetensors"));
    writeFileSync(
      join(folder, "model.safetensors.index.json"),
      JSON.stringify({ weight_map: { a: "../1/model.safetensors" } }),
    );
    expect((await openError(folder)).message).toContain("could leave the folder");
  });

  test("weights may be links, as in the hub's cache", async () => {
    const folder = changed(() => undefined);
    unlinkSync(join(folder, "model.safetensors"));
    symlinkSync(join(goldenFolder, "llava-next-qwen-tiny", "model.safetensors"), join(folder, "model.safetensors"));
    const engine = await loadAddon().open({ path: folder });
    expect(engine.description.hasWeights).toBe(true);
    await engine.close();
  });

  test("a config that does not belong to the weights names the tensor", async () => {
    const folder = changed((c) => Object.assign(c.text_config, { intermediate_size: 264 }));
    expect((await openError(folder)).message).toMatch(
      /mlp\.gate_proj\.weight has shape \[256, 96\], the config asks for \[264, 96\]/,
    );
  });

  test("weights of a tensor too many are another model", async () => {
    const folder = changed((c) => Object.assign(c.text_config, { num_hidden_layers: 3, max_window_layers: 3 }));
    expect((await openError(folder)).message).toContain("does not use");
  });

  test.each([
    ["a truncated file", (bytes: Buffer) => bytes.subarray(0, bytes.length / 2)],
    ["an empty file", () => Buffer.alloc(0)],
    [
      "a header length beyond the file",
      (bytes: Buffer) => Buffer.concat([Buffer.from("ffffffffffffff7f", "hex"), bytes.subarray(8)]),
    ],
    [
      "a header that is no JSON",
      (bytes: Buffer) => Buffer.concat([bytes.subarray(0, 8), Buffer.from("!"), bytes.subarray(9)]),
    ],
  ])("%s is a clear error", async (_, damage) => {
    const folder = changed(() => undefined);
    const path = join(folder, "model.safetensors");
    writeFileSync(path, damage(readFileSync(path)));
    expect(await openError(folder)).toMatchObject({
      code: "INPUT",
      message: expect.stringMatching(/malformed (safetensors|JSON)/),
    });
  });
});
