/** How a sample is named, here and in another run. */
import { basename } from "node:path";
import { numberOf } from "../core/digest.js";
import { UserError } from "../core/errors.js";

/** `task@split`, or the task's name alone for its default split. Names columns and files; a task's name alone keys nothing. */
export type Label = string;

/** Keys what one run wrote about a sample: journal, timings, judge, shards. */
export const placeKey = (label: Label, index: number, repeat = 0): string => `${label} ${index}/${repeat}`;

/**
 * Finds a row in another run, whatever its position there: replay, compare, baseline, notes.
 * @param nth  which of the rows with this id, in row order; see `RowNames`
 */
export function rowKey(label: Label, id: string, nth = 1, repeat = 0): string {
  return `${label}/${nth === 1 ? id : `${id}#${nth}`}${repeat === 0 ? "" : ` (repeat ${repeat})`}`;
}

/** A label as a file's name. Labels come from files and may be hostile: they never leave the run folder. */
export function fileName(label: Label): string {
  if (basename(label) !== label || label.includes("\\") || label.startsWith(".") || label === "") {
    throw new UserError(`"${label}" cannot be a task's name`, "task", "names have no slashes and no leading dot");
  }
  return label;
}

/**
 * Tells rows apart whose ids are the same: they are counted in row order. An id is unique in most benchmarks, so one is kept
 * as two numbers (a digest of 48 bits and the row's position), and only those that several rows have by name.
 */
export class RowNames {
  private digests = new Float64Array(1024);
  private positions = new Float64Array(1024);
  private used = 0;
  /** Of an id that several rows have, how many; and of each of those but the first, by its position, which it is. */
  private readonly counts = new Map<string, number>();
  private readonly further = new Map<number, number>();

  /** Rows whose id another row had before. */
  get repeated(): number {
    return this.further.size;
  }

  /** Which of the rows with this id stands at `index`: 1 for the first, also when it is asked about again. */
  nth(id: string, index: number): number {
    // 0 marks a free slot.
    const digest = numberOf(id) + 1;
    const slot = this.slotOf(digest);
    if (this.digests[slot] === 0) {
      this.digests[slot] = digest;
      this.positions[slot] = index;
      this.used++;
      if (this.used * 2 > this.digests.length) this.grow();
      return 1;
    }
    if (this.positions[slot] === index) return 1;
    const known = this.further.get(index);
    if (known !== undefined) return known;
    const nth = (this.counts.get(id) ?? 1) + 1;
    this.counts.set(id, nth);
    this.further.set(index, nth);
    return nth;
  }

  private slotOf(digest: number): number {
    const size = this.digests.length;
    let slot = digest % size;
    while (this.digests[slot] !== 0 && this.digests[slot] !== digest) slot = (slot + 1) % size;
    return slot;
  }

  private grow(): void {
    const [digests, positions] = [this.digests, this.positions];
    this.digests = new Float64Array(2 * digests.length);
    this.positions = new Float64Array(2 * digests.length);
    for (const [i, digest] of digests.entries()) {
      if (digest === 0) continue;
      const slot = this.slotOf(digest);
      this.digests[slot] = digest;
      this.positions[slot] = positions[i] as number;
    }
  }
}
