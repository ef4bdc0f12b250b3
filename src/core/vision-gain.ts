import { Unit } from "./metric-result.js";
import { Dictionary, Interval, NumberOrNull, Strings } from "./schema-parts.js";
import { type Static, Type } from "./schema-type.js";

/** Of a whole task, or of a sub-score. */
const gained = {
  value: NumberOrNull(),
  stderr: Type.Optional(Type.Number()),
  interval: Type.Optional(Interval()),
  n: Type.Integer({ description: "samples with an image that are scored both ways" }),
  sighted: NumberOrNull(),
  blind: NumberOrNull(),
  /** Where a sample is right or wrong: those that are right without seeing. */
  solvable: Type.Optional(
    Type.Object({
      n: Type.Integer(),
      share: Type.Number(),
      interval: Type.Optional(Interval()),
      ofRight: Type.Optional(
        Type.Number({ description: "of the samples that are right with the image, the share right without" }),
      ),
    }),
  ),
  /** The score with the image on the samples that are not right without. */
  rest: Type.Optional(Type.Object({ value: Type.Number(), interval: Type.Optional(Interval()), n: Type.Integer() })),
};

const gain = {
  metric: Type.String(),
  unit: Unit,
  ...gained,
};

/** What an image was worth: the score with it minus the score without, sample by sample, in the main metric's unit. */
export const VisionGain = Type.Object({
  ...gain,
  clusters: Type.Optional(Type.Integer()),
  leftOut: Type.Object({
    unscored: Type.Integer({ description: "samples that one of the two ways has no score of" }),
    withoutImage: Type.Integer({ description: "samples that show nothing anyway" }),
  }),
  groups: Dictionary(Dictionary(Type.Object(gained))),
  notes: Strings(),
});
export type VisionGain = Static<typeof VisionGain>;

/** The same on a board. */
export const EntryGain = Type.Object(gain);
export type EntryGain = Static<typeof EntryGain>;
