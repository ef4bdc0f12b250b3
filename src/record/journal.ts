import { crc32 } from "node:zlib";
import { UserError } from "../core/errors.js";
import { LineLog } from "../files/line-log.js";
import { jsonOf, type LinePosition } from "../files/lines.js";
import { replaceWhole } from "../files/whole-file.js";
import type { SampleMetric } from "./outcome.js";
import { canonicalSample, mostRepeats, readSample, type SampleRecord, type SampleState } from "./samples.js";

interface Entry {
  readonly at: LinePosition;
  readonly state: SampleState;
  /** Of the sample's id and its prompt, 32 bits; of the id alone where the line states no prompt's digest. */
  readonly question: number;
}

function questionOf(id: string, promptDigest: string | undefined): number {
  return crc32(promptDigest === undefined ? id : `${id} ${promptDigest}`);
}

const what = "the journal";

/** The journal of one task: one line per finished sample; of several lines about one sample the last counts. */
export class SampleJournal {
  private constructor(
    private log: LineLog,
    private entries: SampleIndex,
  ) {}

  /** @param metrics  the task's, so that a value outside a metric's range is found here */
  static async open(path: string, metrics: readonly SampleMetric[] = []): Promise<SampleJournal> {
    const entries = new SampleIndex();
    const log = await LineLog.open(path, what, (line, at, where) => entries.note(readSample(line, where, metrics), at));
    return new SampleJournal(log, entries);
  }

  get path(): string {
    return this.log.path;
  }

  state(index: number, repeat: number): SampleState | undefined {
    return this.entries.get(index, repeat)?.state;
  }

  /** Whether the journal's sample at this place is the one that would be asked now: of a line without a prompt's digest, the id's. */
  hasQuestion(index: number, repeat: number, id: string, promptDigest: string): boolean {
    const question = this.entries.get(index, repeat)?.question;
    return [undefined, questionOf(id, undefined), questionOf(id, promptDigest)].includes(question);
  }

  /** Where the sample's line stands, for messages. */
  async where(index: number, repeat: number): Promise<string> {
    const entry = this.entries.get(index, repeat);
    return entry ? `${this.path}:${await this.log.lineNumber(entry.at)}` : this.path;
  }

  async read(index: number, repeat: number): Promise<SampleRecord | undefined> {
    const entry = this.entries.get(index, repeat);
    return entry && this.checked(await this.log.read(entry.at), index, repeat, entry.state);
  }

  async append(record: SampleRecord): Promise<void> {
    const canonical = canonicalSample(record);
    this.entries.note(canonical, await this.log.append(canonical));
  }

  sync(): Promise<void> {
    return this.log.sync();
  }

  close(): Promise<void> {
    return this.log.close();
  }

  /** Every sample once, by (index, repeat). */
  async *inOrder(): AsyncGenerator<SampleRecord> {
    await this.log.sync();
    const lines = this.log.lines();
    for (const { index, repeat, entry } of this.entries.inOrder()) {
      yield this.checked(jsonOf(await lines.read(entry.at)), index, repeat, entry.state);
    }
  }

  /**
   * Makes the file what it would be had every sample finished in row order at the first attempt. The old file stays until
   * every line of the new one has been read and found to be the sample that it should be.
   */
  async finish(): Promise<void> {
    if (this.entries.inRowOrder) return;
    await this.log.sync();
    const { path } = this;
    const entries = new SampleIndex();
    let size = 0;
    await replaceWhole(path, what, async (out) => {
      const lines = this.log.lines();
      let group: Buffer[] = [];
      let grouped = 0;
      const write = async () => {
        await out.writeFile(Buffer.concat(group));
        group = [];
        grouped = 0;
      };
      for (const { index, repeat, entry } of this.entries.inOrder()) {
        const { length } = entry.at;
        const bytes = await lines.read(entry.at);
        this.checked(jsonOf(bytes), index, repeat, entry.state);
        // A copy: the reader's memory serves the next line.
        const line = Buffer.allocUnsafe(length + 1);
        bytes.copy(line);
        line[length] = newline;
        entries.set(index, repeat, { ...entry, at: { offset: size, length } });
        size += line.length;
        group.push(line);
        grouped += line.length;
        if (grouped >= writtenAtOnce) await write();
      }
      await write();
    });
    await this.log.close();
    this.log = await LineLog.reopen(path, what, size);
    this.entries = entries;
  }

  /** Every line went through the schema when it was scanned or written; here it must still be that line. */
  private checked(line: unknown, index: number, repeat: number, state: SampleState): SampleRecord {
    const where = `${this.path}, sample ${index}${repeat > 0 ? `, repeat ${repeat}` : ""}`;
    if (typeof line === "object" && line !== null) {
      const record = "state" in line ? (line as SampleRecord) : readSample(line, where);
      if (record.index === index && (record.repeat ?? 0) === repeat && record.state === state) return record;
    }
    throw new UserError(
      "the journal was changed by another program while it was read: this sample's line is no longer where it was",
      where,
      "leave the folder to the run and run the same command again: what is whole is kept",
    );
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

  note({ index, repeat = 0, state, id, promptDigest }: SampleRecord, at: LinePosition): void {
    this.set(index, repeat, { at, state, question: questionOf(id, promptDigest) });
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
    const pages = new Set(this.tables.flatMap((table) => table.pageNumbers()));
    for (const page of [...pages].sort((a, b) => a - b)) {
      for (let index = page * rowsPerPage; index < (page + 1) * rowsPerPage; index++) {
        for (const [repeat, table] of this.tables.entries()) {
          const entry = table.get(index);
          if (entry) yield { index, repeat, entry };
        }
      }
    }
  }
}

const states: readonly (SampleState | undefined)[] = [undefined, "answered", "scored", "failed"];
const rowsPerPage = 4096;

/** Entries by row, 17 bytes each: a split has hundreds of thousands. In pages, so that a row's number costs no memory below it. */
class PositionTable {
  private readonly pages = new Map<number, Page>();

  pageNumbers(): number[] {
    return [...this.pages.keys()];
  }

  get(index: number): Entry | undefined {
    const page = this.pages.get(Math.floor(index / rowsPerPage));
    const row = index % rowsPerPage;
    const state = page && states[page.states[row] as number];
    if (!state) return undefined;
    const at = { offset: page.offsets[row] as number, length: page.lengths[row] as number };
    return { state, at, question: page.questions[row] as number };
  }

  set(index: number, { at, state, question }: Entry): void {
    const number = Math.floor(index / rowsPerPage);
    let page = this.pages.get(number);
    if (!page) {
      page = new Page();
      this.pages.set(number, page);
    }
    const row = index % rowsPerPage;
    page.offsets[row] = at.offset;
    page.lengths[row] = at.length;
    page.states[row] = states.indexOf(state);
    page.questions[row] = question;
  }
}

class Page {
  readonly offsets = new Float64Array(rowsPerPage);
  readonly lengths = new Uint32Array(rowsPerPage);
  readonly states = new Uint8Array(rowsPerPage);
  readonly questions = new Uint32Array(rowsPerPage);
}

/** Orders by row, then by repeat. */
const keyOf = (index: number, repeat: number) => index * mostRepeats + repeat;
