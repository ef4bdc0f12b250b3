import { existsSync } from "node:fs";
import { readdir, realpath, stat } from "node:fs/promises";
import { dirname, join, relative, resolve, sep } from "node:path";
import type { Dataset } from "../core/dataset.js";
import type { DatasetFacts } from "../core/dataset-facts.js";
import { defined } from "../core/defined.js";
import { UserError } from "../core/errors.js";
import { checkedRows } from "./checked-rows.js";
import { parquetImage, requiredColumns } from "./columns.js";
import { contentDigest, parquetDigest } from "./content-digest.js";
import { imageFile } from "./image-file.js";
import { inOrder } from "./in-order.js";
import { splitFiles, splitParts } from "./layout.js";
import { openFile } from "./open-file.js";
import { openParquetSplit } from "./parquet-split.js";
import { type DatasetRequest, theirFiles } from "./request.js";
import type { RowSource, Shard } from "./source.js";
import { videoFiles } from "./video-file.js";

/**
 * Rows from a local folder: a copy of the Hub's repository (`DIR/<org>/<name>`, `DIR/<name>`, or DIR itself), `DIR/<task>/...`,
 * or one JSONL or TSV file per split (`DIR/<task>.jsonl`, `DIR/<task>/<split>.tsv`).
 */
export async function openFolder(request: DatasetRequest, folder: string, kind: "folder" | "demo"): Promise<Dataset> {
  const root = resolve(folder);
  const isFolder = await stat(root).then(
    (entry) => entry.isDirectory(),
    () => false,
  );
  if (!isFolder) throw new UserError(`there is no folder ${root}`, "--data", "give hub, demo, or a folder that exists");
  const found = await findRows(request, root);
  if (!found) throw nothingFound(request, folder, kind);
  const { split } = request;
  const signal = request.signal ?? new AbortController().signal;
  const source = await openSource(found, root, request, signal);
  // Its own files are counted from the start, so a marked one is known now.
  const demo = kind === "demo" || source.demo === true;
  const facts: DatasetFacts = {
    source: kind === "demo" ? "demo" : folder,
    kind: demo ? "demo" : "folder",
    split: split.split,
    ...(split.configs ? { configs: [...split.configs] } : {}),
    licence: demo ? "Apache-2.0" : split.licence,
    ...(split.rows !== undefined && !demo ? { expectedRows: split.rows } : {}),
  };
  return checkedRows(source, request.row, facts);
}

interface Found {
  readonly format: "parquet" | "jsonl" | "tsv";
  readonly files: readonly string[];
}

/** VLMEvalKit's file of the split lies in the folder, under its own name. */
export function hasTheirTsv({ data, splitName, tsv }: DatasetRequest): boolean {
  const theirs = tsv?.files[splitName];
  return theirs !== undefined && existsSync(join(data, `${theirs}.tsv`));
}

const isJsonl = (name: string): boolean => name.endsWith(".jsonl");

async function findRows(
  { task, split, splitName, tsv, warn }: DatasetRequest,
  root: string,
): Promise<Found | undefined> {
  const repositories = split.sources.flatMap((id) => [id, id.split("/").at(-1) ?? id]);
  const folders = [task, ...repositories, "."].map((name) => join(root, name));
  for (const folder of folders) {
    const files = await filesBelow(folder);
    const shards = (split.configs ?? [undefined]).flatMap(
      (config) =>
        [splitParts(split.split), [splitName]]
          .map((parts) => parts.flatMap((part) => splitFiles(files, { split: part, ...defined({ config }) })))
          .find((list) => list.length > 0) ?? [],
    );
    if (shards.length > 0) return { format: "parquet", files: shards.map((file) => join(folder, file)) };
    const named =
      folder === root ? [`${task}_${splitName}`, `${task}-${splitName}`, task] : [splitName, split.split, task];
    const theirs = tsv?.files[splitName];
    const own = theirs === undefined ? named : [...named, theirs];
    const names = own.flatMap((one) => (isJsonl(one) ? [one] : [`${one}.jsonl`, `${one}.tsv`]));
    const [name, ...others] = new Set(names.filter((one) => files.includes(one)));
    if (name !== undefined) {
      if (others.length > 0)
        warn?.(
          `${task}: ${name} is read; ${others.join(", ")} beside it in ${folder} ${others.length === 1 ? "is" : "are"} not`,
        );
      return { format: isJsonl(name) ? "jsonl" : "tsv", files: [join(folder, name)] };
    }
    const parts = tsv?.parts?.[splitName]?.map((name) => `${name}.tsv`) ?? [];
    if (parts.length > 0 && parts.every((name) => files.includes(name)))
      return { format: "tsv", files: parts.map((name) => join(folder, name)) };
  }
  return undefined;
}

