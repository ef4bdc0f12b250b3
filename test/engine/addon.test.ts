/** The addon as JavaScript sees it: requests, streams, aborts, closing, and what a malformed request gets. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { messageOf } from "../../src/core/errors.js";
import { loadAddon } from "../../src/runners/local/addon.js";
import {
  IMAGE_SLOT,
  type NativeEngine,
  type NativeGenerateRequest,
  type NativeImage,
} from "../../src/runners/local/native.js";
import { goldenFolder, root } from "./engine-program.js";

const missing = (() => {
  try {
    loadAddon();
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
})();

const folder = join(goldenFolder, "llava-next-qwen-tiny");
const image = { width: 20, height: 10, rgb: new Uint8Array(600).fill(90), digest: "grey" } satisfies NativeImage;
let nextId = 1;
const request = (more: Partial<NativeGenerateRequest> = {}): NativeGenerateRequest => ({
  id: nextId++,
  tokens: Int32Array.of(3, 4, IMAGE_SLOT, 5, 6),
  images: [image],
  maxNewTokens: 8,
  stopTokens: [],
  ...more,
});

describe.skipIf(missing !== undefined)(`the addon${missing ? ` (skipped: ${missing})` : ""}`, () => {
  let engine: NativeEngine;
  beforeAll(async () => {
    engine = await loadAddon().open({ path: folder, dtype: "float32" });
  });
  afterAll(() => engine.close());

  test("tokens stream in order and are the answer", async () => {
    const streamed: number[] = [];
    const output = await engine.generate(request({ onTokens: (ids) => void streamed.push(...ids) }));
    expect(streamed).toEqual([...output.tokens]);
    expect(output).toMatchObject({
      finish: "length",
      usage: { completionTokens: 8, imageTokens: engine.imageTokens([{ width: 20, height: 10 }]) },
    });
  });

  test("a callback that returns false ends the answer early with finish stop", async () => {
    const maxNewTokens = 1800;
    const whole = await engine.generate(request({ maxNewTokens }));
    // A busy machine may keep the event loop from running for the whole of one answer, but not of ten.
    for (let attempt = 0; attempt < 10; attempt++) {
      let seen = 0;
      const onTokens = (ids: Iterable<number>) => {
        seen += [...ids].length;
        return seen < 5;
      };
      const output = await engine.generate(request({ maxNewTokens, onTokens }));
      if (output.tokens.length === maxNewTokens) continue;
      expect(output.finish).toBe("stop");
      expect(output.tokens.length).toBeGreaterThanOrEqual(5);
      expect([...output.tokens]).toEqual([...whole.tokens.subarray(0, output.tokens.length)]);
      return;
    }
    throw new Error("every answer was generated to its end");
  });

  test("a callback that throws rejects the request with its error", async () => {
    const failing = request({
      onTokens: () => {
        throw new Error("mine");
      },
    });
    await expect(engine.generate(failing)).rejects.toThrow("mine");
  });

  test("a seed makes a sampled answer reproducible whatever it is batched with", async () => {
    const sampled = (seed: number) => request({ temperature: 1, topP: 0.95, seed, maxNewTokens: 16 });
    const alone = await engine.generate(sampled(11));
    const [again, other] = await Promise.all([
      engine.generate(sampled(11)),
      engine.generate(sampled(12)),
      engine.generate(request()),
    ]);
    expect([...again.tokens]).toEqual([...alone.tokens]);
    expect([...other.tokens]).not.toEqual([...alone.tokens]);
  });

  test("first-token log-probabilities agree with the logits", async () => {
    const output = await engine.generate(request({ firstTokenTop: 4, firstTokenOf: [0, 511], wantLogits: true }));
    const logits = [...(output.logits ?? [])];
    const normaliser = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0));
    const best = logits.indexOf(Math.max(...logits));
    expect(output.firstTokenTop?.ids[0]).toBe(best);
    expect(output.tokens[0]).toBe(best);
    expect(output.firstTokenTop?.logprobs[0]).toBeCloseTo((logits[best] ?? 0) - normaliser, 4);
    expect(output.firstTokenOf?.[1]).toBeCloseTo((logits[511] ?? 0) - normaliser, 4);
  });

  test("an image that five questions share goes through the tower once", async () => {
    const before = engine.statistics();
    const shared = { ...image, digest: "shared by five", rgb: new Uint8Array(600).fill(17) };
    for (let q = 0; q < 5; q++) {
      const tokens = Int32Array.of(3, 4, IMAGE_SLOT, 10 + q, 6);
      await engine.generate(request({ tokens, images: [shared], prefix: { key: "five", remaining: 4 - q } }));
    }
    const after = engine.statistics();
    expect(after.images - before.images).toBe(5);
    expect(after.imagesEncoded - before.imagesEncoded).toBe(1);
    expect(after.sharedTokens - before.sharedTokens).toBeGreaterThanOrEqual(
      4 * engine.imageTokens([{ width: 20, height: 10 }]),
    );
  });

  test("tiles made beforehand give the logits of the pixels; they are made off the event loop and belong to one prompt", async () => {
    const sizes = [
      { width: 90, height: 30 },
      { width: 20, height: 40 },
    ];
    const pixels = sizes.map(({ width, height }, i) =>
      Uint8Array.from({ length: width * height * 3 }, (_, at) => (at * (7 + i) + 13 * (at >> 5)) & 255),
    );
    const tokens = Int32Array.of(3, IMAGE_SLOT, 5, IMAGE_SLOT, 6);
    const asked = (images: readonly NativeImage[]) => request({ tokens, images, wantLogits: true });
    const whole = await engine.generate(
      asked(sizes.map((size, i) => ({ ...size, digest: `pixels ${i}`, rgb: pixels[i] as Uint8Array }))),
    );
    let ticked = false;
    setImmediate(() => {
      ticked = true;
    });
    const tiles = await Promise.all(pixels.map((rgb, i) => engine.tiles(sizes, i, rgb)));
    expect(ticked).toBe(true);
    const tiled = sizes.map((size, i) => ({ ...size, digest: `tiles ${i}`, tiles: tiles[i] as Uint8Array }));
    const cut = await engine.generate(asked(tiled));
    expect([...cut.tokens]).toEqual([...whole.tokens]);
    expect(cut.logits).toEqual(whole.logits);
    // A digest that is known needs neither again.
    expect((await engine.generate(asked(tiled))).logits).toEqual(whole.logits);
    const foreign = tiled.map((one) => ({ ...one, digest: `of ${one.digest}`, tiles: one.tiles.subarray(3) }));
    await expect(engine.generate(asked(foreign))).rejects.toMatchObject({ code: "REQUEST" });
    expect(() => engine.tiles(sizes, 2, pixels[0] as Uint8Array)).toThrow(/position/);
    expect(() => engine.tiles(sizes, 1, pixels[0] as Uint8Array)).toThrow(/width \* height \* 3/);
  });

  test("an aborted request rejects with ABORTED, and the engine goes on", async () => {
    const aborted = request({ maxNewTokens: 1800 });
    const answer = engine.generate(aborted);
    await new Promise(setImmediate);
    engine.abort(aborted.id);
    await expect(answer).rejects.toMatchObject({ code: "ABORTED" });
    expect((await engine.generate(request())).tokens).toHaveLength(8);
  });

  test("an answer that reaches the end of the context finishes with length; a prompt beyond it rejects with CONTEXT", async () => {
    const long = Int32Array.from({ length: engine.maxContext - 3 }, (_, i) => i % 500);
    expect(await engine.generate(request({ tokens: long, images: [], maxNewTokens: 50 }))).toMatchObject({
      finish: "length",
      usage: { completionTokens: 3 },
    });
    const beyond = new Int32Array(engine.maxContext).fill(1);
    await expect(engine.generate(request({ tokens: beyond, images: [] }))).rejects.toMatchObject({ code: "CONTEXT" });
  });

  test.each<[string, unknown]>([
    ["no object", 7],
    ["no images", { id: 1, tokens: [1], maxNewTokens: 1, stopTokens: [] }],
    ["too few bytes", request({ images: [{ ...image, rgb: new Uint8Array(9) }] })],
    ["neither pixels nor tiles", request({ images: [{ width: 20, height: 10, digest: "x" } as never] })],
    ["tiles that are none", request({ images: [{ width: 20, height: 10, digest: "y", tiles: "x" } as never] })],
    ["a slot without an image", request({ images: [] })],
    ["an image without a slot", request({ tokens: Int32Array.of(1) })],
    ["an id outside the vocabulary", request({ tokens: Int32Array.of(512), images: [] })],
    ["nothing to generate", request({ maxNewTokens: 0 })],
    ["an empty prompt", request({ tokens: new Int32Array(0), images: [] })],
    ["a fractional seed", request({ seed: 0.5 })],
    ["a top-p of 0", request({ topP: 0 })],
    ["an empty continuation", { ...request(), continuations: [new Int32Array(0)] }],
  ])("%s rejects with REQUEST", async (_, bad) => {
    const call = bad as NativeGenerateRequest;
    const answer =
      typeof bad === "object" && bad !== null && "continuations" in bad
        ? engine.loglikelihood(bad as never)
        : engine.generate(call);
    await expect(answer).rejects.toMatchObject({ code: "REQUEST" });
  });

  test("closing rejects what is in flight, twice is once, and afterwards everything is CLOSED", async () => {
    const other = await loadAddon().open({ path: folder });
    const running = [1, 2, 3].map(() => other.generate(request({ maxNewTokens: 1800 })));
    const settled = Promise.allSettled(running);
    await Promise.all([other.close(), other.close()]);
    for (const result of await settled)
      expect(result).toMatchObject({ status: "rejected", reason: { code: "CLOSED" } });
    await expect(other.generate(request())).rejects.toMatchObject({ code: "CLOSED" });
    await other.close();
  });

  test("the event loop runs while the engine works", async () => {
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    await Promise.all(Array.from({ length: 8 }, () => engine.generate(request({ maxNewTokens: 400 }))));
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(3);
  });

  test("a process that forgets its engine still ends, with answers outstanding or not", () => {
    const script = `
      import { createRequire } from "node:module";
      const addon = createRequire(import.meta.url)(${JSON.stringify(join(root, "build/engine/llava_engine.node"))});
      const engine = await addon.open({ path: ${JSON.stringify(folder)} });
      const ask = (id) => engine.generate({ id, tokens: [1, 2], images: [], maxNewTokens: 4, stopTokens: [] });
      console.log((await ask(1)).tokens.length);
      if (process.argv[1] === "exit") { ask(2).catch(() => {}); process.exit(0); }
    `;
    for (const argument of ["idle", "exit"]) {
      const run = spawnSync(process.execPath, ["--input-type=module", "-e", script, argument], {
        encoding: "utf8",
        timeout: 60_000,
      });
      expect(run).toMatchObject({ status: 0, stdout: "4\n", signal: null });
    }
  });

  test("greedy answers are those of the reference, through Node", async () => {
    const expected = JSON.parse(readFileSync(join(folder, "expected.json"), "utf8")) as {
      prompts: Record<string, { input_ids: number[]; images: string[]; greedy: number[] }>;
    };
    const prompt = expected.prompts.text_only;
    const output = await engine.generate(
      request({ tokens: Int32Array.from(prompt?.input_ids ?? []), images: [], maxNewTokens: 32 }),
    );
    expect([...output.tokens]).toEqual(prompt?.greedy);
  });
});
