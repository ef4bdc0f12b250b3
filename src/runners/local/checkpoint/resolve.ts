/** From what `--model local:X` says to a folder with a checkpoint in it. */
import { readdir, stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { UserError } from "../../../core/errors.js";
import { fetchCheckpoint, looksLikeHubId } from "./fetch.js";

export interface Checkpoint {
  readonly folder: string;
  /** Hub id, or the folder's name: for results. */
  readonly name: string;
  /** The commit, for checkpoints of the hub. */
  readonly revision?: string;
  /** Weights were left on the hub. */
  readonly remote?: boolean;
}

export interface CheckpointChoice {
  /** A folder, or a hub model id. */
  readonly checkpoint: string;
  /** Commit or branch of the hub model. Default "main". */
  readonly revision?: string;
  /** False: config and tokenizer are enough. Default true. */
  readonly weights?: boolean;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly say?: (message: string) => void;
}

/**
 * Takes a folder as it is; a hub id `org/name` is looked up in the cache, and fetched into it when it is not there.
 * @throws UserError  no such folder or repository; no config in it; only pickled weights
 */
export async function resolveCheckpoint(choice: CheckpointChoice): Promise<Checkpoint> {
  const { checkpoint: given, weights = true } = choice;
  const folder = resolve(given);
  const facts = await stat(folder).catch(() => undefined);
  if (facts?.isDirectory()) {
    await refuseUnusable(folder);
    return { folder, name: basename(folder) };
  }
  if (!facts && looksLikeHubId(given)) {
    const fetched = await fetchCheckpoint({ ...choice, id: given, weights });
    return { ...fetched, name: given, remote: !weights };
  }
  throw new UserError(
    facts ? "a file, not a checkpoint folder" : `there is no folder ${folder}`,
    `--model local:${given}`,
    "give the folder that holds config.json and *.safetensors, or a hub id such as llava-hf/llava-1.5-7b-hf",
  );
}

async function refuseUnusable(folder: string): Promise<void> {
  const names = await readdir(folder);
  if (!names.includes("config.json")) {
    throw new UserError("no config.json", folder, "give the folder that holds config.json and *.safetensors");
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
}
