/** A run that workers answer: what its coordinator has in the place of a model, and what is known of the runs on a server. */
import { defined } from "../../core/defined.js";
import { digestOf } from "../../core/digest.js";
import { UserError } from "../../core/errors.js";
import type { Json } from "../../core/json.js";
import { pause } from "../../core/pause.js";
import type { Fingerprint, Runner } from "../../core/runner.js";
import {
  type Announced,
  type ForeignRun,
  type Membership,
  type SharedSettings,
  sharedSettings,
  unreadable,
} from "../../fleet/announced.js";
import { type DataDoor, dataDoor, type FleetLimits, type FleetSettings, wayToQueue } from "../../fleet/connect.js";
import { share } from "../../fleet/coordinator.js";
import { DataServer, type ServedTask } from "../../fleet/data-server.js";
import type { Fence } from "../../fleet/fence.js";
import { Fleet, type RunStatus } from "../../fleet/fleet.js";
import { WorkerWatch } from "../../fleet/worker-watch.js";
import { differencesOf, type Identity } from "../../record/identity.js";
import { isRun, openRun } from "../../record/read.js";
import type { SampleRecord } from "../../record/samples.js";
import { identityOf, type TaskToAsk } from "../../run/identity.js";
import { plannedCount } from "../../run/plan.js";
import type { TaskEnd, TaskRun } from "../../run/run-task.js";
import { FileDigests } from "../../video/file-digest.js";
import type { RunSettings } from "../settings.js";
import type { Choice } from "../tasks/catalogue.js";
import { packageVersion } from "../versions.js";
import type { RunListener } from "./listener.js";
import { type ChosenModel, requireName } from "./models.js";
import { largestBudget } from "./ways.js";

export type { FleetSettings, RunStatus, ServedTask };

/** A coordinator announces its run again and again: a server may lose everything. */
const announceMs = 1000;
/** How often it looks who works for it. */
const watchMs = 5000;

/** The workers that a run has. */
export type Members = Membership & { readonly runner: Runner };

export interface RunToShare {
  readonly fleet: FleetSettings;
  readonly settings: RunSettings;
  readonly tasks: readonly TaskToAsk[];
  /** What the settings decide for all tasks. */
  readonly rules: Identity;
  /** What decodes clips here: Results say it, so workers must have it too. */
  readonly decoder?: string;
  /** One of the tasks with its rows, by its label. */
  open(label: string): Promise<ServedTask> | undefined;
  readonly listener: RunListener;
  readonly drain: AbortSignal;
  readonly abort: AbortSignal;
}

/** The run on the server, in the hands of the one process that coordinates it. */
export class SharedRun implements AsyncDisposable {
  /** Where equal questions were answered in two ways: `vqav2 12/0`. */
  readonly changed: string[] = [];
  /** How many were answered twice in one way. */
  repeated = 0;
  private readonly leftBehind = new Set<string>();
  private membership: Membership | undefined;
  private announcedAt = Number.NEGATIVE_INFINITY;
  private watchedAt = Number.NEGATIVE_INFINITY;
  private readonly watch = new WorkerWatch();
  private progress: TaskProgress | undefined;

  private constructor(
    private readonly parts: { readonly fleet: Fleet; readonly fence: Fence; readonly data: DataServer | undefined },
    private readonly run: Announced,
    private readonly limits: FleetLimits,
    private readonly listener: RunListener,
  ) {}

  static async open({ fleet: settings, ...shared }: RunToShare): Promise<SharedRun> {
    const run = await announced(shared, settings);
    const door = settings.listen === undefined ? undefined : dataDoor(settings.listen);
    const fleet = await Fleet.open(settings, shared.abort, (message) => shared.listener.say(message));
    try {
      const fence = await fleet.fence(run.id, shared.drain);
      const data = door && (await serveData(door, shared));
      return new SharedRun({ fleet, fence, data }, run, settings.limits ?? {}, shared.listener);
    } catch (error) {
      await fleet[Symbol.asyncDispose]();
      throw error;
    }
  }

