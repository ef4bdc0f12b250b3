/** `npm run conformance -- DIR...`; exit 0 = all agree, 1 = a DIR cannot be read, 3 = something differs. */

import { UserError } from "../core/errors.js";
import { terminalSafeLines } from "../core/terminal-safe.js";
import { conformance } from "./command.js";

try {
  process.exitCode = conformance(process.argv.slice(2), (line) => process.stdout.write(`${line}\n`));
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  process.stderr.write(`${terminalSafeLines(error.format())}\n`);
  process.exitCode = 1;
}
