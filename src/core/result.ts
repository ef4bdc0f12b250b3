/** A Result: what a run writes of one task. Documented for users in results/README.md; a reader refuses a newer major version. */
import { blindWays } from "./blind.js";
import { DatasetFacts } from "./dataset-facts.js";
import { unscoredReasons } from "./errors.js";
import { MetricResult } from "./metric-result.js";
import { AnyJson, Dictionary, List, NumberOrNull, Strings } from "./schema-parts.js";
import { type Static, Type } from "./schema-type.js";
import { scorings } from "./score.js";
import { Spread } from "./spread.js";
import { Until } from "./until.js";
import { VisionGain } from "./vision-gain.js";

export const Flag = Type.Enum(["demo", "partial", "incomplete", "blind", "reordered"]);

/** `<task>.json`. Byte-identical for two equal runs: no times, no host. */
export const Result = Type.Object({
  schema: Type.Literal("llava-eval/result@1"),
  task: Type.String({ description: "the task's name, with @split unless it is the default split" }),
  version: Type.Integer(),
  model: Type.String(),
  fingerprint: Dictionary(AnyJson()),
  dataset: DatasetFacts,
  scoring: Type.Enum([...scorings]),
  reproduces: Type.Optional(
    Type.String({ description: "whose code the scoring reproduces, and of which version: `lmms-eval 0.7.3`" }),
  ),
  reasoningTags: Type.Optional(Strings({ description: "whose thoughts were taken out before scoring" })),
  promptProfile: Type.String(),
  /** Of tasks with clips: which of their frames were shown. */
  frames: Type.Optional(
    Type.Object({
      rule: Type.String({ description: "how many, and by which profile: `32 by middles`" }),
      decoder: Type.String({ description: "what decoded them, and how" }),
    }),
  ),
  generation: Dictionary(AnyJson()),
  judge: Type.Optional(
    Type.Object({
      model: Type.String(),
      expected: Type.String(),
      promptDigest: Type.Optional(Type.String()),
      asked: Type.Integer(),
      failed: Type.Integer(),
      fallback: Type.Optional(
        Type.Boolean({
          description: "asked only about what the rules cannot read; with the model `none` the rules decided alone",
        }),
      ),
      answeredBy: Type.Optional(
        Type.String({ description: "the models that its replies name, where they are not the one asked for" }),
      ),
    }),
  ),
  /** With two judges: how far the second agrees with the one whose verdicts are scored. */
  secondJudge: Type.Optional(
    Type.Object({
      model: Type.String(),
      failed: Type.Integer(),
      n: Type.Integer(),
      agreement: NumberOrNull(),
      kappa: NumberOrNull(),
    }),
  ),
  seed: Type.Integer(),
  repeats: Type.Integer(),
  limit: Type.Optional(Type.Integer()),
  /** Stated with every limit: whether it counts clusters, all of whose samples are in. */
  limitByCluster: Type.Optional(Type.Boolean()),
  offset: Type.Optional(Type.Integer()),
  shard: Type.Optional(Type.String({ description: "only this part of the samples: `3/16`, from 0" })),
  until: Type.Optional(Until),
  blind: Type.Optional(
    Type.Enum([...blindWays], { description: "what was taken away from the questions: no benchmark score" }),
  ),
  optionOrder: Type.Optional(
    Type.Integer({
      minimum: 1,
      description:
        "by how many places every option was moved on; without the samples that have no such order: no benchmark score",
    }),
  ),
  without: Type.Optional(
    Type.Object(
      { list: Type.String(), listed: Type.Integer(), found: Type.Integer() },
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
  reasons: Type.Optional(
    List(
      Type.Object({
        reason: Type.Enum([...unscoredReasons]),
        detail: Type.String(),
        n: Type.Integer(),
      }),
    ),
  ),
  remarks: Type.Object({ empty: Type.Integer(), truncated: Type.Integer(), unparsable: Type.Integer() }),
  /** The first is the main metric. */
  metrics: List(MetricResult),
  groups: Dictionary(Dictionary(List(MetricResult))),
  /** By way of asking blind: `none`, `other`, `first-frame`, `shuffled-frames`. */
  visionGain: Type.Optional(Dictionary(VisionGain)),
  /** With `--prompt-profiles`, `--option-orders` or several budgets. */
  spread: Type.Optional(Spread),
  notes: Strings(),
  submission: Type.Optional(Type.String()),
});
export type Result = Static<typeof Result>;