  /**
   * Who the workers are: those of the folder, where it holds this run already, else the first who comes decides.
   * @param folder  undefined: there is none to go on with
   * @throws UserError  the workers' data or options are not the run's
   */
  async members(folder: string | undefined, drain: AbortSignal): Promise<Members> {
    const { run } = this;
    const { fleet } = this.parts;
    const known = folder === undefined ? undefined : await membershipOf(folder, run.identity.decoder);
    await fleet.setMember(run.id, known);
    for (let polls = 0; ; polls++) {
      await this.check();
      const membership = await fleet.member(run.id);
      if (membership) {
        this.membership = membership;
        // Of the folder's the folder itself says more, when it is opened.
        if (!known) requireAlike(run, membership.identity);
        return { ...membership, runner: namedRunner(run.model, membership.identity.fingerprint as Fingerprint) };
      }
      if (polls === 0) this.listener.say(`waiting for a worker: llava-eval worker --model ... --name ${run.model}`);
      await pause(200, drain);
    }
  }

  async share(task: TaskRun): Promise<TaskEnd | undefined> {
    const store = await this.parts.fleet.store(this.run.id);
    const progress = new TaskProgress(task.label, plannedCount(task.task, task.dataset, task.selection));
    this.progress = progress;
    try {
      return await share(task, {
        ...{ store, run: this.run.id, admits: this.run.admits === true, leftBehind: this.leftBehind },
        say: (message) => this.listener.say(message),
        onNotAsked: () => progress.passed(),
        onTaken: (record) => progress.took(record),
        onRepeated: () => {
          this.repeated++;
        },
        onChanged: (place) => this.changed.push(place),
        check: () => this.check(),
      });
    } finally {
      await store[Symbol.asyncDispose]();
    }
  }

  /** The run is over: workers look for another. */
  async finish(): Promise<void> {
    // Of a run that is shorter than the time between two looks it is said here who answered it.
    const workers = await this.parts.fleet.workers(this.run.id);
    for (const line of this.watch.arrivals(workers, performance.now() / 1000)) this.listener.say(line);
    await this.parts.fleet.forget(this.run.id);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.parts.data?.[Symbol.asyncDispose]();
    await this.parts.fence[Symbol.asyncDispose]();
    await this.parts.fleet[Symbol.asyncDispose]();
  }

  private async check(): Promise<void> {
    this.parts.fence.require();
    if (performance.now() - this.announcedAt < announceMs) return;
    this.announcedAt = performance.now();
    await this.parts.fleet.announce(this.run);
    await this.parts.fleet.limit(this.run.id, this.limits);
    if (this.membership) await this.parts.fleet.setMember(this.run.id, this.membership);
    const { repeated, changed, progress } = this;
    if (progress)
      await this.parts.fleet.setProgress(this.run.id, { ...progress.now(), repeated, changed: changed.length });
    if (performance.now() - this.watchedAt < watchMs) return;
    this.watchedAt = performance.now();
    const workers = await this.parts.fleet.workers(this.run.id);
    for (const line of this.watch.look(workers, performance.now() / 1000)) this.listener.say(line);
  }
}

/** What this process has taken of one task. */
class TaskProgress {
  private done = 0;
  private notAsked = 0;
  private unscored = 0;
  private readonly began = performance.now();

  constructor(
    private readonly label: string,
    private readonly planned: number | undefined,
  ) {}

  passed(): void {
    this.notAsked++;
  }

  took({ state, score }: SampleRecord): void {
    this.done++;
    if (state === "failed" || score?.status === "unscored") this.unscored++;
  }

  now() {
    const { label, done, unscored, notAsked, planned } = this;
    const perSecond = (1000 * done) / Math.max(1, performance.now() - this.began);
    const left = planned === undefined ? undefined : Math.max(0, planned - notAsked - done);
    return { label, done, unscored, perSecond, ...defined({ left }) };
  }
}

async function serveData(door: DataDoor, { open, listener, abort }: Omit<RunToShare, "fleet">): Promise<DataServer> {
  const digests = new FileDigests();
  const server = await DataServer.open({ door, open, signal: abort, digestOf: (path) => digests.of(path) });
  listener.say(`serving rows, images and clips at ${door.tls ? "https" : "http"}://${door.host}:${server.port}`);
  return server;
}

