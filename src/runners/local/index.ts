import { openModel } from "./open-model.js";
import type { LocalOptions } from "./options.js";
import { LocalRunner } from "./runner.js";

/** Loads a checkpoint into the engine. @throws UserError  see `openModel` */
export async function openLocal(options: LocalOptions): Promise<LocalRunner> {
  return new LocalRunner(await openModel(options), options);
}
