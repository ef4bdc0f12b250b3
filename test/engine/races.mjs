// npm run races [-- SUITE...]: the CUDA kernels' own sources on the emulated GPU, every CUDA thread a fiber that ThreadSanitizer
// tells apart, and every access checked for its alignment. Then the detector itself: faults are planted, one at a time, and
// each must be found. Needs cmake and g++ (libtsan comes with it); about five minutes of one core beside the emulated build.
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildAddon } from "../../src/engine/build.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const sources = join(root, "src", "engine");
const emulator = join(root, "test", "engine", "emulated_cuda");
const build = join(root, "build", "engine-emulated");
const objects = join(build, "races");
const compiler = process.env.CXX ?? "g++";
const flags = [
  ...["-std=c++20", "-O1", "-g1", "-fPIC", "-fno-strict-aliasing", "-ffp-contract=off", "-fno-math-errno", "-w"],
  ...["-fvisibility=hidden", "-DLLAVA_CUDA", "-DLLAVA_RACES"],
];
const watchedFlags = ["-fsanitize=thread", "-fsanitize=alignment,bounds,shift,signed-integer-overflow"];
const scratch = mkdtempSync(join(tmpdir(), "llava-races-"));
process.on("exit", () => rmSync(scratch, { recursive: true, force: true }));

/**
 * What each suite of `llava-engine selftest` watches is listed in its file below test/engine/ops/. Of many checks that are alike every Nth
 * is made: N is prime, so that all element types, shapes and row counts come up.
 */
const suites = { rows: 1, vision: 1, quantised: 1, linear: 29, logits: 11, attention: 5 };

const selftest = (suite) => ["selftest", suite, "--device", "cuda:0", "--every", String(suites[suite])];

const found = /WARNING: ThreadSanitizer: [^\n]*|runtime error: [^\n]*|was not launched: [^\n]*/;

/** Each is a file of the engine, changed; the kernels that are compiled with it; and the suite (or questions) that must notice. Only those of the suites asked for are planted. */
const faults = [
  {
    name: "block_sum without its first barrier",
    file: "kernels/cuda/reduce.h",
    change: (text) => text.replace("  __syncthreads();\n", ""),
    kernels: ["norms.cu"],
    notice: "rows",
    words: /ThreadSanitizer: data race/,
  },
  {
    name: "the barrier of gemm_prefill behind its loads",
    file: "kernels/cuda/gemm_prefill.cu",
    change: (text) => {
      const barrier = "    __syncthreads();  // this step's columns are there for everybody";
      const [line = "nothing"] = text.split("\n").filter((one) => one.startsWith(barrier));
      const after = "    commit_copies();\n\n    const unsigned char* const a = ";
      return text.includes(after) ? text.replace(`${line}\n`, "").replace(after, `${line}\n${after}`) : text;
    },
    kernels: ["gemm_prefill.cu"],
    notice: "quantised",
    words: /ThreadSanitizer: data race/,
  },
  {
    name: "a misaligned vector load",
    file: "kernels/cuda/norms.cu",
    change: (text) => text.replace("load_pack(row + c)", "load_pack(row + c + 1)"),
    kernels: ["norms.cu"],
    notice: "rows",
    words: /runtime error: [^\n]*misaligned address/,
  },
  {
    name: "a launch on the wrong device",
    file: "kernels/cuda/context.h",
    change: (text) => text.replace("    enter();\n    note(op, shape);", "    note(op, shape);"),
    kernels: ["rows.cu"],
    notice: "questions",
    words: /was not launched: invalid resource handle/,
  },
];

function run(program, args, options = {}) {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    encoding: "utf8",
    maxBuffer: 1 << 28,
    timeout: 900_000,
    env: { ...process.env, TSAN_OPTIONS: "history_size=2 halt_on_error=1", UBSAN_OPTIONS: "halt_on_error=1" },
    ...options,
  });
  return { status, text: `${stdout ?? ""}${stderr ?? ""}${error ?? ""}` };
}

/** ThreadSanitizer of GCC 12 does not know every layout of memory: addresses are not randomised where that can be asked for. */
const fixedLayout = run("setarch", ["-R", "true"]).status === 0 ? ["setarch", "-R"] : [];
const engine = (program, args) => {
  const [first, ...rest] = [...fixedLayout, program, ...args];
  return run(first, rest);
};

function questions(program) {
  const checkpoint = join(scratch, "tiny");
  const set = join(scratch, "set");
  const size = ["--images", "2", "--questions", "2,1", "--width", "150", "--height", "100"];
  engine(program, ["checkpoint", checkpoint, "--model", "tiny"]);
  engine(program, ["requests", set, "--checkpoint", checkpoint, ...size]);
  const devices = ["--device", "cuda:0,cuda:1", "--rounds", "1", "--budget", "64"];
  return engine(program, ["ask", set, "--checkpoint", checkpoint, ...devices]);
}

