import { units } from "./metric.js";
import { Interval, List, NumberOrNull } from "./schema-parts.js";
import { type Static, Type } from "./schema-type.js";

export const Unit = Type.Enum([...units]);

/** A metric's value with its uncertainty, as in `MetricValue`, with its name and unit. */
export const MetricResult = Type.Object({
  name: Type.String(),
  reportedAs: Type.Optional(
    Type.String({
      description: "what the authors of the scoring call it, where that is known: `Overall` for `accuracy`",
    }),
  ),
  unit: Unit,
  direction: Type.Enum(["higher", "lower", "neither"]),
  value: NumberOrNull(),
  stderr: Type.Optional(Type.Number()),
  interval: Type.Optional(Interval()),
  method: Type.Optional(Type.Enum(["wilson", "t", "clustered", "bootstrap", "clt", "reported"])),
  n: Type.Integer(),
  withoutGuesses: Type.Optional(Type.Number({ description: "drawn and last-resort answers counted as wrong" })),
  bounds: Type.Optional(Interval()),
  note: Type.Optional(Type.String()),
  of: Type.Optional(
    Type.String({ description: "which of a sample's values it looks at, where that is not its own name" }),
  ),
  range: Type.Optional(Interval({ description: "lowest and highest value of one sample; a fraction's is 0 and 1" })),
  /** With --repeats: the value of each repeat. */
  repeats: Type.Optional(List(Type.Number())),
});
export type MetricResult = Static<typeof MetricResult>;
