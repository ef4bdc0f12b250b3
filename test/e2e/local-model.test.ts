import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { InvarianceReport } from "../../src/runners/local/invariance.js";
import type { ModelReport } from "../../src/runners/local/model-report.js";
import { checkpointFolder } from "../runners/local/checkpoint-folder.js";
import { noEngine } from "../runners/local/engine-here.js";
import { askableCheckpoint, goldenCase } from "../runners/local/golden-checkpoint.js";
import { publishedModels } from "../runners/local/published-models.js";
import { Workplace } from "./cli.js";

const name = "llava-next-qwen-tiny";
const missing = noEngine() ?? (goldenCase(name) ? undefined : "the golden checkpoint is not here");

describe.skipIf(missing !== undefined)(
  `a local checkpoint on the command line${missing ? ` (skipped: ${missing})` : ""}`,
  () => {
    let workplace: Workplace;
    let checkpoint: Awaited<ReturnType<typeof askableCheckpoint>>;
    beforeAll(async () => {
      workplace = await Workplace.make();
      checkpoint = await askableCheckpoint(name);
    });
    afterAll(async () => {
      await workplace[Symbol.asyncDispose]();
      await checkpoint[Symbol.asyncDispose]();
    });

    test("model prints architecture, parameters and memory per device, as text and as JSON", async () => {
      const text = await workplace.run("model", checkpoint.path);
      expect(text.exitCode).toBe(0);
      expect(text.stdout).toMatch(/parameters +681,600 \(0\.7M\)/);
      expect(text.stdout).toMatch(/memory +cpu: weights 1\.2 MiB/);
      const json = await workplace.run("model", checkpoint.path, "--json");
      const report = JSON.parse(json.stdout) as ModelReport;
      expect(report).toMatchObject({ template: "qwen_1_5", stopTokens: [509], problems: [], hasWeights: true });
    });

    test.each([
      {
        name: "ov15-qwen3-tiny",
        family: "llava-onevision-1.5",
        vision: /rice ViT of patches of 14, 2x2 a token: 3 layers/,
      },
      { name: "ov2-qwen3-tiny", family: "llava-onevision-2", vision: /onevision ViT of patches of 14, 2x2 a token/ },
    ])("images of any size: $name is described, and run asks it two tasks", async ({ name, family, vision }) => {
      await using folder = await askableCheckpoint(name);
      const { stdout } = await workplace.run("model", folder.path, "--max-pixels", "9408");
      expect(stdout).toContain(`${family}, converted layout`);
      expect(stdout).toMatch(vision);
      expect(stdout).toMatch(
        /images +any size: multiples of 28, 3,136 to 9,408 pixels; up to 48 tokens an image; several: each/,
      );
      expect(stdout).toMatch(/prompts +qwen_2_5_vl; /);
      const tasks = ["--tasks", "vqav2,mmmu", "--data", "demo", "--limit", "2", "--max-new-tokens", "2"];
      const model = ["--model", `local:${folder.path}`, "--max-pixels", "9408", "--out", `out-${name}`];
      const ended = await workplace.run("run", ...tasks, ...model);
      expect(ended.exitCode, ended.stderr).toBe(0);
      expect(ended.stdout).toMatch(/vqav2[\s\S]+mmmu/);
      expect(ended.stdout).not.toMatch(/not scored +[1-9]/);
    });

    test.each([
      ["ov-tied-tiny-native", [], /note +several images are read as stacked-pad, .* trained on list-pad: --images/],
      ["ov-tied-tiny", [], /note +several images are read as anyres, .* trained on list-pad/],
      ["interleave-tiny-native", [], /note +several images are read as list-square, .* lmms-eval has stacked-pad/],
      ["ov15-qwen3-tiny", [], /note +several images are read as each, .* are hub/],
      ["ov15-qwen3-tiny", ["--images", "hub"], /several: hub\n(?![\s\S]*several images)/],
    ] as const)("model %s %j says whose rule for several images it is", async (name, flags, words) => {
      await using folder = await askableCheckpoint(name);
      expect((await workplace.run("model", folder.path, ...flags)).stdout).toMatch(words);
    });

    // Native and converted; the families of images of any size are above, LLaVA-Video's clips in clips.test.ts.
    test.each([
      { name: "ov-tied-tiny", several: "anyres" },
      { name: "ov-tied-tiny-native", several: "stacked-pad" },
      { name: "llava-video-tiny-native", several: "stacked-pad" },
      { name: "next-video-tiny", several: "anyres", template: "vicuna_v1" },
      { name: "interleave-tiny", several: "stacked-square" },
      { name: "interleave-tiny-native", several: "list-square" },
      { name: "llava-qwen3-tiny", several: "anyres" },
      { name: "llava-qwen3-tiny-native", several: "anyres" },
    ])(
      "run asks $name two tasks and records how it read several images",
      async ({ name, several, template = "qwen_1_5" }) => {
        await using folder = await askableCheckpoint(name);
        const tasks = ["--tasks", "vqav2,mmmu", "--data", "demo", "--limit", "2", "--max-new-tokens", "2"];
        const out = `out-${name}`;
        const model = ["--model", `local:${folder.path}`, "--template", template, "--out", out];
        const ended = await workplace.run("run", ...tasks, ...model);
        expect(ended.exitCode, ended.stderr).toBe(0);
        expect(ended.stdout).toMatch(/vqav2[\s\S]+mmmu/);
        expect(ended.stdout).not.toMatch(/not scored +[1-9]/);
        const manifest = await readFile(join(workplace.path, out, "run.json"), "utf8");
        expect(manifest).toMatch(new RegExp(`"images": ?"${several}"`));
      },
    );

    test("model names what is unsupported and why", async () => {
      const config = { ...publishedModels[0].config, mm_resampler_type: "perceiver" };
      await using folder = await checkpointFolder({ "config.json": config });
      const { exitCode, stdout } = await workplace.run("model", folder.path);
      expect(exitCode).toBe(0);
      expect(stdout).toMatch(/unsupported +mm_resampler_type = perceiver: /);
      // What a resampler would add nobody here knows: no total, no memory.
      expect(stdout).toContain("parameters  unknown: text 72,287,920,128, vision 303,507,456, projector unknown");
      expect(stdout).toMatch(/memory +unknown/);
    });

    test("model says what is wrong with a folder, a name, a config", async () => {
      await using broken = await checkpointFolder({ "config.json": "{" });
      for (const given of ["/no/such/folder", broken.path, "no-such-preset", "gpt-4o"]) {
        const { exitCode, stderr } = await workplace.run("model", given);
        expect(exitCode).toBe(1);
        expect(stderr).toMatch(/^error: .+\n +at: +.+\n +fix: +.+/);
      }
    });

    test("check-invariance compares every way of asking and ends with 0", async () => {
      const ended = await workplace.run(
        "check-invariance",
        "--model",
        `local:${checkpoint.path}`,
        "--requests",
        "6",
        "--max-new-tokens",
        "4",
        "--json",
      );
      expect(ended.exitCode).toBe(0);
      const report = JSON.parse(ended.stdout) as InvarianceReport;
      expect(report.invariant).toBe(true);
      expect(report.rows).toHaveLength(8);
    });

    test("run asks it, continues where it stopped, and records what the answers depend on", async () => {
      const run = [
        "run",
        "--tasks",
        "vqav2",
        "--data",
        "demo",
        "--model",
        `local:${checkpoint.path}`,
        "--max-new-tokens",
        "4",
        "--out",
        "out",
      ];
      const first = await workplace.run(...run, "--limit", "3", "--device", "cpu");
      expect(first.stderr).not.toContain("defect");
      expect(first.exitCode).toBe(0);
      const again = await workplace.run(...run, "--limit", "6", "--device", "cpu");
      expect(again.exitCode).toBe(0);
      const manifest = JSON.parse(await readFile(join(workplace.path, "out", "run.json"), "utf8"));
      expect(JSON.stringify(manifest)).toMatch(/"weights":"sha256:[0-9a-f]{32}"/);
      expect(JSON.stringify(manifest)).toContain('"template":"qwen_1_5"');
      const lines = (await readFile(join(workplace.path, "out", "vqav2.samples.jsonl"), "utf8")).trim().split("\n");
      expect(lines).toHaveLength(6);
      const other = await workplace.run(...run, "--limit", "6", "--device", "cpu", "--template", "vicuna_v1");
      expect(other.exitCode).toBe(1);
    });
  },
);
