import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { UserError } from "../../src/core/errors.js";
import { loadAddon } from "../../src/runners/local/addon.js";
import { root, Workplace } from "./cli.js";

const demo = join(root, "configs", "demo", "model");

/** Adds noise larger than its own spread to every decoder matrix: a checkpoint that a training accident has damaged. */
async function damagedCopy(target: string): Promise<void> {
  await cp(demo, target, { recursive: true });
  const path = join(target, "model.safetensors");
  const file = await readFile(path);
  const headerLength = Number(file.readBigUInt64LE(0));
  const header = JSON.parse(file.toString("utf8", 8, 8 + headerLength)) as Record<
    string,
    { dtype: string; shape: number[]; data_offsets: [number, number] }
  >;
  delete header.__metadata__;
  let state = 1;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32 - 0.5;
  };
  for (const [
    name,
    {
      dtype,
      shape,
      data_offsets: [begin, end],
    },
  ] of Object.entries(header)) {
    if (!/layers\.\d+\.(mlp|self_attn)/.test(name) || shape.length !== 2 || dtype !== "BF16" || name.includes("vision"))
      continue;
    const values = new Uint16Array(file.buffer, file.byteOffset + 8 + headerLength + begin, (end - begin) / 2);
    const toFloat = (bits: number) => new Float32Array(new Uint32Array([bits << 16]).buffer)[0] as number;
    const spread = Math.sqrt(values.reduce((sum, bits) => sum + toFloat(bits) ** 2, 0) / values.length);
    for (const [i, bits] of values.entries()) {
      const noisy = new Float32Array([toFloat(bits) + 6 * spread * random()]);
      values[i] = (new Uint32Array(noisy.buffer)[0] as number) >>> 16;
    }
  }
  await writeFile(path, file);
}

function engineIsBuilt(): boolean {
  try {
    loadAddon();
    return true;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return false;
  }
}

test.skipIf(!engineIsBuilt())(
  "the gate closes on a noise-injected copy of the demo checkpoint, and stays open on an equal one (skipped without the engine)",
  { timeout: 300_000 },
  async () => {
    await using place = await Workplace.make();
    await damagedCopy(place.file("damaged"));
    await cp(demo, place.file("equal"), { recursive: true });
    const evaluate = (model: string, out: string) =>
      place.run("run", "--tasks", "vqav2,pope", "--data", "demo", "--model", `local:${model}`, "--out", out);
    for (const [model, out] of [
      ["equal", "baseline"],
      ["equal", "again"],
      ["damaged", "candidate"],
    ] as const) {
      expect(await evaluate(place.file(model), out)).toMatchObject({ exitCode: 0 });
    }
    const gate = (candidate: string) => place.run("compare", "baseline", candidate, "--fail-on", "regression");
    expect((await gate("again")).exitCode).toBe(0);
    const closed = await gate("candidate");
    expect(closed.exitCode).toBe(3);
    expect(`${closed.stdout}${closed.stderr}`).toContain("vqav2");
  },
);
