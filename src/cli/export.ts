import type { CommandModule } from "yargs";
import { exportForms, exportSamples } from "../api/record/export.js";

interface Arguments {
  readonly runs: string[];
  readonly format: keyof typeof exportForms;
  readonly out: string;
}

export const command: CommandModule<object, Arguments> = {
  builder: (yargs) =>
    yargs
      .positional("runs", { type: "string", array: true, demandOption: true, describe: "folders of runs" })
      .option("format", {
        choices: Object.keys(exportForms) as (keyof typeof exportForms)[],
        default: "parquet" as const,
        describe: "one file for all, with fixed columns",
      })
      .option("out", { type: "string", requiresArg: true, default: "samples.parquet", describe: "the file" })
      .example(
        "$0 export results/a results/b --out both.parquet",
        "every sample of two runs, for pandas, polars, duckdb",
      ),
  handler: async ({ runs, format, out }) => {
    await exportSamples(runs, format, out);
    process.stdout.write(`${out}\n`);
  },
};
