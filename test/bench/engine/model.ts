/** The engine on a model of Qwen2-0.5B's shape with a ViT-L/14-336 tower and random weights. */
import { engineProgram, jsonLines, type Measured } from "./programs.js";

export type Numbers = ReadonlyMap<string, Measured>;

const parts = ["load", "encoder", "prefill", "decode", "batch", "sharing"];

/** One process per part, so that memory is counted from zero. */
export async function measureModel(checkpoint: string, threads: string, images: string): Promise<Numbers> {
  const program = await engineProgram();
  const numbers = new Map<string, Measured>();
  console.log(`\nA model of Qwen2-0.5B's shape, ViT-L/14-336 tower, random bfloat16 weights`);
  for (const part of parts) {
    const common = ["bench", "--checkpoint", checkpoint, "--threads", threads, "--json"];
    for (const measured of jsonLines<Measured>(program, [...common, "--images", images, part], threads)) {
      numbers.set(measured.name, measured);
      print(measured);
    }
  }
  return numbers;
}

/** Logits and features in float32, to be compared with another implementation's. */
export async function modelValues(checkpoint: string, threads: string): Promise<Numbers> {
  const args = ["bench", "--checkpoint", checkpoint, "--threads", threads, "--dtype", "float32", "--json", "check"];
  return named(jsonLines<Measured>(await engineProgram(), args, threads));
}

export const named = (numbers: readonly Measured[]): Numbers => new Map(numbers.map((one) => [one.name, one]));

export function print({ name, value, unit, detail }: Measured): void {
  console.log(`${name.padEnd(44)} ${value.toFixed(2).padStart(10)} ${unit.padEnd(12)} ${detail}`);
}
