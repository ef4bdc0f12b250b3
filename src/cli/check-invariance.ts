import pc from "picocolors";
import type { CommandModule } from "yargs";
import { checkModel, type InvarianceReport, invarianceTable } from "../api/invariance.js";
import { terminalSafe } from "../core/terminal-safe.js";
import { ExitCode } from "./exit-code.js";
import { numberFlag } from "./number-flag.js";

interface Arguments {
  readonly model: string;
  readonly device: string | undefined;
  readonly dtype: string | undefined;
  readonly template: string | undefined;
  readonly requests: string | undefined;
  readonly "max-new-tokens": string | undefined;
  readonly json: boolean | undefined;
}

export const command: CommandModule<object, Arguments> = {
  builder: (yargs) =>
    yargs
      .option("model", {
        type: "string",
        demandOption: true,
        requiresArg: true,
        describe: "local:DIR|HUB-ID, or a preset",
      })
      .option("device", { type: "string", requiresArg: true, describe: "auto, cpu, cuda, cuda:0, ..." })
      .option("template", { type: "string", requiresArg: true, describe: "conversation template" })
      .option("dtype", { type: "string", requiresArg: true, describe: "bf16, fp16 or fp32" })
      .option("requests", {
        type: "string",
        requiresArg: true,
        describe: "how many requests are asked each way (default 20)",
      })
      .option("max-new-tokens", { type: "string", requiresArg: true, describe: "generated per request (default 16)" })
      .option("json", { type: "boolean", describe: "print as JSON" }),
  handler: async (argv) => {
    const chosen = { device: argv.device, dtype: argv.dtype, template: argv.template };
    const given = Object.fromEntries(Object.entries(chosen).filter(([, value]) => value !== undefined));
    const report = await checkModel(argv.model, {
      ...given,
      requests: numberFlag(argv.requests, "requests", { min: 2, max: 10_000, integer: true, fallback: 20 }),
      newTokens: numberFlag(argv["max-new-tokens"], "max-new-tokens", {
        min: 1,
        max: 4096,
        integer: true,
        fallback: 16,
      }),
      say: (message) => process.stderr.write(`${message}\n`),
      onStep: (way) => process.stderr.write(`asking ${way}\n`),
    });
    process.stdout.write(argv.json ? `${JSON.stringify(report, null, 2)}\n` : reportText(report));
    if (!report.invariant) process.exitCode = ExitCode.gateClosed;
  },
};

function reportText(report: InvarianceReport): string {
  const { model, engine, invariant } = report;
  const verdict = invariant
    ? pc.green("invariant: every bit is the same whatever a request is asked with")
    : pc.red("broken: answers depend on what they are asked with; please report this table");
  const facts = Object.entries(engine).map(([name, value]) => `${name} ${value}`);
  return `${pc.bold(terminalSafe(model))} · ${terminalSafe(facts.join(", "))}\n${invarianceTable(report)}\n${verdict}\n`;
}
