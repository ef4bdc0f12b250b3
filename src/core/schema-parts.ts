/** What the schemas of our own files are made of, beside what `Type` has: lists and dictionaries that are read-only, any JSON, intervals. */
import type { Json } from "./json.js";
import { type Static, type TSchema, Type } from "./schema-type.js";

interface Described {
  readonly description?: string;
}

interface ListOptions extends Described {
  readonly minItems?: number;
  readonly maxItems?: number;
}

export const List = <T extends TSchema>(items: T, options?: ListOptions) =>
  Type.Unsafe<readonly Static<T>[]>({ type: "array", items, ...options });

export const Strings = (options?: Described) => List(Type.String(), options);

export const Dictionary = <T extends TSchema>(values: T, options?: Described) =>
  Type.Unsafe<Readonly<Record<string, Static<T>>>>({ type: "object", additionalProperties: values, ...options });

export const AnyJson = (options?: Described) => Type.Unsafe<Json>({ ...options });

/** Low and high. */
export const Interval = (options?: Described) =>
  Type.Unsafe<readonly [number, number]>({
    type: "array",
    items: { type: "number" },
    minItems: 2,
    maxItems: 2,
    ...options,
  });

/** A number, or null where there is none. */
export const NumberOrNull = () => Type.Union([Type.Number(), Type.Null()]);
