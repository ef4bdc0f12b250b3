import { UserError } from "../../src/core/errors.js";
import { terminalSafeLines } from "../../src/core/terminal-safe.js";

export type Print = (line: string) => void;

/** Runs a program over the arguments of its command line; what it returns is the exit code, and a UserError is 1. */
export async function runProgram(program: (args: readonly string[], print: Print) => Promise<number>): Promise<void> {
  try {
    process.exitCode = await program(process.argv.slice(2), (line) => process.stdout.write(`${line}\n`));
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    process.stderr.write(`${terminalSafeLines(error.format())}\n`);
    process.exitCode = 1;
  }
}
