import { Interval } from "./schema-parts.js";
import { type Static, Type } from "./schema-type.js";

/** Of a run that stopped when it was decided how it compares with another. Differences are this run minus the other, in the metric's unit. */
export const Until = Type.Object({
  against: Type.String({ description: "the other run, as it was named" }),
  run: Type.String({ description: "its name in run.json, and when it began" }),
  metric: Type.String(),
  alpha: Type.Number({ description: "chance of any wrong verdict about this task, over all looks" }),
  delta: Type.Number({ description: "less than this is equal: points, or per cent of the other run's value" }),
  seed: Type.Integer({ description: "draws the order of the clusters" }),
  order: Type.Optional(
    Type.String({
      description:
        "digest of the difficulties by which it was drawn (--order): the samples asked are those that tell models apart, and their score is no estimate of the whole",
    }),
  ),
  through: Type.Integer({ description: "the rank of the last cluster that counts: what lies behind it does not" }),
  verdict: Type.Enum(["better", "worse", "equal", "undecided"]),
  difference: Type.Optional(Type.Number({ description: "of the samples asked; stopping pushes it away from 0" })),
  interval: Type.Optional(Interval({ description: "in samples like these, right at every look" })),
  forecast: Type.Optional(Interval({ description: "what the whole run would show; no verdict" })),
  p: Type.Number({ description: "of no difference; valid whenever the run stopped" }),
  looks: Type.Integer(),
  samples: Type.Integer({ description: "that count" }),
  of: Type.Integer({ description: "samples there are" }),
  clusters: Type.Integer(),
  gained: Type.Integer(),
  lost: Type.Integer(),
  unscored: Type.Optional(
    Type.Object(
      { here: Type.Integer(), there: Type.Integer() },
      { description: "samples that count and have no score in this run, in the other: they are out of the comparison" },
    ),
  ),
  bounds: Type.Optional(
    Interval({ description: "the difference if all that is unscored had gone against this run, or for it" }),
  ),
});
export type Until = Static<typeof Until>;
