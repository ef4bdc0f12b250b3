import { resolve } from "node:path";
import type { CommandModule } from "yargs";
import { DEMO_TASKS, type DemoTask, writeDemoParquet, writeTraining } from "../api/data/demo-data.js";
import { defined } from "../core/defined.js";
import { UserError } from "../core/errors.js";

interface Arguments {
  readonly out: string;
  readonly seed: number;
  readonly rows: number;
  readonly format: "parquet" | "training";
  readonly split: string | undefined;
  readonly tasks: readonly string[] | undefined;
}

export const command: CommandModule<object, Arguments> = {
  builder: (yargs) =>
    yargs
      .option("out", { type: "string", demandOption: true, requiresArg: true, describe: "folder to write into" })
      .option("seed", { type: "number", default: 1, requiresArg: true, describe: "another seed, other images" })
      .option("rows", { type: "number", default: 256, requiresArg: true, describe: "rows a task (training: images)" })
      .option("format", {
        choices: ["parquet", "training"] as const,
        default: "parquet" as const,
        describe: "rows of the four tasks, or raw images with prompts and answers for scripts/demo-model",
      })
      .option("split", {
        type: "string",
        requiresArg: true,
        describe:
          "name of the split; images of different splits never repeat (default: each task's own; training: train)",
      })
      .option("tasks", { type: "string", array: true, requiresArg: true, describe: `of ${DEMO_TASKS.join(", ")}` }),
  handler: async ({ out, seed, rows, format, split, tasks }) => {
    const folder = resolve(out);
    const count = whole("--rows", rows, 1, 10_000_000);
    const from = whole("--seed", seed, 0, 2 ** 31);
    if (split !== undefined && !/^[a-z][a-z0-9_]*$/.test(split)) {
      throw new UserError(`"${split}" is no name of a split`, "--split", "use lower-case letters, digits and _");
    }
    if (format === "training") {
      await writeTraining(folder, split ?? "train", from, count);
      process.stdout.write(`${count} images in ${folder}\n`);
      return;
    }
    const chosen = (tasks ?? DEMO_TASKS).flatMap((name) => name.split(",")).map(demoTask);
    const options = { tasks: chosen, seed: from, rows: count, ...defined({ split }) };
    for (const path of await writeDemoParquet(folder, options)) process.stdout.write(`${path}: ${count} rows\n`);
    process.stdout.write(`evaluate on them: llava-eval run --data ${out} --tasks ${chosen.join(",")}\n`);
  },
};

function whole(flag: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new UserError(`${value} is not a whole number from ${least} to ${most}`, flag, "give one");
}

function demoTask(name: string): DemoTask {
  const found = DEMO_TASKS.find((task) => task === name);
  if (found) return found;
  throw new UserError(`the demo has no rows for "${name}"`, "--tasks", `choose among ${DEMO_TASKS.join(", ")}`);
}
