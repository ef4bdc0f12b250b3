/** The engine on a model of Qwen2-0.5B's shape with random weights. */
import { engineProgram, jsonLines, type Measured } from "./programs.js";

export type Numbers = ReadonlyMap<string, Measured>;

/** A shape that `llava-engine checkpoint` knows, and what of the engine is measured with it. */
export interface Shape {
  readonly model: string;
  readonly about: string;
  readonly parts: readonly string[];
}

export const clipShape: Shape = {
  model: "qwen2-0.5b",
  about: "Qwen2-0.5B's shape, ViT-L/14-336 tower",
  parts: ["load", "encoder", "prefill", "decode", "batch", "sharing"],
};
export const siglipShape: Shape = {
  model: "onevision-0.5b",
  about: "OneVision 0.5B's shape, Qwen2-0.5B and SigLIP-so400m/14-384",
  parts: ["load", "encoder", "prefill", "decode"],
};

/** One process per part, so that memory is counted from zero. */
export async function measureModel(
  { about, parts }: Shape,
  checkpoint: string,
  threads: string,
  images: string,
): Promise<Numbers> {
  const program = await engineProgram();
  const numbers = new Map<string, Measured>();
  console.log(`\nA model of ${about}, random bfloat16 weights`);
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
