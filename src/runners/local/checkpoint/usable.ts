/** Folders that look like a checkpoint and are none yet: each is told what it is and what makes a checkpoint of it. */
import { open, readdir, readlink, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { messageOf, UserError } from "../../../core/errors.js";
import { Type } from "../../../core/schema.js";
import { readJsonFile } from "./json-file.js";

/** What is read of a checkpoint. */
const checkpointFile = /\.(json|jinja|model|safetensors)$/;

/** @throws UserError  a file that cannot be opened; the hub cache's folder of a model; an adapter; no config; a training state, pickles or Git LFS pointers for weights */
export async function refuseUnusable(folder: string): Promise<void> {
  const names = await readdir(folder);
  for (const name of names.filter((name) => checkpointFile.test(name)).sort()) {
    await refuseUnreadable(folder, name);
  }
  const hasWeights = names.some((name) => /^model.*\.safetensors$/.test(name));
  if (names.includes("snapshots") && !names.includes("config.json")) throw await cacheFolder(folder);
  if (names.includes("adapter_config.json") && !hasWeights) throw await adapter(folder);
  if (!names.includes("config.json")) {
    throw new UserError("no config.json", folder, "give the folder that holds config.json and *.safetensors");
  }
  if (!hasWeights && names.some((name) => /^global_step\d+$/.test(name) || name === "zero_to_fp32.py")) {
    throw new UserError(
      "a DeepSpeed training state: its weights are not gathered",
      folder,
      "gather them once: `python zero_to_fp32.py . DIR --safe_serialization` in this folder",
    );
  }
  const pickled = names.filter((name) => /^(pytorch_model|consolidated).*\.(bin|pth)$/.test(name));
  if (pickled.length > 0 && !names.some((name) => name.endsWith(".safetensors"))) {
    // Unpickling runs whatever code the file holds: never here.
    throw new UserError(
      `its weights are Python pickles (${pickled[0]}), which are not read`,
      folder,
      "convert them once with PyTorch (torch.load with weights_only=True, safetensors.torch.save_file), or use the converted " +
        "checkpoint on the hub, such as llava-hf/llava-1.5-7b-hf for liuhaotian/llava-v1.5-7b",
    );
  }
  for (const name of names.filter((name) => checkpointFile.test(name)).sort()) {
    if (await isLfsPointer(join(folder, name))) {
      throw new UserError(
        `${name} is a Git LFS pointer: git left the file itself on the server`,
        join(folder, name),
        "run `git lfs install` and `git lfs pull` in this folder",
      );
    }
  }
}

/** A link whose end is gone would read as a file that the checkpoint never had: another tokenizer, other stop ids. */
async function refuseUnreadable(folder: string, name: string): Promise<void> {
  const path = join(folder, name);
  try {
    const found = await stat(path);
    if (!found.isFile())
      throw new UserError(`${name} is no file`, path, "give the folder of a checkpoint as it was saved");
    await (await open(path)).close();
  } catch (error) {
    if (error instanceof UserError) throw error;
    const target = await readlink(path).catch(() => undefined);
    const { code } = error as NodeJS.ErrnoException;
    if (target !== undefined && (code === "ENOENT" || code === "ELOOP")) {
      throw new UserError(
        `${name} is a link to ${target}, ${code === "ENOENT" ? "which is not there" : "which leads back to itself"}`,
        path,
        "download this file of the checkpoint again (it was deleted, or never came whole)",
        { cause: error },
      );
    }
    throw new UserError(`${name} cannot be read: ${messageOf(error)}`, path, "check the file and its permissions", {
      cause: error,
    });
  }
}

/** `models--org--name` of the hub's cache: the checkpoint lies below it, once per commit. */
async function cacheFolder(folder: string): Promise<UserError> {
  const commits = (await readdir(join(folder, "snapshots"))).sort();
  const id = basename(folder)
    .replace(/^models--/, "")
    .replace("--", "/");
  return new UserError(
    "the hub cache's folder of a model, not a checkpoint",
    folder,
    [`write local:${id}`, ...commits.map((commit) => `local:${join(folder, "snapshots", commit)}`)].join(", or "),
  );
}

const AdapterConfig = Type.Object({ base_model_name_or_path: Type.Optional(Type.Union([Type.String(), Type.Null()])) });

async function adapter(folder: string): Promise<UserError> {
  const config = await readJsonFile(join(folder, "adapter_config.json"), AdapterConfig);
  const base = config?.base_model_name_or_path || "its base model";
  return new UserError(
    `a LoRA adapter of ${base}, not a checkpoint`,
    folder,
    `merge it with ${base} first (LLaVA: scripts/merge_lora_weights.py; PEFT: merge_and_unload, then save_pretrained), and give the merged folder`,
  );
}

/** https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md: the version line comes first, the whole has less than 1024 bytes. */
const lfsMark = "version https://git-lfs.github.com/spec/";

async function isLfsPointer(path: string): Promise<boolean> {
  await using file = await open(path);
  const { size } = await file.stat();
  if (size >= 1024) return false;
  const start = Buffer.alloc(lfsMark.length);
  const { bytesRead } = await file.read(start, 0, start.length, 0);
  return start.toString("latin1", 0, bytesRead) === lfsMark;
}
