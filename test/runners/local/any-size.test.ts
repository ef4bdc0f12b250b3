/** LLaVA-OneVision-1.5 and -2: images of any size. What changes numbers is told, stands in the fingerprint, and does change them. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { SampleFailure } from "../../../src/core/errors.js";
import { decodeImage } from "../../../src/images/decode.js";
import { encodedImage } from "../../../src/images/encoded.js";
import { loadAddon } from "../../../src/runners/local/addon.js";
import { openLocal } from "../../../src/runners/local/index.js";
import { checkInvariance } from "../../../src/runners/local/invariance.js";
import { drawnImage } from "../../fakes/images.js";
import { noEngine } from "./engine-here.js";
import {
  askableCheckpoint,
  type GoldenPrompt,
  goldenCase,
  goldenExpectations,
  goldenPrompt,
  lettersOf,
} from "./golden-checkpoint.js";

const never = new AbortController().signal;
const scratch = mkdtempSync(join(tmpdir(), "any-size-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
const missing = noEngine();

type Config = Record<string, unknown> & {
  text_config: Record<string, unknown>;
  vision_config: Record<string, unknown>;
};

/** The JSON files of a golden checkpoint, with one of them changed: described, never loaded. */
function changed(name: string, change: (config: Config) => void, file = "config.json"): string {
  const folder = mkdtempSync(join(scratch, "changed-"));
  for (const each of ["config.json", "preprocessor_config.json"]) {
    const json = JSON.parse(readFileSync(join(goldenCase(name) as string, each), "utf8")) as Config;
    if (each === file) change(json);
    writeFileSync(join(folder, each), JSON.stringify(json));
  }
  return folder;
}

