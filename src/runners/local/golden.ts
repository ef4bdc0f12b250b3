/**
 * `npm run golden -- DIR...`: every golden folder at or below each DIR through the native engine. Pictures are decoded here, the rest is
 * `llava-engine golden`; its exit code and last line (`N passed, M failed`) are ours. With `--write-pictures` the decoded pictures
 * are stored as `images.safetensors` beside each images/ folder instead, for machines without Node.
 */
import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { messageOf, UserError } from "../../core/errors.js";
import { decodeImage } from "../../images/decode.js";
import { encodedImage } from "../../images/encoded.js";
import { packageRoot } from "./addon.js";

interface Decoded {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly rgb: Uint8Array;
}

/** Decodes the pictures of one folder: `images/` of a case, or the inputs of `preprocess/resize/`. */
async function decodeFolder(folder: string): Promise<Decoded[]> {
  const pictures: Decoded[] = [];
  for (const name of readdirSync(folder).sort()) {
    if (!/\.(png|jpe?g)$/i.test(name) || name.startsWith("out-")) continue;
    const decoded = await decodeImage(encodedImage(readFileSync(join(folder, name)), name));
    pictures.push({ name, width: decoded.width, height: decoded.height, rgb: decoded.rgb });
  }
  return pictures;
}

/** A safetensors file of uint8 [height, width, 3] tensors. */
export function packPictures(pictures: readonly Decoded[]): Buffer {
  const header: Record<string, unknown> = {};
  let offset = 0;
  for (const { name, width, height, rgb } of pictures) {
    header[name] = { dtype: "U8", shape: [height, width, 3], data_offsets: [offset, offset + rgb.byteLength] };
    offset += rgb.byteLength;
  }
  const text = JSON.stringify(header);
  const padded = Buffer.from(text + " ".repeat((8 - (text.length % 8)) % 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.byteLength));
  return Buffer.concat([length, padded, ...pictures.map(({ rgb }) => rgb)]);
}

/** Folders with pictures of their own at or below `root`: where the pictures are, and the name the engine looks for. */
export function pictureFolders(root: string): { folder: string; images: string; key: string }[] {
  const isFolder = (path: string) => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  const found: { folder: string; images: string; key: string }[] = [];
  const visit = (folder: string) => {
    const inside = relative(root, folder);
    const key = inside === "" || inside.startsWith("..") ? basename(folder) : inside.split(sep).join("+");
    if (existsSync(join(folder, "expected.json")) && isFolder(join(folder, "images"))) {
      found.push({ folder, images: join(folder, "images"), key });
    } else if (existsSync(join(folder, "resize.json")) && isFolder(join(folder, "resize"))) {
      found.push({ folder, images: join(folder, "resize"), key });
    } else {
      for (const name of readdirSync(folder).sort()) if (isFolder(join(folder, name))) visit(join(folder, name));
    }
  };
  visit(root);
  // A native checkpoint borrows the pictures of its sibling, which may lie beside the folder that was named.
  const sibling = root.endsWith("-native") ? root.slice(0, -"-native".length) : undefined;
  if (sibling !== undefined && isFolder(sibling)) visit(sibling);
  return found;
}

async function main(args: readonly string[]): Promise<number> {
  const writePictures = args.includes("--write-pictures");
  const engineOptions: string[] = [];
  const folders: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] as string;
    if (arg === "--device" || arg === "--stages") engineOptions.push(arg, args[++i] ?? "");
    else if (arg === "--json") engineOptions.push(arg);
    else if (arg !== "--write-pictures") folders.push(resolve(arg));
  }
  if (folders.length === 0) throw new UserError("no folder given", "npm run golden", "npm run golden -- DIR...");
  for (const folder of folders) {
    if (!existsSync(folder)) throw new UserError("no such folder", folder, "give a folder of golden cases");
  }
  if (writePictures) {
    for (const { folder, images } of folders.flatMap(pictureFolders)) {
      writeFileSync(join(folder, "images.safetensors"), packPictures(await decodeFolder(images)));
    }
    return 0;
  }
  const engine = join(packageRoot(), "build", "native", "llava-engine");
  const build = spawnSync(process.execPath, [join(packageRoot(), "src/native/build.mjs"), "engine"], {
    stdio: ["ignore", 2, 2],
  });
  if (build.status !== 0 || !existsSync(engine)) {
    throw new UserError(
      "llava-engine is not built",
      engine,
      "run `node src/native/build.mjs engine` and read what it says",
    );
  }
  const scratch = mkdtempSync(join(tmpdir(), "llava-golden-"));
  try {
    let passed = 0;
    let failed = 0;
    for (const folder of folders) {
      const pictures = join(scratch, String(passed + failed));
      mkdirSync(pictures, { recursive: true });
      for (const found of pictureFolders(folder)) {
        writeFileSync(join(pictures, `${found.key}.safetensors`), packPictures(await decodeFolder(found.images)));
      }
      const run = spawnSync(engine, ["golden", folder, "--pictures", pictures, ...engineOptions], {
        stdio: ["ignore", "pipe", "inherit"],
        encoding: "utf8",
        maxBuffer: 1 << 28,
      });
      const last = /(\d+) passed, (\d+) failed\s*$/.exec(run.stdout);
      process.stdout.write(last ? run.stdout.slice(0, last.index) : run.stdout);
      // No last line: the engine refused the folder, or died.
      passed += Number(last?.[1] ?? 0);
      failed += Number(last?.[2] ?? 1);
    }
    process.stdout.write(`${passed} passed, ${failed} failed\n`);
    return failed === 0 && passed > 0 ? 0 : 3;
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
