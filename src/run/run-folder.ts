import { existsSync } from "node:fs";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "../core/errors.js";
import type { Json } from "../core/json.js";
import { type Result, RunManifest } from "../core/result.js";
import { check } from "../core/schema.js";
import { canonicalJson } from "./digest.js";
import { type Lock, lockFile } from "./lock.js";

type Identity = Readonly<Record<string, Json>>;

/** One run's folder, held by one process: see results/README.md for its files. */
export class RunFolder {
  private constructor(
    readonly path: string,
    private readonly lock: Lock,
    private manifest: RunManifest,
  ) {}

  /**
   * Creates the folder, or opens the same run again.
   * @throws UserError  it cannot be written, another process holds it, or it holds a different run (with the differences)
   */
  static async open(path: string, manifest: RunManifest, options: { fresh: boolean }): Promise<RunFolder> {
    if (options.fresh && existsSync(path)) await moveAside(path);
    try {
      await mkdir(join(path, "submissions"), { recursive: true });
    } catch (error) {
      throw new UserError(
        `cannot create the run's folder: ${(error as Error).message}`,
        path,
        "check the folder's permissions, or choose another with --out",
        { cause: error },
      );
    }
    const lock = await lockFile(join(path, "run.lock"), "this run");
    try {
      const earlier = await readManifest(path);
      const folder = new RunFolder(
        path,
        lock,
        earlier ? { ...manifest, identity: earlier.identity, startedAt: earlier.startedAt } : manifest,
      );
      if (earlier) folder.require(manifest.identity);
      folder.manifest = { ...folder.manifest, identity: { ...earlier?.identity, ...manifest.identity } };
      await folder.save();
      return folder;
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  file(name: string): string {
    return join(this.path, name);
  }

  /** Adds to what decides the numbers (a task's version, its data's revision); refuses when the folder has another value. */
  async identify(identity: Identity): Promise<void> {
    this.require(identity);
    this.manifest = { ...this.manifest, identity: { ...this.manifest.identity, ...identity } };
    await this.save();
  }

  async setStatus(status: RunManifest["status"]): Promise<void> {
    this.manifest = {
      ...this.manifest,
      status,
      ...(status === "running" ? {} : { finishedAt: new Date().toISOString() }),
    };
    await this.save();
  }

  async writeResult(label: string, result: Result): Promise<void> {
    await writeAtomically(this.file(`${label}.json`), `${JSON.stringify(result, null, 2)}\n`);
  }

  close(): Promise<void> {
    return this.lock.release();
  }

  private save(): Promise<void> {
    return writeAtomically(this.file("run.json"), `${JSON.stringify(this.manifest, null, 2)}\n`);
  }

  private require(identity: Identity): void {
    const differences = differencesOf(this.manifest.identity, identity);
    if (differences.length === 0) return;
    throw new UserError(
      `this folder holds a different run:\n${differences.map((line) => `    ${line}`).join("\n")}`,
      this.path,
      "start over with --fresh (the old folder is moved aside), or write elsewhere with --out",
    );
  }
}

/** Whole or not at all: a reader never sees half a file, a full disk never destroys the old one. */
export async function writeAtomically(path: string, text: string): Promise<void> {
  const temporary = `${path}.tmp`;
  await writeFile(temporary, text, { flush: true });
  await rename(temporary, path);
}

async function readManifest(path: string): Promise<RunManifest | undefined> {
  const file = join(path, "run.json");
  if (!existsSync(file)) return undefined;
  const fix = "start over with --fresh, or write elsewhere with --out";
  let manifest: { schema?: unknown };
  try {
    manifest = JSON.parse(await readFile(file, "utf8"));
  } catch (error) {
    throw new UserError(`run.json is not JSON: ${(error as Error).message}`, file, fix, { cause: error });
  }
  const { schema } = manifest;
  if (typeof schema === "string" && /^llava-eval\/run@/.test(schema) && schema !== "llava-eval/run@1") {
    throw new UserError(
      `the run was written by a newer llava-eval (${schema})`,
      file,
      "update llava-eval, or write elsewhere with --out",
    );
  }
  return check(RunManifest, manifest, file, fix);
}

async function moveAside(path: string): Promise<void> {
  const stamp = new Date().toISOString().replace(/[-:]/g, "").replace(/\..*/, "");
  let target = `${path}.old-${stamp}`;
  for (let i = 2; existsSync(target); i++) target = `${path}.old-${stamp}-${i}`;
  const lock = await lockFile(join(path, "run.lock"), "this run");
  try {
    await rename(path, target);
  } finally {
    // The lock file moved along with the folder.
    await lock.release();
    const { rm } = await import("node:fs/promises");
    await rm(join(target, "run.lock"), { force: true });
  }
}

/** `model.revision: "abc" here, "def" in the folder`, for every leaf that both sides have and that differs. */
function differencesOf(folder: Identity, now: Identity, path = ""): string[] {
  return Object.entries(now).flatMap(([key, value]) => {
    const old = folder[key];
    if (old === undefined || canonicalJson(old) === canonicalJson(value)) return [];
    if (isObject(old) && isObject(value)) {
      const keys = new Set([...Object.keys(old), ...Object.keys(value)]);
      return [...keys].flatMap((inner) => {
        const [a, b] = [old[inner] ?? null, value[inner] ?? null];
        return canonicalJson(a) === canonicalJson(b)
          ? []
          : isObject(a) && isObject(b)
            ? differencesOf({ [inner]: a }, { [inner]: b }, `${path}${key}.`)
            : [`${path}${key}.${inner}: ${JSON.stringify(a)} in the folder, ${JSON.stringify(b)} now`];
      });
    }
    return [`${path}${key}: ${JSON.stringify(old)} in the folder, ${JSON.stringify(value)} now`];
  });
}

const isObject = (value: Json): value is { readonly [key: string]: Json } =>
  typeof value === "object" && value !== null && !Array.isArray(value);
