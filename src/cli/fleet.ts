import type { CommandModule } from "yargs";
import { changeFleet, fleetStatus, type RunStatus } from "../api/run/fleet.js";
import { terminalSafe } from "../core/terminal-safe.js";
import { insecureFleet } from "./fleet-options.js";
import { count, duration } from "./number-format.js";

/** A worker says every five seconds that it is there. */
const lostAfter = 30;

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
      process.stdout.write(`${what}: ${terminalSafe(changed.join(", ")) || "no run on the queue"}\n`);
      return;
    }
    const { runs, unread } = await fleetStatus({ insecure }, run);
    for (const words of unread)
      process.stderr.write(`warning: ${terminalSafe(words)}: \`llava-eval fleet drain\` forgets it\n`);
    if (json) process.stdout.write(`${JSON.stringify(runs, null, 2)}\n`);
    else
      process.stdout.write(
        runs.length === 0
          ? `no run on the queue${unread.length > 0 ? " that can be read" : ""}\n`
          : runs.map(statusLines).join("\n"),
      );
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
  progress,
  space,
}: RunStatus): string {
  const blocks = `${count(waiting)} blocks waiting, ${leased} leased, ${completed} to take${failed > 0 ? `, ${failed} failed` : ""}`;
  const lines = [
    `run ${run.id.slice(0, 8)} · ${run.model} · ${run.settings.tasks.join(", ")}${paused ? " · paused" : ""}`,
    ...(progress ? [progressLine(progress)] : []),
    `${blocks} · ${room(space)} · ${coordinator ? `coordinator ${coordinator.host} pid ${coordinator.pid}${progress ? `, seen ${progress.seenAgo} s ago` : ""}` : "no coordinator: run the same command again"}`,
    ...(workers.length > 0
      ? workers.map(workerLine)
      : [`  no worker: llava-eval worker --model ... --name ${run.model}`]),
    ...Object.entries(refused).map(([name, why]) => `  ${name}  refused: ${why}`),
  ];
  return `${lines.map((line) => terminalSafe(line)).join("\n")}\n`;
}

/** `vqav2 18,240 taken, 196,114 left (8.5 %) · 412/s · ETA 7 min 56 s · 3 unscored · 48 answered twice, 0 in other words` */
function progressLine(progress: NonNullable<RunStatus["progress"]>): string {
  const { label, done, left, unscored, perSecond, repeated, changed } = progress;
  const share =
    left === undefined ? "" : `, ${count(left)} left (${((100 * done) / Math.max(1, done + left)).toFixed(1)} %)`;
  return [
    `${label} ${count(done)} taken${share}`,
    `${perSecond.toFixed(1)}/s`,
    ...(left !== undefined && done > 0 ? [`ETA ${duration(left / perSecond)}`] : []),
    ...(unscored > 0 ? [`${count(unscored)} unscored`] : []),
    ...(repeated + changed > 0
      ? [`${count(repeated + changed)} answered twice, ${count(changed)} in other words`]
      : []),
  ].join(" · ");
}

/** `  node1-4411-9f3a  vqav2 #18193  4,512 samples, 104.2/s, 0 retries, 0.9 CPU-ms each, seen 1 s ago` */
function workerLine(worker: RunStatus["workers"][number]): string {
  const { name, hand, done, failed, perSecond, retries, cpuMs, seenAgo, unlike } = worker;
  const facts = [
    `${count(done)} samples`,
    ...(failed > 0 ? [`${count(failed)} without an answer`] : []),
    `${perSecond.toFixed(1)}/s`,
    `${count(retries)} ${retries === 1 ? "retry" : "retries"}`,
    `${cpuMs.toFixed(1)} CPU-ms each`,
    seenAgo > lostAfter ? `not heard of for ${duration(seenAgo)}` : `seen ${seenAgo} s ago`,
    ...(unlike === undefined ? [] : [`differs: ${unlike}`]),
  ];
  return `  ${name}  ${hand === undefined ? "" : `${hand}  `}${facts.join(", ")}`;
}

const room = ({ used, most }: RunStatus["space"]) =>
  `${megabytes(used)}${most === undefined ? "" : ` of ${megabytes(most)}`} on the server`;
const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
