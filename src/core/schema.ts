/**
 * The border: data from outside is checked once, here, against a JSON Schema written with `Type`; tasks use it through
 * `llava-eval`.
 */

import { defined } from "./defined.js";
import { UserError } from "./errors.js";
import type { ImageRef } from "./image.js";
import { type Static, type TSchema, Type } from "./schema-type.js";
import { secretsHidden } from "./secrets.js";
import { type ErrorObject, imageKeyword, listTextKeyword, validatorOf, videoKeyword } from "./validator.js";
import type { VideoRef } from "./video.js";

export type { Static, TSchema };
export { imageKeyword, listTextKeyword, Type, videoKeyword };

/** An image column: `struct<bytes, path>` in parquet, a file name in JSONL, base64 in TSV. */
export const Image = () => Type.Unsafe<ImageRef>({ [imageKeyword]: true });

/** A column that names a clip: a file name in the data folder, with its ending or without. */
export const Video = () => Type.Unsafe<VideoRef>({ [videoKeyword]: true });

/** A list as Python prints it, in one text: `"['cat', 'dog']"` (MMMU's options). Read it with `parseStringList`. */
export const ListText = () => Type.Unsafe<string>({ type: "string", [listTextKeyword]: true });

/** `Type.Union([schema, Type.Null()])`: a column that may be null. */
export const Nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

export interface Violation {
  /** JSON pointer into the data: `/answers/0/answer`. */
  readonly pointer: string;
  /** `must be string`. */
  readonly expected: string;
  /** The offending value, shortened. */
  readonly found: string;
  /** For an unknown key: its name. */
  readonly unknownKey?: string;
}

/** The first violation of `schema` by `data`, or undefined when it is valid. */
export function violationOf(schema: TSchema, data: unknown): Violation | undefined {
  const validate = validatorOf(schema);
  if (validate(data)) return undefined;
  const error = mostTelling(validate.errors ?? []);
  const unknownKey = error.keyword === "additionalProperties" ? String(error.params.additionalProperty) : undefined;
  return {
    pointer: error.instancePath + (error.keyword === "required" ? `/${error.params.missingProperty}` : ""),
    expected: describe(error),
    found: error.keyword === "required" ? "nothing" : shorten(...placeOf(error, data)),
    ...defined({ unknownKey }),
  };
}

/**
 * The last error is the violation. Of a union it says only "no branch": then the error that lies deepest says more (item 1 of a
 * list), or the branches together (`must be string or null`).
 */
function mostTelling(errors: readonly ErrorObject[]): ErrorObject {
  const last = errors.at(-1) as ErrorObject;
  if (last.keyword !== "anyOf") return last;
  const branches = errors.slice(0, -1).filter(({ instancePath }) => instancePath.startsWith(last.instancePath));
  const deepest = [...branches].sort((a, b) => b.instancePath.length - a.instancePath.length)[0];
  if (deepest && deepest.instancePath.length > last.instancePath.length) return deepest;
  const types = branches.flatMap(({ keyword, params }) => (keyword === "type" ? [String(params.type)] : []));
  return types.length === branches.length && types.length > 0
    ? { ...last, message: `must be ${[...new Set(types)].join(" or ")}` }
    : last;
}

/** `data` as the schema's type, or a `UserError` that names `where`, the field, what was expected and what was found. */
export function check<T extends TSchema>(schema: T, data: unknown, where: string, fix: string): Static<T> {
  const violation = violationOf(schema, data);
  if (violation) {
    throw new UserError(
      `${violation.pointer || "the value"} ${violation.expected} (found ${violation.found})`,
      where,
      fix,
    );
  }
  return data as Static<T>;
}

/** What stands where the error is, and its name there. The error could say it itself, and every validator would be a quarter longer. */
function placeOf({ instancePath }: ErrorObject, data: unknown): [value: unknown, name: string] {
  const names = instancePath
    .split("/")
    .slice(1)
    .map((name) => name.replaceAll("~1", "/").replaceAll("~0", "~"));
  let value = data;
  for (const name of names) value = (value as Readonly<Record<string, unknown>>)[name];
  return [value, names.at(-1) ?? ""];
}

function describe(error: ErrorObject): string {
  switch (error.keyword) {
    case "required":
      return "is missing";
    case "additionalProperties":
      return `has an unknown key "${error.params.additionalProperty}"`;
    case imageKeyword:
      return "must be an image";
    case videoKeyword:
      return "must name a clip";
    case "enum":
      return `must be one of ${(error.params.allowedValues as unknown[]).map((value) => JSON.stringify(value)).join(", ")}`;
    default:
      return error.message ?? error.keyword;
  }
}

/** A mistake is shown; a key that stands in its place is not. */
function shorten(value: unknown, name: string): string {
  const shown = secretsHidden(name, value);
  const text =
    typeof shown === "bigint" || typeof shown === "number"
      ? `${shown}`
      : (JSON.stringify(shown, secretsHidden) ?? String(shown));
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
