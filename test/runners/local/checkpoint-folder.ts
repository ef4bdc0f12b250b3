import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dataFolder } from "./tokenizer-cases.js";

export interface CheckpointFolder extends AsyncDisposable {
  readonly path: string;
}

/** A folder with these files; objects become JSON. Gone at the end of the test. */
export async function checkpointFolder(files: Readonly<Record<string, unknown>>): Promise<CheckpointFolder> {
  const path = await mkdtemp(join(tmpdir(), "checkpoint-"));
  for (const [name, content] of Object.entries(files)) {
    await writeFile(
      join(path, name),
      typeof content === "string" || Buffer.isBuffer(content) ? content : JSON.stringify(content),
    );
  }
  return {
    path,
    async [Symbol.asyncDispose]() {
      await rm(path, { recursive: true, force: true });
    },
  };
}

/** With a small SentencePiece vocabulary (700 pieces), and weights that only a fake engine can open. */
export const smallFolder = (more: Readonly<Record<string, unknown>> = {}): Promise<CheckpointFolder> =>
  checkpointFolder({
    "config.json": {},
    "model.safetensors": "not really weights",
    "tokenizer.model": readFileSync(join(dataFolder, "sentencepiece/bpe.model")),
    ...more,
  });
