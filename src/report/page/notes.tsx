/** What people noted on a run's sample, and, where the server takes notes, a place for one's own. */
import { useRef, useState } from "preact/hooks";
import { type NoteFlag, noteFlags, noteText, type ShownNote } from "../../core/note.js";
import type { PageSample } from "../page-data.js";

/** The event that says so. */
export const noteKept = "llava-eval-note-kept";

interface Props {
  readonly task: string;
  readonly sample: PageSample;
  /** Whose sample it is. */
  readonly run: number;
  readonly notes: readonly ShownNote[];
  /** Who notes; undefined where nobody can. */
  readonly by: string | undefined;
  /** All notes on it now. */
  kept(notes: readonly ShownNote[]): void;
}

export function NotesOfSample({ by, ...props }: Props) {
  return (
    <>
      {props.notes.map((note) => (
        <p key={note.by} class="person">
          <bdi>{noteText(note)}</bdi>
        </p>
      ))}
      {by !== undefined && <OwnNote {...props} by={by} />}
    </>
  );
}

function OwnNote({ task, sample, run, notes, by, kept }: Props & { readonly by: string }) {
  const mine = notes.find((note) => note.by === by);
  const [flag, setFlag] = useState(mine?.flag);
  const [comment, setComment] = useState(mine?.comment ?? "");
  const [said, setSaid] = useState("");
  /** One after the other: the last that was said is the last that is kept. */
  const before = useRef(Promise.resolve());
  const post = async (chosen: NoteFlag | undefined) => {
    const { index, id, repeat } = sample;
    const response = await fetch("notes", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ run, task, index, id, repeat, flag: chosen, comment }),
    }).catch(() => undefined);
    if (!response?.ok) {
      setSaid(`not kept: ${response ? await response.text() : "the page's server has gone"}`);
      return;
    }
    kept((await response.json()) as readonly ShownNote[]);
    setSaid("kept");
    dispatchEvent(new Event(noteKept));
  };
  const keep = (chosen: NoteFlag | undefined) => {
    setFlag(chosen);
    before.current = before.current.then(() => post(chosen));
  };
  return (
    <div class="noting">
      <fieldset class="filters" aria-label={`${by} flags it`}>
        {noteFlags.map((one) => (
          <button
            key={one}
            type="button"
            aria-pressed={flag === one}
            onClick={() => keep(flag === one ? undefined : one)}
          >
            {one}
          </button>
        ))}
      </fieldset>
      <textarea
        aria-label={`Comment of ${by}`}
        placeholder={`Comment of ${by}`}
        rows={2}
        maxLength={10_000}
        value={comment}
        onInput={(event) => setComment(event.currentTarget.value)}
      />
      <button type="button" disabled={comment.trim() === (mine?.comment ?? "")} onClick={() => keep(flag)}>
        Keep the comment
      </button>{" "}
      <span class="dim" role="status">
        {said}
      </span>
    </div>
  );
}

/** In the list: somebody noted something. */
export function NotedMark({ flags }: { flags: readonly NoteFlag[] }) {
  const words = `noted${flags.length > 0 ? `: ${flags.join(", ")}` : ""}`;
  return (
    <span class="noted" role="img" title={words} aria-label={words}>
      ✎
    </span>
  );
}