/** Paths with `/`, relative to the folder, three levels deep at most: a repository has no more. */
async function filesBelow(folder: string, depth = 0): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return [];
    throw new UserError(`${folder} cannot be read: ${error.message}`, "--data", "check the folder's permissions");
  });
  const files: string[] = [];
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name.startsWith(".")) continue;
    if (entry.isDirectory() && depth < 3) {
      files.push(...(await filesBelow(join(folder, entry.name), depth + 1)).map((file) => `${entry.name}/${file}`));
    } else if (!entry.isDirectory()) files.push(entry.name);
  }
  return files;
}

async function openSource(
  found: Found,
  root: string,
  request: DatasetRequest,
  signal: AbortSignal,
): Promise<RowSource> {
  const file = found.files[0] as string;
  const where = `${root}, split ${request.split.split}`;
  const resolved = await realpath(root);
  if (found.format !== "parquet") {
    if (found.format === "jsonl")
      return (await import("./jsonl.js")).openJsonl(file, resolved, await contentDigest(file, signal));
    const { tsv, splitName } = request;
    const rows = tsv?.rows && {
      ...{ of: tsv.rows.bind(tsv), split: splitName },
      ...{ required: requiredColumns(request.row), alone: tsv.column },
    };
    const { openTsv } = await import("./tsv.js");
    const open = async (path: string) => openTsv(path, resolved, await contentDigest(path, signal), rows);
    const [first, ...others] = found.files as readonly [string, ...string[]];
    const sources: [RowSource, ...RowSource[]] = [await open(first)];
    for (const path of others) sources.push(await open(path));
    return others.length === 0 ? sources[0] : inOrder(sources);
  }
  const shards: Shard[] = [];
  for (const path of found.files) {
    const name = relative(root, path).split(sep).join("/");
    const digest = await parquetDigest(path, signal);
    shards.push({ name, identity: `${name} ${digest}`, open: () => openFile(path, name) });
  }
  const folders = [dirname(file), join(dirname(file), "images"), dirname(dirname(file))].filter(
    (path) => !relative(root, path).startsWith(".."),
  );
  const image = parquetImage((name) => imageFile(name, resolved, folders));
  // Footers of local files cost nothing: count all rows now.
  return openParquetSplit(shards, {
    partial: request.partial ?? false,
    countAll: true,
    where,
    image,
    video: videoFiles(file, resolved),
  });
}

function nothingFound(request: DatasetRequest, folder: string, kind: "folder" | "demo"): UserError {
  const { task, split, splitName } = request;
  if (kind === "demo") {
    return new UserError(
      `task "${task}" has no demo rows`,
      "--data demo",
      'use --data hub, or a task that has: "vqav2", "mmmu", "pope", "coco2017_cap"',
    );
  }
  const theirs = theirFiles(request)
    .map((names) => ` or VLMEvalKit's ${names}`)
    .join("");
  const [config = "default"] = split.configs ?? [];
  const parts = splitParts(split.split);
  const name = parts.length === 1 ? split.split : `{${parts.join(",")}}`;
  const inside = `${config === "default" ? "data" : config}/${name}-*.parquet`;
  return new UserError(
    `no rows of task "${task}", split "${split.split}", in ${folder}`,
    "--data",
    `put them there as ${task}/${inside}, ${split.sources[0] ?? task}/${inside}, ` +
      `${task}/${splitName}.jsonl (images as files) or ${task}/${splitName}.tsv (images as base64)${theirs}`,
  );
}
