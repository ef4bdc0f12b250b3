// Builds the engine with CMake when it is there, else with the compiler alone. A no-op when nothing changed.
//   node src/engine/build.mjs [addon] [engine] [--cuda | --check-cuda | --emulate-cuda | --cpu] [--arch native|90|80,89,90,100,120]
//     [--sanitize] [--force]
// addon (default)  build/engine/llava_engine.node        engine   build/engine/llava-engine (no Node inside; its sources are in a clone)
// --cuda is remembered: later builds keep the CUDA back end until --cpu. For tests: --emulate-cuda builds it for an emulated GPU, in
// build/engine-emulated; --check-cuda with nvcc for sm_90 alone, in build/engine-sm90, or for what --arch names, in build/engine-sm100-120
// and so on. Without a compiler it says what to do; everything but local models works.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { dirname, join, relative } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { architectures, estimatedMinutes, findToolkit, linkWheels, wheelsCommand } from "./toolkit.mjs";

const sources = dirname(fileURLToPath(import.meta.url));
const root = join(sources, "..", "..");
const tests = join(root, "test", "engine");
const outputs = { addon: "llava_engine.node", engine: "llava-engine" };
const targets = { addon: "llava_addon", engine: "llava-engine" };

/**
 * @param {{ quiet?: boolean, parts?: ("addon" | "engine")[], cuda?: boolean, emulateCuda?: boolean, checkCuda?: boolean, arch?: string,
 *   sanitize?: boolean, force?: boolean }} [options]
 * @returns {Promise<boolean>} whether everything asked for is built now
 */
export async function buildAddon(options = {}) {
  const {
    quiet = false,
    parts = ["addon"],
    emulateCuda = false,
    checkCuda = false,
    sanitize = false,
    force = false,
  } = options;
  const checked = options.arch ?? "90";
  const variant = sanitize
    ? "-sanitize"
    : emulateCuda
      ? "-emulated"
      : checkCuda
        ? `-sm${checked.replaceAll(",", "-")}`
        : "";
  const folder = join(root, "build", `engine${variant}`);
  const say = (text) => process.stderr.write(`${text}\n`);
  const cudaMark = join(folder, ".cuda");
  const cuda = checkCuda || (options.cuda ?? existsSync(cudaMark));
  const remembered = existsSync(cudaMark) ? readFileSync(cudaMark, "utf8") : "";
  const arch = checkCuda ? checked : (options.arch ?? (remembered || "80,89,90"));
  const cmake = find("cmake");
  const compiler = process.env.CXX || find("g++") || find("clang++") || find("c++");
  const flavour = [cmake ? "cmake" : "plain", cuda, emulateCuda, sanitize, cuda ? arch : "", compiler ?? "none"].join(
    " ",
  );
  const unused = cuda || emulateCuda ? [] : ["kernels/cuda"];
  const stamp = {
    addon: stampOf(flavour, [sources], unused),
    engine: stampOf(flavour, [sources, tests], ["addon", ...unused]),
  };
  const stampFile = (part) => join(folder, `.${part}.stamp`);
  const outdated = () =>
    parts.filter(
      (part) =>
        force ||
        !existsSync(join(folder, outputs[part])) ||
        !existsSync(stampFile(part)) ||
        readFileSync(stampFile(part), "utf8") !== stamp[part],
    );
  if (outdated().length === 0) return true;
  if (parts.includes("engine") && !existsSync(tests)) {
    say("llava-eval: llava-engine is the engine's test program: clone the repository to build it.");
    return false;
  }
  if (!compiler) {
    say("llava-eval: the engine was not built: no C++ compiler found.");
    say(
      "  Everything but local models works. To build it: install g++ (or clang) 11 or newer, then `npm run build:engine`.",
    );
    return false;
  }
  mkdirSync(folder, { recursive: true });
  const unlock = await lock(join(folder, ".lock"));
  try {
    const todo = outdated(); // another process may have built it meanwhile
    if (todo.length === 0) return true;
    const started = Date.now();
    let built = { ok: false, text: "the CUDA back end needs cmake" };
    forgetOtherFolder(folder); // before the toolkit's links are put into it
    const nvcc = cuda && !emulateCuda && cmake ? toolkit(folder, arch, say) : undefined;
    if (cuda && !emulateCuda && cmake && nvcc === undefined) return false;
    if (cmake) built = withCMake(cmake, folder, todo, { cuda, emulateCuda, nvcc, sanitize });
    else if (!cuda && !emulateCuda) built = await withCompiler(compiler, folder, todo, sanitize);
    if (!built.ok) {
      say(built.text.trimEnd());
      say("llava-eval: the engine was not built: the messages are above.");
      say(
        "  Everything but local models works. It needs g++ or clang with C++20 (g++ 11 or newer); then `npm run build:engine`.",
      );
      return false;
    }
    if (cuda && !emulateCuda) writeFileSync(cudaMark, arch);
    else rmSync(cudaMark, { force: true });
    for (const part of todo) writeFileSync(stampFile(part), stamp[part]);
    const seconds = ((Date.now() - started) / 1000).toFixed(1);
    if (!quiet) say(`built ${todo.map((part) => outputs[part]).join(", ")} in ${seconds} s`);
    return true;
  } finally {
    unlock();
  }
}

