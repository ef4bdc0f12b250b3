import { LineSource } from "../files/line-source.js";
import { type LinePosition, parseLine } from "../files/lines.js";
import { readSample, type SampleRecord } from "./samples.js";

/** `index/repeat`: names a sample within its journal. */
export const lineKey = ({ index, repeat = 0 }: { readonly index: number; readonly repeat?: number | undefined }) =>
  `${index}/${repeat}`;

/** By row, then by repeat. */
export function byLineKey(a: string, b: string): number {
  const [indexA = 0, repeatA = 0] = a.split("/").map(Number);
  const [indexB = 0, repeatB = 0] = b.split("/").map(Number);
  return indexA - indexB || repeatA - repeatB;
}

/** What a reader keeps of each sample. */
export interface Notes {
  note(key: string, record: SampleRecord): void;
  /** The journal was rewritten (its run has finished): all of it is read again. */
  forget(): void;
}

/**
 * A journal looked at from outside, sample by sample, while its run may still write it: where each sample's last line stands.
 * One that grows is read on from where it ended.
 */
export class GrowingJournal {
  private readonly lines = new Map<string, LinePosition>();
  private size = 0;
  private inode = 0;
  private packed: LineSource | undefined;

  constructor(readonly path: string) {}

  /** Reads what is new. A journal that is not there yet has no samples. */
  async refresh(notes: Notes): Promise<void> {
    const source = this.packed ?? (await LineSource.open(this.path));
    if (!source) return;
    try {
      const { inode, size } = await source.facts();
      if (inode !== this.inode || size < this.size) {
        this.lines.clear();
        notes.forget();
        this.size = 0;
        this.inode = inode;
      }
      if (size === this.size) return;
      this.size = await source.scan(
        (line) => {
          const record = readSample(parseLine(line, source.path), `${source.path}:${line.number}`);
          this.lines.set(lineKey(record), line.at);
          notes.note(lineKey(record), record);
        },
        { start: this.size },
      );
    } finally {
      await this.settle(source);
    }
  }

  async read(keys: readonly string[]): Promise<Map<string, SampleRecord>> {
    const found = new Map<string, SampleRecord>();
    const source = this.packed ?? (await LineSource.open(this.path));
    if (!source) return found;
    try {
      for (const key of keys) {
        const at = this.lines.get(key);
        const line = at && (await source.read(at));
        // Rewritten since the last look: the next look finds it.
        if (line !== undefined) found.set(key, readSample(line, `${this.path}, sample ${key}`));
      }
    } finally {
      await this.settle(source);
    }
    return found;
  }

  /** A plain file is opened anew at each look, since its name may stand for another one by then; a packed one is kept. */
  private async settle(source: LineSource): Promise<void> {
    if (source.isPacked) this.packed = source;
    else await source[Symbol.asyncDispose]();
  }
}
