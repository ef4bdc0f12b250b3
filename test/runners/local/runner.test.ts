import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import type { EncodedImage } from "../../../src/core/image.js";
import type { ShownPart } from "../../../src/core/prompt.js";
import type { GenerateRequest, GenerationOptions } from "../../../src/core/runner.js";
import { encodedImage } from "../../../src/images/encoded.js";
import { IMAGE_SLOT } from "../../../src/runners/local/native.js";
import { openModel } from "../../../src/runners/local/open-model.js";
import type { LocalOptions } from "../../../src/runners/local/options.js";
import { LocalRunner } from "../../../src/runners/local/runner.js";
import { readSentencePieceModel } from "../../../src/runners/local/tokenizer/sentencepiece-model.js";
import { sentencePieceTokenizer } from "../../../src/runners/local/tokenizer/sentencepiece-tokenizer.js";
import { type CheckpointFolder, checkpointFolder, smallFolder } from "./checkpoint-folder.js";
import { type FakeAddon, fakeAddon } from "./fake-engine.js";
import { dataFolder } from "./tokenizer-cases.js";

const vocabulary = readSentencePieceModel(readFileSync(join(dataFolder, "sentencepiece/bpe.model")), "bpe.model");
const tokenizer = sentencePieceTokenizer(vocabulary, { added: [], addBos: true, legacy: true, addPrefixSpace: true });
const imageFolder = fileURLToPath(new URL("../../images/data/", import.meta.url));
const encoded = encodedImage(readFileSync(join(imageFolder, "rgb.png")));
const image: ShownPart<EncodedImage> = { type: "image", image: encoded };
const text = (words: string): ShownPart<EncodedImage> => ({ type: "text", text: words });
const never = new AbortController().signal;

function ask(parts: readonly ShownPart<EncodedImage>[], options: Partial<GenerationOptions> = {}): GenerateRequest {
  return {
    id: "task/1",
    prompt: { messages: [{ role: "user", parts }] },
    options: { maxNewTokens: 16, temperature: 0, ...options },
    seed: 7,
  };
}

async function open(folder: CheckpointFolder, addon: FakeAddon, options: Partial<LocalOptions> = {}) {
  const all = { checkpoint: folder.path, ...options };
  return new LocalRunner(await openModel(all, {}, addon), all);
}

