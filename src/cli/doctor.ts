import pc from "picocolors";
import type { CommandModule } from "yargs";
import { examine } from "../api/doctor.js";

export const command: CommandModule<object, { json: boolean | undefined }> = {
  builder: (yargs) => yargs.option("json", { type: "boolean", describe: "print as JSON" }),
  handler: async ({ json }) => {
    const findings = await examine();
    if (json) {
      process.stdout.write(`${JSON.stringify(findings, null, 2)}\n`);
      return;
    }
    const marks = { good: pc.green("ok"), missing: pc.red("--"), note: pc.yellow("..") };
    for (const { what, state, detail, fix } of findings) {
      process.stdout.write(
        `${marks[state]} ${what.padEnd(16)} ${detail}\n${fix ? `   ${"".padEnd(16)} fix: ${fix}\n` : ""}`,
      );
    }
  },
};