describe.skipIf(missing !== undefined)(`images of any size${missing ? ` (skipped: ${missing})` : ""}`, () => {
  const describeFolder = (path: string, options = {}) => loadAddon().describe({ path, ...options });

  test("each setting is in the fingerprint and changes the answer's logits or is refused", async () => {
    await using checkpoint = await askableCheckpoint("ov15-qwen3-tiny");
    const { expected, imageFolder } = goldenExpectations("ov15-qwen3-tiny");
    const three = expected.prompts.three_images_same;
    if (!three) throw new Error("the case has no prompt of three images");
    const ask = async (options: object) => {
      await using runner = await openLocal({
        ...{ checkpoint: checkpoint.path, template: checkpoint.template, dtype: "fp32", device: "cpu" },
        ...options,
      });
      const request = { id: "three", prompt: goldenPrompt(three, imageFolder), seed: 0 };
      const continuations = [lettersOf(three.continuation)];
      const { likelihoods, usage } = await runner.loglikelihood(
        { ...request, continuations, options: { maxNewTokens: 1, temperature: 0 } } as never,
        never,
      );
      return { fingerprint: runner.fingerprint, logprob: likelihoods?.[0]?.logprob, tokens: usage?.promptTokens };
    };
    const plain = await ask({});
    expect(plain.logprob).toBeCloseTo(three.continuation_logprob, 3);
    expect(plain.fingerprint).toMatchObject({
      images: "each",
      aspectRatio: "any-size",
      pixels: { factor: 28, least: 3136, most: 31360, resizedFirst: false },
    });
    expect(plain.fingerprint).not.toHaveProperty("resizer");
    expect(plain.fingerprint).not.toHaveProperty("clips");

    const hub = await ask({ images: "hub" });
    expect(hub.fingerprint.images).toBe("hub");
    expect(hub.logprob).toBeCloseTo((three as unknown as Record<string, number>).hub_continuation_logprob as number, 3);

    const others = [
      { options: { resizer: "torchvision" }, fingerprint: { resizer: "torchvision" } },
      { options: { minPixels: 20_000 }, fingerprint: { pixels: { least: 20_000 } } },
      { options: { maxPixels: 4_000 }, fingerprint: { pixels: { most: 4_000 } } },
    ];
    for (const { options, fingerprint } of others) {
      const other = await ask(options);
      expect(other.fingerprint).toMatchObject(fingerprint);
      expect(other.logprob).not.toBe(plain.logprob);
    }
    const twice = await ask({ resizedFirst: "qwen-vl-utils" });
    expect(twice.fingerprint).toMatchObject({ pixels: { resizedFirst: true } });
  });

  test("a shape that the reference refuses is one sample without an answer", async () => {
    await using checkpoint = await askableCheckpoint("ov2-qwen3-tiny");
    await using runner = await openLocal({
      ...{ checkpoint: checkpoint.path, template: checkpoint.template, dtype: "fp32", device: "cpu" },
    });
    const ask = async (width: number) => {
      const image = encodedImage(await drawnImage({ seed: 1, width, height: 2 }), "strip.png");
      const parts = [{ type: "text", text: "ab" } as const, { type: "image", image } as const];
      const options = { maxNewTokens: 2, temperature: 0 };
      return runner.generate({ id: "strip", prompt: { messages: [{ role: "user", parts }] }, seed: 0, options }, never);
    };
    await expect(ask(401)).rejects.toThrow(SampleFailure);
    await expect(ask(401)).rejects.toThrow("more than 200 times as long as wide");
    expect((await ask(400)).usage?.promptTokens).toBeGreaterThan(10);
  });

  describe("frames", () => {
    /** Two frames, as a clip or as no frames at all. */
    const ask = async (name: string, options: object, clip?: number, numbers: readonly number[] = [0, 1]) => {
      await using checkpoint = await askableCheckpoint(name);
      const model = { checkpoint: checkpoint.path, template: "qwen_2_5_vl", device: "cpu", dtype: "fp32" } as const;
      await using runner = await openLocal({ ...model, ...options });
      const image = (seed: number) => drawnImage({ seed, width: 64, height: 64 });
      const frames = [encodedImage(await image(1), "a.png"), encodedImage(await image(2), "b.png")];
      const placed = (i: number) =>
        clip === undefined ? {} : { clip, frame: { number: numbers[i] as number, time: i } };
      const parts = frames.map((image, i) => ({ type: "image", image, ...placed(i) }) as const);
      const request = { id: "clip", prompt: { messages: [{ role: "user", parts }] }, seed: 0 } as const;
      const { likelihoods, usage } = await runner.loglikelihood({ ...request, continuations: ["yes"] }, never);
      return { clips: runner.fingerprint.clips, likelihoods, tokens: usage?.promptTokens };
    };

    test("OneVision-2 sees them as so many images, as those who published numbers asked it", async () => {
      const frames = await ask("ov2-qwen3-tiny", {}, 0);
      expect(frames).toEqual(await ask("ov2-qwen3-tiny", {}));
      expect(frames.clips).toEqual({ as: "images" });
    });

    test("OneVision-1.5 refuses them by name, and takes them as images where that is asked for", async () => {
      await expect(ask("ov15-qwen3-tiny", {}, 0)).rejects.toMatchObject({
        message: expect.stringContaining("cuts the vectors of frames too early"),
        fix: expect.stringContaining("--clip-as images"),
      });
      const frames = await ask("ov15-qwen3-tiny", { clipAs: "images" }, 0);
      expect(frames.likelihoods).toEqual((await ask("ov15-qwen3-tiny", {})).likelihoods);
      expect(frames.clips).toEqual({ as: "images" });
    });

    test("OneVision-2's own processor writes each frame's time, and the engine turns it by its number", async () => {
      const name = "ov2-qwen3-tiny";
      const timed = await ask(name, { clipAs: "timed-images" }, 0);
      expect(timed.clips).toEqual({ as: "timed-images" });
      const [first, later] = [timed, await ask(name, { clipAs: "timed-images" }, 0, [0, 30])];
      expect(later.tokens).toBe(first.tokens);
      expect(later.likelihoods?.[0]?.logprob).not.toBe(first.likelihoods?.[0]?.logprob);
      await expect(ask("ov-tied-tiny", { clipAs: "timed-images" }, 0)).rejects.toThrow("OneVision-2's own way");
    });

    test("the golden prompt of four frames, each at its place in the video", async () => {
      const { expected, imageFolder } = goldenExpectations("ov2-qwen3-tiny");
      const { input_ids, images, frame_indices, greedy } = expected.prompts.frames as GoldenPrompt;
      const engine = await loadAddon().open({ path: goldenCase("ov2-qwen3-tiny") as string, dtype: "float32" });
      try {
        const shown = await Promise.all(
          images.map(async (file, i) => {
            const image = encodedImage(readFileSync(join(imageFolder, file)), file);
            const { width, height, rgb } = await decodeImage(image);
            return { width, height, rgb, digest: image.digest, frame: frame_indices?.[i] as number };
          }),
        );
        const request = { tokens: Int32Array.from(input_ids), maxNewTokens: greedy.length, stopTokens: [] };
        expect([...(await engine.generate({ ...request, id: 1, images: shown })).tokens]).toEqual(greedy);
      } finally {
        await engine.close();
      }
    });

    test("patches of a codec are refused by name where a clip as such is asked for", async () => {
      await expect(ask("ov2-qwen3-tiny", { clipAs: "clip" }, 0)).rejects.toThrow(
        "codec patches (motion and residuals) are not implemented",
      );
    });

    test("a family with clips can be shown images instead: a newline each, no pooling", async () => {
      const clip = await ask("ov-tied-tiny", {}, 0);
      const images = await ask("ov-tied-tiny", { clipAs: "images" }, 0);
      expect(images.tokens).toBeGreaterThan(clip.tokens as number);
      expect(images.clips).toEqual({ as: "images" });
    });
  });

  test.each(["ov15-qwen3-tiny", "ov2-qwen3-tiny"])("the answers of %s do not depend on the batch", async (name) => {
    await using checkpoint = await askableCheckpoint(name);
    const report = await checkInvariance({
      ...{ checkpoint: checkpoint.path, template: checkpoint.template, dtype: "bf16", device: "cpu" },
      ...{ requests: 10, newTokens: 4 },
    });
    expect(report.rows.filter((row) => row.logits < row.requests)).toEqual([]);
    expect(report.invariant).toBe(true);
  });

  test("the head of OneVision-1.5 is its own, although the config may say that it is tied", async () => {
    const folder = mkdtempSync(join(scratch, "tied-"));
    await cp(goldenCase("ov15-qwen3-tiny") as string, folder, { recursive: true });
    const path = join(folder, "config.json");
    const config = JSON.parse(await readFile(path, "utf8")) as Config;
    config.text_config.tie_word_embeddings = true;
    await writeFile(path, JSON.stringify(config));
    const engine = await loadAddon().open({ path: folder, dtype: "float32", device: "cpu" });
    const own = await loadAddon().open({
      path: goldenCase("ov15-qwen3-tiny") as string,
      dtype: "float32",
      device: "cpu",
    });
    try {
      const request = { id: 1, tokens: Int32Array.of(5, 6, 7), images: [], maxNewTokens: 8, stopTokens: [] };
      expect((await engine.generate(request)).tokens).toEqual((await own.generate(request)).tokens);
      // And so it counts, before the weights are loaded and after.
      const { parameters, weightBytes, memoryPlan } = own.description;
      for (const described of [engine.description, await describeFolder(folder, { dtype: "float32" })]) {
        expect(described.text?.tiedEmbeddings).toBe(false);
        expect(described).toMatchObject({ parameters, weightBytes });
        expect(described.memoryPlan[0]?.weights).toBe(memoryPlan[0]?.weights);
      }
    } finally {
      await engine.close();
      await own.close();
    }
  });

  test("says the family, the tower, the bounds and the most tokens", async () => {
    const first = await describeFolder(goldenCase("ov15-qwen3-tiny") as string);
    expect(first).toMatchObject({
      family: "llava-onevision-1.5",
      text: { type: "qwen3", ropeTheta: 5e6 },
      vision: { type: "rice", mergeSize: 2, patchSize: 14, layers: 3 },
      projector: "merger",
      mostImageTokens: 89, // a strip 200 times as long as wide
      parameters: { total: 333_032 },
      refusal: null,
      unknown: [],
    });
    const second = await describeFolder(goldenCase("ov2-qwen3-tiny") as string);
    expect(second).toMatchObject({ family: "llava-onevision-2", vision: { type: "onevision" }, unknown: [] });
    expect(second.clips?.refusal).toContain("codec patches");
  });

  test("bounds: max_pixels, else the area that size calls an edge, else the processor's own", async () => {
    const bounds = async (change: (config: Config) => void) =>
      (await describeFolder(changed("ov15-qwen3-tiny", change, "preprocessor_config.json"))).pixels;
    expect(await bounds((c) => delete c.max_pixels)).toMatchObject({ least: 3136, most: 12_845_056 });
    expect(await bounds((c) => [delete c.max_pixels, delete c.size])).toMatchObject({ least: 3136, most: 1_003_520 });
    expect(await bounds((c) => delete c.size)).toMatchObject({ least: 3136, most: 31_360 });
  });

  // A wrong type that is read as the default is another image than the file's author meant, and a score of it.
  test.each([
    ["size is", "preprocessor_config.json", (c: Config) => Object.assign(c, { size: 5 })],
    [
      "longest_edge is",
      "preprocessor_config.json",
      (c: Config) => Object.assign(c.size as object, { longest_edge: "64" }),
    ],
    [
      "longest_edge is",
      "preprocessor_config.json",
      (c: Config) => Object.assign(c.size as object, { longest_edge: true }),
    ],
    [
      "shortest_edge is",
      "preprocessor_config.json",
      (c: Config) => Object.assign(c.size as object, { shortest_edge: -1 }),
    ],
    [
      "shortest_edge is",
      "preprocessor_config.json",
      (c: Config) => Object.assign(c.size as object, { shortest_edge: 0 }),
    ],
    ["rescale_factor is", "preprocessor_config.json", (c: Config) => Object.assign(c, { rescale_factor: 0 })],
    ["vision_config is", "config.json", (c: Config) => Object.assign(c, { vision_config: "x" })],
    ["vision_config is", "config.json", (c: Config) => Object.assign(c, { vision_config: [] })],
    ["image_token_id is", "config.json", (c: Config) => Object.assign(c, { image_token_id: -1 })],
  ])("'%s' of a wrong kind is refused by name (%s, %s)", async (words, file, change) => {
    await expect(describeFolder(changed("ov15-qwen3-tiny", (c) => change(c), file))).rejects.toThrow(words);
  });

  test("the published sizes: parameters, and the most tokens under the bounds of their numbers", async () => {
    const published = (text: object, most: number) => {
      const folder = changed("ov15-qwen3-tiny", (c) => {
        Object.assign(c.text_config, { vocab_size: 151_936, num_hidden_layers: 36, num_attention_heads: 32 }, text);
        Object.assign(c.text_config, { num_key_value_heads: 8, head_dim: 128, layer_types: null });
        Object.assign(c.vision_config, { depth: 24, hidden_size: 1024, num_heads: 16, intermediate_size: 4096 });
        Object.assign(c.vision_config, { text_hidden_size: c.text_config.hidden_size });
      });
      return describeFolder(folder, { minPixels: 200_704, maxPixels: most, resizedFirst: "qwen-vl-utils" });
    };
    const small = await published({ hidden_size: 2560, intermediate_size: 9728 }, 2_560_000);
    expect(small).toMatchObject({ refusal: null, mostImageTokens: 3265 });
    expect(small.parameters).toEqual({
      total: 4_741_610_528,
      text: 4_411_424_256,
      vision: 302_914_592,
      projector: 27_271_680,
    });
    const large = await published({ hidden_size: 4096, intermediate_size: 12_288 }, 3_240_000);
    expect(large).toMatchObject({ mostImageTokens: 4131, pixels: { resizedFirst: true } });
    expect(large.parameters.total).toBe(8_527_214_624);
  });

  test("absent fields of the decoder have OneVision-1.5's own defaults", async () => {
    const folder = changed("ov15-qwen3-tiny", (c) => [delete c.text_config.rope_theta, delete c.text_config.head_dim]);
    expect((await describeFolder(folder)).text).toMatchObject({ ropeTheta: 5e6, headSize: 128 });
  });

  test.each([
    [
      "layer_norm_type",
      "ov2-qwen3-tiny",
      (c: Config) => Object.assign(c.vision_config, { layer_norm_type: "rms_norm" }),
    ],
    ["use_head", "ov2-qwen3-tiny", (c: Config) => Object.assign(c.vision_config, { use_head: true })],
    ["vision model_type", "ov15-qwen3-tiny", (c: Config) => Object.assign(c.vision_config, { model_type: "siglip" })],
    ["text_hidden_size", "ov15-qwen3-tiny", (c: Config) => Object.assign(c.vision_config, { text_hidden_size: 72 })],
    ["model_type", "ov2-qwen3-tiny", (c: Config) => Object.assign(c, { model_type: "llava_onevision2_moe" })],
  ])("%s that is not implemented is refused by name", async (field, name, change) => {
    const { unsupported, refusal } = await describeFolder(changed(name, (c) => change(c)));
    expect(unsupported.map((each) => each.field)).toContain(field);
    expect(refusal).not.toBeNull();
  });

  test("a processor that doubles the frames, or of other patches, is refused", async () => {
    const processor = (change: (config: Config) => void) =>
      describeFolder(changed("ov15-qwen3-tiny", change, "preprocessor_config.json"));
    const twice = await processor((c) => Object.assign(c, { temporal_patch_size: 2 }));
    expect(twice.unsupported.map(({ field }) => field)).toEqual(["preprocessor_config temporal_patch_size"]);
    const wider = await processor((c) => Object.assign(c, { merge_size: 3 }));
    expect(wider.unsupported.map(({ field }) => field)).toEqual(["preprocessor_config merge_size"]);
  });

  test("options of another kind of tower are refused", async () => {
    const path = goldenCase("ov15-qwen3-tiny") as string;
    await expect(describeFolder(path, { aspectRatio: "pad" })).rejects.toThrow("images of any size");
    await expect(describeFolder(path, { images: "list-pad" })).rejects.toThrow("images of any size");
    await expect(describeFolder(path, { minPixels: 5000, maxPixels: 4000 })).rejects.toThrow("5000 to 4000 pixels");
    const second = goldenCase("ov2-qwen3-tiny") as string;
    await expect(describeFolder(second, { images: "hub" })).rejects.toThrow("hub for OneVision-1.5's alone");
    const tiles = goldenCase("llava-next-qwen-tiny") as string;
    await expect(describeFolder(tiles, { maxPixels: 4000 })).rejects.toThrow("one size alone");
    await expect(describeFolder(tiles, { images: "each" })).rejects.toThrow("each is for towers");
  });
});