/** CMake's options for the CUDA compiler; undefined, and said, when there is none. */
function toolkit(folder, arch, say) {
  const found = findToolkit();
  if (!found) {
    say(
      "llava-eval: the CUDA back end was not built: no CUDA toolkit found (nvcc on PATH, CUDA_PATH, /usr/local/cuda, or wheels).",
    );
    say(`  In a Python environment: ${wheelsCommand}`);
    say("  With --cpu the engine is built without it.");
    return undefined;
  }
  let list;
  try {
    list = architectures(arch);
  } catch (error) {
    say(`llava-eval: ${error.message}`);
    return undefined;
  }
  const count = list.split(";").length;
  const minutes = estimatedMinutes(count, Math.min(availableParallelism(), 8));
  say(
    `CUDA ${found.version} from ${found.from}, for sm_${list.replaceAll("-real", "").replaceAll(";", ", sm_")}: about ${minutes} min`,
  );
  say(`  runs with NVIDIA driver ${found.driver} or newer`);
  const nvcc = found.wheels ? linkWheels(found.wheels, join(folder, "toolkit")) : found.nvcc;
  return [`-DCMAKE_CUDA_COMPILER=${nvcc}`, `-DCMAKE_CUDA_ARCHITECTURES=${list}`];
}

/** Two builds in one folder would spoil each other: the second waits. A lock of a process that is gone is taken over. */
async function lock(path) {
  for (;;) {
    try {
      writeFileSync(path, String(process.pid), { flag: "wx" });
      return () => rmSync(path, { force: true });
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
    }
    if (!isAlive(path)) rmSync(path, { force: true });
    else await sleep(300);
  }
}

function isAlive(path) {
  try {
    process.kill(Number(readFileSync(path, "utf8")), 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

/** CMake refuses a cache that was made in another folder: a copied or moved checkout begins afresh. */
function forgetOtherFolder(folder) {
  const cache = join(folder, "CMakeCache.txt");
  if (!existsSync(cache)) return;
  const made = (key) => new RegExp(`^${key}:INTERNAL=(.*)$`, "m").exec(readFileSync(cache, "utf8"))?.[1];
  const same = (path, here) => path !== undefined && existsSync(path) && realpathSync(path) === realpathSync(here);
  if (same(made("CMAKE_HOME_DIRECTORY"), sources) && same(made("CMAKE_CACHEFILE_DIR"), folder)) return;
  for (const name of readdirSync(folder)) {
    if (name !== ".lock" && name !== ".cuda") rmSync(join(folder, name), { recursive: true, force: true });
  }
}

function withCMake(cmake, folder, parts, { cuda, emulateCuda, nvcc, sanitize }) {
  const ninja = find("ninja");
  const configure = [
    ...["-S", sources, "-B", folder, "-DCMAKE_BUILD_TYPE=Release"],
    `-DLLAVA_CUDA=${cuda || emulateCuda ? "ON" : "OFF"}`,
    `-DLLAVA_CUDA_BUILD=${emulateCuda ? join(tests, "emulated_cuda") : join(sources, "kernels", "cuda")}`,
    ...(nvcc ?? []),
    `-DLLAVA_SANITIZE=${sanitize ? "ON" : "OFF"}`,
    `-DLLAVA_NODE_INCLUDE=${nodeIncludes().join(";")}`,
    // A cache made with another generator cannot be changed: keep its own.
    ...(ninja && !existsSync(join(folder, "CMakeCache.txt")) ? ["-G", "Ninja"] : []),
  ];
  const configured = run(cmake, configure);
  if (!configured.ok) return configured;
  const jobs = String(Math.max(1, Math.min(availableParallelism(), 8)));
  return run(cmake, ["--build", folder, "--parallel", jobs, "--target", ...parts.map((part) => targets[part])]);
}

/** Every file by itself, as many at a time as there are cores; slower than CMake (nothing is kept), but needs nothing else. */
async function withCompiler(compiler, folder, parts, sanitize) {
  const core = ["support", "models", "models/image", "runtime", "kernels", "kernels/reference", "kernels/cpu"].flatMap(
    (name) => files(join(sources, name)),
  );
  const flags = [
    ...[
      "-std=c++20",
      "-O2",
      "-fPIC",
      "-fvisibility=hidden",
      "-ffp-contract=off",
      "-fno-math-errno",
      "-pthread",
      "-I",
      sources,
      "-I",
      tests,
    ],
    ...(sanitize ? ["-fsanitize=address,undefined", "-g1"] : ["-static-libstdc++", "-static-libgcc"]),
  ];
  const addonFlags = [
    ...nodeIncludes().flatMap((include) => ["-isystem", include]),
    "-DNAPI_VERSION=8",
    "-DNAPI_CPP_EXCEPTIONS",
  ];
  const own = {
    addon: files(join(sources, "addon")),
    engine: ["program", "ops"].flatMap((name) => files(join(tests, name))),
  };
  const objects = join(folder, "objects");
  mkdirSync(objects, { recursive: true });
  const object = (file) => join(objects, `${relative(root, file).replaceAll("/", "-")}.o`);
  const jobs = [...core, ...parts.flatMap((part) => own[part])].map((file) => [
    ...[...flags, ...(own.addon.includes(file) ? addonFlags : [])],
    ...["-c", file, "-o", object(file)],
  ]);
  const failures = await runAll(compiler, jobs);
  if (failures !== "") return { ok: false, text: failures };
  for (const part of parts) {
    const target = join(folder, outputs[part]);
    const shared = process.platform === "darwin" ? ["-shared", "-undefined", "dynamic_lookup"] : ["-shared"];
    const inputs = [...own[part], ...core].map(object);
    const link = [...flags, ...(part === "addon" ? shared : []), ...inputs, "-ldl", "-o", `${target}.new`];
    const linked = run(compiler, link);
    if (!linked.ok) return linked;
    renameSync(`${target}.new`, target);
  }
  rmSync(objects, { recursive: true, force: true });
  return { ok: true, text: "" };
}

/** Runs the program once per argument list, several at a time. Returns what the failing ones printed. */
async function runAll(program, lists) {
  const waiting = [...lists];
  let failures = "";
  const worker = async () => {
    for (let args = waiting.shift(); args && failures === ""; args = waiting.shift()) {
      const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
      let text = "";
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding("utf8");
        stream.on("data", (chunk) => {
          text += chunk;
        });
      }
      const status = await new Promise((resolve) => {
        child.on("error", (error) => {
          text += error.message;
          resolve(1);
        });
        child.on("close", resolve);
      });
      if (status !== 0) failures += text;
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, Math.min(availableParallelism(), 8)) }, worker));
  return failures;
}

