/** One JSON file of a run, checked at the border: a newer major version is refused, not guessed at. */
import { readFile } from "node:fs/promises";
import { messageOf, UserError } from "../core/errors.js";
import { check, type Static, type TSchema } from "../core/schema.js";

/** `llava-eval/result@1` → kind `llava-eval/result`, major 1. */
const version = /^(llava-eval\/[a-z-]+)@(\d+)$/;

/** @param kind what the file should be: `llava-eval/result@1` */
export async function readChecked<T extends TSchema>(path: string, schema: T, kind: string): Promise<Static<T>> {
  const data = await readJson(path);
  return checkVersioned(data, schema, kind, path);
}

export async function readJson(path: string): Promise<unknown> {
  const text = await readFile(path, "utf8");
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UserError(`this file is not JSON: ${messageOf(error)}`, path, "restore it, or run the task again", {
      cause: error,
    });
  }
}

/** The file's own `schema` key, when it has one: tells results from submissions and from files of others. */
export function schemaOf(data: unknown): string | undefined {
  const schema = typeof data === "object" && data !== null ? (data as { schema?: unknown }).schema : undefined;
  return typeof schema === "string" ? schema : undefined;
}

export function checkVersioned<T extends TSchema>(data: unknown, schema: T, kind: string, path: string): Static<T> {
  const expected = version.exec(kind);
  const found = version.exec(schemaOf(data) ?? "");
  if (expected && found && found[1] === expected[1] && Number(found[2]) > Number(expected[2])) {
    throw new UserError(
      `written by a newer llava-eval: ${found[0]}, this version reads ${kind}`,
      path,
      "update llava-eval (npm install llava-eval@latest)",
    );
  }
  return check(schema, data, path, `the file should be ${kind}; see results/README.md, or run the task again`);
}
