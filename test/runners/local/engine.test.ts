/** The whole path, through the addon: words and images to ids, to the engine, to words; against the golden vectors. */

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { decodeImage } from "../../../src/images/decode.js";
import { encodedImage } from "../../../src/images/encoded.js";
import { openLocal } from "../../../src/runners/local/index.js";
import { checkInvariance } from "../../../src/runners/local/invariance.js";
import { noEngine } from "./engine-here.js";
import {
  askableCheckpoint,
  type GoldenPrompt,
  goldenCase,
  goldenExpectations,
  goldenPrompt,
  imageTokenOf,
  isReadAs,
  lettersOf,
} from "./golden-checkpoint.js";

const never = new AbortController().signal;
const greedy = { maxNewTokens: 32, temperature: 0 };

/** The goldens ignore stop ids; the runner stops before the first. */
const untilStop = (ids: readonly number[], stops: readonly number[]): readonly number[] => {
  const end = ids.findIndex((id) => stops.includes(id));
  return end < 0 ? ids : ids.slice(0, end);
};

const cases = [
  { name: "llava-next-qwen-tiny", options: { gridOrder: "wh" } },
  { name: "llava-next-qwen-tiny-native", options: {} },
  { name: "llava-next-llama-tiny", options: { gridOrder: "wh" } },
  { name: "llava15-vicuna-tiny", options: { aspectRatio: "pad" } },
  { name: "llava-next-mistral-tiny", options: { gridOrder: "wh" } },
  { name: "llava-qwen3-tiny", options: { gridOrder: "wh" } },
  { name: "llava-qwen3-tiny-native", options: {} },
  { name: "ov-tied-tiny", options: { gridOrder: "wh" } },
  { name: "ov-tied-tiny-native", options: {} },
  { name: "llava-video-tiny-native", options: {} },
  { name: "interleave-tiny-native", options: {} },
  { name: "ov15-qwen3-tiny", options: {} },
  { name: "ov2-qwen3-tiny", options: {} },
  { name: "next-video-tiny", options: { gridOrder: "wh", clipPoolPlace: "after-projector", clipNewline: "one_token" } },
] as const;
/** Each of the rules for several images, by the cases that have their prompts. */
const rules = ["anyres", "list-pad", "stacked-pad", "list-square", "stacked-square"] as const;

