/** How much a score owes to the way in which it was asked: what a Result holds of a run that asked in several. */
import { Unit } from "./metric-result.js";
import { Interval, List, NumberOrNull, Strings } from "./schema-parts.js";
import { type Static, Type } from "./schema-type.js";

const Share = Type.Object({ share: Type.Number(), interval: Type.Optional(Interval()), n: Type.Integer() });
const measured = {
  metric: Type.String(),
  unit: Unit,
  n: Type.Integer({ description: "samples that are scored every way" }),
  clusters: Type.Optional(Type.Integer()),
  leftOut: Type.Integer({ description: "samples that some way has no score of" }),
  notes: Strings(),
};

/** The same samples by several prompt profiles. */
export const PromptSpread = Type.Object({
  ...measured,
  profiles: List(Type.Object({ profile: Type.String(), value: NumberOrNull() })),
  deviation: Type.Optional(
    Type.Number({
      description: "standard deviation between the profiles, without what the sampling of items adds to it",
    }),
  ),
  interval: Type.Optional(Interval()),
  sampling: Type.Optional(
    Type.Number({ description: "standard error of one profile's value from the sampling of items" }),
  ),
});
export type PromptSpread = Static<typeof PromptSpread>;

/** The same choice questions with their options in several orders. */
export const OrderSpread = Type.Object({
  ...measured,
  orders: Type.Integer({ description: "that were asked, the benchmark's own among them" }),
  fixed: Type.Integer({ description: "samples whose options cannot be moved: they were asked once" }),
  own: NumberOrNull(),
  value: NumberOrNull(),
  interval: Type.Optional(Interval()),
  deviation: Type.Optional(
    Type.Number({ description: "standard deviation of the score if every sample's order were drawn from those asked" }),
  ),
  changed: Type.Optional(Share),
  everyOrder: Type.Optional(Share),
  places: List(
    Type.Object({ place: Type.String(), value: Type.Number(), interval: Type.Optional(Interval()), n: Type.Integer() }),
  ),
});
export type OrderSpread = Static<typeof OrderSpread>;

/** The same samples with several budgets of new tokens. */
export const BudgetCurve = Type.Object({
  ...measured,
  budgets: List(
    Type.Object({
      maxNewTokens: Type.Integer(),
      value: NumberOrNull(),
      interval: Type.Optional(Interval()),
      truncated: Share,
      gain: Type.Optional(
        Type.Object(
          { value: Type.Number(), interval: Type.Optional(Interval()) },
          { description: "over the next smaller budget, sample by sample" },
        ),
      ),
    }),
  ),
});
export type BudgetCurve = Static<typeof BudgetCurve>;

/** How much a score owes to the way in which it was asked. */
export const Spread = Type.Object({
  prompts: Type.Optional(PromptSpread),
  orders: Type.Optional(OrderSpread),
  budgets: Type.Optional(BudgetCurve),
});
export type Spread = Static<typeof Spread>;
