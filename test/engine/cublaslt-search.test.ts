/** Where the engine looks for cuBLASLt when it is opened: its own search, on folders as users have them. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { root } from "./engine-program.js";

const scratch = mkdtempSync(join(tmpdir(), "llava-search-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
const compiler = process.env.CXX ?? "g++";
const program = join(scratch, "list");

function made(path: string): string {
  const file = join(scratch, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, "");
  return file;
}

/** What the search finds beyond the loader's own names, in its order. */
function search(machine: string, variables: Record<string, string> = {}): string[] {
  const env = { PATH: join(scratch, "nowhere"), ...variables };
  const { stdout, status } = spawnSync(program, [join(scratch, machine)], { encoding: "utf8", env });
  expect(status).toBe(0);
  const [first, second, ...found] = stdout.trimEnd().split("\n");
  expect([first, second]).toEqual(["libcublasLt.so.13", "libcublasLt.so.12"]);
  return found;
}

const wheel = (prefix: string) => `${prefix}/lib/python3.12/site-packages/nvidia/cu13/lib/libcublasLt.so.13`;

describe.skipIf(spawnSync(compiler, ["--version"]).status !== 0)("cuBLASLt is found", () => {
  beforeAll(() => {
    const sources = ["test/engine/search/list.cc", "src/engine/kernels/cuda/cublaslt_search.cc"];
    const { stderr, status } = spawnSync(
      compiler,
      ["-std=c++20", "-I", join(root, "src/engine"), ...sources.map((file) => join(root, file)), "-o", program],
      { encoding: "utf8" },
    );
    expect(status, stderr).toBe(0);
  }, 120_000);

  test("in the wheels of the environment that python3 belongs to, though nothing is activated", () => {
    const library = made(wheel("project/.venv"));
    made("project/.venv/bin/python3");
    expect(search("bare", { PATH: join(scratch, "project/.venv/bin") })).toEqual([library]);
  });

  test("in the installation that python3 is a link into", () => {
    const library = made(wheel("miniforge"));
    const python = made("miniforge/bin/python3.12");
    mkdirSync(join(scratch, "bin"));
    symlinkSync(python, join(scratch, "bin/python3"));
    expect(search("bare", { PATH: `${join(scratch, "nowhere")}:${join(scratch, "bin")}` })).toEqual([library]);
  });

  test("in an active environment before any other, in wheels of torch for CUDA 12 too", () => {
    const active = made("active/lib/python3.11/site-packages/nvidia/cublas/lib/libcublasLt.so.12");
    const other = made(wheel("machine/opt/conda"));
    expect(search("machine", { VIRTUAL_ENV: join(scratch, "active") })).toEqual([active, other]);
  });

  test("below /opt and /usr/local: toolkits, environments, an environment inside a project", () => {
    const files = [
      "usr/local/cuda/lib64/libcublasLt.so.13",
      "opt/cuda-13.1/lib64/libcublasLt.so.13",
      "opt/torch/.venv/lib/python3.12/site-packages/nvidia/cu13/lib/libcublasLt.so.13",
      "opt/venv/lib/python3.12/site-packages/nvidia/cublas/lib/libcublasLt.so.12",
      "usr/local/cuda-12.8/lib64/libcublasLt.so.12",
    ].map((file) => made(`server/${file}`));
    expect(search("server")).toEqual(files);
  });

  test("where CUDA_PATH points, be it the folder of a wheel", () => {
    const library = made("kit/nvidia/cu13/lib/libcublasLt.so.13");
    expect(search("bare", { CUDA_PATH: join(scratch, "kit/nvidia/cu13") })).toEqual([library]);
  });

  test("nowhere, on a machine without it", () => {
    expect(search("bare")).toEqual([]);
  });
});
