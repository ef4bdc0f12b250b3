import { existsSync } from "node:fs";
import { UserError } from "../core/errors.js";
import { type ModelReport, reportModel } from "../runners/local/model-report.js";
import type { LocalOptions } from "../runners/local/options.js";
import { type LocalSetting, localChoices, localFlags } from "../runners/local-settings.js";
import { resolveModel } from "../runners/spec.js";

export type { ModelReport };

/** The flags that change how a checkpoint is read, as `run` has them. */
export const readingFlags: Readonly<Record<string, LocalSetting>> = Object.fromEntries(
  Object.entries<LocalSetting>(localFlags).filter(([, { isReading }]) => isReading),
);

/**
 * A checkpoint as the engine reads it, without loading a weight.
 * @param name a folder, a hub id, or what `run --model` takes for a local model
 * @param flags values of `readingFlags`
 */
export async function describeModel(
  name: string,
  flags: Readonly<Record<string, unknown>>,
  say: (message: string) => void,
): Promise<ModelReport> {
  return await reportModel({ ...(await localModel(name)), ...localChoices(flags), say });
}

/** `local:X` and names of local presets too, so that what `run --model` takes can be described. */
async function localModel(name: string): Promise<LocalOptions> {
  const isSpec = name.startsWith("local:") || /^[\w.-]+$/.test(name) || /\.ya?ml$/.test(name);
  if (!isSpec || existsSync(name)) return { checkpoint: name };
  const config = await resolveModel(name);
  if (config.runner === "local") return config;
  throw new UserError(
    `"${name}" is answered by ${config.runner}, not by a checkpoint here`,
    "llava-eval model",
    "give a folder, a hub id such as llava-hf/llava-1.5-7b-hf, or a local preset such as llava-next-72b",
  );
}
