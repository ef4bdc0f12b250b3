import type { Dataset } from "../core/dataset.js";
import type { DatasetFacts } from "../core/dataset-facts.js";
import { defined } from "../core/defined.js";
import { UserError } from "../core/errors.js";
import { HubCache } from "../http/hub/cache.js";
import { download, WrongContent } from "../http/hub/download.js";
import { hubSettings } from "../http/hub/environment.js";
import { rangedFile } from "../http/hub/ranged-file.js";
import { commitOf, fileUrl, type HubFile, listFiles, type RepositoryId } from "../http/hub/repository.js";
import { HubRequests, NotOnHub } from "../http/hub/requests.js";
import { checkedRows } from "./checked-rows.js";
import { usualClipBytes } from "./clip-store.js";
import { parquetImage, type VideoReader } from "./columns.js";
import { hubClips } from "./hub-clips.js";
import { splitFiles, splitParts } from "./layout.js";
import { openFile } from "./open-file.js";
import { openParquetSplit } from "./parquet-split.js";
import { filesNamedByReadme } from "./readme-splits.js";
import { type DatasetRequest, theirFiles } from "./request.js";
import type { OpenShard, Shard } from "./source.js";

/** A branch that the hub makes of datasets in other formats. */
const convertedRevision = "refs/convert/parquet";

/** What was chosen: the first source that has the split. */
interface Found {
  readonly repository: RepositoryId;
  readonly commit: string;
  readonly files: readonly HubFile[];
  readonly cache: HubCache;
  /** Of the commit; clips are among them. */
  readonly all: readonly HubFile[];
  /** A branch that the hub made of another one: the clips lie in that. */
  readonly converted: boolean;
}

/**
 * A split on the hub: by ranges when only part of it is wanted (`--limit 8` of 25 GB moves megabytes), else whole files into
 * the standard cache, one ahead of the reader. Files that are cached already are never asked for again.
 * @throws UserError  no source has the split; the hub does not answer; offline and not cached
 */
