import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { expect, test } from "vitest";
import { preparedSchemas } from "../../src/api/prepared-schemas.js";
import type { TSchema } from "../../src/core/schema.js";
import { compiled, validatorFile, validatorFolder, validatorSource } from "../../src/core/validator.js";

const schemas = await preparedSchemas();
const load = createRequire(import.meta.url);

test("the build has written one validator for each schema that runs check every time, and no other", () => {
  expect(schemas.length).toBeGreaterThan(80);
  expect(readdirSync(validatorFolder).sort()).toEqual([...new Set(schemas.map(validatorFile))].sort());
});

test("each is the one that its schema gives today, and finds what ajv finds in wrong data", () => {
  let found = 0;
  for (const schema of schemas) {
    const path = join(validatorFolder, validatorFile(schema));
    expect(readFileSync(path, "utf8"), "npm run build").toBe(validatorSource(schema));
    const written = load(path) as ReturnType<typeof compiled>;
    const now = compiled(schema);
    for (const data of wrong(schema)) {
      expect([written(data), written.errors]).toEqual([now(data), now.errors]);
      found += written.errors?.length ?? 0;
    }
  }
  expect(found).toBeGreaterThan(5000);
});

const values = [null, true, 1, -1.5, 10n, "", "x", [], [1], {}, { bytes: () => 0 }, { file: () => 0 }];

/** Anything, and each member with anything in it, beside members that are there and mostly right. */
function* wrong(schema: TSchema): Generator<unknown> {
  yield* values;
  const { properties = {} } = schema as { properties?: Record<string, { type?: string; const?: unknown }> };
  const others = Object.fromEntries(Object.entries(properties).map(([name, member]) => [name, usual(member)]));
  yield { ...others, besides: 1 };
  for (const name of Object.keys(properties)) for (const value of values) yield { ...others, [name]: value };
}

function usual({ type, const: constant }: { readonly type?: string; readonly const?: unknown }): unknown {
  if (constant !== undefined) return constant;
  const one: Readonly<Record<string, unknown>> = { string: "x", integer: 1, number: 1, boolean: true, array: [] };
  return type === undefined ? { bytes: () => 0, file: () => 0 } : (one[type] ?? {});
}
