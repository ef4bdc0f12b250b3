import type { CommandModule } from "yargs";
import { changeFleet, fleetStatus, type RunStatus } from "../api/fleet.js";
import { terminalSafe } from "../core/terminal-safe.js";
import { insecureFleet } from "./fleet-options.js";
import { count } from "./number-format.js";

interface Arguments {
  readonly what: "status" | "pause" | "resume" | "drain";
  readonly run: string | undefined;
  readonly json: boolean | undefined;
  readonly "insecure-fleet": boolean | undefined;
}

export const command: CommandModule<object, Arguments> = {
  builder: (yargs) =>
    yargs
      .positional("what", {
        choices: ["status", "pause", "resume", "drain"] as const,
        demandOption: true,
        describe: "show; lease nothing more; go on; forget what is on the queue (answers in run folders stay)",
      })
      .positional("run", { type: "string", describe: "the beginning of a run's id (default: all)" })
      .option("json", { type: "boolean", describe: "print as JSON" })
      .option("insecure-fleet", insecureFleet),
  handler: async ({ what, run, json, "insecure-fleet": insecure = false }) => {
    if (what !== "status") {
      const changed = await changeFleet({ insecure }, what, run);
      process.stdout.write(`${what}: ${changed.map((id) => id.slice(0, 8)).join(", ") || "no run on the queue"}\n`);
      return;
    }
    const runs = await fleetStatus({ insecure }, run);
    if (json) process.stdout.write(`${JSON.stringify(runs, null, 2)}\n`);
    else process.stdout.write(runs.length === 0 ? "no run on the queue\n" : runs.map(statusLines).join("\n"));
  },
};

function statusLines({
  run,
  coordinator,
  waiting,
  leased,
  completed,
  failed,
  paused,
  workers,
  refused,
}: RunStatus): string {
  const blocks = `${count(waiting)} blocks waiting, ${leased} leased, ${completed} to take${failed > 0 ? `, ${failed} failed` : ""}`;
  const lines = [
    `run ${run.id.slice(0, 8)} · ${run.model} · ${run.settings.tasks.join(", ")}${paused ? " · paused" : ""}`,
    `${blocks} · ${coordinator ? `coordinator ${coordinator.host} pid ${coordinator.pid}` : "no coordinator: run the same command again"}`,
    ...workers.map(
      ({ name, done, failed: lost, perSecond, seenAgo, unlike }) =>
        `  ${name}  ${count(done)} samples${lost > 0 ? `, ${lost} without an answer` : ""}, ${perSecond.toFixed(1)}/s, seen ${seenAgo} s ago${unlike === undefined ? "" : `, differs: ${unlike}`}`,
    ),
    ...Object.entries(refused).map(([name, why]) => `  ${name}  refused: ${why}`),
  ];
  return `${lines.map((line) => terminalSafe(line)).join("\n")}\n`;
}
