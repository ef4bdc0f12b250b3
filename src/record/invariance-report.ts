/** What `check-invariance` found of a server, as a file: whether it answers one question in one way. */
import { UserError } from "../core/errors.js";
import { AnyJson, Interval, List } from "../core/schema-parts.js";
import { type Static, Type } from "../core/schema-type.js";
import { readVersioned } from "./manifest.js";

const Said = Type.Object({
  text: Type.String(),
  answer: Type.Optional(Type.String({ description: "what was extracted" })),
  value: Type.Optional(Type.Number({ description: "its score" })),
});

export const WayReport = Type.Object({
  way: Type.String({ description: "compared with: each request alone, no two about one image in a row" }),
  requests: Type.Integer({ description: "answered both times" }),
  failed: Type.Integer({ description: "not answered, here or alone" }),
  flips: Type.Integer({ description: "other words" }),
  share: Interval({ description: "of flips, 95 % (Wilson)" }),
  firstCharacter: Type.Optional(Type.Number({ description: "where a flip begins: the median, from 0" })),
  answers: Type.Integer({ description: "flips with another extracted answer" }),
  scores: Type.Integer({ description: "flips with another score" }),
  effect: Type.Optional(Type.Number({ description: "what they make of the mean score" })),
  effectInterval: Type.Optional(Interval({ description: "95 %, by images" })),
  cachedTokens: Type.Optional(Type.Integer({ description: "prompt tokens that the server had, where it tells" })),
});
export type WayReport = Static<typeof WayReport>;

export const InvarianceFlip = Type.Object({
  way: Type.String(),
  index: Type.Integer(),
  id: Type.String(),
  character: Type.Integer({ description: "the first that differs, from 0" }),
  alone: Said,
  here: Said,
});
export type InvarianceFlip = Static<typeof InvarianceFlip>;

export const ServerInvariance = Type.Object({
  schema: Type.Literal("llava-eval/invariance@1"),
  model: Type.String(),
  fingerprint: Type.Unsafe<Readonly<Record<string, import("../core/json.js").Json>>>({ type: "object" }),
  server: Type.Optional(AnyJson({ description: "what it says of itself" })),
  task: Type.String(),
  promptProfile: Type.String(),
  generation: Type.Unsafe<Readonly<Record<string, import("../core/json.js").Json>>>({ type: "object" }),
  requests: Type.Integer(),
  atOnce: Type.Integer({ description: "requests in flight where they were asked together" }),
  /** `repeats`: not even alone does it answer twice in one way. */
  verdict: Type.Enum(["steady", "load", "repeats"]),
  ways: List(WayReport),
  flips: List(InvarianceFlip),
});
export type ServerInvariance = Static<typeof ServerInvariance>;

/** @throws UserError  it is not there, or no such file */
export async function readInvariance(path: string): Promise<ServerInvariance> {
  const report = await readVersioned(path, ServerInvariance, "llava-eval/invariance@1");
  if (report.ways.length > 0) return report;
  throw new UserError("the file has no way of asking", path, "write it again: check-invariance --out FILE");
}
