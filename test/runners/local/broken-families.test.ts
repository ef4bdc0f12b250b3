/** What breaks a checkpoint of each family: opening it is a user's error, and the reason that matters stands first. */
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { UserError } from "../../../src/core/errors.js";
import { openLocal } from "../../../src/runners/local/index.js";
import { Workplace } from "../../e2e/cli.js";
import { readSafetensors, safetensorsOf, type Tensors, without } from "../../fakes/checkpoints.js";
import { noEngine } from "./engine-here.js";
import { goldenCase } from "./golden-checkpoint.js";

type Fields = Record<string, unknown>;
interface Family {
  readonly name: string;
  /** The tensors of its tower. */
  readonly tower: RegExp;
  readonly towerMissing: RegExp;
  /** What decides numbers and is not honoured: the field that is named, and how the config asks for it. */
  readonly field: string;
  readonly ask: (config: Record<"text_config" | "vision_config", Fields> & Fields) => void;
}

const clipTower = { tower: /vision_tower/, towerMissing: /no vision tower inside/ };
const anySize = { tower: /visual\./, towerMissing: /no vision tower inside \(visual\./ };
const families: readonly Family[] = [
  {
    ...{ name: "ov-tied-tiny", ...clipTower, field: "vision_aspect_ratio" },
    ask: (c) => Object.assign(c, { vision_aspect_ratio: "anyres" }),
  },
  {
    ...{ name: "ov-tied-tiny-native", ...clipTower, field: "mm_patch_merge_type" },
    ask: (c) => Object.assign(c, { mm_patch_merge_type: "spatial_unpad_maxpool2x2" }),
  },
  {
    ...{ name: "llava-video-tiny-native", ...clipTower, field: "mm_resampler_type" },
    ask: (c) => Object.assign(c, { mm_resampler_type: "masked_drop" }),
  },
  {
    ...{ name: "next-video-tiny", ...clipTower, field: "projector_hidden_act" },
    ask: (c) => Object.assign(c, { projector_hidden_act: "silu" }),
  },
  {
    ...{ name: "interleave-tiny", ...clipTower, field: "vision_feature_select_strategy" },
    ask: (c) => Object.assign(c, { vision_feature_select_strategy: "default" }),
  },
  {
    ...{ name: "llava-qwen3-tiny", ...clipTower, field: "rope_scaling.type" },
    ask: (c) => Object.assign(c.text_config, { rope_scaling: { type: "longrope", factor: 4 } }),
  },
  {
    ...{ name: "llava-qwen3-tiny-native", ...clipTower, field: "s2" },
    ask: (c) => Object.assign(c, { s2: true, s2_scales: "28,56" }),
  },
  {
    ...{ name: "ov15-qwen3-tiny", ...anySize, field: "num_experts" },
    ask: (c) => Object.assign(c.text_config, { num_experts: 8 }),
  },
  {
    ...{ name: "ov2-qwen3-tiny", ...anySize, field: "use_patch_position_encoding" },
    ask: (c) => Object.assign(c.vision_config, { use_patch_position_encoding: true }),
  },
];

const scratch = mkdtempSync(join(tmpdir(), "broken-families-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const weightsOf = (folder: string): Tensors => {
  const { header, data } = readSafetensors(join(folder, "model.safetensors"));
  return Object.fromEntries(
    Object.entries(header).map(([name, { dtype, shape, data_offsets }]) => [
      name,
      { dtype, shape, data: data.subarray(...data_offsets) },
    ]),
  );
};

function copyOf(name: string): string {
  const folder = mkdtempSync(join(scratch, "copy-"));
  cpSync(goldenCase(name) as string, folder, {
    recursive: true,
    filter: (source) => !/images|expected/.test(source.slice(-20)),
  });
  return folder;
}

function withConfig(name: string, change: Family["ask"]): string {
  const folder = copyOf(name);
  const path = join(folder, "config.json");
  const config = JSON.parse(readFileSync(path, "utf8"));
  change(config);
  writeFileSync(path, JSON.stringify(config));
  return folder;
}

/** In two shards of which the second is not there. */
function withoutShard(name: string): string {
  const folder = copyOf(name);
  const tensors = Object.entries(weightsOf(folder));
  const shards = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"] as const;
  const half = tensors.length / 2;
  writeFileSync(join(folder, shards[0]), safetensorsOf(Object.fromEntries(tensors.filter((_, i) => i < half))));
  const weight_map = Object.fromEntries(tensors.map(([tensor], i) => [tensor, shards[i < half ? 0 : 1]]));
  writeFileSync(join(folder, "model.safetensors.index.json"), JSON.stringify({ weight_map }));
  unlinkSync(join(folder, "model.safetensors"));
  return folder;
}

function withoutTower(name: string, tower: RegExp): string {
  const folder = copyOf(name);
  writeFileSync(join(folder, "model.safetensors"), safetensorsOf(without(weightsOf(folder), tower)));
  return folder;
}

const missing = noEngine() ?? (existsSync(goldenCase("ov15-qwen3-tiny") ?? "") ? undefined : "no golden cases");

describe.skipIf(missing !== undefined)(`broken checkpoints${missing ? ` (skipped: ${missing})` : ""}`, () => {
  const errorOf = async (checkpoint: string): Promise<UserError> => {
    const opened = await openLocal({ checkpoint, device: "cpu" }).then(
      (runner) => runner[Symbol.asyncDispose](),
      (error: unknown) => error,
    );
    expect(opened).toBeInstanceOf(UserError);
    return opened as UserError;
  };

  test.each(families)("$name without a shard says which, without its tower that", async ({ name, ...family }) => {
    expect((await errorOf(withoutShard(name))).message).toContain("shard model-00002-of-00002.safetensors is missing");
    const { message, fix } = await errorOf(withoutTower(name, family.tower));
    expect(message).toMatch(family.towerMissing);
    expect(fix).toMatch(/Give the folder of a /);
  });

  test.each(families)("$name of an unknown class says so before all else", async ({ name, ask }) => {
    const folder = withConfig(name, (config) => {
      ask(config);
      Object.assign(config, { model_type: "llava_of_tomorrow", architectures: ["LlavaOfTomorrow"] });
    });
    expect((await errorOf(folder)).message).toMatch(/^llava_of_tomorrow is no model of this engine: /);
  });

  test.each(families)("$name with $field, which decides numbers, names it", async ({ name, field, ask }) => {
    const { message, where } = await errorOf(withConfig(name, ask));
    expect(message).toMatch(new RegExp(`^the engine does not support (text_config\\.|vision_config\\.)?${field} = `));
    expect(where).toMatch(/config\.json$/);
  });

  describe("on the command line", () => {
    let workplace: Workplace;
    beforeAll(async () => {
      workplace = await Workplace.make();
    });
    afterAll(async () => {
      await workplace[Symbol.asyncDispose]();
    });

    test.each([
      ["a missing shard", /^error: shard model-00002-of-00002\.safetensors is missing\n/, withoutShard],
      [
        "an unknown class",
        /^error: llava_of_tomorrow is no model of this engine: /,
        (name: string) => withConfig(name, (c) => Object.assign(c, { model_type: "llava_of_tomorrow" })),
      ],
    ] as const)("%s ends a run with 1 and the reason in its first line", async (_, words, broken) => {
      const model = ["--model", `local:${broken("ov15-qwen3-tiny")}`];
      const { exitCode, stderr } = await workplace.run("run", "--tasks", "vqav2", "--data", "demo", ...model);
      expect(exitCode).toBe(1);
      expect(stderr).toMatch(words);
    });
  });
});