export async function openHub(request: DatasetRequest): Promise<Dataset> {
  const environment = request.environment ?? process.env;
  const settings = await hubSettings(environment);
  const hub = new HubRequests(settings, environment, request.say);
  const signal = request.signal ?? new AbortController().signal;
  try {
    const found = await findSplit(hub, request, signal);
    const { split } = request;
    const where = `${found.repository.id}, split ${split.split}`;
    const whole = !request.partial && !settings.offline;
    const shards = hubShards(hub, found, { whole, say: request.say ?? (() => {}), signal });
    const source = await openParquetSplit(shards, {
      partial: request.partial ?? false,
      countAll: !request.partial,
      where,
      image: parquetImage(),
      video: await clipsOf(hub, found, request, signal),
    });
    const facts: DatasetFacts = {
      source: found.repository.id,
      kind: "hub",
      split: split.split,
      revision: found.commit,
      licence: split.licence,
      ...(split.configs ? { configs: [...split.configs] } : {}),
      ...defined({ expectedRows: split.rows }),
    };
    const dataset = checkedRows(source, request.row, facts);
    return {
      get facts() {
        return dataset.facts;
      },
      get fileRows() {
        return dataset.fileRows;
      },
      batches: (offset, signal, end) => dataset.batches(offset, signal, end),
      async [Symbol.asyncDispose]() {
        await dataset[Symbol.asyncDispose]();
        await hub[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await hub[Symbol.asyncDispose]();
    throw error;
  }
}

async function clipsOf(
  hub: HubRequests,
  { repository, commit, cache, all, converted }: Found,
  { split, clipBytes = usualClipBytes, say = () => {}, warn = () => {} }: DatasetRequest,
  signal: AbortSignal,
): Promise<VideoReader> {
  const options = { most: clipBytes, say, warn, signal };
  if (!converted) return hubClips({ hub, cache, repository, commit }, all, options);
  const own = await listing(hub, cache, { repository, revision: split.revision ?? "main" }, signal);
  return hubClips({ hub, cache, repository, commit: own.commit }, own.files, options);
}

/** Tries the sources in their order; what they lack is told when none has the split, or as a warning when a later one does. */
async function findSplit(hub: HubRequests, request: DatasetRequest, signal: AbortSignal): Promise<Found> {
  const { task, split, splitName, warn = () => {} } = request;
  if (split.sources.length === 0)
    throw new UserError(
      `split "${splitName}" of task "${task}" is on no hub that is known`,
      "--data hub",
      `put VLMEvalKit's ${theirFiles(request).join(" or ") || `${task}.tsv`} into a folder and name that: --data DIR`,
    );
  const reasons: string[] = [];
  for (const id of split.sources) {
    for (const revision of [split.revision ?? "main", convertedRevision]) {
      try {
        const found = await filesOf(hub, { repository: { type: "dataset", id }, revision }, request, signal);
        if (found) {
          if (id !== split.sources[0]) warn(`${request.task}: read from ${id}; ${reasons.join("; ")}`);
          return found;
        }
        reasons.push(`${id}@${revision} has no parquet files of split "${split.split}"`);
      } catch (error) {
        if (!(error instanceof NotOnHub)) throw error;
        if (revision !== convertedRevision) reasons.push(error.message);
        break;
      }
    }
  }
  throw new UserError(
    `no source has split "${split.split}" of task "${request.task}"`,
    split.sources.join(", "),
    `${reasons.join("; ")}. Check the network and HF_TOKEN, or give a folder with the rows: --data DIR`,
  );
}

/** A repository at a commit or branch. */
interface Place {
  readonly repository: RepositoryId;
  readonly revision: string;
}

async function filesOf(
  hub: HubRequests,
  { repository, revision }: Place,
  { split }: DatasetRequest,
  signal: AbortSignal,
): Promise<Found | undefined> {
  const cache = new HubCache(hub.settings.cache, repository);
  const { commit, files } = await listing(hub, cache, { repository, revision }, signal);
  const byPath = new Map(files.map((file) => [file.path, file]));
  const names = (split.configs ?? [undefined]).flatMap((config) =>
    splitParts(split.split).map((part) => {
      const name = { split: part, ...defined({ config }) };
      return { name, paths: splitFiles([...byPath.keys()], name) };
    }),
  );
  if (names.some(({ paths }) => paths.length === 0)) {
    // Names of its own: the repository's README says which files are which split.
    const readme = byPath.get("README.md");
    if (!readme || hub.settings.offline) return undefined;
    const text = (
      await hub.whole(fileUrl(hub.settings.endpoint, repository, commit, "README.md"), 16 * 1024 * 1024, signal)
    ).body.toString("utf8");
    for (const one of names)
      if (one.paths.length === 0) one.paths = filesNamedByReadme(text, one.name, [...byPath.keys()]);
    if (names.some(({ paths }) => paths.length === 0)) return undefined;
  }
  const chosen = names.flatMap(({ paths }) => paths.map((path) => byPath.get(path) as HubFile));
  if (hub.settings.offline) requireComplete(chosen, repository.id);
  return { repository, commit, files: chosen, cache, all: files, converted: revision === convertedRevision };
}

/** The commit and its files: from the hub, or offline from what the cache has. */
async function listing(hub: HubRequests, cache: HubCache, { repository, revision }: Place, signal: AbortSignal) {
  if (hub.settings.offline) {
    const commit = await cache.commitOf(revision);
    const files = commit === undefined ? [] : await cache.files(commit);
    if (commit === undefined || files.length === 0)
      throw new NotOnHub(`${repository.id}@${revision} is not in the cache ${cache.root} (HF_HUB_OFFLINE is set)`);
    return { commit, files };
  }
  const commit = await commitOf(hub, repository, revision, signal);
  await cache.saveRef(revision, commit).catch(() => {
    // A cache that cannot be written still serves: the files are then read by range.
  });
  return { commit, files: await listFiles(hub, repository, commit, signal) };
}

/** Offline nobody can tell what is missing but the names: `...-00003-of-00068.parquet`. */
function requireComplete(files: readonly HubFile[], id: string): void {
  for (const { path } of files) {
    const total = /-of-(\d+)\.parquet$/.exec(path)?.[1];
    const siblings = files.filter((file) => file.path.replace(/\d+-of-/, "") === path.replace(/\d+-of-/, ""));
    if (total !== undefined && siblings.length !== Number(total)) {
      throw new UserError(
        `${siblings.length} of ${Number(total)} files of the split are in the cache`,
        id,
        "run once without HF_HUB_OFFLINE",
      );
    }
  }
}

function hubShards(
  hub: HubRequests,
  { repository, commit, files, cache }: Found,
  { whole, say, signal }: { readonly whole: boolean; say(message: string): void; readonly signal: AbortSignal },
): readonly Shard[] {
  const downloads = new Map<number, Promise<string>>();
  const startDownload = (index: number): Promise<string> | undefined => {
    const file = files[index];
    if (!file) return undefined;
    let running = downloads.get(index);
    if (!running) {
      const size = `${Math.max(1, Math.round(file.size / 1e6))} MB`;
      say(`fetching ${repository.id} ${file.path}, ${size} (${index + 1} of ${files.length})`);
      running = download({ hub, cache, repository, commit }, file, signal);
      // Whoever opens the shard sees the failure; until then it is nobody's unhandled rejection.
      running.catch(() => {});
      downloads.set(index, running);
    }
    return running;
  };
  return files.map((file, index): Shard => {
    const byRange = async (damage?: string): Promise<OpenShard> => ({
      file: rangedFile(hub, fileUrl(hub.settings.endpoint, repository, commit, file.path), file.size, signal),
      ...defined({ damage }),
      [Symbol.asyncDispose]: async () => {},
    });
    const cached = () => cache.find(commit, file);
    return {
      name: file.path,
      identity: `${file.path} ${file.size} ${file.sha256 ?? file.oid}`,
      footer: async () => {
        const path = await cached();
        return path === undefined ? byRange() : openFile(path, file.path);
      },
      open: async (ahead = true) => {
        const path = await cached();
        if (path !== undefined) return openFile(path, file.path);
        if (!whole) return byRange();
        try {
          const path = (await startDownload(index)) as string;
          const next = ahead ? files[index + 1] : undefined;
          if (next && !(await cache.find(commit, next))) void startDownload(index + 1);
          return await openFile(path, file.path);
        } catch (error) {
          if (!(error instanceof WrongContent)) throw error;
          // Its footer still says how many rows are lost; none of them is used.
          return byRange(error.message);
        }
      },
    };
  });
}
