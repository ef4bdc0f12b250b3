/** notes.jsonl: what people note on single samples while they look at a run. */
import { existsSync } from "node:fs";
import { noteFlags, type ShownNote } from "../core/note.js";
import { check, type Static, Type } from "../core/schema.js";
import { readJsonLines } from "../files/lines.js";
import { type Label, placeKey } from "./keys.js";
import { keepLine, requireWritable } from "./people.js";
import { notesFile } from "./read.js";

export const NoteRecord = Type.Object({
  task: Type.String({ description: "the label" }),
  index: Type.Integer({ minimum: 0 }),
  id: Type.String(),
  repeat: Type.Optional(Type.Integer({ minimum: 0 })),
  flag: Type.Optional(Type.Enum([...noteFlags])),
  comment: Type.String(),
  by: Type.String({ description: "who says so" }),
  at: Type.String({ description: "when, ISO 8601" }),
});
export type NoteRecord = Static<typeof NoteRecord>;

/** Which sample of a task. */
export interface NotedSample {
  readonly index: number;
  readonly id: string;
  readonly repeat?: number | undefined;
}

const fix = "the file was changed or damaged: restore it, or delete that line";

/** Of each sample the last note of each person; one without flag and comment takes the one before back. */
export class Notes {
  private readonly found = new Map<string, Map<string, NoteRecord>>();

  /** @throws UserError  the file is damaged */
  static async read(dir: string): Promise<Notes> {
    const notes = new Notes();
    if (!existsSync(notesFile(dir))) return notes;
    for await (const { value, where } of readJsonLines(notesFile(dir))) notes.add(check(NoteRecord, value, where, fix));
    return notes;
  }

  /** In the order in which people noted something first. Another row that stands in the sample's place now has none of its notes. */
  of(task: Label, { index, id, repeat }: NotedSample): readonly ShownNote[] {
    const people = this.found.get(placeKey(task, index, repeat))?.values() ?? [];
    return [...people].filter((note) => note.id === id && !isEmpty(note)).map(shownNote);
  }

  /** The samples of a task that have notes. */
  samplesOf(task: Label): readonly NotedSample[] {
    return [...this.found.values()].flatMap((people) => {
      const notes = [...people.values()].filter((note) => note.task === task && !isEmpty(note));
      return notes.map(({ index, id, repeat }) => ({ index, id, repeat }));
    });
  }

  private add(note: NoteRecord): void {
    const key = placeKey(note.task, note.index, note.repeat);
    const people = this.found.get(key) ?? new Map<string, NoteRecord>();
    this.found.set(key, people.set(note.by, note));
  }
}

const isEmpty = ({ flag, comment }: NoteRecord) => flag === undefined && comment === "";

const shownNote = ({ flag, comment, by }: NoteRecord): ShownNote => ({
  ...(flag === undefined ? {} : { flag: flag as NonNullable<ShownNote["flag"]> }),
  ...{ comment, by },
});

/** @throws UserError  the run's folder takes no notes */
export const requireNotable = (dir: string): Promise<void> => requireWritable(dir, "the notes");

/** @throws UserError  the file is damaged, or the disk refuses */
export const keepNote = (dir: string, note: NoteRecord): Promise<void> =>
  keepLine(
    { path: notesFile(dir), what: "the notes", check: (line, where) => void check(NoteRecord, line, where, fix) },
    note,
  );
