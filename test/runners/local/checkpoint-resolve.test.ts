import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { UserError } from "../../../src/core/errors.js";
import { resolveCheckpoint } from "../../../src/runners/local/checkpoint/resolve.js";

const pointer = `version https://git-lfs.github.com/spec/v1
oid sha256:0000000000000000000000000000000000000000000000000000000000000000
size 14129132
`;
const commit = "0123456789abcdef0123456789abcdef01234567";

/** A folder of this name with these files. */
async function folderOf(name: string, files: Readonly<Record<string, string>>) {
  const root = await mkdtemp(join(tmpdir(), "resolve-"));
  const path = join(root, name);
  await mkdir(path);
  for (const [file, content] of Object.entries(files)) {
    await mkdir(join(path, file, ".."), { recursive: true });
    await writeFile(join(path, file), content);
  }
  return { root, path, [Symbol.asyncDispose]: () => rm(root, { recursive: true }) };
}

test.each<[string, string, Record<string, string>, RegExp]>([
  [
    "weights that Git LFS left on the server",
    "llava",
    { "config.json": "{}", "model.safetensors": pointer },
    /^error: model\.safetensors is a Git LFS pointer[\s\S]*git lfs pull/,
  ],
  [
    "a tokenizer that Git LFS left on the server",
    "llava",
    { "config.json": "{}", "tokenizer.json": pointer },
    /tokenizer\.json is a Git LFS pointer/,
  ],
  [
    "a config that Git LFS left on the server",
    "llava",
    { "config.json": pointer },
    /config\.json is a Git LFS pointer/,
  ],
  [
    "an index that Git LFS left on the server",
    "llava",
    { "config.json": "{}", "model.safetensors.index.json": pointer },
    /model\.safetensors\.index\.json is a Git LFS pointer/,
  ],
  [
    "an adapter, with the base model it needs",
    "lora",
    {
      "config.json": "{}",
      "adapter_config.json": '{"peft_type":"LORA","base_model_name_or_path":"lmsys/vicuna-7b-v1.5"}',
      "adapter_model.safetensors": "",
      "non_lora_trainables.bin": "x",
    },
    /a LoRA adapter of lmsys\/vicuna-7b-v1\.5[\s\S]*merge it with lmsys\/vicuna-7b-v1\.5 first/,
  ],
  [
    "an adapter without a config",
    "lora",
    { "adapter_config.json": '{"base_model_name_or_path":null}' },
    /a LoRA adapter of its base model/,
  ],
  [
    "the cache's folder of a model, with the checkpoint inside it",
    "models--org--llava",
    { [`snapshots/${commit}/config.json`]: "{}", "refs/main": commit },
    new RegExp(`folder of a model[^]*local:org/llava, or local:.*snapshots/${commit}`),
  ],
  [
    "a training state of DeepSpeed",
    "checkpoint-100",
    { "config.json": "{}", "zero_to_fp32.py": "", "global_step100/x.pt": "" },
    /not gathered[\s\S]*zero_to_fp32\.py/,
  ],
  ["a folder without a config", "llava", { "model.safetensors": "" }, /no config\.json/],
])("%s is named, with the way to a checkpoint", async (_, name, files, words) => {
  await using folder = await folderOf(name, files);
  const error = await resolveCheckpoint({ checkpoint: folder.path }).catch((thrown: UserError) => thrown);
  expect((error as UserError).format()).toMatch(words);
});

test.each<[string, string, RegExp]>([
  [
    "model.safetensors",
    "../../blobs/abc",
    /model\.safetensors is a link to \.\.\/\.\.\/blobs\/abc, which is not there[\s\S]*download/,
  ],
  [
    "model.safetensors",
    "model.safetensors",
    /model\.safetensors is a link to model\.safetensors, which leads back to itself/,
  ],
  // Read as absent, another tokenizer, other stop ids or another head would be used without a word.
  ["tokenizer.json", "gone", /tokenizer\.json is a link to gone, which is not there/],
  ["generation_config.json", "gone", /generation_config\.json is a link to gone/],
  ["config.json", "gone", /config\.json is a link to gone/],
  ["model-00001-of-00002.safetensors", ".", /model-00001-of-00002\.safetensors is no file/],
])("%s that is a link to %s is told as one", async (name, target, words) => {
  await using folder = await folderOf("llava", name === "config.json" ? { x: "" } : { "config.json": "{}" });
  await symlink(target, join(folder.path, name));
  const error = await resolveCheckpoint({ checkpoint: folder.path }).catch((thrown: UserError) => thrown);
  expect((error as UserError).format()).toMatch(words);
});

test("~ is the home folder, which the shell leaves alone behind local:", async () => {
  await using folder = await folderOf("llava", { "config.json": "{}" });
  const checkpoint = await resolveCheckpoint({ checkpoint: "~/llava", environment: { HOME: folder.root } });
  expect(checkpoint).toMatchObject({ folder: folder.path, name: "llava" });
});
