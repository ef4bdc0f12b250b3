/**
 * The files of a run as types and JSON Schemas; a line of a journal is in record/samples.ts. `record` reads and writes them.
 * Documented for users in results/README.md. A reader refuses a newer major version.
 */
import { blindWays } from "./blind.js";
import { type Static, type TSchema, Type } from "./schema-type.js";
import { scorings } from "./score.js";

const List = <T extends TSchema>(items: T) => Type.Unsafe<readonly Static<T>[]>({ type: "array", items });
const Strings = List(Type.String());
/** Open objects: an older reader ignores keys that a newer minor version adds. */
const Text = Type.String();
const Optional = Type.Optional;
const AnyJson = Type.Unsafe<import("./json.js").Json>({});
const Dictionary = <T extends TSchema>(values: T) =>
  Type.Unsafe<Readonly<Record<string, Static<T>>>>({ type: "object", additionalProperties: values });

export const ScoredSchema = Type.Object({
  status: Type.Literal("scored"),
  value: Type.Union([Type.Number(), Dictionary(Type.Number())]),
  answer: Text,
  remark: Optional(Type.Enum(["empty", "truncated", "unparsable"])),
  targets: Optional(Strings),
  data: Optional(AnyJson),
});

export const UnscoredSchema = Type.Object({
  status: Type.Literal("unscored"),
  reason: Type.Enum(["refused", "transport", "judge", "data"]),
  detail: Text,
});

const Interval = Type.Unsafe<readonly [number, number]>({
  type: "array",
  items: { type: "number" },
  minItems: 2,
  maxItems: 2,
});

/** A metric's value with its uncertainty, as in `MetricValue`, with its name and unit. */
export const MetricResult = Type.Object({
  name: Text,
  reportedAs: Optional(
    Type.String({
      description: "what the authors of the scoring call it, where that is known: `Overall` for `accuracy`",
    }),
  ),
  unit: Type.Enum(["fraction", "percent", "points", "ratio", "count"]),
  direction: Type.Enum(["higher", "lower", "neither"]),
  value: Type.Union([Type.Number(), Type.Null()]),
  stderr: Optional(Type.Number()),
  interval: Optional(Interval),
  method: Optional(Type.Enum(["wilson", "t", "clustered", "bootstrap", "clt", "reported"])),
  n: Type.Integer(),
  withoutGuesses: Optional(Type.Number({ description: "drawn and last-resort answers counted as wrong" })),
  bounds: Optional(Interval),
  note: Optional(Text),
  of: Optional(Type.String({ description: "which of a sample's values it looks at, where that is not its own name" })),
  range: Optional(
    Type.Unsafe<readonly [number, number]>({
      ...Interval,
      description: "lowest and highest value of one sample; a fraction's is 0 and 1",
    }),
  ),
  /** With --repeats: the value of each repeat. */
  repeats: Optional(List(Type.Number())),
});
export type MetricResult = Static<typeof MetricResult>;

export const DatasetFacts = Type.Object({
  source: Type.String({ description: "hub id, folder, or `demo`" }),
  kind: Type.Enum(["hub", "folder", "demo"]),
  images: Optional(
    Type.String({
      description: "where the images are from that are not in the rows' data set: a hub id and its commit, or a folder",
    }),
  ),
  configs: Optional(Strings),
  split: Text,
  revision: Optional(Type.String({ description: "resolved commit" })),
  digest: Optional(Type.String({ description: "SHA-256 over the files read (name, size, hash)" })),
  licence: Text,
  rows: Optional(Type.Integer({ description: "rows the split has" })),
  expectedRows: Optional(Type.Integer()),
});
export type DatasetFacts = Static<typeof DatasetFacts>;

export const Flag = Type.Enum(["demo", "partial", "incomplete", "blind", "reordered"]);

/** Of a whole task, or of a sub-score. */
const gained = {
  value: Type.Union([Type.Number(), Type.Null()]),
  stderr: Optional(Type.Number()),
  interval: Optional(Interval),
  n: Type.Integer({ description: "samples with an image that are scored both ways" }),
  sighted: Type.Union([Type.Number(), Type.Null()]),
  blind: Type.Union([Type.Number(), Type.Null()]),
  /** Where a sample is right or wrong: those that are right without seeing. */
  solvable: Optional(
    Type.Object({
      n: Type.Integer(),
      share: Type.Number(),
      interval: Optional(Interval),
      ofRight: Optional(
        Type.Number({ description: "of the samples that are right with the image, the share right without" }),
      ),
    }),
  ),
  /** The score with the image on the samples that are not right without. */
  rest: Optional(Type.Object({ value: Type.Number(), interval: Optional(Interval), n: Type.Integer() })),
};

const gain = {
  metric: Text,
  unit: Type.Enum(["fraction", "percent", "points", "ratio", "count"]),
  ...gained,
};

