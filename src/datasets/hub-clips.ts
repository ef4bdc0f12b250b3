/** Clips of a dataset on the hub: files of the repository, or members of its zip archives, fetched one by one when they are asked about. */

import { createHash } from "node:crypto";
import { join } from "node:path";
import { SampleFailure } from "../core/errors.js";
import type { VideoRef } from "../core/video.js";
import type { DownloadPlace } from "../http/hub/download.js";
import { rangedFile } from "../http/hub/ranged-file.js";
import { fileUrl, type HubFile } from "../http/hub/repository.js";
import { type ClipBytes, ClipStore } from "./clip-store.js";
import type { VideoReader } from "./columns.js";
import { joined, NoArchive, pieces, type Ranged } from "./ranged.js";
import { TarIndex } from "./tar-index.js";
import { clipEndings, clipName, longestText, subtitleText } from "./video-file.js";
import { memberBytes, zipMembers } from "./zip.js";

export interface HubClipsOptions {
  /** Bytes of clips that are kept on disk. */
  readonly most: number;
  say(message: string): void;
  warn(message: string): void;
  readonly signal: AbortSignal;
}

interface Entry extends ClipBytes {
  readonly path: string;
  /** A file of the standard cache, which is not ours to remove. */
  cached?(): Promise<string | undefined>;
}

/** The repository's own files, or an archive. */
interface Source {
  /** The entry whose path ends in one of these names, the first that there is; of several the one with the shortest path. */
  find(names: readonly string[]): Promise<Entry | undefined>;
  hasFolder(folder: string): Promise<boolean>;
}

/** Entries by the last part of their path. */
type Directory = ReadonlyMap<string, readonly Entry[]>;

export function hubClips(place: DownloadPlace, files: readonly HubFile[], options: HubClipsOptions): VideoReader {
  const clips = new HubClips(place, files, options);
  return (cell) => {
    const name = clipName(cell);
    return name === "" ? null : clips.ref(name);
  };
}

class HubClips {
  private readonly store: ClipStore;
  /** The repository's own files first, then its archives, each looked into when a clip is in none before it. */
  private readonly sources: readonly Source[];
  /** Archives that only whole ones could be made of: nobody can begin in their middle. */
  private readonly compressed: readonly string[];

  constructor(
    private readonly place: DownloadPlace,
    files: readonly HubFile[],
    private readonly options: HubClipsOptions,
  ) {
    const { cache, repository } = place;
    const archives = archivesAmong(files);
    const packed = [...archives.values()].flat().reduce((sum, { size }) => sum + size, 0);
    const folder = join(cache.root, "clips");
    this.store = new ClipStore(folder, options.most, () => {
      const where = archives.size === 0 ? "" : `, out of ${archives.size} archives of ${gigabytes(packed)}`;
      options.say(
        `clips of ${repository.id} are fetched one by one${where}; at most ${gigabytes(options.most)} of them are kept in ${folder} (--clip-disk)`,
      );
    });
    this.compressed = files.map(({ path }) => path).filter((path) => compressedTar.test(path));
    const own = listed(async () => byName(files.map((file) => this.ownFile(file))));
    this.sources = [
      own,
      ...[...archives].map(([name, parts]) =>
        /\.tar$/i.test(name) ? this.tar(name, parts) : listed(() => this.zip(name, parts)),
      ),
    ];
  }

  ref(path: string): VideoRef {
    const { repository, commit } = this.place;
    const found = once(() => this.clip(path));
    let held = 0;
    return {
      path,
      identity: `${repository.id}@${commit} ${path}`,
      file: async () => {
        const entry = await found();
        const cached = await entry.cached?.();
        if (cached !== undefined) return cached;
        const fetched = await this.store.hold(entry);
        held++;
        return fetched;
      },
      release: async () => {
        if (held === 0) return;
        held--;
        this.store.release(await found());
      },
      named: (name) => this.ref(name),
      beside: (text) => ({ path: text, read: () => this.text(text) }),
    };
  }

  private async clip(path: string): Promise<Entry> {
    const found = await this.find(clipEndings.map((ending) => path + ending));
    if (found) return found;
    throw new SampleFailure(
      "data",
      `there is no clip ${shown(path)} in ${this.place.repository.id}, nor in its archives${this.unread}`,
    );
  }

  private get unread(): string {
    const [first, ...others] = this.compressed;
    if (first === undefined) return "";
    const all = others.length === 0 ? first : `${first} and ${others.length} more`;
    return `; ${all} can only be read as a whole: download and unpack, and give the folder by --data`;
  }

  private async text(path: string): Promise<string | undefined> {
    const entry = await this.find([path]);
    if (entry === undefined) {
      const folder = path.split("/").slice(0, -1).join("/");
      // A clip may have none; that none has any says that they are elsewhere.
      for (const source of this.sources) if (await source.hasFolder(folder)) return undefined;
      throw new SampleFailure(
        "data",
        `there is no folder ${shown(folder)} in ${this.place.repository.id}, so no subtitles${this.unread}`,
      );
    }
    if (entry.size > longestText)
      throw new SampleFailure("data", `the subtitles have ${entry.size} bytes; at most ${longestText} are read`);
    const bytes: Uint8Array[] = [];
    for await (const piece of entry.bytes()) bytes.push(piece);
    return subtitleText(Buffer.concat(bytes), path);
  }

  private async find(names: readonly string[]): Promise<Entry | undefined> {
    for (const source of this.sources) {
      const found = await source.find(names);
      if (found) return found;
    }
    return undefined;
  }

  private ownFile(file: HubFile): Entry {
    const { cache, commit } = this.place;
    return {
      path: file.path,
      key: keyOf(file.sha256 ?? file.oid, file.path),
      size: file.size,
      bytes: () => checked(pieces(this.ranged(file), 0, file.size), file),
      cached: () => cache.find(commit, file),
    };
  }

