import { Strings } from "../core/schema-parts.js";
import { type Static, Type } from "../core/schema-type.js";

/** One line of timings.jsonl: everything that differs between two equal runs. */
export const TimingRecord = Type.Object({
  task: Type.String({ description: "the label: the task's name, with @split unless it is the default split" }),
  index: Type.Optional(Type.Integer({ minimum: 0 })),
  id: Type.String(),
  repeat: Type.Optional(Type.Integer({ minimum: 0 })),
  kind: Type.Enum(["model", "judge"]),
  worker: Type.Optional(Type.String({ description: "of a fleet: who asked" })),
  totalMs: Type.Number({ minimum: 0 }),
  requestMs: Type.Optional(Type.Number({ minimum: 0 })),
  attempts: Type.Integer({ minimum: 0 }),
  retried: Type.Optional(Strings()),
  promptTokens: Type.Optional(Type.Integer({ minimum: 0 })),
  cachedTokens: Type.Optional(Type.Integer({ minimum: 0 })),
  completionTokens: Type.Optional(Type.Integer({ minimum: 0 })),
  reasoningTokens: Type.Optional(Type.Integer({ minimum: 0 })),
  cost: Type.Optional(Type.Number({ minimum: 0 })),
});
export type TimingRecord = Static<typeof TimingRecord>;
