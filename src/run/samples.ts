import { open, rename } from "node:fs/promises";
import type { SampleRecord } from "../core/result.js";
import { Journal } from "./journal.js";
import type { LinePosition } from "./line-reader.js";

/** `answered`: the model's answer is there, its judge is still to be asked. `failed`: asked again by the next run. */
export type SampleState = "answered" | "scored" | "failed";

interface Entry {
  readonly at: LinePosition;
  readonly state: SampleState;
}

/** The journal of one task: one line per finished sample; of several lines about one sample the last counts. */
export class SampleJournal {
  private constructor(
    private journal: Journal<SampleRecord>,
    private entries: SampleIndex,
  ) {}

  static async open(path: string): Promise<SampleJournal> {
    const entries = new SampleIndex();
    return new SampleJournal(await Journal.open<SampleRecord>(path, (record, at) => entries.note(record, at)), entries);
  }

  get path(): string {
    return this.journal.path;
  }

  state(index: number, repeat: number): SampleState | undefined {
    return this.entries.get(index, repeat)?.state;
  }

  async read(index: number, repeat: number): Promise<SampleRecord | undefined> {
    const entry = this.entries.get(index, repeat);
    return entry && this.journal.read(entry.at);
  }

  async append(record: SampleRecord): Promise<void> {
    const canonical = canonicalSample(record);
    this.entries.note(canonical, await this.journal.append(canonical));
  }

  sync(): Promise<void> {
    return this.journal.sync();
  }

  close(): Promise<void> {
    return this.journal.close();
  }

  /** Every sample once, by (index, repeat). */
  async *inOrder(): AsyncGenerator<SampleRecord> {
    await this.journal.sync();
    const lines = this.journal.lines();
    for (const { entry } of this.entries.inOrder()) {
      yield JSON.parse((await lines.read(entry.at)).toString("utf8")) as SampleRecord;
    }
  }

  /** Makes the file what it would be had every sample finished in row order at the first attempt (temp + rename). */
  async finish(): Promise<void> {
    if (this.entries.inRowOrder) return;
    await this.journal.sync();
    const { path } = this;
    const temporary = `${path}.tmp`;
    const entries = new SampleIndex();
    const lines = this.journal.lines();
    const out = await open(temporary, "w");
    let size = 0;
    try {
      let group: Buffer[] = [];
      let grouped = 0;
      const write = async () => {
        await out.writeFile(Buffer.concat(group));
        group = [];
        grouped = 0;
      };
      for (const { index, repeat, entry } of this.entries.inOrder()) {
        const { length } = entry.at;
        // A copy: the reader's memory serves the next line.
        const line = Buffer.allocUnsafe(length + 1);
        (await lines.read(entry.at)).copy(line);
        line[length] = newline;
        entries.set(index, repeat, { state: entry.state, at: { offset: size, length } });
        size += line.length;
        group.push(line);
        grouped += line.length;
        if (grouped >= writtenAtOnce) await write();
      }
      await write();
      await out.datasync();
    } finally {
      await out.close();
    }
    await this.journal.close();
    await rename(temporary, path);
    this.journal = await Journal.reopen<SampleRecord>(path, size);
    this.entries = entries;
  }
}

const newline = 10;
const writtenAtOnce = 1 << 20;

/** Where each sample's last line stands. */
class SampleIndex {
  /** One table for each repeat. */
  private readonly tables: PositionTable[] = [];
  private last = -1;
  /** Each sample once, rows ascending: the form of a finished file. */
  inRowOrder = true;

  get(index: number, repeat: number): Entry | undefined {
    return this.tables[repeat]?.get(index);
  }

  note(record: SampleRecord, at: LinePosition): void {
    const { index, repeat = 0 } = record;
    this.set(index, repeat, { at, state: stateOf(record) });
  }

  set(index: number, repeat: number, entry: Entry): void {
    const key = keyOf(index, repeat);
    this.inRowOrder &&= key > this.last;
    this.last = key;
    while (this.tables.length <= repeat) this.tables.push(new PositionTable());
    this.tables[repeat]?.set(index, entry);
  }

  /** By row, then by repeat. */
  *inOrder(): Generator<{ readonly index: number; readonly repeat: number; readonly entry: Entry }> {
    const rows = Math.max(0, ...this.tables.map((table) => table.rows));
    for (let index = 0; index < rows; index++) {
      for (const [repeat, table] of this.tables.entries()) {
        const entry = table.get(index);
        if (entry) yield { index, repeat, entry };
      }
    }
  }
}

const states: readonly (SampleState | undefined)[] = [undefined, "answered", "scored", "failed"];

/** Entries by row, 13 bytes each: a split has hundreds of thousands. */
class PositionTable {
  private offsets = new Float64Array(1024);
  private lengths = new Uint32Array(1024);
  private states = new Uint8Array(1024);

  /** One past the last row that may have an entry. */
  get rows(): number {
    return this.states.length;
  }

  get(index: number): Entry | undefined {
    const state = states[this.states[index] ?? 0];
    return state && { state, at: { offset: this.offsets[index] as number, length: this.lengths[index] as number } };
  }

  set(index: number, { at, state }: Entry): void {
    if (index >= this.states.length) {
      const size = 2 ** Math.ceil(Math.log2(index + 1));
      this.offsets = grown(this.offsets, new Float64Array(size));
      this.lengths = grown(this.lengths, new Uint32Array(size));
      this.states = grown(this.states, new Uint8Array(size));
    }
    this.offsets[index] = at.offset;
    this.lengths[index] = at.length;
    this.states[index] = states.indexOf(state);
  }
}

function grown<T extends Float64Array | Uint32Array | Uint8Array>(from: T, to: T): T {
  to.set(from);
  return to;
}

/** The record with its keys in the documented order, so that equal samples are equal bytes. */
function canonicalSample(record: SampleRecord): SampleRecord {
  const { index, id, repeat, cluster, groups, prompt, images, sizes, text, reasoning, finish } = record;
  const { answeredBy, warnings, likelihoods, turns, submission, score } = record;
  // Undefined members are left out by JSON.stringify.
  return {
    ...{ index, id, repeat, cluster, groups, prompt, images, sizes, text, reasoning, finish },
    ...{ answeredBy, warnings, likelihoods, turns, submission, score },
  } as SampleRecord;
}

function stateOf(record: SampleRecord): SampleState {
  if (record.score?.status === "scored") return "scored";
  if (record.text !== undefined && (record.score === undefined || record.score.reason === "judge")) return "answered";
  return "failed";
}

/** Orders by row, then by repeat; fewer than 65,536 repeats (checked with the flags). */
const keyOf = (index: number, repeat: number) => index * 65_536 + repeat;
