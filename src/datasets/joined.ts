import type { Dataset, RowItem } from "../core/dataset.js";
import { SampleFailure } from "../core/errors.js";
import type { ImageRef } from "../core/image.js";
import { Image, type TSchema, Type } from "../core/schema.js";
import type { ImageSplit } from "../core/task.js";
import type { DatasetRequest } from "./request.js";

/**
 * Rows whose images stand in another configuration of the dataset, joined by name. The images are read once, before the
 * first rows; a row that names none of them is that row's failure.
 */
export async function openJoined(
  request: DatasetRequest,
  images: ImageSplit,
  open: (request: DatasetRequest) => Promise<Dataset>,
): Promise<Dataset> {
  const { images: _, ...split } = request.split;
  const rows = await open({ ...request, split, row: withoutImage(request.row) });
  const { rows: __, configs: ___, ...rest } = split;
  const imageRequest = {
    ...request,
    split: { ...rest, sources: images.sources ?? split.sources, configs: [images.config], split: images.split },
    splitName: images.split,
    row: Type.Object({ [images.key]: Type.String(), image: Image() }),
    partial: false,
  };
  let known: Promise<ReadonlyMap<string, ImageRef>> | undefined;
  return {
    get facts() {
      return rows.facts;
    },
    get fileRows() {
      return rows.fileRows;
    },
    async *batches(offset, signal, end) {
      known ??= readImages(open, imageRequest, images.key, signal);
      const byName = await known;
      for await (const batch of rows.batches(offset, signal, end))
        yield batch.map((item) => ("failure" in item ? item : withImage(item, images.column, byName)));
    },
    [Symbol.asyncDispose]: () => rows[Symbol.asyncDispose](),
  };
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
  key: string,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, ImageRef>> {
  await using dataset = await open(request);
  const images = new Map<string, ImageRef>();
  for await (const batch of dataset.batches(0, signal))
    for (const item of batch)
      if ("row" in item) images.set(String(item.row[key]), await kept(item.row.image as ImageRef));
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
  column: string,
  images: ReadonlyMap<string, ImageRef>,
): RowItem {
  const name = String(item.row[column]);
  const image = images.get(name);
  if (image === undefined)
    return {
      index: item.index,
      failure: new SampleFailure("data", `there is no image named ${JSON.stringify(name)}`),
    };
  return { index: item.index, row: { ...item.row, image } };
}
