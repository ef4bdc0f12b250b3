/** A block's result on its way: one text, a line about it and then its samples as the journal has them. */
import { digestOf } from "../core/digest.js";
import { SampleFailure, UserError } from "../core/errors.js";
import { type Static, Type, violationOf } from "../core/schema.js";
import { List } from "../core/schema-parts.js";
import type { Task } from "../core/task.js";
import type { SampleMetric } from "../record/outcome.js";
import { canonicalSample, readSample, type SampleRecord } from "../record/samples.js";
import { TimingRecord } from "../record/timing-record.js";
import type { Answering } from "../run/answer.js";
import { questionFor } from "../run/ask.js";
import type { Block } from "../run/blocks.js";
import type { RowUnit } from "../run/plan.js";

const Header = Type.Object({
  worker: Type.String({ maxLength: 200 }),
  rows: Type.String({ pattern: "^[0-9a-f]{32}$", description: "digest of what was asked" }),
  timings: List(TimingRecord),
});
type Header = Static<typeof Header>;

export interface BlockResult extends Header {
  readonly records: readonly SampleRecord[];
}

export function resultText({ records, ...header }: BlockResult): string {
  return [header, ...records.map(canonicalSample)].map((line) => JSON.stringify(line)).join("\n");
}

/**
 * A block whose result is expected. Where a coordinator before this one handed it out, the result may have more of its samples than are wanted
 * now: that one was killed while it wrote them into the journal. It may have fewer: that one's folder, which is gone, had the others.
 */
export interface Expected {
  readonly block: Block;
  /** What its samples ask, with those that were answered before; one text, since 20,000 blocks are expected at once. */
  readonly asked: string;
}

export const expectedOf = (block: Block, all: readonly RowUnit[], answering: Pick<Answering, "task" | "profile">) =>
  ({ block, asked: JSON.stringify(all.map((unit) => askedAt(unit, answering))) }) satisfies Expected;

const askedIn = ({ asked }: Expected) => JSON.parse(asked) as readonly Asked[];

/** The places of what a block asks for. */
export function wantedOf(expected: Expected): ReadonlySet<string> {
  const { only } = expected.block;
  return new Set(only?.map(([index, repeat]) => `${index}/${repeat}`) ?? askedIn(expected).map(([place]) => place));
}

/** What a result leaves to be asked of its block; undefined: nothing. */
export function restOf(expected: Expected, records: readonly SampleRecord[]): Block | undefined {
  const places = new Set(records.map(placeOf));
  const rest = [...wantedOf(expected)].filter((place) => !places.has(place));
  return rest.length === 0 ? undefined : { ...expected.block, only: rest.map((place) => place.split("/").map(Number)) };
}

export interface ResultRules {
  readonly metrics: readonly SampleMetric[];
  /** Of workers that say in what they differ from the run, too. */
  readonly admits: boolean;
  /** The block was handed out as it is expected: the result has all that it asks for. */
  readonly isWhole: boolean;
}

/**
 * A result that was read whole and found to be of this block.
 * @throws UserError  naming the worker
 */
export function readResult(text: string, expected: Expected, { metrics, admits, isWhole }: ResultRules): BlockResult {
  const [first = "", ...lines] = text.split("\n");
  const header = parsed(first, "a worker whose result has no first line");
  const violation = violationOf(Header, header);
  if (violation)
    throw foreign("a worker", `its result's first line is damaged: ${violation.pointer} ${violation.expected}`);
  const { worker, rows, timings } = header as Header;
  const records = lines.map((line) => readSample(parsed(line, worker), `worker ${worker}`, metrics));
  const ours = new Map(askedIn(expected).map((asked) => [asked[0], asked]));
  const places = new Set(records.map(placeOf));
  const asked = [...places].map((place) => {
    const there = ours.get(place);
    if (there) return there;
    throw foreign(worker, `its result has a sample that is not the block's: ${place}`);
  });
  const wanted = wantedOf(expected);
  const isOfAll = rows === digestOfAsked(asked);
  const isShort = !isOfAll && places.size < wanted.size;
  const lacks = records.length === 0 || (isWhole && [...wanted].some((place) => !places.has(place)));
  if (isShort || lacks || places.size !== records.length)
    throw foreign(worker, `its result has ${places.size} of its block's ${wanted.size} samples`);
  if (!isOfAll)
    throw foreign(worker, "its rows are others than ours: the same places of the file ask something else there");
  for (const [place, ...theirs] of records.flatMap(askedBy))
    if (theirs.join() !== ours.get(place)?.slice(1).join())
      throw foreign(worker, "its samples are of other questions than its block's");
  if (!admits && records.some((record) => record.state !== "failed" && record.unlike !== undefined))
    throw foreign(worker, "it differs from the run, which admits none that does");
  return { worker, rows, timings, records };
}

export const placeOf = ({ index, repeat = 0 }: { readonly index: number; readonly repeat?: number }): string =>
  `${index}/${repeat}`;

/** What is asked at a place: the row's id, and the digest of its question. */
type Asked = readonly [place: string, id: string, question: string];

/** Nothing where a sample failed before its question was known. */
export const askedBy = (record: SampleRecord): readonly Asked[] =>
  record.promptDigest === undefined ? [] : [[placeOf(record), record.id, record.promptDigest]];

/**
 * Of what the rows ask, as this process reads them: two machines with other rows are told apart.
 * @param records  of the same samples, in the same order: their questions need not be asked for again
 */
export function rowsDigest(
  units: readonly RowUnit[],
  answering: Pick<Answering, "task" | "profile">,
  records: readonly SampleRecord[] = [],
): string {
  return digestOfAsked(units.map((unit, i) => askedAt(unit, answering, records[i]?.promptDigest)));
}

const askedAt = (unit: RowUnit, { task, profile }: Pick<Answering, "task" | "profile">, known?: string): Asked => [
  placeOf(unit),
  unit.id,
  known ?? questionDigest(unit, task, profile),
];

const digestOfAsked = (asked: readonly Asked[]) => digestOf([...asked].sort(([a], [b]) => (a < b ? -1 : 1)));

/** As the row is read here. */
export function questionDigest({ row }: RowUnit, task: Task, profile: string): string {
  try {
    return questionFor(task, row, profile).digest;
  } catch (error) {
    // A cell that cannot be read: asking says so.
    if (error instanceof SampleFailure) return "unreadable";
    throw error;
  }
}

function parsed(line: string, worker: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw foreign(worker, "its result is no JSON");
  }
}

function foreign(worker: string, what: string): UserError {
  return new UserError(
    what,
    `worker ${worker}`,
    "bring its data and its version to those of the run, and start it again",
  );
}