describe("the local runner", () => {
  test("sends the template's ids with a slot per image, the pixels, the shared prefix and the options", async () => {
    await using folder = await smallFolder();
    const addon = fakeAddon({ answer: () => tokenizer.encode("A cat.") });
    await using runner = await open(folder, addon);
    const prefix = { key: "image-1", remaining: 3 };
    const output = await runner.generate(
      { ...ask([image, text("What?")], { topK: 5, temperature: 0.5 }), prefix },
      never,
    );

    expect(output).toMatchObject({ text: "A cat.", finish: "stop", warnings: [] });
    expect(output.usage).toEqual({
      promptTokens: 10,
      cachedTokens: 6,
      completionTokens: tokenizer.encode("A cat.").length,
    });
    expect(output.timing).toMatchObject({ attempts: 1, requestMs: 5 });
    const [request] = addon.generated;
    const before = [1, ...tokenizer.encode("[INST] ")];
    expect([...(request?.tokens ?? [])]).toEqual([...before, IMAGE_SLOT, ...tokenizer.encode("\nWhat? [/INST]")]);
    expect(request?.images[0]).toMatchObject({ width: 37, height: 23, digest: encoded.digest });
    expect(request).toMatchObject({ prefix, maxNewTokens: 16, temperature: 0.5, topK: 5, seed: 7, stopTokens: [2] });
    expect(request?.onTokens).toBeUndefined();
  });

  test("takes the checkpoint's repetition penalty unless the request has its own", async () => {
    await using folder = await smallFolder();
    const addon = fakeAddon({ description: { repetitionPenalty: 1.05, penalizePrompt: false } });
    await using runner = await open(folder, addon);
    await runner.generate(ask([text("a")]), never);
    await runner.generate(ask([text("a")], { repetitionPenalty: 1.3 }), never);
    expect(addon.generated).toMatchObject([
      { repetitionPenalty: 1.05, penalizePrompt: false },
      { repetitionPenalty: 1.3, penalizePrompt: false },
    ]);
  });

  test("stops at the ids of the checkpoint and of its template", async () => {
    await using folder = await smallFolder();
    const addon = fakeAddon({ description: { eosTokenIds: [5] } });
    await using runner = await open(folder, addon);
    await runner.generate(ask([text("a")]), never);
    expect(addon.generated[0]?.stopTokens).toEqual([2, 5]);
    expect(runner.fingerprint.stopTokens).toEqual([2, 5]);
  });

  test("ends the text before the first stop string, and the generation with it", async () => {
    await using folder = await smallFolder();
    const said = tokenizer.encode("yes\n\nQuestion: and then more and more words");
    const addon = fakeAddon({ answer: () => said });
    await using runner = await open(folder, addon);
    const output = await runner.generate(
      ask([text("a")], { stop: ["\n\n", "Question:", ""], maxNewTokens: 100 }),
      never,
    );
    expect(output).toMatchObject({ text: "yes", finish: "stop" });
    expect(output.usage.completionTokens).toBeLessThan(said.length / 2);
  });

  test("calls an answer of maxNewTokens tokens cut", async () => {
    await using folder = await smallFolder();
    await using runner = await open(folder, fakeAddon({ answer: () => tokenizer.encode("one two three four") }));
    const output = await runner.generate(ask([text("a")], { maxNewTokens: 2 }), never);
    expect(output).toMatchObject({ finish: "length", usage: { completionTokens: 2 } });
    expect("one two three four".startsWith(output.text)).toBe(true);
  });

  test("shortens an answer that the context cannot hold, and says so; refuses a prompt that it cannot hold", async () => {
    await using folder = await smallFolder();
    const addon = fakeAddon({ maxContext: 40 });
    await using runner = await open(folder, addon);
    const output = await runner.generate(ask([image, text("What?")], { maxNewTokens: 1024 }), never);
    expect(output.warnings).toEqual([
      expect.stringMatching(/^maxNewTokens 1024 cut to \d+: the context holds 40 tokens$/),
    ]);
    const long = ask([text("word ".repeat(50))]);
    await expect(runner.generate(long, never)).rejects.toMatchObject({ name: "SampleFailure", reason: "data" });
    expect(addon.generated).toHaveLength(1);
  });

  test("keeps a literal <image> of the question as words", async () => {
    await using folder = await smallFolder();
    const addon = fakeAddon();
    await using runner = await open(folder, addon);
    await runner.generate(ask([image, text("Is <image> a tag?")]), never);
    const tokens = [...(addon.generated[0]?.tokens ?? [])];
    expect(tokens.filter((id) => id === IMAGE_SLOT)).toHaveLength(1);
    expect(tokens).not.toContain(32000);
  });

  test("scores continuations behind what the template puts before an answer", async () => {
    await using folder = await smallFolder();
    const addon = fakeAddon();
    await using runner = await open(folder, addon);
    const request = { id: "t/1", prompt: ask([image, text("Which?")]).prompt, seed: 0 };
    const output = await runner.loglikelihood({ ...request, continuations: ["a red bus", "no"] }, never);
    const sent = addon.scored[0]?.continuations.map((ids) => [...ids]);
    const chunk = "\nWhich? [/INST]";
    const behind = (answer: string) => tokenizer.encode(`${chunk} ${answer}`).slice(tokenizer.encode(chunk).length);
    expect(sent).toEqual([behind("a red bus"), behind("no")]);
    expect(output.text).toBe("no");
    expect(output.likelihoods).toEqual([
      { logprob: -behind("a red bus").length, tokens: behind("a red bus").length, isGreedy: false },
      { logprob: -behind("no").length, tokens: behind("no").length, isGreedy: false },
    ]);
  });

  test("rejects an aborted call at once with the signal's reason, and tells the engine", async () => {
    await using folder = await smallFolder();
    const addon = fakeAddon({ answer: () => new Promise(() => {}) });
    await using runner = await open(folder, addon);
    const stop = new AbortController();
    const pending = runner.generate(ask([image, text("a")]), stop.signal);
    await expect.poll(() => addon.generated.length).toBe(1);
    stop.abort(new Error("enough"));
    await expect(pending).rejects.toThrow("enough");
    expect(addon.aborted).toEqual([addon.generated[0]?.id]);
    await expect(runner.generate(ask([text("a")]), stop.signal)).rejects.toThrow("enough");
  });

  test.each([
    ["CONTEXT", { name: "SampleFailure", reason: "data" }],
    ["IMAGE", { name: "SampleFailure", reason: "data" }],
    ["NAN", { name: "SampleFailure", reason: "data" }],
    ["MEMORY", { name: "SampleFailure", reason: "transport" }],
    ["DEVICE", { name: "UserError", where: "--device" }],
    ["REQUEST", { name: "Error" }],
  ])("turns the engine's %s into what it means for the run", async (code, expected) => {
    await using folder = await smallFolder();
    const addon = fakeAddon({ answer: () => Promise.reject(Object.assign(new Error("no"), { code })) });
    await using runner = await open(folder, addon);
    await expect(runner.generate(ask([text("a")]), never)).rejects.toMatchObject(expected);
  });

  test("fails the sample whose image cannot be decoded", async () => {
    await using folder = await smallFolder();
    await using runner = await open(folder, fakeAddon());
    const broken = { ...encoded, bytes: encoded.bytes.subarray(0, 60), digest: "broken" };
    const request = ask([{ type: "image", image: broken }, text("a")]);
    await expect(runner.generate(request, never)).rejects.toMatchObject({ name: "SampleFailure", reason: "data" });
  });

  test("closes the engine when it is disposed of", async () => {
    await using folder = await smallFolder();
    const addon = fakeAddon();
    await (await open(folder, addon))[Symbol.asyncDispose]();
    expect(addon.closed).toBe(1);
  });
});

