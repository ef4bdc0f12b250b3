import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "../core/errors.js";
import type { ImageRef } from "../core/image.js";
import { packageRoot } from "../core/package-root.js";
import { check, imageKeyword, type TSchema } from "../core/schema.js";

/** A grey pixel: an example shows words, not pictures. */
const pixel = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==",
  "base64",
);
const placeholder: ImageRef = { path: "example.png", bytes: async () => pixel };

/**
 * The committed example row of a task, `configs/examples/<task>.json`: columns as in the benchmark, values made by us.
 * A picture is written as `true`, several as their number; a required picture may be left out.
 */
export async function exampleRow(task: string, schema: TSchema): Promise<Record<string, unknown>> {
  const file = join(packageRoot, "configs", "examples", `${task}.json`);
  if (!existsSync(file)) {
    throw new UserError(
      `task "${task}" has no example row`,
      file,
      "write one row of the benchmark's form there, as JSON",
    );
  }
  const row = JSON.parse(await readFile(file, "utf8")) as Record<string, unknown>;
  const { properties = {}, required = [] } = schema as { properties?: Record<string, TSchema>; required?: string[] };
  const filled: Record<string, unknown> = { ...row };
  for (const [column, type] of Object.entries(properties)) {
    if (!holdsImages(type)) continue;
    const value = row[column];
    if (typeof value === "number") filled[column] = Array.from({ length: value }, () => placeholder);
    else if (value === true || (value === undefined && required.includes(column) && imageKeyword in type))
      filled[column] = placeholder;
    else filled[column] = value ?? null;
  }
  return check(schema, filled, file, "correct the example row") as Record<string, unknown>;
}

function holdsImages(type: TSchema): boolean {
  const { items, anyOf = [] } = type as { items?: TSchema; anyOf?: TSchema[] };
  return imageKeyword in type || (items !== undefined && holdsImages(items)) || anyOf.some(holdsImages);
}
