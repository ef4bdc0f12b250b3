import { messageOf } from "../../../src/core/errors.js";
import { loadAddon } from "../../../src/runners/local/addon.js";

/** Why the engine cannot be used here; undefined when it can. CI builds it: there a skipped test is a failure of the build stage. */
export function noEngine(): string | undefined {
  try {
    loadAddon();
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}
