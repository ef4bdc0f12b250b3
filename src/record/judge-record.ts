import { AnyJson, Strings } from "../core/schema-parts.js";
import { type Static, Type } from "../core/schema-type.js";

/** One line of judge.<task>.jsonl: the replies that led to one verdict. */
export const JudgeRecord = Type.Object({
  index: Type.Integer({ minimum: 0 }),
  id: Type.String(),
  repeat: Type.Optional(Type.Integer({ minimum: 0 })),
  step: Type.Integer({
    minimum: 0,
    maximum: 99,
    description: "0-based: judges may be asked several questions about one sample",
  }),
  /** SHA-256 (32 hex digits) of the question; a changed answer or prompt is asked again. */
  digest: Type.String(),
  model: Type.String(),
  /** Every reply, the ones that did not parse included. */
  replies: Strings(),
  answeredBy: Type.Optional(
    Type.String({ description: "the model that the last reply names, where it is not the judge" }),
  ),
  verdict: Type.Optional(AnyJson()),
  failure: Type.Optional(Type.String()),
});
export type JudgeRecord = Static<typeof JudgeRecord>;