/** Compiles files as the race detector needs them; several at a time. `overlay` comes before the engine's own headers. */
async function compile(files, folder, overlay = []) {
  const includes = [...overlay, emulator, sources].flatMap((path) => ["-I", path]);
  const waiting = [...files];
  const problems = [];
  const worker = async () => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      const object = join(folder, `${basename(file)}.o`);
      const watched = file.endsWith(".cu") ? watchedFlags : [];
      const child = spawn(compiler, [...flags, ...watched, ...includes, "-x", "c++", "-c", file, "-o", object]);
      let text = "";
      child.stderr.on("data", (chunk) => {
        text += chunk;
      });
      const status = await new Promise((done) => child.on("close", done));
      if (status !== 0) problems.push(text);
    }
  };
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), 8) }, worker));
  return problems.join("");
}

/** What is compiled here comes first: of the same names in the emulated build's archives none is taken then. */
function link(objects, program) {
  const own = join(build, "test", "CMakeFiles", "llava-engine.dir");
  const ends = readdirSync(own, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".o"));
  const archives = [join(build, "libllava_core.a"), join(build, "cuda", "libllava_cuda.a")];
  const inputs = [...objects, ...ends.map((name) => join(own, name)), ...archives, "-ldl"];
  const { status, text } = run(compiler, [...watchedFlags, "-rdynamic", "-pthread", "-o", program, ...inputs]);
  return status === 0 ? "" : text;
}

const objectsIn = (folder) =>
  readdirSync(folder)
    .filter((name) => name.endsWith(".o"))
    .map((name) => join(folder, name));

/** The program with some kernels compiled from changed sources. */
async function planted({ file, change, kernels }) {
  const overlay = mkdtempSync(join(scratch, "fault-"));
  const text = readFileSync(join(sources, file), "utf8");
  const changed = change(text);
  if (changed === text) return { problem: "there is nothing left to plant it in: mend test/engine/races.mjs" };
  mkdirSync(join(overlay, dirname(file)), { recursive: true });
  writeFileSync(join(overlay, file), changed);
  const paths = kernels.map((kernel) =>
    join(`kernels/cuda/${kernel}` === file ? overlay : sources, "kernels/cuda", kernel),
  );
  const problem = await compile(paths, overlay, [overlay]);
  if (problem) return { problem };
  const program = join(overlay, "llava-engine");
  const rest = objectsIn(objects).filter((path) => !kernels.includes(basename(path, ".o")));
  return { program, problem: link([...objectsIn(overlay), ...rest], program) };
}

if (!(await buildAddon({ parts: ["engine"], emulateCuda: true }))) process.exit(1);
const kernels = readdirSync(join(sources, "kernels/cuda"))
  .filter((name) => name.endsWith(".cu"))
  .map((name) => join(sources, "kernels/cuda", name))
  .filter((path) => readFileSync(path, "utf8").includes("__global__"));
mkdirSync(objects, { recursive: true });
for (const old of objectsIn(objects)) rmSync(old);
const program = join(build, "llava-engine-races");
const problem =
  (await compile([...kernels, join(emulator, "fibers.cc")], objects)) || link(objectsIn(objects), program);
if (problem) {
  console.log(problem);
  process.exit(1);
}
let failures = 0;
let told = performance.now();
const tell = (name, ok, text) => {
  const now = performance.now();
  console.log(`${ok ? "ok     " : "FAILED "} ${name}, ${((now - told) / 1000).toFixed(0)} s`);
  told = now;
  if (!ok) console.log(text.trimEnd().split("\n").slice(0, 60).join("\n"));
  failures += ok ? 0 : 1;
};
const wanted = process.argv.length > 2 ? process.argv.slice(2) : [...Object.keys(suites), "questions"];
for (const suite of wanted.filter((name) => name !== "questions")) {
  const { status, text } = engine(program, selftest(suite));
  tell(`${suite}: no race, no misaligned access`, status === 0 && !found.test(text), text);
}
if (wanted.includes("questions")) {
  const asked = questions(program);
  tell("questions on two GPUs", asked.status === 0 && !found.test(asked.text), asked.text);
}
for (const fault of faults.filter(({ notice }) => wanted.includes(notice))) {
  const { program: faulty, problem } = await planted(fault);
  const { text } = problem
    ? { text: problem }
    : fault.notice === "questions"
      ? questions(faulty)
      : engine(faulty, selftest(fault.notice));
  tell(`found when planted: ${fault.name} (${basename(fault.file)})`, !problem && fault.words.test(text), text);
}
process.exitCode = failures === 0 ? 0 : 1;