for (const { name, options } of cases) {
  const missing = noEngine() ?? (goldenCase(name) ? undefined : "its golden folder is not here");
  describe.skipIf(missing !== undefined)(`${name}${missing ? ` (skipped: ${missing})` : ""}`, () => {
    const open = async () => {
      const checkpoint = await askableCheckpoint(name);
      const runner = await openLocal({
        checkpoint: checkpoint.path,
        template: checkpoint.template,
        dtype: "fp32",
        device: "cpu",
        ...options,
      });
      return {
        runner,
        async [Symbol.asyncDispose]() {
          await runner[Symbol.asyncDispose]();
          await checkpoint[Symbol.asyncDispose]();
        },
      };
    };

    test("answers every golden prompt greedily, asked alone and all together", async () => {
      await using opened = await open();
      const { runner } = opened;
      const { expected, imageFolder } = goldenExpectations(name);
      const stops = runner.fingerprint.stopTokens as number[];
      const rule = String(runner.fingerprint.images);
      const prompts = Object.entries(expected.prompts).filter(([, prompt]) => isReadAs(rule, prompt));
      const ask = async ([key, prompt]: [string, GoldenPrompt], repetitionPenalty?: number) => {
        const request = { id: key, prompt: goldenPrompt(prompt, imageFolder), seed: 0 };
        const penalty = repetitionPenalty === undefined ? {} : { repetitionPenalty };
        return (await runner.generate({ ...request, options: { ...greedy, ...penalty } }, never)).text;
      };
      // An image token that a (random) model says has no text.
      const imageToken = imageTokenOf(name);
      const said = (ids: readonly number[]) => lettersOf(untilStop(ids, stops).filter((id) => id !== imageToken));
      const wanted = prompts.map(([, { greedy }]) => said(greedy));
      expect(prompts.length).toBeGreaterThan(name.startsWith("llava-video") ? 5 : 7);
      const alone: string[] = [];
      for (const prompt of prompts) alone.push(await ask(prompt));
      expect(alone).toEqual(wanted);
      expect(await Promise.all(prompts.map((prompt) => ask(prompt)))).toEqual(wanted);

      if (name.endsWith("-native")) {
        // Over generated ids only, as native checkpoints count.
        const single = expected.prompts.single as GoldenPrompt;
        const penalised = single["greedy_repetition_1.05"]; // not every reference run has one
        if (penalised) expect(await ask(["single", single], 1.05)).toBe(said(penalised));
      }
    });

    test("scores every golden continuation", async () => {
      await using opened = await open();
      const { expected, imageFolder } = goldenExpectations(name);
      const rule = String(opened.runner.fingerprint.images);
      for (const [key, prompt] of Object.entries(expected.prompts).filter(([, each]) => isReadAs(rule, each))) {
        const request = { id: key, prompt: goldenPrompt(prompt, imageFolder), seed: 0 };
        const continuations = [lettersOf(prompt.continuation), lettersOf(prompt.greedy.slice(0, 5))];
        const { likelihoods } = await opened.runner.loglikelihood({ ...request, continuations }, never);
        expect(likelihoods?.[0]?.tokens).toBe(7);
        expect(likelihoods?.[0]?.logprob).toBeCloseTo(prompt.continuation_logprob, 2);
        expect(likelihoods?.[0]?.isGreedy).toBe(prompt.continuation_is_greedy);
        expect(likelihoods?.[1]?.isGreedy).toBe(true);
      }
    });

    test("is invariant", async () => {
      await using checkpoint = await askableCheckpoint(name);
      const report = await checkInvariance({
        checkpoint: checkpoint.path,
        template: "vicuna_v1",
        device: "cpu",
        requests: 8,
        newTokens: 8,
      });
      expect(report.rows).toHaveLength(8);
      expect(report.rows.some(({ sharedTokens }) => sharedTokens > 0)).toBe(true);
      expect(report.rows.filter(({ largest }) => largest > 0)).toEqual([]);
      expect(report.invariant).toBe(true);
    });
  });
}

describe.skipIf(noEngine() !== undefined)("several images in one prompt", () => {
  const name = "ov-tied-tiny-native";

  test.each(rules)("are read as --images %s says, which is in the fingerprint", async (rule) => {
    await using checkpoint = await askableCheckpoint(name);
    const { path, template } = checkpoint;
    await using runner = await openLocal({ checkpoint: path, template, dtype: "fp32", device: "cpu", images: rule });
    expect(runner.fingerprint.images).toBe(rule);
    const { expected, imageFolder } = goldenExpectations(name);
    const prompts = Object.entries(expected.prompts).filter(
      ([, prompt]) => prompt.images.length > 1 && prompt.slots?.[0]?.kind === "image" && isReadAs(rule, prompt),
    );
    expect(prompts.length).toBeGreaterThan(0);
    for (const [key, prompt] of prompts) {
      const request = { id: key, prompt: goldenPrompt(prompt, imageFolder), seed: 0 };
      const { text } = await runner.generate({ ...request, options: greedy }, never);
      expect(text).toBe(lettersOf(untilStop(prompt.greedy, runner.fingerprint.stopTokens as number[])));
    }
  });
});

