/** A worker of fleets: opens its own model and data, and answers what runs with that model look for. */
import { randomUUID } from "node:crypto";
import { homedir, hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { defined } from "../../core/defined.js";
import { digestOf } from "../../core/digest.js";
import { UserError } from "../../core/errors.js";
import type { Runner } from "../../core/runner.js";
import { ClipStore, usualClipBytes } from "../../datasets/clip-store.js";
import type { Announced, Foreign } from "../../fleet/announced.js";
import { dataSource, type FleetSettings } from "../../fleet/connect.js";
import { Fleet } from "../../fleet/fleet.js";
import { KeptAnswers } from "../../fleet/kept-answers.js";
import { inPieces } from "../../fleet/rows-in-hand.js";
import { ServedData } from "../../fleet/served-data.js";
import { type WorkTask, work } from "../../fleet/worker.js";
import { readImage } from "../../images/encoded.js";
import { readMask } from "../../images/mask.js";
import type { EvaluatedTask } from "../../run/evaluate.js";
import { identityOf } from "../../run/identity.js";
import { peek } from "../../run/peek.js";
import { serverProfile } from "../../video/frame-profiles.js";
import { parseSettings, type RunSettings } from "../settings.js";
import { chooseTasks } from "../tasks/catalogue.js";
import { packageVersion } from "../versions.js";
import { openClips } from "./clips.js";
import { type Decided, decide, opener, rulesOf, tasksToAsk } from "./decide.js";
import { requireAlike, unlikeness } from "./fleet.js";
import { type RunListener, warningsOf } from "./listener.js";
import { isDemoModel, namedModel, openModel } from "./models.js";
import { preflight } from "./preflight.js";

export interface WorkerControl {
  readonly fleet: FleetSettings;
  /** Task files of this machine, for runs of own tasks: their names are looked for here. */
  readonly taskFiles: readonly string[];
  /** Of images that the coordinator serves, those that may lie on this machine's disk; absent: 20 GB. */
  readonly imageBytes?: number;
  /** Leave when there has been nothing to do for a minute. */
  readonly once: boolean;
  readonly listener: RunListener;
  /** Aborted: nothing new is leased, what is in hand is finished. */
  readonly drain: AbortSignal;
  /** Aborted: what is in hand is given back. */
  readonly abort: AbortSignal;
}

const idleMs = 60_000;
const lookMs = 500;

/**
 * Answers until it is told to end.
 * @param settings  the model, its name, where data is, and how much is asked at once
 * @returns samples answered
 * @throws UserError  the run is not one that this machine can answer alike, with the differences
 */
export async function workFor(settings: RunSettings, control: WorkerControl): Promise<number> {
  const { listener, drain, abort, once } = control;
  const model = await namedModel(settings.model, settings.name);
  const warn = warningsOf(listener);
  await using fleet = await Fleet.open(control.fleet, abort, (message) => listener.say(message));
  await using runner = await openModel(model.config, settings, warn, listener);
  const idle = new Idle(once);
  let done = 0;
  listener.say(`looking for runs of ${runner.name}`);
  while (!drain.aborted && !idle.isLong) {
    const run = (await fleet.runs()).find(({ model: wanted }) => wanted === runner.name);
    if (run) done += await workOn(run, { fleet, runner, settings, control, idle });
    else {
      for (const { said } of await fleet.foreignRuns())
        if (said?.model === runner.name) requireVersion(said, `model ${said.model}`);
      await wait(lookMs, undefined, { signal: drain }).catch(orAborted(drain));
    }
  }
  return done;
}

interface Working {
  readonly fleet: Fleet;
  readonly runner: Runner;
  readonly settings: RunSettings;
  readonly control: WorkerControl;
  readonly idle: Idle;
}

async function workOn(run: Announced, { fleet, runner, settings, control, idle }: Working): Promise<number> {
  const { listener, drain, abort } = control;
  requireVersion(run, `run ${run.id}`);
  const isServed = settings.data === "coordinator";
  // Of a worker it says what its disk may hold, whether the run at hand has clips or not.
  const { "clip-disk": clipDisk, ...mine } = settings;
  const own = {
    ...mine,
    ...parseSettings(run.settings),
    data: isServed ? "hub" : (settings.data ?? "hub"),
    judge: ["none"],
  };
  const clipBytes = clipDisk === undefined ? undefined : clipDisk * 1e9;
  const decided: Decided = {
    ...(await decide({ ...own, tasks: await tasksHere(run, control.taskFiles) })),
    ...defined({ clipBytes }),
  };
  const { choice, profileOf, generationOf, scoring, seed, reading, selection } = decided;
  using served = isServed ? servedData(decided, control) : undefined;
  const open = served ? ({ label }: EvaluatedTask) => served.open(label) : opener(decided, listener, drain, true);
  await using opened = await peek(choice.chosen, { open, offset: selection.offset, signal: drain });
  const tasks = tasksToAsk(decided, opened.firsts);
  const clips = await openClips(decided.frameRule, listener, abort);
  const decoder = defined({ decoder: clips?.facts.decoder });
  const identity = { ...(await identityOf({ runner, tasks, decided: rulesOf(own, decided, clips) })), ...decoder };
  requireAlike(run, identity);
  await preflight(runner, tasks, abort, decided.frameRule?.profile === serverProfile);

  const name = `${hostname()}-${process.pid}-${randomUUID().slice(0, 4)}`;
  await using queue = await fleet.work(run.id, name);
  const members = await queue.join({ identity, demo: isDemoModel(decided.model), since: randomUUID() });
  const unlike = unlikeness(run, members.identity, identity);
  listener.say(`joined run ${run.id.slice(0, 8)} (${run.settings.tasks.join(", ")}) as ${name}`);
  if (unlike !== undefined) listener.say(`it differs from the run's workers, which its answers will say: ${unlike}`);

  const kept = new KeptAnswers(
    join(cacheFolder("answers"), digestOf([run.id, members.since ?? "", identity], 32)),
    warningsOf(listener),
  );
  const known = new Map<string, Promise<WorkTask | undefined>>();
  const openTask = async (label: string): Promise<WorkTask | undefined> => {
    const chosen = choice.chosen.find((one) => one.label === label);
    if (!chosen) return undefined;
    const { task, split } = chosen;
    return {
      answering: {
        ...{ task, split, label, runner, abort, profile: profileOf(task), generation: generationOf(task, split) },
        rules: { scoring, seed, reading },
        media: { readImage, readMask, ...defined({ clips: clips?.reader }) },
      },
      dataset: inPieces(await open(chosen), abort),
      repeats: selection.repeats,
    };
  };
  try {
    return await work({
      ...{ queue, kept, name, runner, drain, abort, ...defined({ unlike, concurrency: settings.concurrency }) },
      task(label) {
        const task = known.get(label) ?? openTask(label);
        known.set(label, task);
        return task;
      },
      async isOver() {
        const isThere = (await fleet.runs()).some(({ id }) => id === run.id);
        // The same settings may be another run by now, which waits for workers to join it.
        const isTheSame = (await fleet.member(run.id))?.since === members.since;
        return !isThere || !isTheSame || idle.isLong;
      },
      onBlock: () => idle.end(),
      onLost: (what, silence) => listener.say(lostLease(what, silence)),
    });
  } finally {
    for (const task of known.values()) await (await task)?.dataset[Symbol.asyncDispose]();
  }
}

const cacheFolder = (name: string) => join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "llava-eval", name);

