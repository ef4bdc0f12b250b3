import { readFileSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { reportModel } from "../../../src/runners/local/model-report.js";
import { openModel } from "../../../src/runners/local/open-model.js";
import { type HubOptions, startHub } from "../../fakes/hub.js";
import { fakeAddon } from "./fake-engine.js";
import { dataFolder } from "./tokenizer-cases.js";

const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const files = {
  "config.json": json({}),
  "tokenizer.model": readFileSync(join(dataFolder, "sentencepiece/bpe.model")),
  "model-00001-of-00002.safetensors": new Uint8Array(300_000).fill(1),
  "model-00002-of-00002.safetensors": new Uint8Array(300_000).fill(2),
  "model.safetensors.index.json": json({ weight_map: {} }),
  "pytorch_model.bin": Buffer.alloc(50_000, 3),
  "original/consolidated.safetensors": Buffer.alloc(50_000, 4),
};

async function hubWith(options: Partial<HubOptions> = {}) {
  const hub = await startHub({ models: { "org/llava": files }, ...options });
  const home = await mkdtemp(join(tmpdir(), "hub-home-"));
  const environment = { HF_ENDPOINT: hub.url, HF_HOME: home };
  return {
    hub,
    environment,
    async [Symbol.asyncDispose]() {
      await hub.stop();
      await rm(home, { recursive: true });
    },
  };
}

describe("a hub id", () => {
  test("brings config, tokenizer and safetensors into the cache, with its commit in the fingerprint", async () => {
    await using place = await hubWith();
    const said: string[] = [];
    const options = { checkpoint: "org/llava", environment: place.environment, say: (m: string) => said.push(m) };
    const model = await openModel(options, {}, fakeAddon());
    expect(model.fingerprint).toMatchObject({
      model: "org/llava",
      revision: place.hub.commit,
      weights: expect.stringMatching(/^sha256:/),
    });
    const { folder } = model.checkpoint;
    expect((await readFile(join(folder, "model-00002-of-00002.safetensors"))).equals(Buffer.alloc(300_000, 2))).toBe(
      true,
    );
    await expect(readFile(join(folder, "pytorch_model.bin"))).rejects.toThrow("ENOENT");
    await expect(readFile(join(folder, "original/consolidated.safetensors"))).rejects.toThrow("ENOENT");
    expect(said).toEqual([expect.stringMatching(/^fetching 5 files \(0\.00 GB\) of org\/llava into /)]);
  });

  test("is not fetched twice, and opens offline", async () => {
    await using place = await hubWith();
    await openModel({ checkpoint: "org/llava", environment: place.environment }, {}, fakeAddon());
    const { storageRequests } = place.hub.stats;
    await openModel({ checkpoint: "org/llava", environment: place.environment }, {}, fakeAddon());
    expect(place.hub.stats.storageRequests).toBe(storageRequests);
    const { apiRequests } = place.hub.stats;
    const environment = { ...place.environment, HF_HUB_OFFLINE: "1" };
    const model = await openModel({ checkpoint: "org/llava", environment }, {}, fakeAddon());
    expect(model.checkpoint.revision).toBe(place.hub.commit);
    expect(place.hub.stats.apiRequests).toBe(apiRequests);
  });

  test("survives transfers that break off, and refuses content with another hash", async () => {
    await using shaky = await hubWith({ cutAfter: 100_000 });
    const model = await openModel({ checkpoint: "org/llava", environment: shaky.environment }, {}, fakeAddon());
    const first = await readFile(join(model.checkpoint.folder, "model-00001-of-00002.safetensors"));
    expect(first.equals(files["model-00001-of-00002.safetensors"])).toBe(true);
    await using hostile = await hubWith({ corrupted: ["model-00001-of-00002.safetensors"] });
    const opened = openModel({ checkpoint: "org/llava", environment: hostile.environment }, {}, fakeAddon());
    await expect(opened).rejects.toMatchObject({ name: "UserError", message: expect.stringContaining("has the hash") });
    // The other transfer has ended by then: nothing is written after the error.
    const left = await readdir(hostile.environment.HF_HOME, { recursive: true });
    expect(left.filter((path) => path.endsWith(".lock"))).toEqual([]);
  });

  test("is described without its weights", async () => {
    await using place = await hubWith();
    const addon = fakeAddon({ description: { hasWeights: false } });
    const report = await reportModel({ checkpoint: "org/llava", environment: place.environment }, addon);
    expect(report).toMatchObject({ name: "org/llava", revision: place.hub.commit, problems: [] });
    expect(place.hub.stats.bytes).toBeLessThan(100_000);
  });

  test.each([
    ["that does not exist", "org/nothing", {}, "it does not exist"],
    [
      "with pickles only",
      "org/pickled",
      { "config.json": json({}), "pytorch_model.bin": Buffer.alloc(9) },
      "Python pickles",
    ],
    ["without a checkpoint", "org/data", { "README.md": Buffer.from("x") }, "no config.json"],
  ])("%s is a user's error", async (_, checkpoint, content, message) => {
    await using place = await hubWith({
      models: { "org/llava": files, ...(_ === "that does not exist" ? {} : { [checkpoint]: content }) },
    });
    const opened = openModel({ checkpoint, environment: place.environment }, {}, fakeAddon());
    await expect(opened).rejects.toMatchObject({ name: "UserError", message: expect.stringContaining(message) });
  });
});
