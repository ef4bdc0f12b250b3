/** `npm run vectors -- NAME FILE`: exit 0 every line agrees, 1 no such name or file, 3 a line differs or there are none. */

import { checkVectors } from "./check-vectors.js";
import { runProgram } from "./run-program.js";

await runProgram(checkVectors);
