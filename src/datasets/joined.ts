import type { Dataset, RowItem } from "../core/dataset.js";
import { SampleFailure } from "../core/errors.js";
import type { ImageRef } from "../core/image.js";
import { Image, type TSchema, Type } from "../core/schema.js";
import type { PictureSplit } from "../core/task.js";
import type { DatasetRequest } from "./request.js";

/**
 * Rows whose pictures stand in another configuration of the dataset, joined by name. The pictures are read once, before the
 * first rows; a row that names none of them is that row's failure.
 */
export async function openJoined(
  request: DatasetRequest,
  pictures: PictureSplit,
  open: (request: DatasetRequest) => Promise<Dataset>,
): Promise<Dataset> {
  const { images: _, ...split } = request.split;
  const rows = await open({ ...request, split, row: withoutImage(request.row) });
  const { rows: __, configs: ___, ...rest } = split;
  const pictureRequest = {
    ...request,
    split: { ...rest, sources: pictures.sources ?? split.sources, configs: [pictures.config], split: pictures.split },
    splitName: pictures.split,
    row: Type.Object({ [pictures.key]: Type.String(), image: Image() }),
    partial: false,
  };
  let known: Promise<ReadonlyMap<string, ImageRef>> | undefined;
  return {
    get facts() {
      return rows.facts;
    },
    async *batches(offset, signal) {
      known ??= readPictures(open, pictureRequest, pictures.key, signal);
      const byName = await known;
      for await (const batch of rows.batches(offset, signal))
        yield batch.map((item) => ("failure" in item ? item : withPicture(item, pictures.column, byName)));
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

async function readPictures(
  open: (request: DatasetRequest) => Promise<Dataset>,
  request: DatasetRequest,
  key: string,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, ImageRef>> {
  await using dataset = await open(request);
  const pictures = new Map<string, ImageRef>();
  for await (const batch of dataset.batches(0, signal))
    for (const item of batch)
      if ("row" in item) pictures.set(String(item.row[key]), await kept(item.row.image as ImageRef));
  return pictures;
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

function withPicture(
  item: Extract<RowItem, { row: unknown }>,
  column: string,
  pictures: ReadonlyMap<string, ImageRef>,
): RowItem {
  const name = String(item.row[column]);
  const image = pictures.get(name);
  if (image === undefined)
    return {
      index: item.index,
      failure: new SampleFailure("data", `there is no picture named ${JSON.stringify(name)}`),
    };
  return { index: item.index, row: { ...item.row, image } };
}
