import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DEMO_SPLITS, DEMO_TASKS, demoRows } from "../../../src/datasets/demo/rows.js";
import { choicePrompt, type TrainingSample, writeTraining } from "../../../src/datasets/demo/training.js";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "demo-training-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function samplesOf(name: string): Promise<TrainingSample[]> {
  const lines = (await readFile(join(folder, name, "samples.jsonl"), "utf8")).trim().split("\n");
  return lines.map((line) => JSON.parse(line) as TrainingSample);
}

describe("the training format", () => {
  it("has one line an image and exactly its pixels, and the same seed gives the same files", async () => {
    await writeTraining(join(folder, "a"), "train", 1, 50);
    await writeTraining(join(folder, "b"), "train", 1, 50);
    const samples = await samplesOf("a");
    expect(samples).toHaveLength(50);
    const bytes = samples.reduce((sum, { width, height }) => sum + width * height * 3, 0);
    expect((await stat(join(folder, "a", "images.bin"))).size).toBe(bytes);
    for (const file of ["images.bin", "samples.jsonl"]) {
      const [a, b] = await Promise.all(["a", "b"].map((name) => readFile(join(folder, name, file))));
      expect(a?.equals(b as Buffer)).toBe(true);
    }
  });

  it("holds no image of the shipped rows", async () => {
    await writeTraining(join(folder, "c"), "train", 0, 400);
    const pixels = await readFile(join(folder, "c", "images.bin"));
    const shipped = new Set(
      DEMO_TASKS.flatMap((task) => demoRows(task, DEMO_SPLITS[task], 0, 256)).map(({ image }) =>
        Buffer.from(image.rgb).toString("base64"),
      ),
    );
    let at = 0;
    for (const { width, height } of await samplesOf("c")) {
      expect(shipped.has(pixels.subarray(at, at + width * height * 3).toString("base64"))).toBe(false);
      at += width * height * 3;
    }
    expect(at).toBe(pixels.length);
  });

  it("asks letters whose options hold the answer at that letter only", async () => {
    await writeTraining(join(folder, "d"), "train", 2, 60);
    const letters = (await samplesOf("d")).flatMap(({ questions }) =>
      questions.filter(({ kind }) => kind === "letter"),
    );
    expect(letters.length).toBeGreaterThan(60);
    for (const { prompt, answer } of letters) {
      expect(["A", "B", "C", "D"]).toContain(answer);
      expect(
        prompt
          .split("\n")
          .slice(1, 5)
          .map((line) => line.slice(0, 3)),
      ).toEqual(["A. ", "B. ", "C. ", "D. "]);
    }
  });

  it("words a choice as MMMU's default prompt does", () => {
    expect(choicePrompt("Which?", ["red", "blue"])).toBe(
      "Which?\nA. red\nB. blue\n\nAnswer with the option's letter from the given choices directly.",
    );
  });
});
