/** Runs the command that `args` names as the command line would, in this process: its output, its exit code, or the error it throws. */

import { vi } from "vitest";
import yargs from "yargs";
import { commandsFor } from "../../src/cli/commands.js";

export interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

export async function runCommand(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  const written = { stdout: "", stderr: "" };
  const capture = (stream: "stdout" | "stderr") =>
    vi.spyOn(process[stream], "write").mockImplementation((chunk: unknown) => {
      written[stream] += String(chunk);
      return true;
    });
  const spies = [capture("stdout"), capture("stderr")];
  const before = process.exitCode;
  process.exitCode = 0;
  vi.stubEnv("GITHUB_ACTIONS", "");
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  try {
    await yargs([...args])
      .command((await commandsFor(args)) as never)
      .strict()
      .parserConfiguration({ "camel-case-expansion": false })
      .exitProcess(false)
      .fail((message, error) => {
        throw error ?? new Error(message);
      })
      .parseAsync();
    return { ...written, exitCode: Number(process.exitCode) };
  } finally {
    process.exitCode = before;
    for (const spy of spies) spy.mockRestore();
    vi.unstubAllEnvs();
  }
}
