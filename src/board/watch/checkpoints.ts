/** The checkpoints that a trainer leaves in a folder, and which of them are whole. */
import { open, readdir, readFile, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { jsonOf } from "../../core/json.js";

export interface Checkpoint {
  readonly dir: string;
  /** The number at the end of the folder's name: `checkpoint-500`, `step_500`, `global_step500`. */
  readonly step: number;
}

/** Every checkpoint below `dir`, by step. Names that trainers use while they write (`tmp-...`, `.tmp`) are none. */
export async function findCheckpoints(dir: string): Promise<Checkpoint[]> {
  const entries = await readdir(dir, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory() && !/^(tmp|\.)|\.tmp$/.test(entry.name))
    .flatMap((entry) => {
      const step = /(\d+)$/.exec(entry.name)?.[1];
      return step === undefined ? [] : [{ dir: join(dir, entry.name), step: Number(step) }];
    })
    .sort((a, b) => a.step - b.step);
}

/**
 * Everything is there: config.json, and every weight file as long as its own header says. A trainer that is still writing, or
 * was killed while it wrote, leaves a shorter file or an index without its shards. @param quietMs without a change, at least
 */
export async function isComplete({ dir }: Checkpoint, quietMs: number, now = Date.now()): Promise<boolean> {
  const names = await readdir(dir);
  if (!names.includes("config.json")) return false;
  const weights = await weightFiles(dir, names);
  if (weights.length === 0) return false;
  for (const name of names) if (now - (await stat(join(dir, name))).mtimeMs < quietMs) return false;
  for (const name of weights) if (!names.includes(name) || !(await isWhole(join(dir, name)))) return false;
  return true;
}

/** The shards that an index names, else the single file. */
async function weightFiles(dir: string, names: readonly string[]): Promise<string[]> {
  const index = names.find((name) => name.endsWith(".safetensors.index.json"));
  if (index === undefined) return names.filter((name) => name.endsWith(".safetensors"));
  // Half-written: come back later.
  const read = jsonOf(await readFile(join(dir, index), "utf8")) as { weight_map?: Record<string, string> } | undefined;
  return [...new Set(Object.values(read?.weight_map ?? {}).map((name) => basename(name)))];
}

/** Eight bytes of length, the JSON header, then the tensors up to the largest end that the header names. */
async function isWhole(path: string): Promise<boolean> {
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    const head = Buffer.alloc(8);
    if (size < 8 || (await file.read(head, 0, 8, 0)).bytesRead < 8) return false;
    const length = Number(head.readBigUInt64LE());
    if (length > size - 8 || length > 100_000_000) return false;
    const text = Buffer.alloc(length);
    await file.read(text, 0, length, 8);
    // Undefined: the header is not whole yet.
    const header = jsonOf(text.toString("utf8")) as Record<string, { data_offsets?: [number, number] }> | undefined;
    if (!header) return false;
    const end = Math.max(0, ...Object.values(header).map((tensor) => tensor?.data_offsets?.[1] ?? 0));
    return size === 8 + length + end;
  } finally {
    await file.close();
  }
}
