import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { packageRoot } from "../../../src/core/package-root.js";
import { DEMO_TASKS } from "../../../src/datasets/demo/rows.js";
import { openTokenizer } from "../../../src/runners/local/tokenizer/open-tokenizer.js";
import { Workplace } from "../../e2e/cli.js";
import { noEngine } from "../../runners/local/engine-here.js";

const folder = join(packageRoot, "configs", "demo", "model");

/**
 * What scripts/demo-model/answer.py (NumPy, float32 arithmetic on the shipped bfloat16 weights) answers on the first rows of
 * each task, with the ids of the words behind the image. Made by rows-as-samples.mjs and answer.py; see scripts/demo-model.
 */
const reference = JSON.parse(await readFile(new URL("./numpy-answers.json", import.meta.url), "utf8")) as Readonly<
  Record<string, readonly { readonly ids: readonly number[]; readonly given: string }[]>
>;
const rows = 20;

describe("the demo checkpoint", () => {
  it("is a bfloat16 file of at most 8 MB in the converted layout", async () => {
    const bytes = await readFile(join(folder, "model.safetensors"));
    expect(bytes.length).toBeLessThan(8_000_000);
    const header = JSON.parse(bytes.toString("utf8", 8, 8 + Number(bytes.readBigUInt64LE(0)))) as Record<
      string,
      { dtype?: string }
    >;
    const { __metadata__, ...tensors } = header;
    expect(new Set(Object.values(tensors).map(({ dtype }) => dtype))).toEqual(new Set(["BF16"]));
    for (const name of [
      "vision_tower.vision_model.pre_layrnorm.weight",
      "multi_modal_projector.linear_2.bias",
      "image_newline",
      "language_model.model.layers.0.self_attn.q_proj.bias",
      "language_model.lm_head.weight",
    ]) {
      expect(tensors).toHaveProperty([name]);
    }
  });

  it("has a tokenizer that reads every prompt as the trainer did", async () => {
    const { tokenizer } = await openTokenizer(folder);
    const place = "\n";
    for (const task of DEMO_TASKS) {
      for (const { ids } of reference[task] ?? []) {
        // Round trip through the text: the trainer's own ids, its own way of cutting words.
        const text = ids.map((id) => tokenizer.decode([id])).join("");
        expect(text.startsWith(place)).toBe(true);
        const ending = "<|im_end|>\n<|im_start|>assistant\n";
        expect(tokenizer.encode(text + ending)).toEqual(ids);
      }
    }
  });

  const missing = noEngine();
  it.skipIf(missing !== undefined)(
    `gives through the engine the answers that NumPy computes${missing ? ` (skipped: ${missing})` : ""}`,
    async () => {
      await using place = await Workplace.make();
      const tasks = DEMO_TASKS.join(",");
      const run = await place.run(
        ...["run", "--model", `local:${folder}`, "--dtype", "fp32", "--device", "cpu", "--data", "demo"],
        ...["--tasks", tasks, "--limit", String(rows), "--out", "out"],
      );
      expect(run, run.stderr).toMatchObject({ exitCode: 0 });
      for (const task of DEMO_TASKS) {
        const answers = (await place.samples("out", task)).map(({ text }) => text);
        expect(answers, task).toEqual(reference[task]?.map(({ given }) => given));
        expect(answers).toHaveLength(rows);
      }
    },
  );

  it.skipIf(missing !== undefined)(
    "looks at the image: with no model named, the demo beats every blind guess",
    async () => {
      await using place = await Workplace.make();
      const run = await place.run("run", "--tasks", "vqav2,mmmu,pope", "--limit", "100", "--out", "out");
      expect(run, run.stderr).toMatchObject({ exitCode: 0 });
      const value = async (task: string) => (await place.result("out", task)).metrics[0]?.value ?? 0;
      expect(await value("vqav2")).toBeGreaterThan(0.75);
      expect(await value("mmmu")).toBeGreaterThan(0.55);
      expect(await value("pope")).toBeGreaterThan(0.75);
      expect((await place.result("out", "mmmu")).flags).toContain("demo");
    },
  );
});
