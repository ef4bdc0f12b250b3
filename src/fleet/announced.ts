/** A run that looks for workers, as it stands on the server. What a worker does with it is its own machine's affair. */
import { type Static, type TSchema, Type, violationOf } from "../core/schema.js";
import { List, Strings } from "../core/schema-parts.js";
import type { Identity } from "../record/identity.js";

const Optional = Type.Optional;
/** Names of tasks, never paths: a name is looked up in the worker's own catalogue. */
const names = "^[A-Za-z0-9_-]{1,100}(@[A-Za-z0-9_-]{1,100})?$";

/** The settings that decide what is asked; where data and models are is each worker's own. */
const Settings = Type.Object(
  {
    tasks: List(Type.String({ pattern: names }), { minItems: 1 }),
    limit: Optional(Type.Integer()),
    offset: Optional(Type.Integer()),
    seed: Optional(Type.Integer()),
    repeats: Optional(Type.Integer()),
    "prompt-profile": Optional(Type.String()),
    scoring: Optional(Type.String()),
    "reasoning-tags": Optional(Strings()),
    frames: Optional(Type.Integer()),
    fps: Optional(Type.Number()),
    "max-frames": Optional(Type.Integer()),
    "frame-profile": Optional(Type.String()),
    "max-new-tokens": Optional(Type.Integer()),
    temperature: Optional(Type.Number()),
  },
  { additionalProperties: false },
);
export type SharedSettings = Static<typeof Settings>;
export const sharedSettings = Object.keys(Settings.properties) as (keyof SharedSettings)[];

const Announced = Type.Object(
  {
    v: Type.Literal(1),
    /** Of all that follows: the same command is the same run. */
    id: Type.String({ pattern: "^[0-9a-f]{32}$" }),
    /** Of llava-eval. */
    version: Type.String(),
    /** What results call the model. */
    model: Type.String({ maxLength: 100 }),
    settings: Settings,
    /** Workers whose model is set up otherwise, or whose rows have another digest, may answer too: what differs is recorded. */
    admits: Optional(Type.Literal(true)),
    /** The run's, as far as it is known without the model. */
    identity: Type.Unsafe<Identity>({ type: "object" }),
  },
  { additionalProperties: false },
);
export type Announced = Static<typeof Announced>;

/** What can be said of a run that another version announced. */
const Foreign = Type.Object({
  version: Type.String({ maxLength: 100 }),
  model: Type.String({ maxLength: 100 }),
});
export type Foreign = Static<typeof Foreign>;

/** An announcement that this version cannot read. */
export interface ForeignRun {
  /** Its name on the server: the run's id. */
  readonly place: string;
  /** Absent: it may be nobody's. */
  readonly said?: Foreign;
}

/** Otherwise nothing on the server is of it but the announcement. */
export const isRunId = (place: string): boolean => /^[0-9a-f]{32}$/.test(place);

/** What all workers of a run have in common. */
const Membership = Type.Object({
  identity: Type.Unsafe<Identity>({ type: "object" }),
  demo: Type.Boolean({ description: "the model is a demo's: its scores are never benchmark scores" }),
  since: Optional(
    Type.String({ description: "tells apart runs that are otherwise alike: an answer of one is none of another" }),
  ),
});
export type Membership = Static<typeof Membership>;

const WorkerFacts = Type.Object({
  host: Type.String({ maxLength: 300 }),
  pid: Type.Integer(),
  done: Type.Integer({ description: "samples answered" }),
  failed: Type.Integer({ description: "of them without an answer" }),
  perSecond: Type.Number(),
  retries: Type.Integer({ description: "requests that were asked again" }),
  cpuMs: Type.Number({ description: "CPU time of the process, for each sample answered" }),
  hand: Optional(
    Type.String({ maxLength: 300, description: "of the block that it took last: the label, and its first row" }),
  ),
  unlike: Optional(Type.String({ description: "in what it differs from a run that admits others" })),
  at: Type.Number({ description: "seconds, by the server's clock" }),
});
export type WorkerFacts = Static<typeof WorkerFacts>;

/** A worker as it is seen from elsewhere. */
export interface WorkerStatus extends Omit<WorkerFacts, "at"> {
  readonly name: string;
  /** Seconds, by the server's clock. */
  readonly seenAgo: number;
}

/** How far a run's coordinator has come with the task at hand. */
const RunProgress = Type.Object({
  label: Type.String({ maxLength: 300 }),
  done: Type.Integer({ description: "samples taken since this process began the task" }),
  left: Optional(
    Type.Integer({ description: "samples to be taken; absent: how many there are is known when all rows were read" }),
  ),
  unscored: Type.Integer(),
  perSecond: Type.Number(),
  repeated: Type.Integer({ description: "samples of the run that were answered again with the same words" }),
  changed: Type.Integer({ description: "with other words" }),
  at: Type.Number({ description: "seconds, by the server's clock" }),
});
export type RunProgress = Static<typeof RunProgress>;

/** What of it no worker could read; undefined: nothing. */
export const unreadable = (run: Announced) => violationOf(Announced, run);

export const readAnnounced = (text: string) => readAs(Announced, text);
export const readForeign = (text: string) => readAs(Foreign, text);
export const readMembership = (text: string) => readAs(Membership, text);
export const readProgress = (text: string) => readAs(RunProgress, text);
export const readFacts = (text: string) => readAs(WorkerFacts, text);

/** Undefined: another version's, or nobody's. */
export function readAs<T extends TSchema>(schema: T, text: string): Static<T> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return violationOf(schema, value) ? undefined : (value as Static<T>);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