  /** One that cannot be read has no members: their clips are then absent, and why is told once. */
  private async zip(name: string, parts: readonly HubFile[]): Promise<Directory> {
    const { file, identity } = this.whole(parts);
    const members = await zipMembers(file).catch((error: unknown) => {
      if (!(error instanceof NoArchive)) throw error;
      this.cannotRead(name, error.message);
      return [];
    });
    return byName(
      members
        .filter((member) => !member.name.endsWith("/") && !member.name.startsWith("__MACOSX/"))
        .map((member) => ({
          ...{ path: member.name, size: member.size, key: keyOf(`${identity} ${member.name}`, member.name) },
          bytes: () => memberBytes(file, member),
        })),
    );
  }

  /** Its headers are read one after the other, until a clip is found. Members have no checksum: their bytes are as they come. */
  private tar(name: string, parts: readonly HubFile[]): Source {
    const { file, identity } = this.whole(parts);
    const { id } = this.place.repository;
    const index = new TarIndex(file, join(this.place.cache.root, "archives", keyOf(identity, ".json")), {
      onWalk: (known) =>
        this.options.say(
          `${id}: ${name} has no directory: its headers are read one after the other until a clip is found, each once; ${known} are known`,
        ),
      onHeaders: (count) => this.options.say(`${id}: ${count} headers of ${name} are read`),
      onDamage: (reason) => this.cannotRead(name, reason),
    });
    return {
      find: async (names) => {
        const member = await index.find(({ name: path }) => names.some((one) => `/${path}`.endsWith(`/${one}`)));
        return (
          member && {
            ...{ path: member.name, size: member.size, key: keyOf(`${identity} ${member.name}`, member.name) },
            bytes: () => pieces(file, member.offset, member.offset + member.size),
          }
        );
      },
      hasFolder: async (folder) =>
        (await index.find(({ name: path }) => `/${path}`.includes(`/${folder}/`))) !== undefined,
    };
  }

  private cannotRead(name: string, reason: string): void {
    this.options.warn(`${this.place.repository.id}: the archive ${name} cannot be read: ${reason}`);
  }

  /** Of one archive, in parts or not. */
  private whole(parts: readonly HubFile[]): { readonly file: Ranged; readonly identity: string } {
    return {
      file: joined(parts.map((part) => this.ranged(part))),
      identity: parts.map(({ sha256, oid }) => sha256 ?? oid).join(" "),
    };
  }

  private ranged(file: HubFile): Ranged {
    const { hub, repository, commit } = this.place;
    const url = fileUrl(hub.settings.endpoint, repository, commit, file.path);
    return rangedFile(hub, url, file.size, this.options.signal);
  }
}

/** Archives by name; `x.zip.001`, `x.zip.part02`, `x.tar.part.aa` are parts of one. */
function archivesAmong(files: readonly HubFile[]): ReadonlyMap<string, readonly HubFile[]> {
  const archives = new Map<string, HubFile[]>();
  for (const file of [...files].sort((a, b) => (a.path < b.path ? -1 : 1))) {
    const [, name] = /^(.*\.(?:zip|tar))(?:\.(?:part)?[-_.]?[0-9a-z]{1,5})?$/i.exec(file.path) ?? [];
    if (name === undefined || compressedTar.test(file.path)) continue;
    archives.set(name, [...(archives.get(name) ?? []), file]);
  }
  return archives;
}

/** Of one, or a part of one. */
const compressedTar = /\.(?:tar\.(?:gz|bz2|xz|zst|lz4|z)|t[gbx]z2?)(?:\.|$)/i;

function listed(work: () => Promise<Directory>): Source {
  const directory = once(work);
  return {
    async find(names) {
      const known = await directory();
      for (const name of names) {
        const fitting = (known.get(lastPart(name)) ?? []).filter(({ path }) => `/${path}`.endsWith(`/${name}`));
        const [shortest] = [...fitting].sort((a, b) => a.path.length - b.path.length);
        if (shortest) return shortest;
      }
      return undefined;
    },
    async hasFolder(folder) {
      const entries = [...(await directory()).values()].flat();
      return entries.some(({ path }) => `/${path}`.includes(`/${folder}/`));
    },
  };
}

/** As the hub lists it: by SHA-256, small files by git's SHA-1. */
async function* checked(bytes: AsyncIterable<Buffer>, { path, size, oid, sha256 }: HubFile): AsyncGenerator<Buffer> {
  const hash = sha256 === undefined ? createHash("sha1").update(`blob ${size}\0`) : createHash("sha256");
  for await (const piece of bytes) {
    hash.update(piece);
    yield piece;
  }
  if (hash.digest("hex") !== (sha256 ?? oid))
    throw new SampleFailure("data", `the bytes of ${shown(path)} are not those that the hub lists`);
}

function byName(entries: readonly Entry[]): Directory {
  const directory = new Map<string, Entry[]>();
  for (const entry of entries) {
    const name = lastPart(entry.path);
    const same = directory.get(name);
    if (same) same.push(entry);
    else directory.set(name, [entry]);
  }
  return directory;
}

const shown = (name: string): string => JSON.stringify(name.slice(0, 200));
const lastPart = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

/** No name from outside becomes one on this disk. */
function keyOf(content: string, path: string): string {
  const [ending = ""] = /\.[a-z0-9]{1,5}$/i.exec(path) ?? [];
  return createHash("sha256").update(content).digest("hex").slice(0, 32) + ending;
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(bytes < 1e8 ? 3 : 1)} GB`;

/** What is looked for once; after a failure it is looked for again. */
function once<T>(work: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= work().catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}
