/** Small JSON files of a run, checked at the border: a newer major version is refused, not guessed at. */
import { join } from "node:path";
import { isWithin } from "../core/check-score.js";
import { UserError } from "../core/errors.js";
import { Result } from "../core/result.js";
import { check, type Static, type TSchema } from "../core/schema.js";
import { readJson } from "../files/json-file.js";
import { writeJson } from "../files/whole-file.js";
import { RunManifest } from "./run-manifest.js";

/** `llava-eval/result@1` → kind `llava-eval/result`, major 1. */
const version = /^(llava-eval\/[a-z-]+)@(\d+)$/;

export const manifestFile = (dir: string) => join(dir, "run.json");

export async function readManifest(dir: string): Promise<RunManifest> {
  return readVersioned(manifestFile(dir), RunManifest, "llava-eval/run@1");
}

export function writeManifest(dir: string, manifest: RunManifest): Promise<void> {
  return writeJson(manifestFile(dir), "the run's manifest", manifest);
}

/** A Result, or undefined: a run folder also holds submissions and other JSON, told apart by their `schema` key. */
export async function readResult(path: string): Promise<Result | undefined> {
  const data = ofToday(await readJson(path));
  if (!schemaOf(data)?.startsWith("llava-eval/result@")) return undefined;
  const result = checkVersioned(data, Result, "llava-eval/result@1", path);
  for (const [i, { name, unit, value }] of result.metrics.entries()) {
    if (unit !== "fraction" || value === null || isWithin(value, [0, 1])) continue;
    throw new UserError(
      `/metrics/${i}/value is ${value}, and a fraction such as "${name}" lies between 0 and 1`,
      path,
      "the file was changed or damaged: restore it, or score the run again",
    );
  }
  return result;
}

/** Results of 0.1 call the remarks labels. */
function ofToday(data: unknown): unknown {
  if (typeof data !== "object" || data === null || !("labels" in data) || "remarks" in data) return data;
  const { labels: remarks, ...rest } = data;
  return { ...rest, remarks };
}

/** @param kind what the file should be: `llava-eval/result@1` */
export async function readVersioned<T extends TSchema>(path: string, schema: T, kind: string): Promise<Static<T>> {
  return checkVersioned(await readJson(path), schema, kind, path);
}

function schemaOf(data: unknown): string | undefined {
  const schema = typeof data === "object" && data !== null ? (data as { schema?: unknown }).schema : undefined;
  return typeof schema === "string" ? schema : undefined;
}

function checkVersioned<T extends TSchema>(data: unknown, schema: T, kind: string, path: string): Static<T> {
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

/** What tells a run from every other, wherever its folder lies. */
export const ownName = ({ name, startedAt }: Pick<RunManifest, "name" | "startedAt">): string =>
  `${name} of ${startedAt}`;
