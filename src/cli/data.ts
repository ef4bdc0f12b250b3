import type { CommandModule } from "yargs";
import { isSound, type Verified, verifyData } from "../api/data.js";
import { terminalSafe } from "../core/terminal-safe.js";
import { ExitCode } from "./exit-code.js";
import { Interrupt } from "./interrupt.js";
import { count } from "./number-format.js";

interface Arguments {
  readonly tasks: string[];
  readonly data: string;
  readonly json: boolean | undefined;
}

const warn = (message: string) => void process.stderr.write(`warning: ${message}\n`);

const problemsShown = 20;

export const command: CommandModule<object, Arguments> = {
  builder: (yargs) =>
    yargs
      .positional("tasks", { type: "string", array: true, demandOption: true, describe: "tasks, as for run" })
      .option("data", { type: "string", requiresArg: true, default: "hub", describe: "hub, demo, or a folder" })
      .option("json", { type: "boolean", describe: "print as JSON" }),
  handler: async ({ tasks, data, json }) => {
    const interrupt = new Interrupt(() => {});
    const found: Verified[] = [];
    try {
      const names = tasks.flatMap((name) => name.split(","));
      for await (const verified of verifyData(names, data, { signal: interrupt.drain, warn })) {
        found.push(verified);
        if (!json) process.stdout.write(`${lines(verified)}\n`);
      }
      if (json) process.stdout.write(`${JSON.stringify(found, null, 2)}\n`);
      process.exitCode = found.every(isSound) ? ExitCode.done : ExitCode.gateClosed;
    } catch (error) {
      if (!interrupt.isReason(error)) throw error;
      process.exitCode = ExitCode.interrupted;
    } finally {
      interrupt.stop();
    }
  },
};

function lines(found: Verified): string {
  const { task, source, revision, digest, rows, expectedRows, images, clips, problems } = found;
  const expected =
    expectedRows === undefined || expectedRows === rows ? "" : ` (the benchmark has ${count(expectedRows)})`;
  const shown = problems.slice(0, problemsShown).map((problem) => `  ${terminalSafe(problem, 300)}`);
  if (problems.length > problemsShown) shown.push(`  and ${count(problems.length - problemsShown)} more`);
  return [
    `${task}: ${terminalSafe(source)} @ ${revision}, digest ${digest}`,
    `  ${count(rows)} rows${expected}, ${clips === undefined ? `${count(images)} different images` : `${count(clips)} different clips`}, ${problems.length === 0 ? "all sound" : `${count(problems.length)} problems`}`,
    ...shown,
  ].join("\n");
}
