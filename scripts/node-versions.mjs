// One addon, several Node versions: each loads it, opens a checkpoint, must give the bits that this Node gives, and must end when
// nobody closed the engine.
//   node scripts/node-versions.mjs CHECKPOINT [NODE...]    NODE = path of a node binary, or a version that npm has (default 22 24)
// Needs a build (npm run build). A soak, not a unit test: the binaries are fetched from npm (200 MB each).
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const self = fileURLToPath(import.meta.url);
const root = fileURLToPath(new URL("..", import.meta.url));
const [checkpoint, ...wanted] = process.argv.slice(2);

if (process.env.NODE_VERSIONS_CHILD === "forget") await forget(checkpoint);
else if (process.env.NODE_VERSIONS_CHILD) await child(checkpoint);
else if (!checkpoint) {
  process.stderr.write("usage: node scripts/node-versions.mjs CHECKPOINT [NODE...]\n");
  process.exitCode = 1;
} else parent(resolve(checkpoint), wanted.length > 0 ? wanted : ["22", "24"]);

/** Opens, answers and closes twice; prints a digest of all bits. */
async function child(path) {
  const { createHash } = await import("node:crypto");
  const { loadAddon } = await import(join(root, "dist/src/runners/local/addon.js"));
  const addon = loadAddon();
  const digest = createHash("sha256");
  for (let round = 0; round < 2; round += 1) {
    const engine = await addon.open({ path, device: "cpu" });
    const rgb = Uint8Array.from({ length: 150 * 47 * 3 }, (_, i) => (i * 7 + (i >> 5)) & 255);
    const image = { width: 150, height: 47, rgb, digest: "node-versions" };
    const ask = (id) =>
      engine.generate({
        id,
        tokens: Int32Array.from([1 + id, 2, -200, 3, 4 + id]),
        images: [image],
        maxNewTokens: 16,
        stopTokens: [],
        wantLogits: true,
      });
    const outputs = await Promise.all(Array.from({ length: 8 }, (_, i) => ask(i + 1)));
    for (const { tokens, logits } of outputs) digest.update(tokens).update(logits);
    const closed = ask(99).catch((error) => error.code);
    await engine.close();
    await engine.close();
    const after = await closed;
    if (after !== "CLOSED" && typeof after !== "object") throw new Error(`a request in flight at close gave ${after}`);
  }
  process.stdout.write(`${process.version} ${addon.version} ${digest.digest("hex").slice(0, 32)}\n`);
}

/** Never closes its engine: the process must end all the same. */
async function forget(path) {
  const { loadAddon } = await import(join(root, "dist/src/runners/local/addon.js"));
  const engine = await loadAddon().open({ path, device: "cpu" });
  const tokens = Int32Array.from([1, 2]);
  await engine.generate({ id: 1, tokens, images: [], maxNewTokens: 4, stopTokens: [] });
}

function parent(path, versions) {
  const folder = mkdtempSync(join(tmpdir(), "node-versions-"));
  try {
    const binaries = [process.execPath, ...versions.map((version) => binaryOf(version, folder))];
    const lines = binaries.map((binary) => run(binary, path));
    const digests = new Set(lines.map((line) => line.split(" ")[2]));
    const good = lines.every((line) => !line.startsWith("failed")) && digests.size === 1;
    process.stdout.write(`${lines.join("\n")}\n${good ? "equal on all" : "NOT equal on all"}\n`);
    if (!good) process.exitCode = 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function binaryOf(version, folder) {
  if (existsSync(version)) return resolve(version);
  const prefix = join(folder, version);
  execFileSync("npm", ["install", "--prefix", prefix, "--no-audit", "--no-fund", `node@${version}`], {
    stdio: "ignore",
  });
  return join(prefix, "node_modules/node/bin/node");
}

function run(binary, path) {
  const answered = start(binary, path, "answer");
  const forgotten = start(binary, path, "forget");
  return forgotten.startsWith("failed") ? forgotten : answered;
}

function start(binary, path, what) {
  const { status, signal, stdout, stderr } = spawnSync(binary, [self, path], {
    env: { ...process.env, NODE_VERSIONS_CHILD: what },
    encoding: "utf8",
    timeout: 120_000,
  });
  if (status === 0) return stdout.trim();
  return `failed: ${binary}, ${what} (${signal ?? `exit ${status}`}): ${stderr.trim().split("\n").slice(0, 5).join(" | ")}`;
}