async function announced(
  { settings, tasks, rules, decoder }: Omit<RunToShare, "fleet">,
  { admit }: FleetSettings,
): Promise<Announced> {
  const { name = "" } = settings;
  const identity = await identityOf({ runner: namedRunner(name, {}), tasks, decided: rules });
  const told = { ...settings, "max-new-tokens": largestBudget(settings) };
  const shared = Object.fromEntries(
    sharedSettings.flatMap((key) => (told[key] === undefined ? [] : [[key, told[key]]])),
  );
  const run = {
    ...{ v: 1 as const, version: packageVersion(), model: name },
    settings: { ...shared, tasks: tasks.map(({ label }) => label) } as SharedSettings,
    ...(admit ? { admits: true as const } : {}),
    identity: { ...withoutModel(identity), ...defined({ decoder }) },
  };
  const announced = { ...run, id: digestOf(run as unknown as Json, 32) };
  const violation = unreadable(announced);
  if (!violation) return announced;
  throw new UserError(
    `workers cannot be told of this run: ${violation.pointer} ${violation.expected}`,
    "--fleet",
    "tasks are named there by letters, digits, _ and - alone: rename the task, or share the run with --shard",
  );
}

/** The run that a folder holds, as its workers had it, with today's decoder: a folder goes on with another. */
async function membershipOf(folder: string, decoder: Json | undefined): Promise<Membership | undefined> {
  if (!(await isRun(folder))) return undefined;
  const { manifest } = await openRun(folder);
  const { demo } = { ...(manifest.config.model as object) } as { demo?: boolean };
  const identity = { ...(manifest.identity as Identity), ...defined({ decoder }) };
  return { identity, demo: demo === true, since: manifest.startedAt };
}

/** @throws UserError  with the differences */
export function requireAlike(run: Announced, identity: Identity): void {
  requireSame(run, run.identity, withoutModel(identity));
}

/**
 * In what a worker differs from the others of a run that admits it; undefined: in nothing.
 * @throws UserError  with the differences that the run does not admit
 */
export function unlikeness(run: Announced, members: Identity, identity: Identity): string | undefined {
  requireSame(run, members, identity);
  const differences = differencesOf(members, identity);
  return differences.length === 0 ? undefined : inWords(differences, "at the worker").join("; ").slice(0, mostWords);
}

/** Of a difference, in each of a worker's answers. */
const mostWords = 500;

function requireSame(run: Announced, theirs: Identity, ours: Identity): void {
  const differences = run.admits
    ? differencesOf(withoutSetUp(theirs), withoutSetUp(ours))
    : differencesOf(theirs, ours);
  if (differences.length > 0) throw unlike(run, differences);
}

/** What must hold of every worker: its model's set-up and its decoder aside, and its rows' digest; what they ask is compared sample by sample. */
function withoutSetUp({ fingerprint: _, decoder: __, ...identity }: Identity): Identity {
  return Object.fromEntries(
    Object.entries(identity).map(([key, value]) =>
      key.startsWith("task ") ? [key, { ...(value as object), data: "" }] : [key, value],
    ),
  );
}

const inWords = (differences: readonly string[], here: string) =>
  differences.map((line) => line.replace("in the folder", "in the run").replace(/ now$/, ` ${here}`));

function unlike(run: Announced, differences: readonly string[]): UserError {
  const lines = inWords(differences, "here");
  return new UserError(
    `this worker is not one of the run's:\n${lines.map((line) => `    ${line}`).join("\n")}`,
    `run ${run.id}`,
    `bring its data, task files, options and model to those of the run${run.admits ? "" : "; `run --fleet --admit` takes other set-ups of the model, and records them"}`,
  );
}

/** The identity with what only workers can say: how their model is asked for each task. */
export function withRequests(identity: Identity, members: Identity): Identity {
  return Object.fromEntries(
    Object.entries(identity).map(([key, value]) => {
      const { request } = { ...(key.startsWith("task ") ? (members[key] as object) : {}) } as { request?: Json };
      return [key, request === undefined ? value : { ...(value as object), request }];
    }),
  );
}

/** What a coordinator knows of an identity: all but what a model says. */
function withoutModel({ model: _, fingerprint: __, ...identity }: Identity): Identity {
  return Object.fromEntries(
    Object.entries(identity).map(([key, value]) => {
      if (!key.startsWith("task ")) return [key, value];
      const { request: ___, ...task } = value as Record<string, Json>;
      return [key, task];
    }),
  );
}

/** Named in Results, and never asked here. */
function namedRunner(name: string, fingerprint: Fingerprint): Runner {
  return {
    ...{ name, fingerprint, concurrency: 1 },
    generate: () => Promise.reject(new Error("a coordinator asks no model")),
    async [Symbol.asyncDispose]() {},
  };
}

