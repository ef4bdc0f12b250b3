/**
 * `Type`: TypeBox's way of writing a JSON Schema and its TypeScript type at once, as far as tasks and our own files use it.
 * The types are TypeBox's own. The objects are made here, because its 370 modules were a fifth of the program's start
 * (120 of 600 CPU-ms); a test holds that both make the same, but for tuples.
 */
import type { Static, TSchema, Type as TypeBox } from "typebox";

export type { Static, TSchema };

type Constructors =
  | "Array"
  | "Boolean"
  | "Enum"
  | "Integer"
  | "Literal"
  | "Null"
  | "Number"
  | "Object"
  | "Optional"
  | "Record"
  | "String"
  | "Tuple"
  | "Union"
  | "Unknown"
  | "Unsafe";

/** TypeBox's own mark: a schema that TypeBox made optional is optional here too. JSON does not show it. */
const optionalMark = "~optional";
const isOptional = (schema: TSchema) => optionalMark in schema;

const literalTypes: Readonly<Record<string, string>> = { string: "string", number: "number", boolean: "boolean" };

const constructors: Record<Constructors, (...given: never[]) => object> = {
  Array: (items: TSchema, options?: object) => ({ type: "array", items, ...options }),
  Boolean: (options?: object) => ({ type: "boolean", ...options }),
  Enum: (values: readonly unknown[], options?: object) => ({ enum: values, ...options }),
  Integer: (options?: object) => ({ type: "integer", ...options }),
  Literal: (value: unknown, options?: object) => ({ type: literalTypes[typeof value], const: value, ...options }),
  Null: (options?: object) => ({ type: "null", ...options }),
  Number: (options?: object) => ({ type: "number", ...options }),
  Object: (properties: Readonly<Record<string, TSchema>>, options?: object) => {
    const required = Object.keys(properties).filter((name) => !isOptional(properties[name] as TSchema));
    return { type: "object", ...(required.length > 0 ? { required } : {}), properties, ...options };
  },
  Optional: (schema: TSchema) => Object.defineProperty({ ...schema }, optionalMark, { value: true }),
  Record: (key: TSchema & { pattern?: string }, value: TSchema, options?: object) => ({
    type: "object",
    patternProperties: { [key.pattern ?? "^.*$"]: value },
    ...options,
  }),
  String: (options?: object) => ({ type: "string", ...options }),
  // TypeBox writes a tuple as JSON Schema did before 2020-12, which our validator refuses.
  Tuple: (items: readonly TSchema[], options?: object) => ({
    type: "array",
    prefixItems: items,
    items: false,
    minItems: items.length,
    ...options,
  }),
  Union: (anyOf: readonly TSchema[], options?: object) => ({ anyOf, ...options }),
  Unknown: (options?: object) => ({ ...options }),
  Unsafe: (schema: object) => ({ ...schema }),
};

// The cast is the point: TypeBox's types for objects that are the same as its own.
export const Type = constructors as unknown as Pick<typeof TypeBox, Constructors>;