describe("an opened checkpoint", () => {
  test("has a fingerprint of all that changes answers, and no path of this machine", async () => {
    await using folder = await smallFolder();
    await using runner = await open(folder, fakeAddon(), { name: "mine" });
    expect(runner.name).toBe("mine");
    expect(runner.fingerprint).toMatchObject({
      runner: "local",
      weights: expect.stringMatching(/^sha256:[0-9a-f]{32}$/),
      template: "mistral_instruct",
      tokenizer: "tokenizer.model",
      dtype: "bfloat16",
      gridOrder: "hw",
      logitRows: 32064,
      engine: { version: "0.0.0-fake", device: "fake" },
    });
    expect(JSON.stringify(runner.fingerprint)).not.toContain(folder.path);
  });

  test("of the native layout has logit rows for its tokenizer's tokens, of the converted one for all", async () => {
    await using folder = await smallFolder();
    const native = fakeAddon({ description: { layout: "native", imageTokenId: -200 } });
    const converted = fakeAddon();
    await open(folder, native);
    await open(folder, converted);
    expect(native.opened[0]?.logitRows).toBe(700);
    expect(converted.opened[0]).not.toHaveProperty("logitRows");
  });

  test("runs where --device says; by itself on the GPU that holds it, on all GPUs together, or on the CPU", async () => {
    await using folder = await smallFolder();
    const deviceWith = async (gpus: number, fits: boolean, device?: string) => {
      const plan = { weights: 1, scratch: 1, free: 1, kvTokens: 0 };
      const memoryPlan = Array.from({ length: gpus }, (_, i) => ({
        ...plan,
        device: `cuda:${i}`,
        fits: fits && i === 1,
      }));
      const addon = fakeAddon({ gpus, description: { memoryPlan } });
      await open(folder, addon, device === undefined ? {} : { device });
      return addon.opened[0]?.device;
    };
    expect(await deviceWith(0, false)).toBe("cpu");
    expect(await deviceWith(2, true)).toBe("cuda:1");
    expect(await deviceWith(2, false)).toBe("cuda:0,cuda:1");
    expect(await deviceWith(2, true, "cpu")).toBe("cpu");
  });

  test("passes dtype and readings on", async () => {
    await using folder = await smallFolder();
    const addon = fakeAddon();
    await open(folder, addon, { dtype: "fp32", gridOrder: "wh", unpadRounding: "round7" });
    expect(addon.opened[0]).toMatchObject({ dtype: "float32", gridOrder: "wh", unpadRounding: "round7" });
  });

  test("changes its digests with its weights, and with every file that decides ids or pixels", async () => {
    await using one = await smallFolder();
    await using other = await smallFolder({ "model.safetensors": "other weights" });
    const digests = await Promise.all(
      [one, other].map(async (folder) => (await open(folder, fakeAddon())).fingerprint.weights),
    );
    expect(new Set(digests).size).toBe(2);
    await using third = await smallFolder({ "preprocessor_config.json": { image_mean: [0, 0, 0] } });
    const settings = await Promise.all(
      [one, other, third].map(async (folder) => (await open(folder, fakeAddon())).fingerprint.settings),
    );
    expect(settings[1]).toBe(settings[0]);
    expect(settings[2]).not.toBe(settings[0]);
  });

  test.each([
    ["no folder", undefined, "there is no folder"],
    ["no config", { "model.safetensors": "" }, "no config.json"],
    [
      "only pickles",
      { "config.json": {}, "pytorch_model-00001-of-00002.bin": "" },
      "Python pickles (pytorch_model-00001-of-00002.bin)",
    ],
    ["no tokenizer", { "config.json": {}, "model.safetensors": "" }, "no tokenizer"],
  ])("with %s is a user's error", async (_, files, message) => {
    await using folder = await checkpointFolder(files ?? {});
    const checkpoint = files ? folder.path : join(folder.path, "missing");
    await expect(openModel({ checkpoint }, {}, fakeAddon())).rejects.toMatchObject({
      name: "UserError",
      message: expect.stringContaining(message),
    });
  });
});
