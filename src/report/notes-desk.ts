/** The one writing route of the page's server: a note on a sample of a run that it shows. */
import { noteFlags, type ShownNote } from "../core/note.js";
import { type Static, Type, violationOf } from "../core/schema.js";
import { keepNote, type NotedSample, Notes, requireNotable } from "../record/notes.js";

/** As the page posts it. */
const Posted = Type.Object(
  {
    run: Type.Integer({ minimum: 0 }),
    task: Type.String({ maxLength: 1000 }),
    index: Type.Integer({ minimum: 0 }),
    id: Type.String({ maxLength: 10_000 }),
    repeat: Type.Optional(Type.Integer({ minimum: 0 })),
    flag: Type.Optional(Type.Enum([...noteFlags])),
    comment: Type.String({ maxLength: 10_000 }),
  },
  { additionalProperties: false },
);
type Posted = Static<typeof Posted>;

export interface Desk {
  /** The folders of the runs that are shown, in their order. */
  readonly folders: readonly string[];
  /** Who notes. */
  readonly by: string;
  /** Whether a run that is shown has the sample. */
  has(run: number, task: string, sample: NotedSample): Promise<boolean>;
}

export class NotesDesk {
  private constructor(private readonly desk: Desk) {}

  /** @throws UserError  a run's folder takes no notes, or its notes are damaged */
  static async open(desk: Desk): Promise<NotesDesk> {
    for (const folder of desk.folders) {
      await requireNotable(folder);
      await Notes.read(folder);
    }
    return new NotesDesk(desk);
  }

  /**
   * @returns all notes on the sample now; undefined for what is none, or about a sample that is not shown
   * @throws UserError  it cannot be kept
   */
  async take(body: unknown): Promise<readonly ShownNote[] | undefined> {
    if (violationOf(Posted, body)) return undefined;
    const { run, ...posted } = body as Posted;
    const { folders, by, has } = this.desk;
    const folder = folders[run];
    if (folder === undefined || !(await has(run, posted.task, posted))) return undefined;
    await keepNote(folder, { ...posted, comment: posted.comment.trim(), by, at: new Date().toISOString() });
    return (await Notes.read(folder)).of(posted.task, posted);
  }
}
