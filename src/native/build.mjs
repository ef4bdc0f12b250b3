// Builds the native engine with CMake when it is there, else with one g++/clang++ command per program. A no-op when nothing changed.
//   node src/native/build.mjs [addon] [engine] [--cuda] [--sanitize] [--force]
// addon (default)  build/native/llava_engine.node        engine   build/native/llava-engine (no Node inside)
// Without a compiler it says what to do and succeeds: everything but local models works.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const sources = dirname(fileURLToPath(import.meta.url));
const root = join(sources, "..", "..");
const outputs = { addon: "llava_engine.node", engine: "llava-engine" };
const targets = { addon: "llava_addon", engine: "llava-engine" };

/**
 * @param {{ quiet?: boolean, parts?: ("addon" | "engine")[], cuda?: boolean, sanitize?: boolean, force?: boolean }} [options]
 * @returns {Promise<boolean>} whether everything asked for is built now
 */
export async function buildAddon(options = {}) {
  const { quiet = false, parts = ["addon"], cuda = false, sanitize = false, force = false } = options;
  const folder = join(root, "build", sanitize ? "native-sanitize" : "native");
  const say = (text) => process.stderr.write(`${text}\n`);
  const cmake = find("cmake");
  const compiler = process.env.CXX || find("g++") || find("clang++") || find("c++");
  const stamp = stampOf([cmake ? "cmake" : "plain", cuda, sanitize, compiler ?? "none"].join(" "));
  const stampFile = (part) => join(folder, `.${part}.stamp`);
  const todo = parts.filter(
    (part) =>
      force ||
      !existsSync(join(folder, outputs[part])) ||
      !existsSync(stampFile(part)) ||
      readFileSync(stampFile(part), "utf8") !== stamp,
  );
  if (todo.length === 0) return true;
  if (!compiler) {
    say("llava-eval: the native engine was not built: no C++ compiler found.");
    say(
      "  Everything but local models works. To build it: install g++ (or clang) 11 or newer, then `npm run build:native`.",
    );
    return false;
  }
  mkdirSync(folder, { recursive: true });
  const started = Date.now();
  const built = cmake
    ? withCMake(cmake, folder, todo, { cuda, sanitize })
    : cuda
      ? { ok: false, text: "the CUDA back end needs cmake" }
      : withCompiler(compiler, folder, todo, sanitize);
  if (!built.ok) {
    say(built.text.trimEnd());
    say("llava-eval: the native engine was not built: the compiler's messages are above.");
    say(
      "  Everything but local models works. It needs g++ or clang with C++20 (g++ 11 or newer); then `npm run build:native`.",
    );
    return false;
  }
  for (const part of todo) writeFileSync(stampFile(part), stamp);
  if (!quiet)
    say(`built ${todo.map((part) => outputs[part]).join(", ")} in ${((Date.now() - started) / 1000).toFixed(1)} s`);
  return true;
}

function withCMake(cmake, folder, parts, { cuda, sanitize }) {
  const ninja = find("ninja");
  const configure = [
    ...["-S", sources, "-B", folder, "-DCMAKE_BUILD_TYPE=Release"],
    `-DLLAVA_CUDA=${cuda ? "ON" : "OFF"}`,
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

/** One command per program; slower than CMake (nothing in parallel, nothing kept), but needs nothing else. */
function withCompiler(compiler, folder, parts, sanitize) {
  const core = ["support", "models", "models/image", "engine", "kernels", "kernels/reference", "kernels/cpu"].flatMap(
    files,
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
    ],
    ...(sanitize ? ["-fsanitize=address,undefined", "-g1"] : ["-static-libstdc++", "-static-libgcc"]),
  ];
  for (const part of parts) {
    const own =
      part === "addon"
        ? [
            ...nodeIncludes().flatMap((include) => ["-isystem", include]),
            ...["-DNAPI_VERSION=8", "-DNAPI_CPP_EXCEPTIONS", "-shared"],
            ...(process.platform === "darwin" ? ["-undefined", "dynamic_lookup"] : []),
            join(sources, "addon.cc"),
          ]
        : files("test");
    const target = join(folder, outputs[part]);
    const result = run(compiler, [...flags, ...core, ...own, "-ldl", "-o", `${target}.new`]);
    if (!result.ok) return result;
    renameSync(`${target}.new`, target);
  }
  return { ok: true, text: "" };
}

function nodeIncludes() {
  const require = createRequire(import.meta.url);
  try {
    return [require("node-api-headers").include_dir, dirname(require.resolve("node-addon-api/napi.h"))];
  } catch {
    return [];
  }
}

function files(folder) {
  const path = join(sources, folder);
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

function stampOf(text) {
  const hash = createHash("sha256").update(text);
  const visit = (path) => {
    const entry = statSync(path);
    if (entry.isDirectory()) for (const name of readdirSync(path).sort()) visit(join(path, name));
    else if (/\.(cc|cu|h|cuh|txt|cmake|mjs)$/.test(path))
      hash.update(`${path.slice(sources.length)} ${entry.size} ${entry.mtimeMs}\n`);
  };
  visit(sources);
  return hash.digest("hex");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const args = process.argv.slice(2);
  const parts = args.filter((arg) => !arg.startsWith("--"));
  const ok = await buildAddon({
    parts: parts.length > 0 ? parts : ["addon"],
    cuda: args.includes("--cuda"),
    sanitize: args.includes("--sanitize"),
    force: args.includes("--force"),
  });
  process.exitCode = ok ? 0 : 1;
}
