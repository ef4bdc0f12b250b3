import { MetricResult } from "../core/metric-result.js";
import { Flag } from "../core/result.js";
import { Dictionary, List, Strings } from "../core/schema-parts.js";
import { type Static, Type } from "../core/schema-type.js";
import { Spread } from "../core/spread.js";
import { EntryGain } from "../core/vision-gain.js";

/** One entry of leaderboard.json: a Result without its fingerprint, and where it came from. */
export const LeaderboardEntry = Type.Object({
  model: Type.String(),
  task: Type.String(),
  version: Type.Integer(),
  scoring: Type.String(),
  reasoningTags: Type.Optional(Strings()),
  promptProfile: Type.String(),
  frames: Type.Optional(Type.String({ description: "of clips: how many, and by which profile" })),
  dataset: Type.Object({
    source: Type.String(),
    configs: Type.Optional(Strings()),
    split: Type.Optional(Type.String()),
    revision: Type.Optional(Type.String()),
  }),
  judge: Type.Optional(Type.String()),
  metrics: List(MetricResult),
  /** Absent where a number from elsewhere does not say. */
  n: Type.Optional(Type.Object({ total: Type.Integer(), scored: Type.Integer() })),
  /** By way of asking blind: what the image was worth. */
  visionGain: Type.Optional(Dictionary(EntryGain)),
  /** How much the score owes to the way in which it was asked. */
  spread: Type.Optional(Spread),
  flags: List(Flag),
  /** The run's folder, relative to the leaderboard file. */
  run: Type.String(),
  finishedAt: Type.Optional(Type.String()),
  /** Where the number comes from when it is not a run of ours: `published`, `lmms-eval`, `lm-eval`, `VLMEvalKit`. */
  origin: Type.Optional(Type.String()),
  /** Of a published number: who printed it. */
  source: Type.Optional(
    Type.Object({
      name: Type.String({ description: "in a word or three: `LLaVA-1.5 paper`" }),
      title: Type.String(),
      url: Type.String(),
      cite: Type.String({ description: "a key for BibTeX" }),
      status: Type.String({ description: "read: from the source; transcribed: from a copy of its table" }),
      note: Type.Optional(Type.String()),
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
