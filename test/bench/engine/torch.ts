/** The same model and numbers in PyTorch. */

import { join } from "node:path";
import { type Numbers, named, print } from "./model.js";
import { jsonLines, type Measured, root } from "./programs.js";

/** Undefined when torch is missing. */
export function measureTorch(checkpoint: string, threads: string, dtype: "float32" | "bfloat16"): Numbers | undefined {
  const script = join(root, "test/bench/engine/torch_model.py");
  try {
    const args = [script, checkpoint, "--dtype", dtype, "--threads", threads];
    const numbers = jsonLines<Measured>("/usr/bin/python3", args, threads);
    console.log(`\nPyTorch, ${dtype}`);
    for (const one of numbers) if (one.unit !== "value") print(one);
    return named(numbers);
  } catch (error) {
    console.log(`\nPyTorch ${dtype}: left out (Debian: python3-torch)\n${error}`);
    return undefined;
  }
}

/** The largest difference of the values that both have. @throws when one of them lacks one, or they differ by more than rounding */
export function compareValues(ours: Numbers, theirs: Numbers): number {
  const values = [...theirs.values()].filter(({ unit }) => unit === "value");
  const worst = Math.max(...values.map(({ name, value }) => Math.abs(value - (ours.get(name)?.value ?? Number.NaN))));
  if (values.length === 0 || !(worst < 2e-3)) {
    throw new Error(`the outputs of llava-eval and PyTorch differ by ${worst} in ${values.length} values`);
  }
  console.log(
    `${values.length} logits and features in float32: largest difference from PyTorch ${worst.toExponential(1)}`,
  );
  return worst;
}
