/** A checkpoint of the hub, in the standard cache: config, tokenizer and safetensors, nothing else of the repository. */
import { dirname } from "node:path";
import { UserError } from "../../../core/errors.js";
import { HubCache } from "../../../http/hub/cache.js";
import { type DownloadPlace, download, WrongContent } from "../../../http/hub/download.js";
import { type Environment, hubSettings } from "../../../http/hub/environment.js";
import { commitOf, type HubFile, listFiles, type RepositoryId } from "../../../http/hub/repository.js";
import { HubRequests, NotOnHub } from "../../../http/hub/requests.js";

export interface FetchOptions {
  /** `org/name`. */
  readonly id: string;
  /** Commit, tag or branch. Default "main". */
  readonly revision?: string | undefined;
  /** False: leave the weights on the hub. */
  readonly weights: boolean;
  readonly environment?: Environment | undefined;
  /** Told what is fetched, and how much. */
  readonly say?: ((message: string) => void) | undefined;
  readonly signal?: AbortSignal;
}

export interface FetchedCheckpoint {
  readonly folder: string;
  /** The commit. */
  readonly revision: string;
}

/** At the repository's top only: other folders hold other formats, or training states. */
const small =
  /^(config|generation_config|preprocessor_config|processor_config|tokenizer_config|tokenizer|special_tokens_map|added_tokens|chat_template|model\.safetensors\.index)\.json$|^tokenizer\.model$|^chat_template\.jinja$/;
const weight = /^[^/]+\.safetensors$/;
const parallelTransfers = 2;

/**
 * @throws UserError  no such repository or revision; only pickled weights; the hub does not answer; offline and not cached; wrong content
 */
export async function fetchCheckpoint(options: FetchOptions): Promise<FetchedCheckpoint> {
  const environment = options.environment ?? process.env;
  const signal = options.signal ?? new AbortController().signal;
  const repository: RepositoryId = { type: "model", id: options.id };
  const settings = await hubSettings(environment);
  await using hub = new HubRequests(settings, environment, options.say);
  const cache = new HubCache(settings.cache, repository);
  try {
    const { commit, files } = await listing(hub, cache, { repository, revision: options.revision ?? "main" }, signal);
    const wanted = choose(files, options);
    const missing: HubFile[] = [];
    for (const file of wanted) if (!(await cache.find(commit, file))) missing.push(file);
    if (missing.length > 0) {
      const bytes = missing.reduce((sum, { size }) => sum + size, 0);
      options.say?.(
        `fetching ${missing.length} files (${(bytes / 1e9).toFixed(2)} GB) of ${options.id} into ${cache.root}`,
      );
    }
    await transferAll({ hub, cache, repository, commit }, wanted, signal);
    return { folder: dirname(cache.pointer(commit, "config.json")), revision: commit };
  } catch (error) {
    if (error instanceof NotOnHub || error instanceof WrongContent) {
      const fix = "check the name and revision, the network and HF_TOKEN; or give a folder: --model local:DIR";
      throw new UserError(error.message, `--model local:${options.id}`, fix, { cause: error });
    }
    throw error;
  }
}

/** The first failure ends the other transfers, and is thrown when they have let go of their files. */
async function transferAll(place: DownloadPlace, files: readonly HubFile[], signal: AbortSignal): Promise<void> {
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  const queue = [...files];
  const transfers = Array.from({ length: parallelTransfers }, async () => {
    for (let file = queue.shift(); file; file = queue.shift()) await download(place, file, either);
  });
  try {
    await Promise.all(transfers);
  } catch (error) {
    failed.abort();
    await Promise.allSettled(transfers);
    throw error;
  }
}

async function listing(
  hub: HubRequests,
  cache: HubCache,
  { repository, revision }: { readonly repository: RepositoryId; readonly revision: string },
  signal: AbortSignal,
) {
  if (!hub.settings.offline) {
    const commit = await commitOf(hub, repository, revision, signal);
    await cache.saveRef(revision, commit);
    return { commit, files: await listFiles(hub, repository, commit, signal) };
  }
  const commit = await cache.commitOf(revision);
  const files = commit === undefined ? [] : await cache.files(commit);
  if (commit !== undefined && files.length > 0) return { commit, files };
  throw new NotOnHub(`${repository.id}@${revision} is not in the cache ${cache.root} (HF_HUB_OFFLINE is set)`);
}

function choose(files: readonly HubFile[], { id, weights }: FetchOptions): readonly HubFile[] {
  if (!files.some(({ path }) => path === "config.json")) {
    throw new UserError(
      "no config.json in this repository",
      `--model local:${id}`,
      "name a repository with a checkpoint",
    );
  }
  const shards = files.filter(({ path }) => weight.test(path));
  if (weights && shards.length === 0) {
    const pickled = files.find(({ path }) => /^pytorch_model.*\.bin$/.test(path));
    throw new UserError(
      pickled ? `its weights are Python pickles (${pickled.path}), which are not read` : "no *.safetensors",
      `--model local:${id}`,
      "use a repository with safetensors, such as llava-hf/llava-1.5-7b-hf for liuhaotian/llava-v1.5-7b",
    );
  }
  return [...files.filter(({ path }) => small.test(path)), ...(weights ? shards : [])];
}
