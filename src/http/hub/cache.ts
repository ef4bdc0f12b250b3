/** The standard cache layout: `datasets--org--name/{blobs,refs,snapshots}`, readable by Python's huggingface_hub and the other way round. */
import { randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, readlink, realpath, rename, stat, symlink } from "node:fs/promises";
import { basename, dirname, join, relative, sep } from "node:path";
import { writeWhole } from "../../files/whole-file.js";
import { type HubFile, isInside, type RepositoryId } from "./repository.js";

export class HubCache {
  readonly root: string;

  constructor(cacheFolder: string, { type, id }: RepositoryId) {
    if (!isInside(id)) throw new Error(`no repository id: ${JSON.stringify(id)}`);
    this.root = join(cacheFolder, `${type}s--${id.replaceAll("/", "--")}`);
  }

  blob(file: HubFile): string {
    return join(this.root, "blobs", file.sha256 ?? file.oid);
  }

  pointer(commit: string, path: string): string {
    return join(this.root, "snapshots", commit, ...path.split("/"));
  }

  /** The cached file, if it is there with the right size. */
  async find(commit: string, file: HubFile): Promise<string | undefined> {
    for (const path of [this.pointer(commit, file.path), this.blob(file)]) {
      const facts = await stat(path).catch(() => undefined);
      if (facts?.isFile() && facts.size === file.size) return path;
    }
    return undefined;
  }

  /** Makes `snapshots/<commit>/<path>` point to the blob. Whoever reads it meanwhile finds it at every moment. */
  async link(commit: string, file: HubFile): Promise<string> {
    const pointer = this.pointer(commit, file.path);
    const target = relative(dirname(pointer), this.blob(file));
    if ((await readlink(pointer).catch(() => undefined)) === target) return pointer;
    await mkdir(dirname(pointer), { recursive: true });
    await mkdir(dirname(this.blob(file)), { recursive: true });
    const own = `${this.blob(file)}.${randomUUID()}.link`;
    await symlink(target, own);
    await rename(own, pointer);
    return pointer;
  }

  async commitOf(revision: string): Promise<string | undefined> {
    if (/^[0-9a-f]{40}$/.test(revision)) return revision;
    if (!isInside(revision)) return undefined;
    const text = await readFile(join(this.root, "refs", ...revision.split("/")), "utf8").catch(() => undefined);
    return text?.trim();
  }

  async saveRef(revision: string, commit: string): Promise<void> {
    if (revision === commit || !isInside(revision)) return;
    const path = join(this.root, "refs", ...revision.split("/"));
    await mkdir(dirname(path), { recursive: true });
    await writeWhole(path, "the cache", commit);
  }

  /** Files of a commit that are here; a repository that was never listed may have more. */
  async files(commit: string): Promise<readonly HubFile[]> {
    const folder = join(this.root, "snapshots", commit);
    const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
    const files: HubFile[] = [];
    for (const entry of entries) {
      if (entry.isDirectory()) continue;
      const path = join(entry.parentPath ?? entry.path, entry.name);
      const facts = await stat(path).catch(() => undefined);
      if (!facts?.isFile()) continue;
      // The blob's name is its hash.
      const name = basename(await realpath(path));
      const hash = name.length === 64 ? { oid: "", sha256: name } : { oid: name };
      files.push({ path: relative(folder, path).split(sep).join("/"), size: facts.size, ...hash });
    }
    return files;
  }
}
