import { AnyJson, Dictionary, Strings } from "../core/schema-parts.js";
import { type Static, Type } from "../core/schema-type.js";

/** `run.json`. */
export const RunManifest = Type.Object({
  schema: Type.Literal("llava-eval/run@1"),
  name: Type.String(),
  status: Type.Enum(["running", "interrupted", "incomplete", "done"]),
  model: Type.String(),
  fingerprint: Dictionary(AnyJson()),
  /** What decides the numbers; a run that is continued must agree with it (a larger limit extends). */
  identity: Dictionary(AnyJson()),
  /** Everything as resolved from flags, environment, config file and preset; secrets as `env:NAME`. */
  config: Dictionary(AnyJson()),
  tasks: Strings(),
  /** What the model's server said of itself when the run began: its models, its version. */
  server: Type.Optional(AnyJson()),
  versions: Dictionary(Type.String()),
  host: Dictionary(AnyJson()),
  /** Of a run whose tasks are files: see record/seal. */
  seal: Type.Optional(
    Type.String({
      description: "by the key of the user who named its task files: for him alone they are loaded again",
    }),
  ),
  startedAt: Type.String(),
  finishedAt: Type.Optional(Type.String()),
});
export type RunManifest = Static<typeof RunManifest>;
