import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const repository = fileURLToPath(new URL("../../../", import.meta.url));

/** Reference vectors that are too large or too restricted for the repository: `../shared/golden`, or LLAVA_EVAL_SHARED. */
export const goldenFolder = join(process.env.LLAVA_EVAL_SHARED ?? join(repository, "..", "shared"), "golden");

/** Options for `describe`/`test`: skipped, with the reason in the name's suffix, when `path` is not below the golden folder. */
export const hasGolden = (path: string): boolean => existsSync(join(goldenFolder, path));
