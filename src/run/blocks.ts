/** Work for others: samples named by the rows of the file that they come from, never their words, images or keys. */
import type { Dataset } from "../core/dataset.js";
import { digestOf } from "../core/digest.js";
import { type Static, Type } from "../core/schema.js";
import { List } from "../core/schema-parts.js";
import type { Task } from "../core/task.js";
import type { Label } from "../record/keys.js";
import { isRow, type Origin, RowCounter, type RowUnit, withGroups } from "./plan.js";

const whole = { minimum: 0, maximum: 2 ** 40 } as const;
const Numbers = (length: number) => List(Type.Integer(whole), { minItems: length, maxItems: length });

/** Samples of whole images, as they are asked one after the other. */
export const Block = Type.Object(
  {
    v: Type.Literal(1),
    /** Of the run, the task and the rows: the same samples always have the same name, so adding a block again does nothing. */
    id: Type.String({ pattern: "^[0-9a-f]{32}$" }),
    label: Type.String({ maxLength: 200 }),
    /** Pieces of the file: [from, to) of its rows, and the index of the first sample of row `from`. */
    rows: List(Numbers(3), { maxItems: 10_000 }),
    /** Only these samples of the rows, [index, repeat]; absent: all of them, each repeat. */
    only: Type.Optional(List(Numbers(2), { maxItems: 200_000 })),
  },
  { additionalProperties: false },
);
export type Block = Static<typeof Block>;

/** Samples in a block: enough that a queue costs little for each, few enough that a machine's death costs little. */
export const usualBlock = 48;

/** Cuts the samples of a plan into blocks. */
export class BlockCutter {
  private units: RowUnit[] = [];
  private missing: RowUnit[] = [];

  /** @param size  samples of a block; an image's samples stay together unless they are twice as many */
  constructor(
    private readonly of: { readonly run: string; readonly label: Label; readonly repeats: number },
    private readonly size = usualBlock,
  ) {}

  /**
   * The next sample of the plan. Where blocks begin and end follows from the plan alone, so that a run that goes on finds its own blocks
   * again.
   * @param isMissing  it is to be asked
   */
  add(unit: RowUnit, isMissing: boolean): CutBlock | undefined {
    this.units.push(unit);
    if (isMissing) this.missing.push(unit);
    const endsGroup = (unit.prefix?.remaining ?? 0) === 0;
    const isFull = this.units.length >= (endsGroup ? this.size : 2 * this.size);
    return isFull ? this.end() : undefined;
  }

  /** What is in hand; undefined when nothing of it is to be asked. */
  end(): CutBlock | undefined {
    const { units, missing, of } = this;
    this.units = [];
    this.missing = [];
    if (missing.length === 0) return undefined;
    const origins = [...new Set(units.map(({ origin }) => origin))].sort((a, b) => a.row - b.row);
    const rows = piecesOf(origins);
    const all = origins.reduce((sum, { samples }) => sum + samples, 0) * of.repeats;
    const only = missing.map(({ index, repeat }) => [index, repeat]);
    // The first sample stands for which of a row's samples are meant: a row may be in two blocks.
    const name = { v: 1, ...of, rows, first: [units[0]?.index ?? 0, units[0]?.repeat ?? 0], samples: units.length };
    return {
      block: { v: 1, id: digestOf(name, 32), label: of.label, rows, ...(missing.length < all ? { only } : {}) },
      ...{ units: missing, all: units },
    };
  }
}

export interface CutBlock {
  readonly block: Block;
  /** What is to be asked. */
  readonly units: readonly RowUnit[];
  /** The same, with what was answered before. */
  readonly all: readonly RowUnit[];
}

function piecesOf(origins: readonly Origin[]): number[][] {
  const pieces: number[][] = [];
  for (const { row, first } of origins) {
    const last = pieces.at(-1);
    if (last?.[1] === row) last[1] = row + 1;
    else pieces.push([row, row + 1, first]);
  }
  return pieces;
}

/** The samples of a block, in the order in which they are asked. */
export async function unitsOfBlock(
  { rows, only }: Block,
  { task, dataset, repeats }: { readonly task: Task; readonly dataset: Dataset; readonly repeats: number },
  signal: AbortSignal,
): Promise<RowUnit[]> {
  const wanted = only && new Set(only.map(([index, repeat]) => `${index}/${repeat}`));
  const units: RowUnit[] = [];
  for (const [from = 0, to = 0, first = 0] of rows) {
    const counter = new RowCounter(task, from, first);
    let left = to - from;
    for await (const batch of dataset.batches(from, signal, to)) {
      units.push(...counter.units(batch.slice(0, left)).filter(isRow));
      left -= batch.length;
      if (left <= 0) break;
    }
  }
  return [...withGroups(task, units, repeats)]
    .filter(isRow)
    .filter(({ index, repeat }) => wanted?.has(`${index}/${repeat}`) ?? true);
}
