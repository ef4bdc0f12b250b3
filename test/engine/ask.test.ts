/** `llava-engine checkpoint`, `requests` and `ask`: what the benchmarks on a GPU stand on, at a size for every machine. */
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { EngineProgram } from "./engine-program.js";

interface Asked {
  questions: number;
  sameBitsInEveryRound: boolean;
  rounds: { sharedTokens: number; imagesEncoded: number }[];
  answers: number[][];
}

const program = new EngineProgram("engine");
const noCompiler = program.missing;
const scratch = mkdtempSync(join(tmpdir(), "llava-ask-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
const checkpoint = join(scratch, "tiny");
const requests = join(scratch, "requests");
const digest = (file: string) => createHash("sha256").update(readFileSync(file)).digest("hex");

describe.skipIf(noCompiler !== undefined)(`questions${noCompiler ? ` (skipped: ${noCompiler})` : ""}`, () => {
  beforeAll(() => {
    expect(program.run("checkpoint", checkpoint, "--model", "tiny").code).toBe(0);
    const size = ["--images", "3", "--questions", "2,1", "--width", "150", "--height", "100"];
    expect(program.run("requests", requests, "--checkpoint", checkpoint, ...size).code).toBe(0);
  });
  const ask = (...options: string[]) => {
    const { stdout, code } = program.run("ask", requests, "--checkpoint", checkpoint, ...options);
    expect(code).toBe(0);
    return JSON.parse(stdout) as Asked;
  };

  test("a random checkpoint and a set of questions are the same bytes on every machine", () => {
    expect(digest(join(checkpoint, "model.safetensors"))).toBe(
      "56a06590dbe3e009ef1fe498d3ba6cfc0c53637a61c8975f3abcab9f0d74cc8c",
    );
    expect(digest(join(requests, "requests.json"))).toBe(
      "ace3b9e9ad474802ad78add0f8e1606c91dc99c21e4c3feeee96f5babeba15e0",
    );
    expect(digest(join(requests, "images.safetensors"))).toBe(
      "05fb2f4c2fbfabb9b778f6b7062fc6c59774b5dffe95545bfd8d0dfc117de14f",
    );
    expect(digest(join(requests, "tiles.safetensors"))).toBe(
      "a9ad42e8301dae519887c49af3553797dcd4391adb2b42123edb1fefc5c65b4c",
    );
  });

  test("a model of fewer layers is the beginning of the whole one", () => {
    const one = join(scratch, "one-layer");
    program.run("checkpoint", one, "--model", "tiny", "--layers", "1");
    const tensor = (folder: string, name: string) => {
      const data = readFileSync(join(folder, "model.safetensors"));
      const length = Number(data.readBigUInt64LE());
      const header = JSON.parse(data.subarray(8, 8 + length).toString()) as Record<string, { data_offsets: number[] }>;
      const [start, end] = header[name]?.data_offsets ?? [];
      return data.subarray(8 + length + (start ?? 0), 8 + length + (end ?? 0));
    };
    const name = "language_model.model.layers.0.mlp.down_proj.weight";
    expect(tensor(one, name).length).toBe(2 * 128 * 208);
    expect(tensor(one, name)).toEqual(tensor(checkpoint, name));
  });

  test("every round gives the same bits, from one thread or several, though images are not found again", () => {
    const atOnce = ask("--rounds", "2");
    expect(atOnce.questions).toBe(5);
    expect(atOnce.rounds.map((round) => round.imagesEncoded)).toEqual([3, 3]);
    expect(atOnce.rounds[0]?.sharedTokens).toBeGreaterThan(0);
    expect(atOnce.answers.every((answer) => answer.length === 3)).toBe(true);
    const fromThreads = ask("--producers", "3", "--decode-ms", "1");
    expect(fromThreads.answers).toEqual(atOnce.answers);
    expect(fromThreads.sameBitsInEveryRound && atOnce.sameBitsInEveryRound).toBe(true);
  });

  test("logits are written for another program to compare with", () => {
    const [one, two] = [join(scratch, "one.safetensors"), join(scratch, "two.safetensors")];
    ask("--logits", one, "--logits-of", "2");
    ask("--logits", two, "--logits-of", "2", "--device", "cpu,cpu");
    expect(readFileSync(one).subarray(8).toString("latin1")).toContain('"shape":[2,512]');
    expect(readFileSync(two)).toEqual(readFileSync(one));
  });

  test("an unknown model is told with the names there are", () => {
    const { stderr, code } = program.run("checkpoint", join(scratch, "no"), "--model", "gpt");
    expect(code).toBe(1);
    expect(stderr).toContain("llama3-llava-next-8b");
  });
});
