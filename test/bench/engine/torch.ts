/** The same model and numbers in PyTorch and in transformers. */

import { join } from "node:path";
import { type Numbers, named, print } from "./model.js";
import { jsonLines, type Measured, root } from "./programs.js";

export interface Opponent {
  readonly name: "PyTorch" | "transformers";
  readonly script: string;
  /** The interpreter that has what the script imports. */
  readonly python: string;
}

export type TorchDtype = "float32" | "bfloat16";

/** Undefined when the script's packages are missing. */
export function measureTorch(
  { name, script, python }: Opponent,
  checkpoint: string,
  threads: string,
  dtype: TorchDtype,
): Numbers | undefined {
  try {
    const args = [join(root, "test/bench/engine", script), checkpoint, "--dtype", dtype, "--threads", threads];
    const numbers = jsonLines<Measured>(python, args, threads);
    console.log(`\n${name}, ${dtype}: ${numbers[0]?.detail}`);
    for (const one of numbers) if (one.unit !== "value") print(one);
    return named(numbers);
  } catch (error) {
    console.log(`\n${name} ${dtype}: left out (${python} without torch or transformers?)\n${error}`);
    return undefined;
  }
}

/** The largest difference of the values that both have. @throws when one of them lacks one, or they differ by more than rounding */
export function compareValues(ours: Numbers, theirs: Numbers): number {
  const values = [...theirs.values()].filter(({ unit }) => unit === "value");
  const worst = Math.max(...values.map(({ name, value }) => Math.abs(value - (ours.get(name)?.value ?? Number.NaN))));
  if (values.length === 0 || !(worst < 2e-3)) {
    throw new Error(`the outputs of llava-eval and its opponent differ by ${worst} in ${values.length} values`);
  }
  console.log(`${values.length} logits and features in float32: largest difference ${worst.toExponential(1)}`);
  return worst;
}
