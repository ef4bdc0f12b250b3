/**
 * `npm run golden -- DIR...`: every golden folder at or below each DIR through the engine. Images are decoded here, the rest is
 * `llava-engine golden`. What the engine has no family for yet is named and counted apart; with `--all` it fails. The last line is
 * `N passed, M failed`; exit 0 only when something passed and nothing failed. `--emulated` takes the CUDA kernels on an emulated GPU,
 * `--longest N` leaves out prompts of more positions. With `--write-images` the decoded images are stored as
 * `images.safetensors` beside each images/ folder instead, for machines without Node.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { messageOf, UserError } from "../../core/errors.js";
import { packageRoot } from "../../core/package-root.js";
import { decodeImage } from "../../images/decode.js";
import { encodedImage } from "../../images/encoded.js";
import { asUserError, loadAddon } from "./addon.js";

interface Decoded {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly rgb: Uint8Array;
}

/** Decodes the images of one folder: `images/` of a case, or the inputs of `preprocess/resize/`. */
async function decodeFolder(folder: string): Promise<Decoded[]> {
  const images: Decoded[] = [];
  for (const name of readdirSync(folder).sort()) {
    if (!/\.(png|jpe?g)$/i.test(name) || name.startsWith("out-")) continue;
    const decoded = await decodeImage(encodedImage(readFileSync(join(folder, name)), name));
    images.push({ name, width: decoded.width, height: decoded.height, rgb: decoded.rgb });
  }
  return images;
}

/** A safetensors file of uint8 [height, width, 3] tensors. */
export function packImages(images: readonly Decoded[]): Buffer {
  const header: Record<string, unknown> = {};
  let offset = 0;
  for (const { name, width, height, rgb } of images) {
    header[name] = { dtype: "U8", shape: [height, width, 3], data_offsets: [offset, offset + rgb.byteLength] };
    offset += rgb.byteLength;
  }
  const text = JSON.stringify(header);
  const padded = Buffer.from(text + " ".repeat((8 - (text.length % 8)) % 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.byteLength));
  return Buffer.concat([length, padded, ...images.map(({ rgb }) => rgb)]);
}

interface GoldenFolder {
  readonly folder: string;
  /** `unknown`: neither a checkpoint with expectations nor one of the kinds of preprocessing that the engine checks. */
  readonly kind: "checkpoint" | "preprocess" | "unknown";
  /** Where its images are: its own, or for a native checkpoint its sibling's. */
  readonly images?: string;
}

const isFolder = (path: string) => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
const has = (folder: string, ...files: string[]) => files.some((file) => existsSync(join(folder, file)));

/** What is at or below `folder`, in name order. Tokenizers are not the engine's: test/runners/local/tokenizer.test.ts checks them. */
export function goldenFolders(folder: string): GoldenFolder[] {
  if (has(folder, "resize.json", "anyres-336.json", "token-counts.json", "token-counts-ov.json", "sizes.json")) {
    const images = join(folder, "resize");
    return [{ folder, kind: "preprocess", ...(isFolder(images) ? { images } : {}) }];
  }
  if (has(folder, "config.json")) {
    const sibling = folder.replace(/-native$/, "");
    const expectations = has(folder, "expected.json") ? folder : sibling;
    const known = has(expectations, "expected.json");
    return [known ? { folder, kind: "checkpoint", images: join(expectations, "images") } : { folder, kind: "unknown" }];
  }
  const below = readdirSync(folder)
    .sort()
    .map((name) => join(folder, name))
    .filter(isFolder);
  if (below.length === 0) return [{ folder, kind: "unknown" }];
  return below.filter((path) => basename(path) !== "tokenizers").flatMap(goldenFolders);
}

/** Why the engine has nothing for this folder yet, or undefined. */
async function notYet({ folder, kind }: GoldenFolder): Promise<string | undefined> {
  if (kind === "unknown") return "a folder of no known kind";
  if (kind === "preprocess") return undefined;
  const { unsupported } = await loadAddon()
    .describe({ path: folder })
    .catch((error: unknown) => {
      throw asUserError(error);
    });
  const first = unsupported[0];
  return first === undefined ? undefined : `${first.field} = ${first.value}: ${first.reason}`;
}

interface Outcome {
  readonly passed: number;
  readonly failed: number;
  readonly notYet: number;
}

interface Check {
  readonly engine: string;
  readonly options: readonly string[];
  /** A folder for the decoded images. */
  readonly scratch: string;
}

