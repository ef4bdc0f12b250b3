/** Which CUDA toolkit the engine is built with, on folders as users have them, and what the log and `doctor` say of it. */
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { cuda } from "../../src/api/doctor.js";
import { root } from "./engine-program.js";

const scratch = mkdtempSync(join(tmpdir(), "llava-toolkit-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
afterEach(() => vi.unstubAllEnvs());

function made(path: string, text = ""): string {
  const file = join(scratch, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  chmodSync(file, 0o755);
  return file;
}

/** A compiler that knows its version, and nothing else. */
function nvcc(path: string, version: string): string {
  return made(path, `#!/bin/sh\necho "Cuda compilation tools, release ${version}, V${version}.37"\n`);
}

/** The environment that `pip install nvidia-cuda-nvcc …` leaves: lib without lib64, a runtime without a plain name. */
function wheels(environment: string): string {
  const kit = `${environment}/lib/python3.12/site-packages/nvidia/cu13`;
  nvcc(`${kit}/bin/nvcc`, "13.5");
  for (const file of ["include/cuda_runtime.h", "nvvm/bin/cicc", "lib/libcudart.so.13", "lib/libcudart_static.a"])
    made(`${kit}/${file}`);
  return join(scratch, environment);
}

/** A PATH with what a build needs and no compiler for CUDA. */
const tools = join(scratch, "tools");
beforeAll(() => {
  mkdirSync(tools);
  for (const name of ["sh", "g++", "cmake", "make", "ninja", "python3", "as", "ld", "ar", "ranlib", "uname"]) {
    const found = spawnSync("sh", ["-c", `command -v ${name}`], { encoding: "utf8" }).stdout.trim();
    if (found) symlinkSync(found, join(tools, name));
  }
});

const elsewhere = ["/usr/local", "/opt"].some(
  (folder) => existsSync(folder) && readdirSync(folder).some((name) => name.startsWith("cuda")),
);
const noTools = ["cmake", "g++"].some((name) => spawnSync(name, ["--version"]).status !== 0);
const nothing = { VIRTUAL_ENV: "", CONDA_PREFIX: "", CUDACXX: "", CUDA_PATH: "", CUDA_HOME: "" };

/** `build.mjs engine --cuda` in a checkout whose CMakeLists.txt asks for no CUDA. */
function build(name: string, environment: Record<string, string>, ...options: string[]) {
  const folder = join(scratch, name);
  mkdirSync(join(folder, "src/engine"), { recursive: true });
  mkdirSync(join(folder, "test/engine"), { recursive: true });
  for (const file of readdirSync(join(root, "src/engine")).filter((file) => file.endsWith(".mjs")))
    cpSync(join(root, "src/engine", file), join(folder, "src/engine", file));
  made(
    `${name}/src/engine/CMakeLists.txt`,
    "cmake_minimum_required(VERSION 3.20)\nproject(one LANGUAGES CXX)\nadd_executable(llava-engine main.cc)\n",
  );
  made(`${name}/src/engine/main.cc`, "int main() { return 0; }\n");
  const env = { ...process.env, ...nothing, LLAVA_EVAL_CUDA_WHEELS: "", PATH: tools, ...environment };
  const script = join(folder, "src/engine/build.mjs");
  const { status, stderr } = spawnSync(process.execPath, [script, "engine", "--cuda", ...options], {
    encoding: "utf8",
    env,
  });
  return { status, stderr, toolkit: join(folder, "build/engine/toolkit") };
}

describe.skipIf(noTools || elsewhere)("npm run build:cuda", () => {
  test("builds with the wheels of the active environment, says so, and makes of them what CMake looks for", () => {
    const environment = wheels("with-wheels");
    const { status, stderr, toolkit } = build("clone", { VIRTUAL_ENV: environment }, "--arch", "90,120");
    expect(stderr).toMatch(/^CUDA 13\.5 from the wheels in .*nvidia\/cu13, for sm_90, sm_120: about \d+ min$/m);
    expect(stderr).toContain("runs with NVIDIA driver 580 or newer");
    expect(status).toBe(0);
    expect(readlinkSync(join(toolkit, "lib64/libcudart.so"))).toMatch(/libcudart\.so\.13$/);
    expect(spawnSync(join(toolkit, "bin/nvcc"), { encoding: "utf8" }).stdout).toContain("release 13.5");
  });

  test("a compiler on PATH comes before CUDA_PATH, and that before wheels", () => {
    const variables = {
      VIRTUAL_ENV: wheels("all"),
      CUDA_PATH: dirname(dirname(nvcc("kit/bin/nvcc", "13.1"))),
      PATH: `${tools}:${dirname(nvcc("path/nvcc", "12.9"))}`,
    };
    const first = build("on-path", variables);
    expect(first.stderr).toMatch(/^CUDA 12\.9 from PATH, for sm_80, sm_89, sm_90: /m);
    expect(first.stderr).toContain("runs with NVIDIA driver 525 or newer");
    expect(build("by-variable", { ...variables, PATH: tools }).stderr).toMatch(/^CUDA 13\.1 from CUDA_PATH, /m);
  });

  test("a check for other architectures has a folder of its own, and leaves what users built alone", () => {
    const check = ["--check-cuda", "--arch", "100,120"];
    const { status, stderr } = build("checked", { VIRTUAL_ENV: wheels("for-check") }, ...check);
    expect(stderr).toMatch(/^CUDA 13\.5 from the wheels in .*, for sm_100, sm_120: about \d+ min$/m);
    expect(status).toBe(0);
    expect(readdirSync(join(scratch, "checked/build"))).toEqual(["engine-sm100-120"]);
  });

  test("a copied checkout, whose build folder came along, keeps the toolkit that it found", () => {
    const variables = { VIRTUAL_ENV: wheels("for-copy") };
    expect(build("first", variables).status).toBe(0);
    cpSync(join(scratch, "first"), join(scratch, "copied"), { recursive: true });
    rmSync(join(scratch, "copied/build/engine/.engine.stamp"));
    const { status, toolkit } = build("copied", variables);
    expect(status).toBe(0);
    expect(existsSync(join(toolkit, "bin/nvcc"))).toBe(true);
  });

  test("a wheel of nvcc alone is no toolkit: the log names what to install", () => {
    nvcc("half/lib/python3.12/site-packages/nvidia/cu13/bin/nvcc", "13.5");
    const { status, stderr } = build("without", { VIRTUAL_ENV: join(scratch, "half") });
    expect(status).toBe(1);
    expect(stderr).toContain("no CUDA toolkit found");
    expect(stderr).toContain("pip install nvidia-cuda-nvcc nvidia-nvvm");
  });
});

describe("doctor about CUDA", () => {
  test("names the library that serves, or the wheel that brings it", async () => {
    expect(await cuda({ problem: "", cublasLt: "cuBLASLt 13.1.0 (/opt/x.so.13)" })).toMatchObject({
      state: "good",
      detail: "cuBLASLt 13.1.0 (/opt/x.so.13)",
    });
    expect(await cuda({ problem: "", cublasLt: "" })).toMatchObject({
      state: "missing",
      fix: "pip install nvidia-cublas",
    });
  });

  test("gives the driver's words where no GPU answers", async () => {
    const problem = "CUDA driver version is insufficient; this build needs driver 580 or newer";
    expect(await cuda({ problem, cublasLt: "" })).toMatchObject({ state: "missing", detail: problem });
  });

  test("does not ask for CUDA where there is no NVIDIA driver", async () => {
    const { state, fix } = await cuda(null, false);
    expect({ state, fix }).toEqual({ state: "note", fix: undefined });
  });

  test.skipIf(elsewhere)("beside a driver: one command, with the toolkit first where there is none", async () => {
    for (const name of Object.keys(nothing)) vi.stubEnv(name, "");
    vi.stubEnv("PATH", tools);
    const without = await cuda(null, true);
    expect(without.detail).toContain("no toolkit here");
    expect(without.fix).toMatch(/^pip install nvidia-cuda-nvcc .* && npm run build:cuda$/);
    vi.stubEnv("VIRTUAL_ENV", wheels("doctored"));
    const withWheels = await cuda(null, true);
    expect(withWheels.detail).toMatch(/toolkit 13\.5 from the wheels in .*, for driver 580 or newer/);
    expect(withWheels.fix).toBe("npm run build:cuda");
  });
});
