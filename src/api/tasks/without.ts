/** A task without some of its items: by a list with a name and a version, which the task's label then says. */
import { digestOf } from "../../core/digest.js";
import { UserError } from "../../core/errors.js";
import { didYouMean } from "../../core/nearest.js";
import { type Static, Type } from "../../core/schema.js";
import type { Task } from "../../core/task.js";

export const ItemList = Type.Object(
  {
    name: Type.String({
      pattern: "^[a-z0-9][a-z0-9-]*$",
      description: "lower case: it stands in labels and file names",
    }),
    version: Type.Integer({ minimum: 1, description: "another choice of items is another version" }),
    about: Type.String({ description: "who looked, and why these are left out" }),
    items: Type.Unsafe<Readonly<Record<string, readonly string[]>>>({
      type: "object",
      minProperties: 1,
      additionalProperties: { type: "array", items: { type: "string" }, minItems: 1, uniqueItems: true },
      description: "ids by task: vqav2, vqav2@test",
    }),
  },
  { additionalProperties: false },
);
type ItemList = Static<typeof ItemList>;

/** The items that a task was left without. */
export interface Without {
  /** The list's file. */
  readonly path: string;
  /** `mislabelled v2`. */
  readonly list: string;
  readonly ids: ReadonlySet<string>;
  /** Of these, the ones that the rows read so far have had. */
  readonly seen: Set<string>;
}

/** What is left of a chosen task is chosen in the same way. */
interface Listable {
  readonly task: Task;
  readonly label: string;
  readonly fileDigest?: string;
}

/** `mmstar~mislabelled.yaml`: the task, and the list's file; undefined where a name is none of these. */
export function splitList(name: string): { readonly base: string; readonly list: string } | undefined {
  const [, base, list] = /^(.+)~([^~]+\.ya?ml)$/i.exec(name) ?? [];
  return base === undefined || list === undefined ? undefined : { base, list };
}

async function readItemList(path: string): Promise<ItemList> {
  const { readYaml } = await import("../../core/yaml.js");
  return await readYaml(path, ItemList);
}

/** Of a suite's tasks those that the list names. @throws UserError  it names one that the suite does not have */
export async function withoutListed<One extends Listable>(chosen: readonly One[], path: string): Promise<One[]> {
  const { items } = await readItemList(path);
  const labels = chosen.map(({ label }) => label);
  const stranger = Object.keys(items).find((label) => !labels.includes(label));
  if (stranger !== undefined) {
    throw new UserError(
      `the list leaves out items of ${stranger}, and the suite has no such task`,
      path,
      `${didYouMean(stranger, labels)}it has ${labels.join(", ")}`,
    );
  }
  return await Promise.all(chosen.map((one) => (one.label in items ? withoutItems(one, path) : one)));
}

/** @throws UserError  the list has nothing of this task */
export async function withoutItems<One extends Listable>(
  chosen: One,
  path: string,
): Promise<One & { readonly without: Without }> {
  const { name, version, items } = await readItemList(path);
  const { task, label, fileDigest = "" } = chosen;
  const listed = items[label];
  if (!listed) {
    const known = Object.keys(items);
    throw new UserError(
      `the list has no items of ${label}`,
      path,
      `${didYouMean(label, known)}it has some of ${known.join(", ")}`,
    );
  }
  const ids = new Set(listed);
  const seen = new Set<string>();
  return {
    ...chosen,
    label: `${label}~${name}-${version}`,
    task: {
      ...task,
      expand: (row) =>
        (task.expand?.(row) ?? [row]).filter((one) => {
          const id = task.id(one);
          if (ids.has(id)) seen.add(id);
          return !ids.has(id);
        }),
    },
    fileDigest: digestOf([fileDigest, name, version, ...[...ids].sort()]),
    without: { path, list: `${name} v${version}`, ids, seen },
  };
}
