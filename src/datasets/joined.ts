import { existsSync } from "node:fs";
import { realpath } from "node:fs/promises";
import { join } from "node:path";
import type { Dataset, RowItem } from "../core/dataset.js";
import { defined } from "../core/defined.js";
import { SampleFailure, UserError } from "../core/errors.js";
import type { ImageRef } from "../core/image.js";
import { Image, type TSchema, Type } from "../core/schema.js";
import type { ImageSplit } from "../core/task.js";
import { imageFile } from "./image-file.js";
import type { DatasetRequest } from "./request.js";

/**
 * Rows whose images stand elsewhere, joined by name: in another configuration, in another data set, or as files of a folder. The images are
 * read once, before the first rows, and of a split those alone that some row names; a row that names none of them is that row's failure.
 */
export async function openJoined(
  request: DatasetRequest,
  images: ImageSplit,
  open: (request: DatasetRequest) => Promise<Dataset>,
): Promise<Dataset> {
  const { images: _, ...split } = request.split;
  const own = { ...request, split, row: withoutImage(request.row) };
  const rows = await open(own);
  const found = (await imagesOfFolder(request, images)) ?? (await imagesOfSplit(own, images, open));
  let known: ReturnType<typeof found.named> | undefined;
  return {
    get facts() {
      return { ...rows.facts, ...defined({ images: found.from }) };
    },
    get fileRows() {
      return rows.fileRows;
    },
    async *batches(offset, signal, end) {
      known ??= found.named(() => namesIn(rows, images.column, signal), signal);
      const image = await known;
      for await (const batch of rows.batches(offset, signal, end))
        yield batch.map((item) => ("failure" in item ? item : withImage(item, String(item.row[images.column]), image)));
    },
    [Symbol.asyncDispose]: () => rows[Symbol.asyncDispose](),
  };
}

interface Images {
  /** As a Result says it; undefined where the rows' own facts say it. */
  readonly from: string | undefined;
  /** @param names  those that rows have, for whom it is worth knowing */
  named(
    names: () => Promise<ReadonlySet<string>>,
    signal: AbortSignal,
  ): Promise<(name: string) => ImageRef | undefined>;
}

async function imagesOfFolder({ data }: DatasetRequest, { folder }: ImageSplit): Promise<Images | undefined> {
  if (folder === undefined || data === "hub" || data === "demo") return undefined;
  const place = join(data, folder);
  if (!existsSync(place)) return undefined;
  const root = await realpath(data);
  return { from: folder, named: async () => (name) => imageFile(name, root, [join(root, folder)]) };
}

async function imagesOfSplit(
  request: DatasetRequest,
  images: ImageSplit,
  open: (request: DatasetRequest) => Promise<Dataset>,
): Promise<Images> {
  const { rows: _, configs: __, ...rest } = request.split;
  const imageRequest = {
    ...request,
    split: {
      ...rest,
      ...defined({ configs: images.config === undefined ? undefined : [images.config] }),
      ...{ sources: images.sources ?? rest.sources, split: images.split },
    },
    // In a folder the files of the task's name are the rows'.
    task: images.config === undefined ? (images.sources?.[0] ?? request.task) : request.task,
    splitName: images.split,
    row: Type.Object({ [images.key]: Type.String(), image: Image() }),
    partial: false,
  };
  return {
    from: images.sources && (await whence(imageRequest, images.folder, open)),
    async named(names, signal) {
      const known = await readImages(open, imageRequest, { key: images.key, names: await names() }, signal);
      return (name) => known.get(name);
    },
  };
}

/** The data set that has them, with its commit or its digest. */
async function whence(
  request: DatasetRequest,
  folder: string | undefined,
  open: (request: DatasetRequest) => Promise<Dataset>,
): Promise<string> {
  await using dataset = await open(request).catch((error) => {
    if (!(error instanceof UserError) || folder === undefined || request.data === "hub") throw error;
    const [copy] = request.split.sources;
    throw new UserError(
      `the rows name images that are not in ${request.data}`,
      "--data",
      `put them into ${join(request.data, folder)} under their own names, or a copy of ${copy} into ${request.data}`,
    );
  });
  const { source, revision } = dataset.facts;
  // Of a folder the copy's name, and nothing of this machine.
  return revision === undefined ? (request.split.sources[0] as string) : `${source}@${revision}`;
}

async function namesIn(rows: Dataset, column: string, signal: AbortSignal): Promise<ReadonlySet<string>> {
  const names = new Set<string>();
  for await (const batch of rows.batches(0, signal))
    for (const item of batch) if ("row" in item) names.add(String(item.row[column]));
  return names;
}

/** The rows' own file has no such column. */
function withoutImage(row: TSchema): TSchema {
  const {
    properties = {},
    required = [],
    ...rest
  } = row as {
    properties?: Record<string, TSchema>;
    required?: readonly string[];
  };
  const { image: _, ...others } = properties;
  return { ...rest, properties: others, required: required.filter((name) => name !== "image") } as TSchema;
}

async function readImages(
  open: (request: DatasetRequest) => Promise<Dataset>,
  request: DatasetRequest,
  { key, names }: { readonly key: string; readonly names: ReadonlySet<string> },
  signal: AbortSignal,
): Promise<ReadonlyMap<string, ImageRef>> {
  await using dataset = await open(request);
  const images = new Map<string, ImageRef>();
  for await (const batch of dataset.batches(0, signal))
    for (const item of batch)
      if ("row" in item && names.has(String(item.row[key])))
        images.set(String(item.row[key]), await kept(item.row.image as ImageRef));
  return images;
}

/** The bytes themselves, so that the file they come from can be closed. */
async function kept(image: ImageRef): Promise<ImageRef> {
  try {
    const bytes = Uint8Array.from(await image.bytes());
    return { ...image, bytes: async () => bytes };
  } catch (error) {
    // It is the failure of the samples that use it, and of no other.
    return { ...image, bytes: () => Promise.reject(error) };
  }
}

function withImage(
  item: Extract<RowItem, { row: unknown }>,
  name: string,
  imageNamed: (name: string) => ImageRef | undefined,
): RowItem {
  const image = imageNamed(name);
  if (image !== undefined) return { index: item.index, row: { ...item.row, image } };
  return {
    index: item.index,
    failure: new SampleFailure("data", `there is no image named ${JSON.stringify(name)}`),
  };
}
