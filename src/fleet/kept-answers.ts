/**
 * What workers of this machine have answered and not handed over: a file for each block in hand. Should its worker be killed, or lose its lease, whoever
 * has the block next here need not ask again.
 */
import { randomUUID } from "node:crypto";
import { appendFile, readdir, readFile, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { messageOf, UserError } from "../core/errors.js";
import { type Static, Type, violationOf } from "../core/schema.js";
import { List } from "../core/schema-parts.js";
import { makeFolder } from "../files/make-folder.js";
import type { SampleMetric } from "../record/outcome.js";
import { canonicalSample, readSample, type SampleRecord } from "../record/samples.js";
import { TimingRecord } from "../record/timing-record.js";
import { placeOf } from "./result.js";

export interface Answered {
  readonly record: SampleRecord;
  readonly timings: readonly TimingRecord[];
}

const Line = Type.Object({
  record: Type.Unsafe<object>({ type: "object" }),
  timings: List(TimingRecord),
});

/** Of a run that nobody goes on with. */
const abandonedMs = 7 * 24 * 3600_000;

export class KeptAnswers {
  /** Names its files: no other process has it. */
  private readonly name = randomUUID();
  private readiness: Promise<void> | undefined;
  private isBroken = false;

  /**
   * @param folder  of one run by one model: its answers are nobody else's
   * @param warn  told once, when nothing more can be kept; that ends no worker
   */
  constructor(
    private readonly folder: string,
    private readonly warn: (message: string) => void,
  ) {}

  /** Of a block, with what was left of it before. */
  async of(block: string, metrics: readonly SampleMetric[]): Promise<BlockAnswers> {
    this.readiness ??= this.orBroken(() => this.prepare());
    await this.readiness;
    const known = new Map<string, Answered>();
    const left: string[] = [];
    await this.orBroken(async () => {
      const files = (await readdir(this.folder)).filter((file) => file.startsWith(`${block}.`));
      left.push(...files.map((file) => join(this.folder, file)));
      for (const path of left)
        for (const answered of await answersIn(path, metrics)) known.set(placeOf(answered.record), answered);
    });
    const path = join(this.folder, `${block}.${this.name}.jsonl`);
    return new BlockAnswers(known, {
      append: (text) => this.orBroken(() => appendFile(path, text)),
      remove: () =>
        this.orBroken(async () => void (await Promise.all([path, ...left].map((file) => rm(file, { force: true }))))),
    });
  }

  private async prepare(): Promise<void> {
    await makeFolder(this.folder);
    const all = dirname(this.folder);
    for (const run of await readdir(all)) {
      const { mtimeMs } = await stat(join(all, run));
      if (Date.now() - mtimeMs > abandonedMs) await rm(join(all, run), { recursive: true, force: true });
    }
  }

  private async orBroken(work: () => Promise<void>): Promise<void> {
    if (this.isBroken) return;
    try {
      await work();
    } catch (error) {
      if (this.isBroken) return;
      this.isBroken = true;
      this.warn(`answers cannot be kept on this machine's disk until they are handed over: ${messageOf(error)}`);
    }
  }
}

/** The answers to one block, in one worker's hands. */
export class BlockAnswers {
  private lines: string[] = [];
  private writing: Promise<void> = Promise.resolve();

  constructor(
    private readonly known: Map<string, Answered>,
    private readonly disk: { append(text: string): Promise<void>; remove(): Promise<void> },
  ) {}

  get(place: string): Answered | undefined {
    return this.known.get(place);
  }

  /** Failures are not kept: they are asked again. */
  add(answered: Answered): void {
    const { record, timings } = answered;
    this.known.set(placeOf(record), answered);
    if (record.state === "failed") return;
    this.lines.push(`${JSON.stringify({ record: canonicalSample(record), timings })}\n`);
    // What comes while another write is on its way goes into one.
    if (this.lines.length === 1) this.writing = this.writing.then(() => this.write());
  }

  /** They lie there for whoever has the block next. */
  async written(): Promise<void> {
    await this.writing;
  }

  /** They are handed over. */
  async discard(): Promise<void> {
    this.lines = [];
    await this.writing;
    await this.disk.remove();
  }

  private async write(): Promise<void> {
    const text = this.lines.join("");
    this.lines = [];
    if (text !== "") await this.disk.append(text);
  }
}

async function answersIn(path: string, metrics: readonly SampleMetric[]): Promise<Answered[]> {
  const lines = (await readFile(path, "utf8").catch(noneIfGone)).split("\n");
  return lines.flatMap((line) => readLine(line, path, metrics) ?? []);
}

/** Another worker has handed them over meanwhile. */
function noneIfGone(error: NodeJS.ErrnoException): string {
  if (error.code === "ENOENT") return "";
  throw error;
}

/** Undefined: a line that was cut, or damaged; its question is asked again. */
function readLine(line: string, where: string, metrics: readonly SampleMetric[]): Answered | undefined {
  try {
    const value: unknown = JSON.parse(line);
    if (violationOf(Line, value)) return undefined;
    const { record, timings } = value as Static<typeof Line>;
    return { record: readSample(record, where, metrics), timings };
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof UserError) return undefined;
    throw error;
  }
}
