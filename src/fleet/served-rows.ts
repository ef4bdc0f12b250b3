/** Rows on their way from the coordinator to a worker without data: JSON, with images by their digest, clips by their place among the row's files. */
import { hash } from "node:crypto";
import type { RowItem } from "../core/dataset.js";
import { SampleFailure, type UnscoredReason } from "../core/errors.js";
import type { ImageRef } from "../core/image.js";
import { type Static, Type, violationOf } from "../core/schema.js";
import { List } from "../core/schema-parts.js";
import type { VideoRef } from "../core/video.js";
import { type FilesOfRow, NamedFile, servedClip } from "./row-files.js";

/** SHA-256 of bytes: a blob's name. */
export const blobName = (bytes: Uint8Array): string => hash("sha256", bytes);
export const blobPattern = "[0-9a-f]{64}";

const ServedItem = Type.Object({
  index: Type.Integer({ minimum: 0 }),
  row: Type.Optional(Type.Unsafe<Record<string, unknown>>({ type: "object" })),
  files: Type.Optional(List(NamedFile)),
  failure: Type.Optional(
    Type.Object({ reason: Type.Unsafe<UnscoredReason>({ type: "string" }), detail: Type.String() }),
  ),
});
type ServedItem = Static<typeof ServedItem>;

/**
 * What JSON has no word for travels as an object with one key. Of a row's own objects those with such a key travel as `$object`, so that no
 * row can name an image that it does not have.
 */
const marked = /^\$/;

/**
 * @param onBlob  an image of the row, which may be asked for from now on
 * @param files  what the row's questions show besides
 */
export async function toServed(
  item: RowItem,
  onBlob: (name: string, bytes: Uint8Array) => void,
  files: readonly NamedFile[] = [],
): Promise<object> {
  if ("failure" in item) {
    const { reason, detail } = item.failure;
    return { index: item.index, failure: { reason, detail } };
  }
  const blobOf = async (image: ImageRef) => {
    const facts = {
      ...(image.path === undefined ? {} : { path: image.path }),
      ...(image.ownFile ? { ownFile: true } : {}),
    };
    try {
      const bytes = await image.bytes();
      const name = blobName(bytes);
      onBlob(name, bytes);
      return { $image: { ...facts, name } };
    } catch (error) {
      if (!(error instanceof SampleFailure)) throw error;
      return { $image: { ...facts, absent: error.detail } };
    }
  };
  const served = async (value: unknown): Promise<unknown> => {
    if (typeof value === "bigint") return { $integer: String(value) };
    if (typeof value === "number" && (!Number.isFinite(value) || Object.is(value, -0)))
      return { $number: Object.is(value, -0) ? "-0" : String(value) };
    if (value === undefined) return { $absent: true };
    if (typeof value !== "object" || value === null) return value;
    if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString("base64") };
    if (Array.isArray(value)) return await Promise.all(value.map(served));
    if ("bytes" in value && typeof value.bytes === "function") return await blobOf(value as ImageRef);
    if ("file" in value && typeof value.file === "function") return { $clip: (value as VideoRef).path };
    const entries = await Promise.all(Object.entries(value).map(async ([key, of]) => [key, await served(of)] as const));
    return entries.some(([key]) => marked.test(key)) ? { $object: entries } : Object.fromEntries(entries);
  };
  return { index: item.index, row: await served(item.row), ...(files.length > 0 ? { files } : {}) };
}

/** Where a row gets what it has by name. */
export interface RowSource {
  blob(name: string, row: number): Promise<Uint8Array>;
  files(named: readonly NamedFile[], row: number): FilesOfRow;
}

/** @throws TypeError  it is no row that was served */
export function fromServed(value: unknown, source: RowSource): RowItem {
  const violation = violationOf(ServedItem, value);
  if (violation) throw new TypeError(`${violation.pointer} ${violation.expected}`);
  const { index, row, failure, files = [] } = value as ServedItem;
  if (failure) return { index, failure: new SampleFailure(failure.reason, failure.detail) };
  const own = { blob: (name: string) => source.blob(name, index), files: source.files(files, index) };
  return { index, row: unserved(row, own) as Record<string, unknown> };
}

interface OwnSource {
  blob(name: string): Promise<Uint8Array>;
  readonly files: FilesOfRow;
}

function unserved(value: unknown, own: OwnSource): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((one) => unserved(one, own));
  const entries = Object.entries(value as Record<string, unknown>);
  const [key = "", of] = entries[0] ?? [];
  if (entries.length !== 1 || !marked.test(key))
    return Object.fromEntries(entries.map(([name, one]) => [name, unserved(one, own)]));
  if (key === "$integer") return BigInt(String(of));
  if (key === "$number") return Number(of);
  if (key === "$absent") return undefined;
  if (key === "$bytes") return new Uint8Array(Buffer.from(String(of), "base64"));
  if (key === "$object")
    return Object.fromEntries((of as [string, unknown][]).map(([name, one]) => [name, unserved(one, own)]));
  if (key === "$image") return imageOf(of, own);
  if (key === "$clip" && typeof of === "string") return servedClip(of, own.files);
  throw new TypeError(`${key} is not known`);
}

const ServedImage = Type.Object({
  path: Type.Optional(Type.String()),
  ownFile: Type.Optional(Type.Literal(true)),
  name: Type.Optional(Type.String({ pattern: `^${blobPattern}$` })),
  absent: Type.Optional(Type.String()),
});

function imageOf(value: unknown, own: OwnSource): ImageRef {
  const violation = violationOf(ServedImage, value);
  if (violation) throw new TypeError(`image: ${violation.pointer} ${violation.expected}`);
  const { path, ownFile, name, absent } = value as Static<typeof ServedImage>;
  return {
    ...(path === undefined ? {} : { path }),
    ...(ownFile ? { ownFile } : {}),
    async bytes() {
      if (name === undefined) throw new SampleFailure("data", absent ?? "the image is absent");
      return await own.blob(name);
    },
  };
}
