import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { SampleFailure, UserError } from "../core/errors.js";
import type { ImageRef } from "../core/image.js";
import { check, imageKeyword, type TSchema, videoKeyword } from "../core/schema.js";
import type { VideoRef } from "../core/video.js";

/** A grey pixel: an example shows words, not images. */
const pixel = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==",
  "base64",
);
const placeholder: ImageRef = { path: "example.png", bytes: async () => pixel };

/** An example shows words: nobody looks at its frames. */
const exampleClip = (path: string): VideoRef => ({
  path,
  file: async () => {
    throw new SampleFailure("data", `the clip ${JSON.stringify(path)} is an example's`);
  },
  named: exampleClip,
  beside: (text) => ({ path: text, read: async () => undefined }),
});

async function exampleFile(task: string, taskFile: string): Promise<string> {
  const folder = dirname(taskFile);
  const own = (await readdir(folder))
    .filter((name) => name.endsWith(ending) && task.startsWith(name.slice(0, -ending.length)))
    .sort((a, b) => b.length - a.length);
  return join(folder, own[0] ?? "example.json");
}

/** A task of the user's may have none. */
export const hasExampleRow = async (task: string, taskFile: string): Promise<boolean> =>
  existsSync(await exampleFile(task, taskFile));

/**
 * The example row of a task: columns as in the benchmark, values made by us. It stands beside the task's file: `example.json`, or
 * where a folder's tasks have other rows `infovqa.example.json`, named by the start of their names. An image is written as `true`,
 * several as their number; a required image may be left out. A clip is written as its name.
 * @param taskFile the file that defines the task
 */
export async function exampleRow(task: string, taskFile: string, schema: TSchema): Promise<Record<string, unknown>> {
  const file = await exampleFile(task, taskFile);
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
    if (videoKeyword in type && typeof row[column] === "string") filled[column] = exampleClip(row[column]);
    if (!holdsImages(type)) continue;
    const value = row[column];
    if (typeof value === "number") filled[column] = Array.from({ length: value }, () => placeholder);
    else if (value === true || (value === undefined && required.includes(column) && imageKeyword in type))
      filled[column] = placeholder;
    else filled[column] = value ?? null;
  }
  return check(schema, filled, file, "correct the example row") as Record<string, unknown>;
}

const ending = ".example.json";

function holdsImages(type: TSchema): boolean {
  const { items, anyOf = [] } = type as { items?: TSchema; anyOf?: TSchema[] };
  return imageKeyword in type || (items !== undefined && holdsImages(items)) || anyOf.some(holdsImages);
}
