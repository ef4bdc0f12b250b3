import { Type as TypeBox } from "typebox";
import { expect, test } from "vitest";
import { Image, type TSchema, Type, violationOf } from "../../src/core/schema.js";

/** The same schemas written with either: every constructor, with and without options. */
function schemas(T: typeof Type): Record<string, TSchema> {
  return {
    string: T.String({ minLength: 1, description: "a text" }),
    number: T.Number({ exclusiveMinimum: 0 }),
    integer: T.Integer(),
    boolean: T.Boolean(),
    nothing: T.Null(),
    unknown: T.Unknown({ description: "anything" }),
    literals: T.Union([T.Literal("a"), T.Literal(3), T.Literal(true)], { description: "one of three" }),
    enumeration: T.Enum(["a", "b"], { description: "either" }),
    array: T.Array(T.String(), { minItems: 1 }),
    record: T.Record(T.String({ pattern: "^[0-9]+$" }), T.Number()),
    dictionary: T.Record(T.String(), T.Number(), { description: "by name" }),
    unsafe: T.Unsafe<Date>({ type: "object", description: "ours" }),
    empty: T.Object({}),
    open: T.Object({ a: T.String(), b: T.Optional(T.Integer({ minimum: 1 })) }),
    closed: T.Object({ b: T.Optional(T.Union([T.String(), T.Null()])) }, { additionalProperties: false }),
  };
}

test("Type makes the very schemas that TypeBox makes", () => {
  const [ours, theirs] = [schemas(Type), schemas(TypeBox)];
  for (const [name, schema] of Object.entries(theirs)) expect(JSON.stringify(ours[name])).toBe(JSON.stringify(schema));
});

test("a tuple is one of JSON Schema 2020-12: so many items, each of its type", () => {
  const pair = Type.Tuple([Type.String(), Type.Integer()], { description: "a pair" });
  expect(violationOf(pair, ["a", 1])).toBeUndefined();
  for (const wrong of [["a"], ["a", "b"], ["a", 1, 2], "a1", []]) expect(violationOf(pair, wrong)).toBeDefined();
});

test("a schema that TypeBox made optional may stand in an object of ours, and the other way round", () => {
  expect(Type.Object({ a: TypeBox.Optional(TypeBox.String()) })).not.toHaveProperty("required");
  expect(TypeBox.Object({ a: Type.Optional(Type.String()) })).not.toHaveProperty("required");
});

test("making a schema optional leaves the schema itself required", () => {
  const text = Type.String();
  Type.Optional(text);
  expect(Type.Object({ text })).toMatchObject({ required: ["text"] });
});

test("a row without its image is a violation that names the field", () => {
  const row = Type.Object({ image: Image() });
  expect(violationOf(row, { image: 3 })).toMatchObject({ pointer: "/image", expected: "must be an image" });
  expect(violationOf(row, {})).toMatchObject({ pointer: "/image", expected: "is missing" });
});
