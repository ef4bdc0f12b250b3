/** From what `--model local:X` says to a folder with a checkpoint in it. */
import { stat } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, join, resolve } from "node:path";
import { UserError } from "../../../core/errors.js";
import { fetchCheckpoint } from "./fetch.js";
import { looksLikeHubId } from "./hub-id.js";
import { refuseUnusable } from "./usable.js";

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
  const folder = resolve(withHome(given, choice.environment));
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

/** A shell leaves `~` alone where it does not begin a word, as in `local:~/checkpoint`. */
export function withHome(path: string, environment: CheckpointChoice["environment"] = process.env): string {
  if (path !== "~" && !path.startsWith("~/")) return path;
  return join(environment.HOME || homedir(), path.slice(1));
}
