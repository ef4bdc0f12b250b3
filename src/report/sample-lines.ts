import { open } from "node:fs/promises";
import type { SampleRecord } from "../core/result.js";
import type { SampleState } from "./page-data.js";

interface Line {
  readonly offset: number;
  readonly length: number;
  readonly state: SampleState;
  readonly label: string;
  /** The single number, for a running mean. */
  readonly value: number | undefined;
}

const chunk = 1 << 20;

/**
 * Where each sample of a journal stands, and how it went: 100 bytes a sample, whatever the size of its line. A journal that
 * grows is read on from where it ended; one that was rewritten (the run has finished) is read again.
 */
export class SampleLines {
  private readonly lines = new Map<string, Line>();
  private size = 0;
  private inode = 0;

  constructor(readonly path: string) {}

  /** Reads what is new. A journal that is not there yet has no samples. */
  async refresh(): Promise<void> {
    const file = await open(this.path, "r").catch(() => undefined);
    if (!file) return;
    try {
      const { ino, size } = await file.stat();
      if (ino !== this.inode || size < this.size) {
        this.lines.clear();
        this.size = 0;
        this.inode = ino;
      }
      let carry = Buffer.alloc(0);
      for (let position = this.size; position < size; ) {
        const buffer = Buffer.allocUnsafe(Math.min(chunk, size - position));
        const { bytesRead } = await file.read(buffer, 0, buffer.length, position);
        if (bytesRead === 0) break;
        const bytes = Buffer.concat([carry, buffer.subarray(0, bytesRead)]);
        carry = Buffer.from(bytes.subarray(this.takeLines(bytes, position - carry.length)));
        position += bytesRead;
      }
    } finally {
      await file.close();
    }
  }

  /** Notes the complete lines; returns where the torn rest begins. */
  private takeLines(bytes: Buffer, offset: number): number {
    let start = 0;
    for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, start)) {
      const record = JSON.parse(bytes.toString("utf8", start, end)) as SampleRecord;
      this.lines.set(keyOf(record), { offset: offset + start, length: end - start, ...outcomeOf(record) });
      start = end + 1;
    }
    this.size = offset + start;
    return start;
  }

  /** `index/repeat`, by row and repeat. */
  keys(): string[] {
    return [...this.lines.keys()].sort(byKey);
  }

  get(key: string): Line | undefined {
    return this.lines.get(key);
  }

  async read(keys: readonly string[]): Promise<Map<string, SampleRecord>> {
    const found = new Map<string, SampleRecord>();
    const file = await open(this.path, "r").catch(() => undefined);
    if (!file) return found;
    try {
      for (const key of keys) {
        const line = this.lines.get(key);
        if (!line) continue;
        const buffer = Buffer.allocUnsafe(line.length);
        await file.read(buffer, 0, line.length, line.offset);
        found.set(key, JSON.parse(buffer.toString("utf8")) as SampleRecord);
      }
    } finally {
      await file.close();
    }
    return found;
  }

  /** Mean of the samples that have a single number. */
  meanSoFar(): { readonly value: number | null; readonly n: number } {
    let sum = 0;
    let n = 0;
    for (const { value } of this.lines.values()) {
      if (value === undefined) continue;
      sum += value;
      n++;
    }
    return { value: n === 0 ? null : sum / n, n };
  }
}

export const keyOf = ({ index, repeat = 0 }: Pick<SampleRecord, "index" | "repeat">) => `${index}/${repeat}`;

export function byKey(a: string, b: string): number {
  const [indexA = 0, repeatA = 0] = a.split("/").map(Number);
  const [indexB = 0, repeatB = 0] = b.split("/").map(Number);
  return indexA - indexB || repeatA - repeatB;
}

export function outcomeOf({ score }: SampleRecord): Pick<Line, "state" | "label" | "value"> {
  if (score?.status !== "scored") return { state: "u", label: " ", value: undefined };
  const values = typeof score.value === "number" ? [score.value] : Object.values(score.value);
  const state =
    values.length === 0 || values.every((value) => value === 0) ? "w" : values.some((value) => value >= 1) ? "c" : "p";
  const single = typeof score.value === "number" ? score.value : undefined;
  return { state, label: score.label?.[0] ?? " ", value: single };
}
