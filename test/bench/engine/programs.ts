/** The programs of the engine's benchmark: built when they are not there, run to their last line. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../../..", import.meta.url));
const sources = join(root, "src/engine");

/** One number of llava-engine or of an opponent. */
export interface Measured {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly detail: string;
}

/** What a program prints: one JSON value per line. @throws with what it said, when it fails */
export function jsonLines<T>(program: string, args: readonly string[], threads: string): T[] {
  const result = spawnSync(program, args, {
    encoding: "utf8",
    maxBuffer: 1 << 26,
    env: { ...process.env, OMP_NUM_THREADS: threads },
  });
  if (result.status !== 0) {
    throw new Error(`${program} ended with ${result.status}: ${result.stderr?.trim().split("\n").at(-1)}`);
  }
  return result.stdout
    .trim()
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as T);
}

/** llava-engine, built when it is not up to date. */
export async function engineProgram(): Promise<string> {
  const { buildAddon } = (await import(join(sources, "build.mjs"))) as {
    buildAddon(options: { quiet: boolean; parts: string[] }): Promise<boolean>;
  };
  if (!(await buildAddon({ quiet: true, parts: ["engine"] }))) throw new Error("llava-engine was not built");
  return join(root, "build/engine/llava-engine");
}

/** test/bench/engine/NAME.cc -> build/bench/NAME. @throws with the compiler's words */
export async function compiled(name: string, flags: readonly string[]): Promise<string> {
  const folder = join(root, "build/bench");
  await mkdir(folder, { recursive: true });
  const program = join(folder, name);
  const source = join(root, "test/bench/engine", `${name}.cc`);
  const args = ["-std=gnu++20", "-O2", "-pthread", "-I", sources, source, "-o", program, ...flags];
  const built = spawnSync("g++", args, { encoding: "utf8" });
  if (built.status !== 0) throw new Error(built.stderr?.slice(0, 400) || "g++ is missing");
  return program;
}

/** The engine's own library, as it was built for the product. */
export async function engineLibrary(): Promise<string> {
  await engineProgram();
  const library = join(root, "build/engine/libllava_core.a");
  if (!existsSync(library)) throw new Error("build/engine has no libllava_core.a: this benchmark needs cmake");
  return library;
}