async function checkFolder(found: GoldenFolder, name: string, { engine, options, scratch }: Check): Promise<Outcome> {
  const reason = await notYet(found);
  if (reason !== undefined) {
    process.stdout.write(`${name}\n  not yet: ${reason}\n`);
    return { passed: 0, failed: 0, notYet: 1 };
  }
  if (found.images !== undefined) {
    const key = basename(dirname(found.images));
    writeFileSync(join(scratch, `${key}.safetensors`), packImages(await decodeFolder(found.images)));
  }
  const run = spawnSync(engine, ["golden", found.folder, "--images", scratch, ...options], {
    stdio: ["ignore", "pipe", "inherit"],
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  const last = /(\d+) passed, (\d+) failed\s*$/.exec(run.stdout);
  process.stdout.write(last ? run.stdout.slice(0, last.index) : run.stdout);
  if (last !== null) return { passed: Number(last[1]), failed: Number(last[2]), notYet: 0 };
  process.stdout.write(`${name}\n  FAILED: the engine ended with ${run.signal ?? run.status}\n`);
  return { passed: 0, failed: 1, notYet: 0 };
}

/** A folder that cannot be read is a failure like any other; the rest is still checked. */
async function orFailure(name: string, check: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await check();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    process.stdout.write(`${name}\n  FAILED: ${error.message} (${error.where})\n`);
    return { passed: 0, failed: 1, notYet: 0 };
  }
}

interface Arguments {
  readonly folders: readonly string[];
  readonly engineOptions: readonly string[];
  readonly all: boolean;
  readonly emulated: boolean;
  readonly writeImages: boolean;
}

function readArguments(args: readonly string[]): Arguments {
  const engineOptions: string[] = [];
  const folders: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] as string;
    if (["--device", "--stages", "--instructions", "--longest"].includes(arg)) engineOptions.push(arg, args[++i] ?? "");
    else if (!arg.startsWith("--")) folders.push(resolve(arg));
    else if (!["--all", "--emulated", "--write-images"].includes(arg))
      throw new UserError(
        `no option "${arg}"`,
        "npm run golden",
        "there are --device, --stages, --instructions, --longest, --emulated, --all, --write-images",
      );
  }
  if (folders.length === 0) throw new UserError("no folder given", "npm run golden", "npm run golden -- DIR...");
  for (const folder of folders) {
    if (!isFolder(folder)) throw new UserError("no such folder", folder, "give a folder of golden cases");
  }
  const emulated = args.includes("--emulated");
  if (emulated && !engineOptions.includes("--device")) engineOptions.push("--device", "cuda:0");
  return {
    folders,
    engineOptions,
    emulated,
    all: args.includes("--all"),
    writeImages: args.includes("--write-images"),
  };
}

function builtEngine(emulated: boolean): string {
  const engine = join(packageRoot, "build", emulated ? "engine-emulated" : "engine", "llava-engine");
  const flags = emulated ? ["--emulate-cuda"] : [];
  const build = spawnSync(process.execPath, [join(packageRoot, "src/engine/build.mjs"), "engine", ...flags], {
    stdio: ["ignore", 2, 2],
  });
  if (build.status === 0 && existsSync(engine)) return engine;
  throw new UserError(
    "llava-engine is not built",
    engine,
    `run \`node src/engine/build.mjs ${["engine", ...flags].join(" ")}\` and read what it says`,
  );
}

async function main(args: readonly string[]): Promise<number> {
  const { folders, engineOptions, all, emulated, writeImages } = readArguments(args);
  if (writeImages) {
    const images = folders.flatMap(goldenFolders).flatMap((found) => found.images ?? []);
    for (const folder of new Set(images))
      writeFileSync(join(dirname(folder), "images.safetensors"), packImages(await decodeFolder(folder)));
    return 0;
  }
  const scratch = mkdtempSync(join(tmpdir(), "llava-golden-"));
  try {
    const check = { engine: builtEngine(emulated), options: engineOptions, scratch };
    const total = { passed: 0, failed: 0, notYet: 0 };
    for (const root of folders)
      for (const found of goldenFolders(root)) {
        const name = relative(root, found.folder) || basename(found.folder);
        const outcome = await orFailure(name, () => checkFolder(found, name, check));
        total.passed += outcome.passed;
        total.failed += outcome.failed;
        total.notYet += outcome.notYet;
      }
    if (total.notYet > 0) process.stdout.write(`${total.notYet} not yet: the engine has no such family\n`);
    process.stdout.write(`${total.passed} passed, ${total.failed} failed\n`);
    return total.failed === 0 && total.passed > 0 && !(all && total.notYet > 0) ? 0 : 3;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  main(process.argv.slice(2)).then(
    (code) => {
      process.exitCode = code;
    },
    (error: unknown) => {
      process.stderr.write(`${error instanceof UserError ? error.format() : messageOf(error)}\n`);
      process.exitCode = error instanceof UserError ? 1 : 4;
    },
  );
}