describe.skipIf(noEngine() !== undefined)("a loaded model", () => {
  const name = "llava-next-qwen-tiny";
  const open = async () => {
    const checkpoint = await askableCheckpoint(name);
    const { path, template } = checkpoint;
    const runner = await openLocal({ checkpoint: path, template, dtype: "fp32", device: "cpu", gridOrder: "wh" });
    return {
      runner,
      async [Symbol.asyncDispose]() {
        await runner[Symbol.asyncDispose]();
        await checkpoint[Symbol.asyncDispose]();
      },
    };
  };
  const { expected, imageFolder } = goldenExpectations(name);
  const single = expected.prompts.single as GoldenPrompt;
  const request = (seed: number, options: object = {}) => ({
    id: `t/${seed}`,
    prompt: goldenPrompt(single, imageFolder),
    seed,
    options: { ...greedy, ...options },
  });

  test("samples by the seed alone, whatever else is asked at the same time", async () => {
    await using opened = await open();
    const { runner } = opened;
    const ask = async (seed: number) =>
      (await runner.generate(request(seed, { temperature: 1, topP: 0.95, topK: 50 }), never)).text;
    const alone: string[] = [];
    for (let seed = 0; seed < 6; seed += 1) alone.push(await ask(seed));
    expect(new Set(alone).size).toBeGreaterThan(1);
    const together = await Promise.all([5, 4, 3, 2, 1, 0].map(ask));
    expect(together.reverse()).toEqual(alone);
  });

  test("stops at a stop string, and counts no token behind it", async () => {
    await using opened = await open();
    const stop = lettersOf(single.greedy.slice(4, 6));
    const output = await opened.runner.generate(request(0, { stop: [stop], maxNewTokens: 500 }), never);
    const whole = lettersOf(single.greedy);
    const text = whole.slice(0, whole.indexOf(stop));
    expect(output).toMatchObject({ text, finish: "stop" });
    expect(output.usage.completionTokens).toBe(text.length + stop.length); // every letter is a token
  });

  test("gives up an aborted request at once and answers the others", async () => {
    await using opened = await open();
    const stop = new AbortController();
    const long = opened.runner.generate(request(1, { maxNewTokens: 1500 }), stop.signal);
    const other = opened.runner.generate(request(2), never);
    while (opened.runner.statistics().prefillTokens === 0) await new Promise(setImmediate);
    stop.abort(new Error("no more"));
    await expect(long).rejects.toThrow("no more");
    expect((await other).text.length).toBeGreaterThan(0);
  });

  test("closed under way rejects what is in flight", async () => {
    await using opened = await open();
    const pending = Promise.allSettled(
      [1, 2, 3].map((seed) => opened.runner.generate(request(seed, { maxNewTokens: 1500 }), never)),
    );
    while (opened.runner.statistics().prefillTokens === 0) await new Promise(setImmediate);
    await opened.runner[Symbol.asyncDispose]();
    const settled = await pending;
    const reasons = settled.flatMap((one) => (one.status === "rejected" ? [one.reason.code] : []));
    expect(reasons.length).toBeGreaterThan(0);
    expect(new Set(reasons)).toEqual(new Set(["CLOSED"]));
  });

  test("opens only what it supports, and names the field otherwise", async () => {
    await using checkpoint = await askableCheckpoint(name);
    const path = join(checkpoint.path, "config.json");
    const config = JSON.parse(readFileSync(path, "utf8"));
    await writeFile(
      path,
      JSON.stringify({ ...config, vision_config: { ...config.vision_config, hidden_act: "relu9" } }),
    );
    await expect(openLocal({ checkpoint: checkpoint.path, device: "cpu" })).rejects.toMatchObject({
      name: "UserError",
    });
  });
});

describe.skipIf(!goldenCase("llava-next-qwen-tiny"))("golden images", () => {
  test("are decoded to the bytes that the reference saw", async () => {
    for (const name of ["llava-next-qwen-tiny", "llava15-vicuna-tiny"]) {
      const { expected, imageFolder } = goldenExpectations(name);
      for (const [file, { decoded_rgb_sha256 }] of Object.entries(expected.images)) {
        const { rgb } = await decodeImage(encodedImage(readFileSync(join(imageFolder, file))));
        expect([file, createHash("sha256").update(rgb).digest("hex")]).toEqual([file, decoded_rgb_sha256]);
      }
    }
  });
});