/** What an image was worth: the score with it minus the score without, sample by sample, in the main metric's unit. */
export const VisionGain = Type.Object({
  ...gain,
  clusters: Optional(Type.Integer()),
  leftOut: Type.Object({
    unscored: Type.Integer({ description: "samples that one of the two ways has no score of" }),
    withoutImage: Type.Integer({ description: "samples that show nothing anyway" }),
  }),
  groups: Dictionary(Dictionary(Type.Object(gained))),
  notes: Strings,
});
export type VisionGain = Static<typeof VisionGain>;

/** The same on a board. */
export const EntryGain = Type.Object(gain);
export type EntryGain = Static<typeof EntryGain>;

const Share = Type.Object({ share: Type.Number(), interval: Optional(Interval), n: Type.Integer() });
const Value = Type.Union([Type.Number(), Type.Null()]);
const measured = {
  metric: Text,
  unit: Type.Enum(["fraction", "percent", "points", "ratio", "count"]),
  n: Type.Integer({ description: "samples that are scored every way" }),
  clusters: Optional(Type.Integer()),
  leftOut: Type.Integer({ description: "samples that some way has no score of" }),
  notes: Strings,
};

/** The same samples by several prompt profiles. */
export const PromptSpread = Type.Object({
  ...measured,
  profiles: List(Type.Object({ profile: Text, value: Value })),
  deviation: Optional(
    Type.Number({
      description: "standard deviation between the profiles, without what the sampling of items adds to it",
    }),
  ),
  interval: Optional(Interval),
  sampling: Optional(Type.Number({ description: "standard error of one profile's value from the sampling of items" })),
});
export type PromptSpread = Static<typeof PromptSpread>;

/** The same choice questions with their options in several orders. */
export const OrderSpread = Type.Object({
  ...measured,
  orders: Type.Integer({ description: "that were asked, the benchmark's own among them" }),
  fixed: Type.Integer({ description: "samples whose options cannot be moved: they were asked once" }),
  own: Value,
  value: Value,
  interval: Optional(Interval),
  deviation: Optional(
    Type.Number({ description: "standard deviation of the score if every sample's order were drawn from those asked" }),
  ),
  changed: Optional(Share),
  everyOrder: Optional(Share),
  places: List(Type.Object({ place: Text, value: Type.Number(), interval: Optional(Interval), n: Type.Integer() })),
});
export type OrderSpread = Static<typeof OrderSpread>;

/** The same samples with several budgets of new tokens. */
export const BudgetCurve = Type.Object({
  ...measured,
  budgets: List(
    Type.Object({
      maxNewTokens: Type.Integer(),
      value: Value,
      interval: Optional(Interval),
      truncated: Share,
      gain: Optional(
        Type.Object(
          { value: Type.Number(), interval: Optional(Interval) },
          { description: "over the next smaller budget, sample by sample" },
        ),
      ),
    }),
  ),
});
export type BudgetCurve = Static<typeof BudgetCurve>;

/** How much a score owes to the way in which it was asked. */
export const Spread = Type.Object({
  prompts: Optional(PromptSpread),
  orders: Optional(OrderSpread),
  budgets: Optional(BudgetCurve),
});
export type Spread = Static<typeof Spread>;

/** Of a run that stopped when it was decided how it compares with another. Differences are this run minus the other, in the metric's unit. */
export const Until = Type.Object({
  against: Type.String({ description: "the other run, as it was named" }),
  run: Type.String({ description: "its name in run.json, and when it began" }),
  metric: Text,
  alpha: Type.Number({ description: "chance of any wrong verdict about this task, over all looks" }),
  delta: Type.Number({ description: "less than this is equal: points, or per cent of the other run's value" }),
  seed: Type.Integer({ description: "draws the order of the clusters" }),
  order: Optional(
    Type.String({
      description:
        "digest of the difficulties by which it was drawn (--order): the samples asked are those that tell models apart, and their score is no estimate of the whole",
    }),
  ),
  through: Type.Integer({ description: "the rank of the last cluster that counts: what lies behind it does not" }),
  verdict: Type.Enum(["better", "worse", "equal", "undecided"]),
  difference: Optional(Type.Number({ description: "of the samples asked; stopping pushes it away from 0" })),
  interval: Optional(
    Type.Unsafe<readonly [number, number]>({ ...Interval, description: "in samples like these, right at every look" }),
  ),
  forecast: Optional(
    Type.Unsafe<readonly [number, number]>({ ...Interval, description: "what the whole run would show; no verdict" }),
  ),
  p: Type.Number({ description: "of no difference; valid whenever the run stopped" }),
  looks: Type.Integer(),
  samples: Type.Integer({ description: "that count" }),
  of: Type.Integer({ description: "samples there are" }),
  clusters: Type.Integer(),
  gained: Type.Integer(),
  lost: Type.Integer(),
  unscored: Optional(
    Type.Object(
      { here: Type.Integer(), there: Type.Integer() },
      { description: "samples that count and have no score in this run, in the other: they are out of the comparison" },
    ),
  ),
  bounds: Optional(
    Type.Unsafe<readonly [number, number]>({
      ...Interval,
      description: "the difference if all that is unscored had gone against this run, or for it",
    }),
  ),
});
export type Until = Static<typeof Until>;

