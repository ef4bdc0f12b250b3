import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { SampleRecord } from "../../src/record/samples.js";
import { runCommand } from "../cli/run-command.js";
import { drawnImage } from "../fakes/images.js";
import { type ColumnType, parquetBytes } from "../fakes/parquet-files.js";

test("a task whose score needs them gets its images' sizes, also when it is scored again from the journal", async () => {
  const folder = await mkdtemp(join(tmpdir(), "llava-eval-sizes-"));
  try {
    const bytes = new Uint8Array(await drawnImage({ seed: 1, width: 40, height: 20 }));
    const columns: Record<string, ColumnType> = {
      ...{ question_id: "string", image: "image", answer: "strings", segmentation: "doubles", bbox: "doubles" },
      file_name: "string",
    };
    const row = {
      question_id: "1",
      answer: ["left man"],
      segmentation: [0, 0, 1, 1, 2, 2],
      bbox: [10, 5, 20, 10],
      file_name: "a.jpg",
    };
    await mkdir(join(folder, "refcoco_bbox_rec", "data"), { recursive: true });
    const file = parquetBytes(columns, [{ ...row, image: { bytes, path: "a.jpg" } }]);
    await writeFile(join(folder, "refcoco_bbox_rec", "data", "val-00000-of-00001.parquet"), file);
    const run = async (out: string, model: string) => {
      const args = [
        "run",
        "--tasks",
        "refcoco_bbox_rec",
        "--data",
        folder,
        "--model",
        model,
        "--out",
        join(folder, out),
      ];
      expect((await runCommand(args)).exitCode).toBe(0);
      const lines = await readFile(join(folder, out, "refcoco_bbox_rec.samples.jsonl"), "utf8");
      return JSON.parse(lines.trim()) as SampleRecord;
    };
    // The box in fractions of 40 x 20.
    const first = await run("one", "stub:[0.25, 0.25, 0.75, 0.75]");
    expect(first.sizes).toEqual([[40, 20]]);
    expect(first.score).toMatchObject({ status: "scored", value: { IoU: 1, "ACC@0.9": 1 } });
    const again = await runCommand(["score", join(folder, "one"), "--out", join(folder, "two")]);
    expect(again).toMatchObject({ exitCode: 0 });
    const rescored = await readFile(join(folder, "two", "refcoco_bbox_rec.samples.jsonl"), "utf8");
    expect(JSON.parse(rescored.trim())).toEqual(first);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
