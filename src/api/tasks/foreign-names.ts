/** What other harnesses call our tasks: `lmms-eval:mathvista_testmini_format`. */
import { join } from "node:path";
import { UserError } from "../../core/errors.js";
import { didYouMean } from "../../core/nearest.js";
import { packageRoot } from "../../core/package-root.js";
import { type Static, Type } from "../../core/schema.js";

const namesFolder = join(packageRoot, "configs", "names");

/** A name of theirs: several tasks of ours, one with other options, or none and why. */
const ForeignName = Type.Object(
  {
    tasks: Type.Optional(Type.Array(Type.String(), { minItems: 1 })),
    /** Options that belong to it: `--prompt-profile solution`. */
    with: Type.Optional(Type.String()),
    /** What a group of theirs has beside these. */
    lacks: Type.Optional(Type.Array(Type.String())),
    note: Type.Optional(Type.String()),
    why: Type.Optional(Type.String()),
  },
  { additionalProperties: false },
);
export type ForeignName = Static<typeof ForeignName>;

/** configs/names/<harness>.yaml */
const ForeignNames = Type.Object(
  { about: Type.String(), names: Type.Record(Type.String(), ForeignName) },
  { additionalProperties: false },
);

export async function lmmsEvalNames(): Promise<Readonly<Record<string, ForeignName>>> {
  const { readYaml } = await import("../../core/yaml.js");
  return (await readYaml(join(namesFolder, "lmms-eval.yaml"), ForeignNames)).names;
}

/** The command line's part that stands for a name of theirs. */
export function commandFor({ tasks = [], with: options }: ForeignName): string {
  return [`--tasks ${tasks.join(",")}`, ...(options === undefined ? [] : [options])].join(" ");
}

/** What to write instead of a name of theirs. */
export function inPlaceOf(foreign: ForeignName): string {
  if (foreign.tasks === undefined) return foreign.why ?? "it is no task here";
  return [`write ${commandFor(foreign)}`, ...remarksOn(foreign)].join("; ");
}

export function remarksOn({ lacks = [], note }: ForeignName): readonly string[] {
  return [...(lacks.length > 0 ? [`not here: ${lacks.join(", ")}`] : []), ...(note === undefined ? [] : [note])];
}

/**
 * What of ours a name like "lmms-eval:docvqa" stands for.
 * @param labels  our labels by the names and aliases that they answer to
 * @throws UserError  the name is no harness's, or known and not here
 */
export async function likeForeign(like: string, labels: ReadonlyMap<string, string>): Promise<ForeignName> {
  const [harness = "", name = ""] = like.split(/:(.*)/s, 2);
  if (harness !== "lmms-eval" || name === "") {
    throw new UserError(`"${like}" names no task of another harness`, "--like", "write lmms-eval:NAME");
  }
  const names = await lmmsEvalNames();
  const label = labels.get(name);
  const foreign = names[name] ?? (label === undefined ? undefined : { tasks: [label] });
  if (foreign === undefined) {
    throw new UserError(
      `no benchmark here has lmms-eval's name "${name}"`,
      "--like",
      `${didYouMean(name, [...Object.keys(names), ...labels.keys()])}run "llava-eval tasks" for the list`,
    );
  }
  if (foreign.tasks === undefined) {
    throw new UserError(`lmms-eval's "${name}" is not here`, "--like", inPlaceOf(foreign));
  }
  return foreign;
}
