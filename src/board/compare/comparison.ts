/** What `compare --format json` writes. Documented for users in results/README.md. */
import { noteFlags } from "../../core/note.js";
import { type Static, Type } from "../../core/schema-type.js";

const Text = Type.String();
const Optional = Type.Optional;
const Interval = Type.Unsafe<readonly [number, number]>({
  type: "array",
  items: { type: ["number", "null"] },
  minItems: 2,
  maxItems: 2,
  description: "level 1 - alpha; null = unbounded",
});

export const Verdict = Type.Enum(["regression", "no regression", "not enough evidence"]);
export type Verdict = Static<typeof Verdict>;

const Answer = Type.Object({
  value: Optional(Type.Number()),
  answer: Optional(Type.String({ description: "what was extracted" })),
  text: Optional(Type.String({ description: "the raw answer, its first 2,000 characters" })),
  unscored: Optional(Text),
  notes: Optional(
    Type.Array(Type.Object({ flag: Optional(Type.Enum([...noteFlags])), comment: Text, by: Text }), {
      description: "what people noted on it",
    }),
  ),
});

/** A sample whose score changed. */
export const Flip = Type.Object({
  index: Type.Integer(),
  id: Text,
  repeat: Optional(Type.Integer()),
  images: Type.Array(Text, { description: "SHA-256 (32 hex digits) of each image" }),
  prompt: Optional(Text),
  targets: Optional(Type.Array(Text)),
  a: Answer,
  b: Answer,
});
export type Flip = Static<typeof Flip>;

export const TaskComparison = Type.Object({
  task: Text,
  version: Type.Integer(),
  metric: Text,
  unit: Text,
  direction: Type.Enum(["higher", "lower"]),
  /** Values over the paired samples, in the metric's unit; null where the metric has no value. */
  a: Type.Union([Type.Number(), Type.Null()]),
  b: Type.Union([Type.Number(), Type.Null()]),
  valueLost: Optional(Type.Boolean({ description: "the metric has a value in A's Result and none in B's" })),
  /** b - a. */
  delta: Type.Union([Type.Number(), Type.Null()]),
  interval: Optional(Interval),
  p: Optional(Type.Number({ description: "two-sided" })),
  pHolm: Optional(Type.Number({ description: "adjusted for all tasks of this comparison" })),
  test: Optional(Type.Enum(["mcnemar-exact", "paired-permutation", "swap-randomisation", "betting"])),
  smallestEffect: Optional(Type.Number({ description: "|delta| that this n shows with 80 % power" })),
  minEffect: Type.Number({ description: "a worse result counts from here, in the metric's unit" }),
  verdict: Verdict,
  improved: Type.Boolean({ description: "significantly better" }),
  samples: Type.Object({
    paired: Type.Integer({ description: "scored in both" }),
    clusters: Type.Integer(),
    unscored: Type.Integer({ description: "in both runs, but unscored in one or both" }),
    onlyA: Type.Integer(),
    onlyB: Type.Integer(),
  }),
  flips: Type.Object({
    gained: Type.Integer(),
    lost: Type.Integer(),
    /** Losses first, the largest change first. */
    shown: Type.Array(Flip),
  }),
  notes: Type.Array(Text),
});
export type TaskComparison = Static<typeof TaskComparison>;

export const Comparison = Type.Object({
  schema: Type.Literal("llava-eval/comparison@1"),
  a: Type.Object({ name: Text, models: Type.Array(Text) }),
  b: Type.Object({ name: Text, models: Type.Array(Text) }),
  alpha: Type.Number(),
  /** The worst of the tasks. */
  verdict: Verdict,
  tasks: Type.Array(TaskComparison),
  /** Tasks that only one side has. */
  onlyA: Type.Array(Text),
  onlyB: Type.Array(Text),
  /** Why the two sides may not be comparable. */
  warnings: Type.Array(Text),
});
export type Comparison = Static<typeof Comparison>;