/** `<task>.json`. Byte-identical for two equal runs: no times, no host. */
export const Result = Type.Object({
  schema: Type.Literal("llava-eval/result@1"),
  task: Type.String({ description: "the task's name, with @split unless it is the default split" }),
  version: Type.Integer(),
  model: Text,
  fingerprint: Dictionary(AnyJson),
  dataset: DatasetFacts,
  scoring: Type.Enum([...scorings]),
  reproduces: Optional(
    Type.String({ description: "whose code the scoring reproduces, and of which version: `lmms-eval 0.7.3`" }),
  ),
  reasoningTags: Optional(
    Type.Unsafe<readonly string[]>({ ...Strings, description: "whose thoughts were taken out before scoring" }),
  ),
  promptProfile: Text,
  /** Of tasks with clips: which of their frames were shown. */
  frames: Optional(
    Type.Object({
      rule: Type.String({ description: "how many, and by which profile: `32 by middles`" }),
      decoder: Type.String({ description: "what decoded them, and how" }),
    }),
  ),
  generation: Dictionary(AnyJson),
  judge: Optional(
    Type.Object({
      model: Text,
      expected: Text,
      promptDigest: Optional(Text),
      asked: Type.Integer(),
      failed: Type.Integer(),
      fallback: Optional(
        Type.Boolean({
          description: "asked only about what the rules cannot read; with the model `none` the rules decided alone",
        }),
      ),
      answeredBy: Optional(
        Type.String({ description: "the models that its replies name, where they are not the one asked for" }),
      ),
    }),
  ),
  /** With two judges: how far the second agrees with the one whose verdicts are scored. */
  secondJudge: Optional(
    Type.Object({
      model: Text,
      failed: Type.Integer(),
      n: Type.Integer(),
      agreement: Type.Union([Type.Number(), Type.Null()]),
      kappa: Type.Union([Type.Number(), Type.Null()]),
    }),
  ),
  seed: Type.Integer(),
  repeats: Type.Integer(),
  limit: Optional(Type.Integer()),
  /** Stated with every limit: whether it counts clusters, all of whose samples are in. */
  limitByCluster: Optional(Type.Boolean()),
  offset: Optional(Type.Integer()),
  shard: Optional(Type.String({ description: "only this part of the samples: `3/16`, from 0" })),
  until: Optional(Until),
  blind: Optional(
    Type.Enum([...blindWays], { description: "what was taken away from the questions: no benchmark score" }),
  ),
  optionOrder: Optional(
    Type.Integer({
      minimum: 1,
      description:
        "by how many places every option was moved on; without the samples that have no such order: no benchmark score",
    }),
  ),
  without: Optional(
    Type.Object(
      { list: Text, listed: Type.Integer(), found: Type.Integer() },
      {
        description: "items that are not asked: the list's name and version, how many it names, how many the rows had",
      },
    ),
  ),
  flags: List(Flag),
  n: Type.Object({
    total: Type.Integer(),
    scored: Type.Integer(),
    unscored: Type.Object({
      refused: Type.Integer(),
      transport: Type.Integer(),
      judge: Type.Integer(),
      data: Type.Integer(),
    }),
  }),
  /** Why samples are unscored, in the words of whoever failed: the five commonest. */
  reasons: Optional(
    List(
      Type.Object({
        reason: Type.Enum(["refused", "transport", "judge", "data"]),
        detail: Text,
        n: Type.Integer(),
      }),
    ),
  ),
  remarks: Type.Object({ empty: Type.Integer(), truncated: Type.Integer(), unparsable: Type.Integer() }),
  /** The first is the main metric. */
  metrics: List(MetricResult),
  groups: Dictionary(Dictionary(List(MetricResult))),
  /** By way of asking blind: `none`, `other`, `first-frame`, `shuffled-frames`. */
  visionGain: Optional(Dictionary(VisionGain)),
  /** With `--prompt-profiles`, `--option-orders` or several budgets. */
  spread: Optional(Spread),
  notes: Strings,
  submission: Optional(Text),
});
export type Result = Static<typeof Result>;

