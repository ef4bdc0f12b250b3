/** labels.<task>.jsonl: what people say of answers that a judge, or a rule, has scored. */
import { existsSync } from "node:fs";
import { check, type Static, Type } from "../core/schema.js";
import { readJsonLines } from "../files/lines.js";
import type { Label } from "./keys.js";
import { keepLine, requireWritable } from "./people.js";
import { labelsFile } from "./read.js";

export const PersonLabel = Type.Object({
  index: Type.Integer({ minimum: 0 }),
  id: Type.String(),
  /** The score that a person gives; null: he cannot say. */
  value: Type.Union([Type.Number(), Type.Null()], { description: "the score that a person gives; null: unsure" }),
  by: Type.String({ description: "who says so" }),
  at: Type.String({ description: "when, ISO 8601" }),
  of: Type.Optional(Type.Integer({ minimum: 1, description: "scored samples that it was drawn from" })),
});
export type PersonLabel = Static<typeof PersonLabel>;

const fix = "the file was changed or damaged: restore it, or delete that line";

/** In the order in which they were given: of several by one person about one sample the last counts. */
export async function readLabels(dir: string, task: Label): Promise<readonly PersonLabel[]> {
  const path = labelsFile(dir, task);
  if (!existsSync(path)) return [];
  const found = new Map<string, PersonLabel>();
  for await (const { value, where } of readJsonLines(path)) {
    const label = check(PersonLabel, value, where, fix);
    const key = `${label.index} ${label.by}`;
    // The place of the first: who began is who the others are compared with.
    found.set(key, label);
  }
  return [...found.values()];
}

/** @throws UserError  the run's folder takes no labels */
export const requireLabelable = (dir: string): Promise<void> => requireWritable(dir, "the labels");

/** @throws UserError  the file is damaged, or the disk refuses */
export const keepLabel = (dir: string, task: Label, label: PersonLabel): Promise<void> =>
  keepLine(
    {
      ...{ path: labelsFile(dir, task), what: "the labels" },
      check: (line, where) => void check(PersonLabel, line, where, fix),
    },
    label,
  );
