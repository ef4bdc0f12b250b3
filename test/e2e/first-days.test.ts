/** What people do in their first days with a checkpoint or the hub: exit code and words of each. */

import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type HubOptions, startHub } from "../fakes/hub.js";
import { root, Workplace } from "./cli.js";

const demo = join(root, "configs", "demo", "model");
const lfsPointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${"0".repeat(64)}\nsize 14129132\n`;

/** The folder `ckpt` of a workplace: the demo model with files replaced, or taken away (null). */
async function checkpoint(place: Workplace, changes: Readonly<Record<string, string | null>>): Promise<void> {
  await cp(demo, place.file("ckpt"), { recursive: true });
  for (const [name, content] of Object.entries(changes)) {
    if (content === null) await rm(place.file("ckpt", name));
    else await writeFile(place.file("ckpt", name), content);
  }
}

const folders: readonly [name: string, model: string, files: Record<string, string | null>, words: RegExp][] = [
  ["the folder alone", "./ckpt", {}, /"\.\/ckpt" is a folder[\s\S]*write local:\.\/ckpt/],
  ["the hub id alone", "liuhaotian/llava-v1.5-7b", {}, /write local:liuhaotian\/llava-v1\.5-7b[\s\S]*or openai:/],
  ["the URL alone", "http://host:8000/v1", {}, /a URL alone names no model[\s\S]*openai:ID@URL/],
  ["a folder that is not there", "local:~/nothing", {}, /there is no folder \S*\/llava-eval-test-\w+\/nothing/],
  [
    "a clone without Git LFS",
    "local:ckpt",
    { "model.safetensors": lfsPointer },
    /model\.safetensors is a Git LFS pointer[\s\S]*git lfs pull/,
  ],
  [
    "a LoRA folder",
    "local:ckpt",
    {
      "model.safetensors": null,
      "adapter_model.safetensors": "",
      "adapter_config.json": '{"base_model_name_or_path":"lmsys/vicuna-7b-v1.5"}',
    },
    /a LoRA adapter of lmsys\/vicuna-7b-v1\.5[\s\S]*merge it with lmsys\/vicuna-7b-v1\.5/,
  ],
];

test.each(folders)("--model with %s", async (_, model, files, words) => {
  await using place = await Workplace.make();
  await checkpoint(place, files);
  const run = await place.run("run", "--tasks", "pope", "--data", "demo", "--limit", "2", "--model", model);
  expect(run.stderr).toMatch(words);
  expect(run.stderr).toMatch(/^error: .+\n {2}at: {2}.+\n {2}fix: .+/m);
  expect(run.exitCode).toBe(1);
});

test("--model with the top folder of the hub's cache names the checkpoint below it", async () => {
  await using place = await Workplace.make();
  const snapshot = join("models--org--llava", "snapshots", "0".repeat(40));
  await mkdir(place.file(snapshot), { recursive: true });
  const run = await place.run("run", "--tasks", "pope", "--data", "demo", "--model", "local:models--org--llava");
  expect(run.stderr).toMatch(/the hub cache's folder of a model/);
  expect(run.stderr).toContain(snapshot);
  expect(run.exitCode).toBe(1);
});

const hubs: readonly [
  name: string,
  hub: Partial<HubOptions>,
  env: Record<string, string>,
  code: number,
  words: RegExp,
][] = [
  ["passes after two rate limits", { limited: { times: 2, reset: 1 } }, {}, 0, /^(?!.*error)/],
  [
    "limits every request",
    { limited: { times: 1000 } },
    {},
    1,
    /the hub limits how often it is asked \(HTTP 429\): We had to rate limit your IP[\s\S]*set HF_TOKEN/,
  ],
  [
    "asks for a long wait",
    { limited: { times: 1000, reset: 3600 } },
    { HF_TOKEN: "hf_valid" },
    1,
    /limits how often it is asked[\s\S]*wait 60 min; the same command/,
  ],
  [
    "refuses the token",
    { token: "hf_right" },
    { HF_TOKEN: "hf_expired" },
    1,
    /the hub refuses the token of HF_TOKEN \(HTTP 401\)[\s\S]*expired, revoked or not whole/,
  ],
  ["is private, and no token is set", { token: "hf_right" }, {}, 1, /it is private and HF_TOKEN is not set/],
  ["is a mirror whose pages name the hub", { pageSize: 2, linksTo: "https://hub.example" }, {}, 0, /^(?!.*error)/],
];

test.each(hubs)("a hub that %s", { timeout: 120_000 }, async (_, options, environment, code, words) => {
  const names = ["config.json", "tokenizer.json", "tokenizer_config.json", "preprocessor_config.json"];
  const files = await Promise.all(names.map(async (name) => [name, await readFile(join(demo, name))] as const));
  const models = { "org/llava": { ...Object.fromEntries(files), "model.safetensors": Buffer.alloc(8) } };
  await using hub = await startHub({ models, ...options });
  await using place = await Workplace.make({ HF_ENDPOINT: hub.url, ...environment });
  const run = await place.run("model", "org/llava");
  expect(run.stderr).toMatch(words);
  expect(run.exitCode).toBe(code);
  expect(run.stderr).not.toMatch(/hf_(right|valid|expired)/);
  if (code === 0) expect(run.stdout).toContain("qwen_1_5");
});