/** Rows, images and clips of the coordinator, and where they may lie here. */
function servedData(
  { clipBytes = usualClipBytes }: Decided,
  { abort, imageBytes, listener }: WorkerControl,
): ServedData {
  const folder = cacheFolder("clips");
  const clips = new ClipStore(folder, clipBytes, () =>
    listener.say(
      `clips come from the coordinator; at most ${clipBytes / 1e9} GB of them are kept in ${folder} (--clip-disk)`,
    ),
  );
  return new ServedData(dataSource(), abort, { clips, ...defined({ imageBytes }) });
}

/** Work that may be done twice is never a riddle. */
const lostLease = (what: string, silence: number) =>
  `the lease of ${what} was lost, ${silence.toFixed(1)} s after it was last renewed: another worker may have it now (--lease makes leases longer)`;

function requireVersion({ version }: Foreign, run: string): void {
  if (version === packageVersion()) return;
  throw new UserError(
    `the run is of llava-eval ${version}, and this is ${packageVersion()}`,
    run,
    "install the run's version here: scores of two versions are not one result",
  );
}

/** The run's tasks by name, or as this machine's own files where those have that name. */
async function tasksHere(run: Announced, files: readonly string[]): Promise<readonly string[]> {
  const own = files.length === 0 ? [] : (await chooseTasks(files)).chosen;
  return run.settings.tasks.map((label) => {
    const [name, split] = label.split("@");
    const path = own.find(({ task }) => task.name === name)?.path;
    return path === undefined ? label : `${path}${split === undefined ? "" : `@${split}`}`;
  });
}

/** How long there has been nothing to do. */
class Idle {
  private since = performance.now();

  constructor(private readonly matters: boolean) {}

  get isLong(): boolean {
    return this.matters && performance.now() - this.since > idleMs;
  }

  end(): void {
    this.since = performance.now();
  }
}

const orAborted = (signal: AbortSignal) => (error: unknown) => {
  if (!signal.aborted) throw error;
};
