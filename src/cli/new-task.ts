import { relative } from "node:path";
import type { CommandModule } from "yargs";
import { writeTask } from "../api/tasks/new-task.js";

export const command: CommandModule<object, { name: string }> = {
  command: "new <name>",
  describe: "Write a new task with example rows and a test",
  builder: (yargs) =>
    yargs
      .positional("name", { type: "string", demandOption: true, describe: "lower case, words joined by _" })
      .example("$0 tasks new my_benchmark", "prints the line to type next"),
  handler: async ({ name }) => {
    const { paths, next } = await writeTask(name, process.cwd());
    for (const path of paths) process.stdout.write(`${relative(process.cwd(), path)}\n`);
    process.stderr.write(`next: ${next.join("\n      ")}\n`);
  },
};