/** What is on the server, or the run whose id begins so. */
export interface FleetStatus {
  readonly runs: readonly RunStatus[];
  /** For people: which runs are there too, and cannot be read by this version. */
  readonly unread: readonly string[];
}

export async function fleetStatus(settings: FleetSettings, run?: string): Promise<FleetStatus> {
  return await onServer(settings, async (fleet) => {
    const { runs, foreign } = await meant(fleet, run);
    return { runs: await Promise.all(runs.map((one) => fleet.status(one))), unread: foreign.map(unreadWords) };
  });
}

/**
 * Pauses, resumes, or forgets (`drain`) runs on the server; what this version cannot read it can forget all the same.
 * @returns their names for people
 */
export async function changeFleet(
  settings: FleetSettings,
  change: "pause" | "resume" | "drain",
  run?: string,
): Promise<readonly string[]> {
  return await onServer(settings, async (fleet) => {
    const { runs, foreign } = await meant(fleet, run);
    const [unread] = foreign;
    if (change !== "drain" && run !== undefined && runs.length === 0 && unread)
      throw new UserError(
        unreadWords(unread),
        "run",
        `${change} it with the version that announced it, or forget it: llava-eval fleet drain ${shortOf(unread.place)}`,
      );
    for (const { id } of runs) await (change === "drain" ? fleet.forget(id) : fleet.pause(id, change === "pause"));
    const forgotten = change === "drain" ? foreign : [];
    for (const { place } of forgotten) await fleet.forget(place);
    return [
      ...runs.map(({ id }) => shortOf(id)),
      ...forgotten.map((one) => `${shortOf(one.place)} (announced by ${authorOf(one)}, and not read by this version)`),
    ];
  });
}

/** @throws UserError  there is none */
async function meant(fleet: Fleet, run: string | undefined) {
  const isMeant = (id: string) => run === undefined || id.startsWith(run);
  const runs = (await fleet.runs()).filter(({ id }) => isMeant(id));
  const foreign = (await fleet.foreignRuns()).filter(({ place }) => isMeant(place));
  if (run !== undefined && runs.length + foreign.length === 0)
    throw new UserError(`there is no run ${run} on the queue`, "run", '"llava-eval fleet status" lists them');
  return { runs, foreign };
}

const shortOf = (id: string) => id.slice(0, 8);
const authorOf = ({ said }: ForeignRun) => (said ? `llava-eval ${said.version}` : "nobody known");
const unreadWords = (one: ForeignRun) =>
  `run ${shortOf(one.place)}${one.said ? ` of ${one.said.model}` : ""} was announced by ${authorOf(one)}, and this version cannot read it`;

async function onServer<T>(settings: FleetSettings, act: (fleet: Fleet) => Promise<T>): Promise<T> {
  await using fleet = await Fleet.open(settings, new AbortController().signal);
  return await act(fleet);
}

/** @throws UserError  a task is without some of its items: workers find tasks by their names alone */
export function requireWholeTasks({ chosen }: Choice): void {
  const label = chosen.find(({ without }) => without !== undefined)?.label;
  if (label === undefined) return;
  throw new UserError(
    `${label} is a task without some of its items, and workers find tasks by their names`,
    "--fleet",
    "leave --fleet out, or share the run with --shard",
  );
}

/** What a coordinator has in the place of a model. @throws UserError  the settings are not those of a shared run, or no queue is named */
export function workersModel({ name, model, shard, until }: RunSettings, fleet: FleetSettings): ChosenModel {
  wayToQueue(fleet);
  if (name === undefined || model !== undefined) {
    throw new UserError(
      model === undefined
        ? "nobody says what results call the workers' model"
        : "the workers open the model, not this process",
      model === undefined ? "--name" : "--model",
      "give --name NAME here, and --model M --name NAME to each worker",
    );
  }
  requireName(name);
  if (shard !== undefined)
    throw new UserError("--shard and --fleet are two ways to share a run", "--shard", "leave one of them out");
  if (until !== undefined) {
    throw new UserError(
      "workers are given blocks of rows, and a run that stops when decided asks in an order of its own",
      "--until, --fleet",
      "leave one of them out: one process asks until it is decided, with --concurrency as high as the endpoint takes",
    );
  }
  return { config: { runner: "stub", name }, isDemo: false, isStub: false };
}
