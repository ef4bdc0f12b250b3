import { RowNames } from "../record/keys.js";
import type { SampleRecord } from "../record/samples.js";

/** What a Result says of ids that several rows have: such rows are told apart by their order, and all of them count. */
export class IdNotes {
  private readonly names = new RowNames();

  add({ id, index, repeat = 0 }: SampleRecord): void {
    if (repeat === 0) this.names.nth(id, index);
  }

  notes(): string[] {
    const { repeated } = this.names;
    if (repeated === 0) return [];
    return [
      `${repeated} ${repeated === 1 ? "row has" : "rows have"} the id of a row before: what stands in the data twice counts twice`,
    ];
  }
}
