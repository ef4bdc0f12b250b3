/** `npm run conformance -- DIR...`: exit 0 all agree, 1 a DIR cannot be read, 3 something differs or there was nothing to check. */

import { checkFolders } from "./check-folders.js";
import { runProgram } from "./run-program.js";

await runProgram(checkFolders);