/** `run.json`. */
export const RunManifest = Type.Object({
  schema: Type.Literal("llava-eval/run@1"),
  name: Text,
  status: Type.Enum(["running", "interrupted", "incomplete", "done"]),
  model: Text,
  fingerprint: Dictionary(AnyJson),
  /** What decides the numbers; a run that is continued must agree with it (a larger limit extends). */
  identity: Dictionary(AnyJson),
  /** Everything as resolved from flags, environment, config file and preset; secrets as `env:NAME`. */
  config: Dictionary(AnyJson),
  tasks: Strings,
  /** What the model's server said of itself when the run began: its models, its version. */
  server: Optional(AnyJson),
  versions: Dictionary(Text),
  host: Dictionary(AnyJson),
  /** Of a run whose tasks are files: see record/seal. */
  seal: Optional(
    Type.String({
      description: "by the key of the user who named its task files: for him alone they are loaded again",
    }),
  ),
  startedAt: Text,
  finishedAt: Optional(Text),
});
export type RunManifest = Static<typeof RunManifest>;

/** One entry of leaderboard.json: a Result without its fingerprint, and where it came from. */
export const LeaderboardEntry = Type.Object({
  model: Text,
  task: Text,
  version: Type.Integer(),
  scoring: Text,
  reasoningTags: Optional(Strings),
  promptProfile: Text,
  frames: Optional(Type.String({ description: "of clips: how many, and by which profile" })),
  dataset: Type.Object({
    source: Text,
    configs: Optional(Strings),
    split: Optional(Text),
    revision: Optional(Text),
  }),
  judge: Optional(Text),
  metrics: List(MetricResult),
  /** Absent where a number from elsewhere does not say. */
  n: Optional(Type.Object({ total: Type.Integer(), scored: Type.Integer() })),
  /** By way of asking blind: what the image was worth. */
  visionGain: Optional(Dictionary(EntryGain)),
  /** How much the score owes to the way in which it was asked. */
  spread: Optional(Spread),
  flags: List(Flag),
  /** The run's folder, relative to the leaderboard file. */
  run: Text,
  finishedAt: Optional(Text),
  /** Where the number comes from when it is not a run of ours: `published`, `lmms-eval`, `lm-eval`, `VLMEvalKit`. */
  origin: Optional(Text),
  /** Of a published number: who printed it. */
  source: Optional(
    Type.Object({
      name: Type.String({ description: "in a word or three: `LLaVA-1.5 paper`" }),
      title: Text,
      url: Text,
      cite: Type.String({ description: "a key for BibTeX" }),
      status: Type.String({ description: "read: from the source; transcribed: from a copy of its table" }),
      note: Optional(Text),
    }),
  ),
});
export type LeaderboardEntry = Static<typeof LeaderboardEntry>;

/** leaderboard.json. */
export const Leaderboard = Type.Object({
  schema: Type.Literal("llava-eval/leaderboard@1"),
  entries: List(LeaderboardEntry),
});
export type Leaderboard = Static<typeof Leaderboard>;

/** One line of timings.jsonl: everything that differs between two equal runs. */
export const TimingRecord = Type.Object({
  task: Type.String({ description: "the label: the task's name, with @split unless it is the default split" }),
  index: Optional(Type.Integer({ minimum: 0 })),
  id: Text,
  repeat: Optional(Type.Integer({ minimum: 0 })),
  kind: Type.Enum(["model", "judge"]),
  worker: Optional(Type.String({ description: "of a fleet: who asked" })),
  totalMs: Type.Number({ minimum: 0 }),
  requestMs: Optional(Type.Number({ minimum: 0 })),
  attempts: Type.Integer({ minimum: 0 }),
  retried: Optional(Strings),
  promptTokens: Optional(Type.Integer({ minimum: 0 })),
  cachedTokens: Optional(Type.Integer({ minimum: 0 })),
  completionTokens: Optional(Type.Integer({ minimum: 0 })),
  reasoningTokens: Optional(Type.Integer({ minimum: 0 })),
  cost: Optional(Type.Number({ minimum: 0 })),
});
export type TimingRecord = Static<typeof TimingRecord>;

/** One line of judge.<task>.jsonl: the replies that led to one verdict. */
export const JudgeRecord = Type.Object({
  index: Type.Integer({ minimum: 0 }),
  id: Text,
  repeat: Optional(Type.Integer({ minimum: 0 })),
  step: Type.Integer({
    minimum: 0,
    maximum: 99,
    description: "0-based: judges may be asked several questions about one sample",
  }),
  /** SHA-256 (32 hex digits) of the question; a changed answer or prompt is asked again. */
  digest: Text,
  model: Text,
  /** Every reply, the ones that did not parse included. */
  replies: Strings,
  answeredBy: Optional(Type.String({ description: "the model that the last reply names, where it is not the judge" })),
  verdict: Optional(AnyJson),
  failure: Optional(Text),
});
export type JudgeRecord = Static<typeof JudgeRecord>;
