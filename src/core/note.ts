/** What people say of a sample beside its score. The page knows it too: nothing here needs a disk. */
export const noteFlags = ["mislabelled", "unclear", "scored wrongly", "interesting"] as const;
export type NoteFlag = (typeof noteFlags)[number];

/** As it is shown and exported. */
export interface ShownNote {
  readonly flag?: NoteFlag;
  readonly comment: string;
  readonly by: string;
}

/** `mislabelled: there are two dogs (ann)` */
export const noteText = ({ flag, comment, by }: ShownNote): string =>
  `${[flag, comment].filter(Boolean).join(": ")} (${by})`;

/** Of one sample, by several people. */
export const notesText = (notes: readonly ShownNote[]): string => notes.map(noteText).join("; ");