function nodeIncludes() {
  const require = createRequire(import.meta.url);
  try {
    return [require("node-api-headers").include_dir, dirname(require.resolve("node-addon-api/napi.h"))];
  } catch (error) {
    if (error.code !== "MODULE_NOT_FOUND") throw error;
    return [];
  }
}

function files(path) {
  return readdirSync(path)
    .filter((name) => name.endsWith(".cc"))
    .map((name) => join(path, name));
}

function find(program) {
  const found = spawnSync("sh", ["-c", `command -v ${program}`], { encoding: "utf8" });
  return found.status === 0 ? found.stdout.trim() : undefined;
}

function run(program, args) {
  const result = spawnSync(program, args, { encoding: "utf8", maxBuffer: 1 << 28 });
  return { ok: result.status === 0, text: `${result.stdout ?? ""}${result.stderr ?? ""}${result.error ?? ""}` };
}

/** Names and contents of the sources that go into a program: a copied checkout has what it needs, whatever its files' times. */
function stampOf(text, folders, skipped) {
  const hash = createHash("sha256").update(text);
  const visit = (path) => {
    if (skipped.includes(relative(sources, path))) return;
    const entry = statSync(path, { throwIfNoEntry: false });
    if (!entry) return;
    if (entry.isDirectory()) for (const name of readdirSync(path).sort()) visit(join(path, name));
    else if (/\.(cc|cu|h|cuh|txt|cmake|mjs)$/.test(path)) {
      hash.update(`${relative(root, path)} ${entry.size}\n`).update(readFileSync(path));
    }
  };
  for (const folder of folders) visit(folder);
  return hash.digest("hex");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const args = process.argv.slice(2);
  const at = args.indexOf("--arch");
  const [arch] = at < 0 ? [] : args.splice(at, 2).slice(1);
  const parts = args.filter((arg) => !arg.startsWith("--"));
  const ok = await buildAddon({
    parts: parts.length > 0 ? parts : ["addon"],
    ...(args.includes("--cuda") ? { cuda: true } : {}),
    ...(args.includes("--cpu") ? { cuda: false } : {}),
    emulateCuda: args.includes("--emulate-cuda"),
    checkCuda: args.includes("--check-cuda"),
    sanitize: args.includes("--sanitize"),
    ...(arch === undefined ? {} : { arch }),
    force: args.includes("--force"),
  });
  process.exitCode = ok ? 0 : 1;
}
