import pc from "picocolors";
import type { CommandModule } from "yargs";
import {
  checkModel,
  checkServerModel,
  type InvarianceReport,
  invarianceTable,
  isLocalModel,
  type ServerInvariance,
  serverTable,
  steadinessText,
} from "../api/run/invariance.js";
import { writeText } from "../api/text-file.js";
import { defined } from "../core/defined.js";
import { UserError } from "../core/errors.js";
import { terminalSafe } from "../core/terminal-safe.js";
import { ExitCode } from "./exit-code.js";
import { Interrupt } from "./interrupt.js";
import { numberFlag } from "./number-flag.js";

interface Arguments {
  readonly model: string;
  readonly device: string | undefined;
  readonly dtype: string | undefined;
  readonly template: string | undefined;
  readonly task: string | undefined;
  readonly data: string | undefined;
  readonly requests: string | undefined;
  readonly concurrency: string | undefined;
  readonly "max-new-tokens": string | undefined;
  readonly out: string | undefined;
  readonly json: boolean | undefined;
}

export const command: CommandModule<object, Arguments> = {
  builder: (yargs) =>
    yargs
      .option("model", {
        type: "string",
        demandOption: true,
        requiresArg: true,
        describe: "local:DIR|HUB-ID, an endpoint as for run, or a preset",
      })
      .option("device", { type: "string", requiresArg: true, describe: "local: auto, cpu, cuda, cuda:0, ..." })
      .option("template", { type: "string", requiresArg: true, describe: "local: conversation template" })
      .option("dtype", { type: "string", requiresArg: true, describe: "local: bf16, fp16 or fp32" })
      .option("task", {
        type: "string",
        requiresArg: true,
        describe: "endpoints: whose rows are asked (default: drawn ones of vqav2)",
      })
      .option("data", { type: "string", requiresArg: true, describe: "endpoints: hub, demo, or a folder" })
      .option("requests", {
        type: "string",
        requiresArg: true,
        describe: "how many requests are asked each way (default: local 20, endpoints 100)",
      })
      .option("concurrency", {
        type: "string",
        requiresArg: true,
        describe: "endpoints: requests in flight where they are asked together (default 16)",
      })
      .option("max-new-tokens", {
        type: "string",
        requiresArg: true,
        describe: "generated per request (default: local 16, endpoints the task's own)",
      })
      .option("out", { type: "string", requiresArg: true, describe: "endpoints: write a file that `explain` reads" })
      .option("json", { type: "boolean", describe: "print as JSON" })
      .example("$0 check-invariance --model local:./checkpoints/step-12000", "every bit of the engine's logits")
      .example(
        "$0 check-invariance --model openai:m@http://gpu:8000/v1 --task mmmu --requests 300 --out steady.json",
        "whether a server's answers change when it is busy",
      ),
  handler: async (argv) => {
    process.exitCode = (await isLocalModel(argv.model)) ? await checkEngine(argv) : await checkEndpoint(argv);
  },
};

async function checkEngine(argv: Arguments): Promise<number> {
  for (const name of ["task", "data", "concurrency", "out"] as const) {
    if (argv[name] === undefined) continue;
    throw new UserError(
      `--${name} is about endpoints`,
      `--${name}`,
      "leave it out: a local model is compared bit by bit",
    );
  }
  const report = await checkModel(argv.model, {
    ...defined({ device: argv.device, dtype: argv.dtype, template: argv.template }),
    requests: numberFlag(argv.requests, "requests", { min: 2, max: 10_000, integer: true, fallback: 20 }),
    newTokens: newTokensOf(argv, 16),
    say: (message) => process.stderr.write(`${message}\n`),
    onStep: (way) => process.stderr.write(`asking ${way}\n`),
  } as Parameters<typeof checkModel>[1]);
  process.stdout.write(argv.json ? `${JSON.stringify(report, null, 2)}\n` : reportText(report));
  return report.invariant ? ExitCode.done : ExitCode.gateClosed;
}

function newTokensOf<Fallback extends number | undefined>(argv: Arguments, fallback: Fallback): number | Fallback {
  return numberFlag(argv["max-new-tokens"], "max-new-tokens", { min: 1, max: 65_536, integer: true, fallback });
}

async function checkEndpoint(argv: Arguments): Promise<number> {
  for (const name of ["device", "dtype", "template"] as const) {
    if (argv[name] === undefined) continue;
    throw new UserError(`--${name} is about local models`, `--${name}`, "leave it out: a server chooses for itself");
  }
  const interrupt = new Interrupt(() => {});
  try {
    const report = await checkServerModel(argv.model, {
      ...defined({ task: argv.task, data: argv.data, newTokens: newTokensOf(argv, undefined) }),
      requests: numberFlag(argv.requests, "requests", { min: 2, max: 100_000, integer: true, fallback: 100 }),
      atOnce: numberFlag(argv.concurrency, "concurrency", { min: 2, max: 4096, integer: true, fallback: 16 }),
      signal: interrupt.drain,
      say: (message) => void process.stderr.write(`${terminalSafe(message, 400)}\n`),
      onWay: (way) => void process.stderr.write(`asking ${way}\n`),
    });
    const json = `${JSON.stringify(report, null, 2)}\n`;
    if (argv.out !== undefined) await writeText(argv.out, json);
    process.stdout.write(argv.json ? json : serverText(report));
    return report.verdict === "steady" ? ExitCode.done : ExitCode.gateClosed;
  } catch (error) {
    if (interrupt.isReason(error)) return ExitCode.interrupted;
    throw error;
  } finally {
    interrupt.stop();
  }
}

/** Flips that are shown, at most. */
const shownFlips = 5;

function serverText(report: ServerInvariance): string {
  const { model, task, requests, server, flips, verdict } = report;
  const { version, batchInvariant } = { ...(server as { version?: string; batchInvariant?: boolean } | undefined) };
  const facts = [
    `${task}, ${requests} requests`,
    version === undefined ? "the server does not tell its version" : `server ${version}`,
    ...(batchInvariant === undefined ? [] : [`batch invariance ${batchInvariant ? "on" : "off"}`]),
  ];
  const shown = flips
    .slice(0, shownFlips)
    .map(
      ({ way, id, alone, here }) =>
        `  ${id} ${way}: ${JSON.stringify(alone.text.slice(0, 60))} became ${JSON.stringify(here.text.slice(0, 60))}`,
    );
  const paint = verdict === "steady" ? pc.green : pc.red;
  return [
    `${pc.bold(terminalSafe(model))} · ${terminalSafe(facts.join(" · "))}`,
    serverTable(report),
    ...shown.map((line) => terminalSafe(line, 300)),
    paint(terminalSafe(steadinessText(report), 400)),
    "",
  ].join("\n");
}

function reportText(report: InvarianceReport): string {
  const { model, engine, invariant } = report;
  const verdict = invariant
    ? pc.green("invariant: every bit is the same whatever a request is asked with")
    : pc.red("broken: answers depend on what they are asked with; please report this table");
  const facts = Object.entries(engine).map(([name, value]) => `${name} ${value}`);
  return `${pc.bold(terminalSafe(model))} · ${terminalSafe(facts.join(", "))}\n${invarianceTable(report)}\n${verdict}\n`;
}
