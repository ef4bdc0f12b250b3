// Finds a CUDA toolkit to build the CUDA back end with: nvcc on PATH, in CUDACXX, CUDA_PATH, CUDA_HOME, below /usr/local or /opt, or
// in the wheels of a Python environment (nvidia-cuda-nvcc and its friends), which have no lib64 and no unversioned library.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { basename, join } from "node:path";

/** The first driver of each CUDA version ("CUDA Compatibility", minor version compatibility): later ones serve as well. */
const driverOf = { 12: 525, 13: 580 };

/** What puts one into the Python environment that is active. */
export const wheelsCommand =
  "pip install nvidia-cuda-nvcc nvidia-nvvm nvidia-cuda-crt nvidia-cuda-runtime nvidia-cuda-cccl nvidia-cublas";

/**
 * Looks only. `driver`: the oldest that its builds run with; `wheels`: the folder nvidia/cu13 that it lies in, for `linkWheels`.
 * @typedef {{ nvcc: string, version: string, driver: number, from: string, wheels?: string }} Toolkit
 * @param {Record<string, string | undefined>} environment
 * @returns {Toolkit | undefined}
 */
export function findToolkit(environment = process.env) {
  for (const [nvcc, from] of installed(environment)) {
    const toolkit = asToolkit(nvcc, from);
    if (toolkit) return toolkit;
  }
  for (const wheels of wheelFolders(environment)) {
    // A wheel of nvcc alone compiles nothing: its headers and its second stage are packages of their own.
    if (!existsSync(join(wheels, "include/cuda_runtime.h")) || !existsSync(join(wheels, "nvvm/bin/cicc"))) continue;
    const toolkit = asToolkit(join(wheels, "bin", "nvcc"), `the wheels in ${wheels}`);
    if (toolkit) return { ...toolkit, wheels };
  }
  return undefined;
}

function* installed(environment) {
  const { CUDACXX, CUDA_PATH, CUDA_HOME, PATH = "" } = environment;
  if (CUDACXX) yield [CUDACXX, "CUDACXX"];
  for (const folder of PATH.split(":").filter(Boolean)) yield [join(folder, "nvcc"), "PATH"];
  for (const [name, folder] of Object.entries({ CUDA_PATH, CUDA_HOME }))
    if (folder) yield [join(folder, "bin/nvcc"), name];
  for (const parent of ["/usr/local", "/opt"]) {
    const names = existsSync(parent) ? readdirSync(parent).filter((name) => /^cuda(-[\d.]+)?$/.test(name)) : [];
    for (const name of names.sort(newestFirst)) yield [join(parent, name, "bin/nvcc"), join(parent, name)];
  }
}

/** `cuda` is where the distribution points to; else 13.1 before 13.0 before 12.9. */
function newestFirst(a, b) {
  if (a === "cuda" || b === "cuda") return a === "cuda" ? -1 : 1;
  return b.localeCompare(a, "en", { numeric: true });
}

/** Folders `nvidia/cu13` of Python environments: the named one, the active ones, python3's own. */
function wheelFolders(environment) {
  const { VIRTUAL_ENV, CONDA_PREFIX, LLAVA_EVAL_CUDA_WHEELS } = environment;
  const python = spawnSync("python3", ["-c", "import sys; print(sys.prefix)"], { encoding: "utf8", env: environment });
  const prefixes = [LLAVA_EVAL_CUDA_WHEELS, VIRTUAL_ENV, CONDA_PREFIX, python.stdout?.trim()].filter(Boolean);
  return [...new Set(prefixes)].flatMap((prefix) => {
    const lib = join(prefix, "lib");
    const pythons = existsSync(lib) ? readdirSync(lib).filter((name) => name.startsWith("python3")) : [];
    return pythons.flatMap((name) => {
      const nvidia = join(lib, name, "site-packages", "nvidia");
      const kits = existsSync(nvidia) ? readdirSync(nvidia).filter((kit) => /^cu\d+$/.test(kit)) : [];
      return kits
        .sort()
        .reverse()
        .map((kit) => join(nvidia, kit));
    });
  });
}

/**
 * A toolkit as CMake looks for one, made of links in `folder`: nvcc finds its parts from the folder that it was called in.
 * @returns {string}  its nvcc
 */
export function linkWheels(wheels, folder) {
  const link = (target, path) => symlinkSync(target, join(folder, path));
  rmSync(folder, { recursive: true, force: true });
  for (const name of ["bin", "lib64"]) mkdirSync(join(folder, name), { recursive: true });
  for (const name of ["include", "nvvm", "cccl"]) if (existsSync(join(wheels, name))) link(join(wheels, name), name);
  const files = (name) => (existsSync(join(wheels, name)) ? readdirSync(join(wheels, name)) : []);
  for (const name of files("bin")) link(join(wheels, "bin", name), join("bin", name));
  for (const name of files("lib")) {
    link(join(wheels, "lib", name), join("lib64", name));
    const plain = name.replace(/\.so\.\d+$/, ".so");
    if (plain !== name && !files("lib").includes(plain)) link(join(wheels, "lib", name), join("lib64", plain));
  }
  link("lib64", "lib");
  return join(folder, "bin", "nvcc");
}

function asToolkit(nvcc, from) {
  if (!existsSync(nvcc) && basename(nvcc) !== nvcc) return undefined;
  const { status, stdout } = spawnSync(nvcc, ["--version"], { encoding: "utf8" });
  const version = status === 0 ? /release (\d+\.\d+)/.exec(stdout)?.[1] : undefined;
  if (!version) return undefined;
  const major = Number(version.split(".")[0]);
  return { nvcc, version, driver: driverOf[Math.min(major, 13)] ?? 580, from };
}

/**
 * `native`, `90`, `80,89,90,100,120` as CMAKE_CUDA_ARCHITECTURES. The newest also as PTX, which later GPUs compile for themselves.
 * @param {string} given
 * @returns {string}  @throws Error  not a list of architectures, or `native` where no GPU answers
 */
export function architectures(given) {
  let names = given.split(",").map((name) => name.trim());
  if (given === "native") {
    const asked = spawnSync("nvidia-smi", ["--query-gpu=compute_cap", "--format=csv,noheader"], { encoding: "utf8" });
    names = [
      ...new Set(
        (asked.stdout ?? "")
          .trim()
          .split("\n")
          .filter(Boolean)
          .map((cap) => cap.replace(".", "")),
      ),
    ];
    if (names.length === 0) throw new Error("--arch native: nvidia-smi names no GPU here; write --arch 80,89,90");
  }
  if (!names.every((name) => /^\d{2,3}$/.test(name) && Number(name) >= 80))
    throw new Error(`--arch ${given}: write native, 90, or 80,89,90,100,120 (the kernels need sm_80 or later)`);
  const sorted = names.sort((a, b) => Number(a) - Number(b));
  return sorted.map((name, i) => (i + 1 === sorted.length ? name : `${name}-real`)).join(";");
}

/** Measured on two quiet cores: 280 s of CPU for one architecture, two thirds of the kernels' 190 s for each further one. */
export function estimatedMinutes(architectureCount, cores) {
  return Math.ceil((90 + 190 * (1 + 0.65 * (architectureCount - 1))) / cores / 60);
}
